"""A dense flow of events in which everything occurs that is counted; what it comes to, `tests/oracle` computes.

By number of the prompt, of every ten: seven to ``support``, whose deployments are named and change after 26 hours; one
to ``mail``, which leaves its deployments to announcements; one to ``shop``, which names sessions but no users; one that
names nothing at all.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.integration.running import Line

START_MS = 1_793_577_600_000
"""2026-11-02T00:00:00Z: the start of a day and of a window."""
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
APP = "support"
REFUSED = "I'm sorry, but I can't help with that."
TOPICS = ("billing", "delivery", "returns", "sizes", "stores", "vouchers")
SHAPES = (
    "where is my {}?",
    "please help me with {}",
    "{}: what now?",
    "list the steps for {}",
    "why is {} so slow?",
    "re\u0301sume\u0301 of {}, please!",  # not in Unicode's normal form C
)
LONG = 60
"""Repeated so often, a text has more tokens than the encoder reads."""
SWITCH_MS = START_MS + 26 * HOUR_MS
ANNOUNCE_EVERY = 10
ELSEWHERE = 24
"""Apps that only announce, so that no partition of the announcements is silent for long."""
ANNOUNCED_AHEAD_MS = 20 * MINUTE_MS
MOST_DELAY_MS = MINUTE_MS
"""An event may come so much later than others: less than the grace."""
REPEATED_AFTER_MS = 10 * MINUTE_MS
"""Less than the horizon of duplicates."""

Timed = tuple[int, Line]
"""A line and when it comes, in milliseconds of event time."""


def flow(*, prompts: int, hours: float, users: int, seed: int) -> list[Line]:
    """Return about two lines per prompt, nearly in the order of event time, with no topic silent for long."""
    random_ = random.Random(seed)
    step = hours * HOUR_MS / prompts
    timed: list[Timed] = list(_mail_deployments(START_MS + int(hours * HOUR_MS)))
    for number in range(prompts):
        at = START_MS + int(number * step)
        user = random_.randrange(users)
        timed += _delayed(random_, _interaction(random_, number, at, user))
        timed += _announcement(number, at)
        timed += _refused(number, at)
    return [line for _, line in sorted(timed, key=lambda item: item[0])]


def _delayed(random_: random.Random, timed: list[Timed]) -> Iterator[Timed]:
    """One in eight comes late, within the grace; one in fifteen comes again."""
    for at, line in timed:
        come = at + (random_.randrange(MOST_DELAY_MS) if random_.random() < 1 / 8 else 0)
        yield come, line
        if "id" in line[1] or "request_id" in line[1]:
            yield from [(come + random_.randrange(REPEATED_AFTER_MS), line)] * (random_.random() < 1 / 15)


def _interaction(random_: random.Random, number: int, at: int, user: int) -> list[Timed]:
    text = random_.choice(SHAPES).format(random_.choice(TOPICS))
    prompt: dict[str, Any] = {"id": f"e{number}", "ts": at, "prompt": text} | _origin(number, at, user)
    if number % 90 == 5:
        prompt["prompt"] = LONG * f"{text} And then? "
    if number % 13 == 2:
        prompt["turn"] = "tool"
    if number % 11 == 0:
        prompt["scores"] = [{"name": "toxicity", "value": round(random_.random(), 5)}]
    if number % 10 == 9:
        return [(at, ("prompts", {"ts": at, "prompt": text}))]
    return [(at, ("prompts", prompt)), *_responses(number, at, text, prompt), *_feedback(number, at)]


def _origin(number: int, at: int, user: int) -> dict[str, Any]:
    """Return where a prompt comes from, as far as its event says so."""
    session = f"u{user}-{at // 1_800_000}"
    if number % 10 == 7:
        named = {"deployment": "m1"} if number % 30 == 7 else {}
        return {"app": "mail", "environment": "staging", "user": f"u{user}"} | named
    if number % 10 == 8:
        ts = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds") if number % 20 == 8 else at
        return {"app": "shop: a b", "session": session, "deployment": "shop/1 %", "ts": ts}
    deployment = "v1" if not user % 5 else "v2" if at < SWITCH_MS else "v4"
    who = {"user": f"u{user}", "session": session} if number % 17 else {}
    return {"app": APP, "deployment": deployment} | who


def _responses(number: int, at: int, text: str, prompt: dict[str, Any]) -> Iterator[Timed]:
    """Add the response to the prompt, or return it by itself; shadow responses are always by themselves."""
    request = {"request_id": prompt["id"]}
    if number % 2:
        prompt["response"] = REFUSED
    if not number % 2 or number % 15 == 0:
        scores = {"scores": [{"name": "politeness", "value": -0.5}]} if number % 9 == 0 else {}
        yield at + 900, ("responses", {**request, "ts": at + 900, "response": f"About {text}", **scores})
    if number % 4 == 0:
        shadow = {**request, "ts": at + 1500, "response": REFUSED, "candidate": "v3"}
        yield at + 1500, ("shadow-responses", shadow)


def _feedback(number: int, at: int) -> Iterator[Timed]:
    if number % 6 == 0:
        for later in (4000, 9000)[: 1 + number % 5 // 4]:
            vote = {"request_id": f"e{number}", "ts": at + later, "name": "thumbs", "value": number % 4 / 3}
            yield at + later, ("feedback", vote)


def _mail_deployments(end: int) -> Iterator[Timed]:
    """Announcements ahead of their time, some of them inside a window, some twice."""
    told = ((1, "m1", "deploy"), (10.4, "m2", "deploy"), (20, "m1", "rollback"), (30.2, "m1", "retire"))
    for number, (hours, deployment, action) in enumerate(told):
        effective = START_MS + int(hours * HOUR_MS)
        if effective >= end:
            return
        value = {"app": "mail", "environment": "staging", "deployment": deployment, "effective_at": effective}
        line: Line = ("deployments", {**value, "id": f"d{number}", "action": action})
        yield from [(effective - ANNOUNCED_AHEAD_MS + again * MINUTE_MS, line) for again in range(1 + number % 2)]


def _announcement(number: int, at: int) -> Iterator[Timed]:
    if number % ANNOUNCE_EVERY == 0:
        app = f"elsewhere-{number // ANNOUNCE_EVERY % ELSEWHERE}"
        yield at, ("deployments", {"app": app, "deployment": f"d{number}", "effective_at": at})


def _refused(number: int, at: int) -> Iterator[Timed]:
    """Dead letters, all of which say when they are."""
    if number % 40 == 20:
        prompt = {"id": f"bad{number}", "ts": at, "app": APP, "prompt": "so?", "user": "u1"}
        request = {"request_id": f"e{number}", "ts": at}
        bad: tuple[Line, ...] = (
            ("prompts", {**prompt, "prompt": None}),
            ("prompts", {**prompt, "turn": "robot"}),
            ("prompts", {**prompt, "app": "a/b"}),
            ("prompts", {**prompt, "ts": 12}),
            ("prompts", {**prompt, "scores": [{"name": "toxicity", "value": 5000}]}),
            ("responses", request),
            ("shadow-responses", {**request, "response": "Yes."}),
            ("feedback", {**request, "name": "thumbs", "value": "up"}),
        )
        yield at, bad[number // 40 % len(bad)]
