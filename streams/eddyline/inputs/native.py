"""Native events, version 1: from the JSON objects of :mod:`eddyline.inputs.wire` to events. See docs/events.md."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Self, TypeVar

import msgspec

from eddyline.errors import DeadLetter
from eddyline.events import Arm, Deployment, Event, Feedback, Kind, Prompt, Response, Supplied
from eddyline.inputs.times import parse_time
from eddyline.inputs.wire import (
    AllV1,
    CanaryV1,
    DeploymentV1,
    FeedbackV1,
    HoldoutV1,
    PromptV1,
    ResponseV1,
    ScoreV1,
    ShadowResponseV1,
)
from eddyline.settings import Events

DEPLOYMENT_AHEAD_MS = 366 * 86_400_000
"""Deployments are announced ahead of time: up to a year."""

_T = TypeVar("_T", bound=msgspec.Struct)


class Defaults(msgspec.Struct, frozen=True):
    """What is assumed where an event says nothing."""

    app: str
    environment: str
    max_future_ms: int

    @classmethod
    def of(cls, settings: Events) -> Self:
        """Return what the settings say."""
        return cls(settings.app, settings.environment, int(settings.max_future_seconds * 1000))


def parse(kind: Kind, fields: object, *, fallback_id: str, defaults: Defaults, now_ms: int) -> Event:
    """Return the event of ``kind`` that decoded JSON ``fields`` stand for; a null field is an absent one.

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
        raise DeadLetter("bad_json", f"the value must be a JSON object, not {_json_type(fields)}")
    given = {name: value for name, value in fields.items() if value is not None}
    return _PARSERS[kind](given, _Context(fallback_id, defaults, now_ms))


class _Context(msgspec.Struct, frozen=True):
    fallback_id: str
    defaults: Defaults
    now_ms: int

    def app(self, wire: PromptV1 | DeploymentV1) -> str:
        return f"{wire.app or self.defaults.app}/{wire.environment or self.defaults.environment}"

    def time(self, value: object) -> int:
        return parse_time(value, latest_ms=self.now_ms + self.defaults.max_future_ms)


def _prompt(fields: dict[str, Any], context: _Context) -> Prompt:
    wire = _convert(fields, PromptV1)
    return Prompt(
        id=wire.id or context.fallback_id,
        time_ms=context.time(wire.ts),
        app=context.app(wire),
        prompt=nfc(wire.prompt),
        deployment=wire.deployment,
        user=wire.user,
        session=wire.session,
        turn=wire.turn or "user",
        response=None if wire.response is None else nfc(wire.response),
        scores=_supplied(wire.scores),
    )


def _response(fields: dict[str, Any], context: _Context) -> Response:
    return _answer(_convert(fields, ResponseV1), None, context)


def _shadow(fields: dict[str, Any], context: _Context) -> Response:
    wire = _convert(fields, ShadowResponseV1)
    return _answer(wire, wire.candidate, context)


def _answer(wire: ResponseV1, candidate: str | None, context: _Context) -> Response:
    return Response(
        request_id=wire.request_id,
        time_ms=context.time(wire.ts),
        response=nfc(wire.response),
        candidate=candidate,
        scores=_supplied(wire.scores),
    )


def _feedback(fields: dict[str, Any], context: _Context) -> Feedback:
    wire = _convert(fields, FeedbackV1)
    return Feedback(request_id=wire.request_id, time_ms=context.time(wire.ts), name=wire.name, value=wire.value)


def _deployment(fields: dict[str, Any], context: _Context) -> Deployment:
    wire = _convert(fields, DeploymentV1)
    return Deployment(
        app=context.app(wire),
        time_ms=parse_time(wire.effective_at, latest_ms=context.now_ms + DEPLOYMENT_AHEAD_MS),
        deployment=wire.deployment,
        action=wire.action or "deploy",
        arm=_arm(wire.arm),
        id=wire.id or context.fallback_id,
    )


def _arm(wire: AllV1 | CanaryV1 | HoldoutV1 | None) -> Arm:
    match wire:
        case CanaryV1(share=share, first=first):
            return Arm("canary", share, first)
        case HoldoutV1(share=share, first=first):
            return Arm("holdout", share, first)
        case _:
            return Arm()


_PARSERS: dict[Kind, Callable[[dict[str, Any], _Context], Event]] = {
    "prompts": _prompt,
    "responses": _response,
    "shadow-responses": _shadow,
    "feedback": _feedback,
    "deployments": _deployment,
}


def _convert(fields: dict[str, Any], shape: type[_T]) -> _T:
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        message = _without_values(str(error))
        raise DeadLetter(f"invalid_field:{_path(message)}", message) from None


_PLACE = re.compile(r"at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"missing required field `([^`]*)`")
_INDEX = re.compile(r"\[\d+\]")
_VALUE = re.compile(r"""value ['"].*['"]""", re.DOTALL)


def _path(message: str) -> str:
    """Return where the fault is, like ``scores[].value``: without indexes, so that it can be counted."""
    found = [match[1] for pattern in (_PLACE, _MISSING) if (match := pattern.search(message))]
    return _INDEX.sub("[]", ".".join(found))


def _without_values(message: str) -> str:
    """Messages must not hold what users wrote: msgspec quotes the value that is not one of a list."""
    return _VALUE.sub("value", message)


def _supplied(scores: list[ScoreV1] | None) -> tuple[Supplied, ...]:
    return tuple(Supplied(score.name, score.value) for score in scores or ())


_STRETCH = re.compile(r"\S{1,500}|\s+")


def nfc(text: str) -> str:
    """Return ``text`` in Unicode's normal form C, word by word, a word of more than 500 characters in parts.

    Normalising takes the square of the number of combining marks in a row: all at once, 100 kB of them take seconds.
    """
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFC", stretch) for stretch in _STRETCH.findall(text))


def _json_type(value: object) -> str:
    return {type(None): "null", list: "an array", str: "a string", bool: "a boolean"}.get(type(value), "a number")
