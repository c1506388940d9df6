"""Native events, version 1: one JSON object a record, on the topic of its kind. See docs/events.md."""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from eddyline.errors import DeadLetter
from eddyline.events import Deployment, Event, Feedback, Kind, Prompt, Response, Supplied

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_MS = 946_684_800_000
"""2000-01-01: an older time is a mistake (seconds read as milliseconds, a zero)."""
SECONDS_BELOW = 1e11
"""A number below is seconds (until the year 5138), from there on milliseconds (since 1973)."""
DEPLOYMENT_AHEAD_MS = 366 * 86_400_000
"""Deployments are announced ahead of time: up to a year."""
MOST_SCORES = 32

_T = TypeVar("_T", bound=msgspec.Struct)

Id = Annotated[str, Meta(min_length=1, max_length=512)]
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f/]*$")]
Label = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Number = Annotated[float, Meta(ge=-1000, le=1000)]


class _Score(msgspec.Struct, kw_only=True):
    name: Label
    value: Number


class _Common(msgspec.Struct, kw_only=True):
    """Fields that are read but not used yet are checked nowhere: unknown fields are ignored."""

    app: Name | None = None
    environment: Name | None = None


class _Prompt(_Common, kw_only=True):
    prompt: str
    ts: Any = None
    id: Id | None = None
    deployment: Label | None = None
    user: Id | None = None
    session: Id | None = None
    turn: Literal["user", "tool"] | None = None
    response: str | None = None
    scores: Annotated[list[_Score], Meta(max_length=MOST_SCORES)] | None = None


class _Response(_Common, kw_only=True):
    request_id: Id
    response: str
    ts: Any = None
    scores: Annotated[list[_Score], Meta(max_length=MOST_SCORES)] | None = None


class _Shadow(_Response, kw_only=True):
    candidate: Label


class _Feedback(_Common, kw_only=True):
    request_id: Id
    name: Label
    value: Number
    ts: Any = None


class _Deployment(_Common, kw_only=True):
    deployment: Label
    effective_at: Any
    app: Name
    action: Literal["deploy", "rollback", "retire"] | None = None
    id: Id | None = None


class Defaults(msgspec.Struct, frozen=True):
    """What is assumed where an event says nothing."""

    app: str
    environment: str
    max_future_ms: int


def parse(kind: Kind, fields: object, *, fallback_id: str, defaults: Defaults, now_ms: int) -> Event:
    """Return the event of ``kind`` that decoded JSON ``fields`` stand for.

    Args:
        kind: what the topic carries.
        fields: the decoded JSON value.
        fallback_id: id of an event that has none; it identifies the record, so it dedups redelivery only.
        defaults: app and environment of an event that names none; how far ahead of the clock a time may be.
        now_ms: the clock, in milliseconds since 1970.

    Raises:
        DeadLetter: ``bad_json`` (not an object), ``invalid_field:<path>``, ``bad_timestamp``, ``future_timestamp``.
    """
    if not isinstance(fields, dict):
        reason, message = "bad_json", f"the value must be a JSON object, not {_json_type(fields)}"
        raise DeadLetter(reason, message)
    return _PARSERS[kind](fields, _Context(fallback_id, defaults, now_ms))


class _Context(msgspec.Struct, frozen=True):
    fallback_id: str
    defaults: Defaults
    now_ms: int

    def app(self, wire: _Common) -> str:
        return f"{wire.app or self.defaults.app}/{wire.environment or self.defaults.environment}"

    def time(self, value: object) -> int:
        return parse_time(value, latest_ms=self.now_ms + self.defaults.max_future_ms)


def _prompt(fields: dict[str, Any], context: _Context) -> Prompt:
    wire = _convert(fields, _Prompt)
    return Prompt(
        id=wire.id or context.fallback_id,
        time_ms=context.time(wire.ts),
        app=context.app(wire),
        prompt=_nfc(wire.prompt),
        deployment=wire.deployment,
        user=wire.user,
        session=wire.session,
        turn=wire.turn or "user",
        response=None if wire.response is None else _nfc(wire.response),
        scores=_supplied(wire.scores),
    )


