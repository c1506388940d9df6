"""The gate: of a user's prompts, the first of the local day is what drift is tested on.

A user who sends a prompt every five minutes would otherwise be a tenth of the stream, and one habit of his an alarm.
First is by (time, id), decided when a window closes, so the order of arrival does not matter. A session's first prompt
of the day is its *opener*: what the panel compares, since later prompts answer the model's answers.
"""

import hashlib

import msgspec

from eddyline.observations import PromptObservation

Key = tuple[str, bytes, bytes, str, str]
"""(app, user, session, deployment, space id) of a prompt."""


class Pending(msgspec.Struct, array_like=True):
    """The prompts of one :data:`Key` in an open window: how many, and the first of them."""

    n: int
    first: PromptObservation

    def add(self, prompt: PromptObservation) -> None:
        """Count ``prompt``; keep it if it is the first."""
        self.n += 1
        if order(prompt) < order(self.first):
            self.first = prompt


class Gated(msgspec.Struct, array_like=True):
    """Who has been seen on a day, as the 8-byte hashes of users and sessions that one closed window added."""

    users: list[bytes]
    sessions: list[bytes]


class Opening(msgspec.Struct, frozen=True):
    """What a closing window lets through."""

    gated: list[tuple[Key, PromptObservation]]
    openers: list[tuple[Key, PromptObservation]]
    seen: Gated


def order(prompt: PromptObservation) -> tuple[int, str]:
    """Return what "first" means."""
    return prompt.time_ms, prompt.id


def open_gate(pending: dict[Key, Pending], users: set[bytes], sessions: set[bytes]) -> Opening:
    """Return the openers and the gated prompts of a closing window, in the order of (time, id).

    Args:
        pending: what the window holds.
        users: hashes of the users already gated that day.
        sessions: hashes of the sessions already opened that day.
    """
    openers: list[tuple[Key, PromptObservation]] = []
    gated: list[tuple[Key, PromptObservation]] = []
    seen = Gated([], [])
    new_users: set[bytes] = set()
    new_sessions: set[bytes] = set()
    for key, entry in sorted(pending.items(), key=lambda item: (order(item[1].first), item[0])):
        app, user, session = key[0], key[1], key[2]
        session_hash = who(app, user, session)
        if session_hash in sessions or session_hash in new_sessions:
            continue
        new_sessions.add(session_hash)
        seen.sessions.append(session_hash)
        openers.append((key, entry.first))
        user_hash = who(app, user)
        if user_hash not in users and user_hash not in new_users:
            new_users.add(user_hash)
            seen.users.append(user_hash)
            gated.append((key, entry.first))
    return Opening(gated, openers, seen)


def who(app: str, user: bytes, session: bytes = b"") -> bytes:
    """Return 8 bytes for a user, or for a session of his, in an app."""
    return hashlib.blake2b(b"\0".join((app.encode(), user, session)), digest_size=8).digest()
