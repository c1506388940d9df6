"""The input log as docs/events.md reads it: what each line means, or why it is a dead letter."""

import hashlib
import hmac
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
from tests.oracle.rules import Rules

SCHEMAS = Path(__file__).parents[2] / "streams/eddyline/inputs/schemas"
FILES = {
    "prompts": "prompt",
    "responses": "response",
    "shadow-responses": "shadow-response",
    "feedback": "feedback",
    "deployments": "deployment",
}
YEAR_2000_MS = 946_684_800_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Supplied = tuple[tuple[str, int], ...]
"""Names and values of scores, the values in units of 1/10,000."""


@dataclass(frozen=True)
class Prompt:
    """A prompt of a user or of a tool."""

    id: str
    """Empty where the event has none: then nothing refers to it, and it repeats no other."""
    at: int
    app: str
    deployment: str
    """As the event names it, or empty."""
    user: bytes
    """Pseudonym of the user, else of the session; empty without either."""
    bucket: int
    """Of the user's id; -2 where there is no user."""
    session: bytes
    tool: bool
    text: str
    response: str | None
    scores: Supplied


@dataclass(frozen=True)
class Answer:
    """A response that is an event of its own; one in shadow names its candidate."""

    request: str
    at: int
    candidate: str | None
    text: str
    scores: Supplied


@dataclass(frozen=True)
class Feedback:
    """What was said of a response, in units of 1/10,000."""

    request: str
    at: int
    name: str
    value: int


@dataclass(frozen=True)
class Deployment:
    """An announcement."""

    id: str
    at: int
    app: str
    name: str
    action: str
    reach: int
    """How many of 1,000 users it is for."""


Event = Prompt | Answer | Feedback | Deployment


@dataclass
class Log:
    """The events of a log, each once, and how many lines were refused for which reason."""

    prompts: list[Prompt] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    dead: Counter[str] = field(default_factory=Counter)

    @property
    def newest(self) -> int:
        """The newest time of any event."""
        return max(one.at for kind in (self.prompts, self.answers, self.feedback, self.deployments) for one in kind)


class Refused(Exception):
    """A line is a dead letter; its only argument is the reason."""


def read(lines: Iterable[tuple[str, Any]], rules: Rules) -> Log:
    """Return what the lines, (input topic, JSON value), hold. Every repetition counts as within the horizon."""
    log = Log()
    known: set[Event | tuple[str, str, str]] = set()
    for topic, value in lines:
        try:
            event = _understand(topic, value, rules)
        except Refused as refused:
            log.dead[refused.args[0]] += 1
            continue
        identity = _identity(event)
        if identity not in known:
            _keep(log, event)
        known |= {identity} if identity else set()
    return log


def _keep(log: Log, event: Event) -> None:
    match event:
        case Prompt():
            log.prompts.append(event)
        case Answer():
            log.answers.append(event)
        case Feedback():
            log.feedback.append(event)
        case Deployment():
            log.deployments.append(event)


def _identity(event: Event) -> Event | tuple[str, str, str] | None:
    """Return what is equal for repetitions; None for what has no id and cannot be recognised."""
    match event:
        case Prompt() | Deployment():
            return (type(event).__name__, event.app, event.id) if event.id else None
        case _:
            return event


def _understand(topic: str, value: object, rules: Rules) -> Event:
    if not isinstance(value, dict):
        raise Refused("bad_json")
    given = {name: content for name, content in value.items() if content is not None}
    _validate(topic, given)
    app = f"{given.get('app', rules.app)}/{given.get('environment', rules.environment)}"
    at = _time(given["effective_at" if topic == "deployments" else "ts"])
    scores = tuple((score["name"], fixed(score["value"])) for score in given.get("scores", ()))
    match topic:
        case "prompts":
            user, session = _who(given, rules.pepper)
            texts = _nfc(given["prompt"]), _nfc(given["response"]) if "response" in given else None
            named, tool = given.get("deployment", ""), given.get("turn") == "tool"
            bucket = _bucket(given["user"]) if "user" in given else -2
            return Prompt(given.get("id", ""), at, app, named, user, bucket, session, tool, *texts, scores)
        case "feedback":
            return Feedback(given["request_id"], at, given["name"], fixed(given["value"]))
        case "deployments":
            reach = _reach(given.get("arm", {"kind": "all"}))
            return Deployment(given.get("id", ""), at, app, given["deployment"], given.get("action", "deploy"), reach)
        case _:
            return Answer(given["request_id"], at, given.get("candidate"), _nfc(given["response"]), scores)


def _validate(topic: str, given: dict[str, Any]) -> None:
    """Refuse what the JSON Schema of the topic refuses, by the path of the field."""
    fault = jsonschema.exceptions.best_match(_validator(topic).iter_errors(given))
    if fault is None:
        return
    path = list(fault.absolute_path)
    if fault.validator == "required":
        path += [name for name in fault.validator_value if name not in fault.instance][:1]
    raise Refused("invalid_field:" + ".".join(map(str, path)).replace(".0", "[]"))


@cache
def _validator(topic: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{FILES[topic]}.v1.json").read_text()))


def _time(value: object) -> int:
    """Return milliseconds since 1970; times in the future are not for the oracle, it has no clock."""
    time_ms = _from_text(value) if isinstance(value, str) else _from_number(value)
    if time_ms < YEAR_2000_MS:
        raise Refused("bad_timestamp")
    return time_ms


def _from_text(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad_timestamp") from None
    if time.tzinfo is None:
        raise Refused("bad_timestamp")
    return (time - EPOCH) // timedelta(milliseconds=1)


def _from_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 10**15:
        raise Refused("bad_timestamp")
    return round(value * 1000) if abs(value) < 10**11 else round(value)


def fixed(value: float) -> int:
    """Return a score in units of 1/10,000."""
    return round(value * 10_000)


def _who(given: dict[str, Any], pepper: str) -> tuple[bytes, bytes]:
    session = _pseudonym(pepper, "session", given["session"]) if "session" in given else b""
    return (_pseudonym(pepper, "user", given["user"]) if "user" in given else session), session


def _pseudonym(pepper: str, kind: str, name: str) -> bytes:
    return hmac.digest(pepper.encode(), f"{kind}\0{name}".encode(), hashlib.sha256)[:16]


def _reach(arm: dict[str, Any]) -> int:
    share = round(1000 * arm.get("share", 1.0))
    by_kind: dict[str, int] = {"all": 1000, "canary": share, "holdout": 1000 - share}
    return by_kind[arm["kind"]]


def _bucket(user: str) -> int:
    return int(hashlib.sha256(f"eddyline:{user}".encode()).hexdigest()[:16], 16) % 1000


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