def _response(fields: dict[str, Any], context: _Context) -> Response:
    return _answer(_convert(fields, _Response), None, context)


def _shadow(fields: dict[str, Any], context: _Context) -> Response:
    wire = _convert(fields, _Shadow)
    return _answer(wire, wire.candidate, context)


def _answer(wire: _Response, candidate: str | None, context: _Context) -> Response:
    return Response(
        request_id=wire.request_id,
        time_ms=context.time(wire.ts),
        response=_nfc(wire.response),
        candidate=candidate,
        scores=_supplied(wire.scores),
    )


def _feedback(fields: dict[str, Any], context: _Context) -> Feedback:
    wire = _convert(fields, _Feedback)
    return Feedback(request_id=wire.request_id, time_ms=context.time(wire.ts), name=wire.name, value=wire.value)


def _deployment(fields: dict[str, Any], context: _Context) -> Deployment:
    wire = _convert(fields, _Deployment)
    return Deployment(
        app=context.app(wire),
        time_ms=parse_time(wire.effective_at, latest_ms=context.now_ms + DEPLOYMENT_AHEAD_MS),
        deployment=wire.deployment,
        action=wire.action or "deploy",
        id=wire.id or context.fallback_id,
    )


_PARSERS: dict[Kind, Callable[[dict[str, Any], _Context], Event]] = {
    "prompts": _prompt,
    "responses": _response,
    "shadow-responses": _shadow,
    "feedback": _feedback,
    "deployments": _deployment,
}


def parse_time(value: object, *, latest_ms: int) -> int:
    """Return milliseconds since 1970 of an RFC 3339 text with an offset, or of epoch seconds or milliseconds.

    Raises:
        DeadLetter: ``bad_timestamp`` (no time since 2000) or ``future_timestamp`` (after ``latest_ms``).

    >>> parse_time("2026-11-21T09:00:00.5+01:00", latest_ms=2_000_000_000_000)
    1795248000500
    >>> parse_time(1795248000, latest_ms=2_000_000_000_000)
    1795248000000
    """
    time_ms = _from_text(value) if isinstance(value, str) else _from_number(value)
    if time_ms < EARLIEST_MS:
        reason, message = "bad_timestamp", "the time is before the year 2000"
        raise DeadLetter(reason, message)
    if time_ms > latest_ms:
        reason, message = "future_timestamp", f"the time is {(time_ms - latest_ms) / 1000:.0f} s too far ahead"
        raise DeadLetter(reason, message)
    return time_ms


_OFFSET = re.compile(r"[zZ]|[+-]\d\d:\d\d")


def _from_text(text: str) -> int:
    try:
        if len(text) <= 40 and "T" in text.upper() and _OFFSET.search(text, 19):  # noqa: PLR2004 - longest sensible RFC 3339
            return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError, TypeError):
        pass
    reason, message = "bad_timestamp", "the time must be RFC 3339 with an offset, like 2026-11-21T09:00:00Z"
    raise DeadLetter(reason, message)


def _from_number(value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e15:  # noqa: PLR2004
        return round(value * 1000) if abs(value) < SECONDS_BELOW else round(value)
    reason, message = "bad_timestamp", "the time must be RFC 3339 or a number of seconds or milliseconds since 1970"
    raise DeadLetter(reason, message)


_PATH = re.compile(r"at `\$\.?([^`]*)`|field `([^`]*)`")


def _convert(fields: dict[str, Any], shape: type[_T]) -> _T:
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        found = _PATH.search(str(error))
        path = (found.group(1) or found.group(2)) if found else "?"
        reason = f"invalid_field:{path}"
        raise DeadLetter(reason, str(error)) from None


def _supplied(scores: list[_Score] | None) -> tuple[Supplied, ...]:
    return tuple(Supplied(score.name, score.value) for score in scores or ())


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _json_type(value: object) -> str:
    return {type(None): "null", list: "an array", str: "a string", bool: "a boolean"}.get(type(value), "a number")
