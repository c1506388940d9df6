"""How the traffic travels: the records that arrive on the input topics, in the order in which they are sent."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import orjson

from eddyline.demo.plan import Plan
from eddyline.demo.traffic import Asked
from eddyline.events import Kind
from eddyline.outputs.cloudevent import rfc3339

BROKEN: tuple[tuple[Kind, bytes], ...] = (
    ("prompts", b'{"id": "cut-off", "ts": "2026-10-05T09:00:00Z", "prompt": "Where is'),
    ("prompts", b'{"id": "no-prompt", "ts": "2026-10-05T09:00:00Z"}'),
    ("prompts", b'{"id": "no-offset", "ts": "2026-10-05 09:00", "prompt": "Where is my parcel?"}'),
    ("responses", b'["a", "list"]'),
    ("feedback", b'{"request_id": "x", "ts": "2026-10-05T09:00:00Z", "name": "thumbs", "value": "up"}'),
    ("prompts", b"\x00\x01\x02 not text at all \xff"),
)


class Message(NamedTuple):
    """A record of an input topic, and when it is sent, in milliseconds since 1970."""

    sent_ms: int
    kind: Kind
    key: str
    value: bytes
    answers: bool = False
    """Whether it holds a response of production."""


def messages(plan: Plan, asked: list[Asked]) -> list[Message]:
    """Return the records of ``asked``, the announcement and the broken ones, in the order in which they are sent."""
    random = np.random.default_rng([plan.seed, 2])
    sent = [message for prompt in asked for message in _of_prompt(plan, prompt, random)]
    return sorted([*sent, _announcement(plan), *_broken(plan)])


def _of_prompt(plan: Plan, asked: Asked, random: np.random.Generator) -> Iterator[Message]:
    latency_ms = int(random.uniform(1_000, 8_000))
    answered_ms = asked.time_ms + latency_ms
    # A gateway that logs a request when it is over may be slower than the service that logs the response.
    overtaken = asked.separate and random.random() < plan.overtaken
    logged_ms = answered_ms + int(random.uniform(500, 5_000)) if overtaken else asked.time_ms
    yield _message(logged_ms, "prompts", asked, _prompt(plan, asked), answers=not asked.separate)
    if asked.separate:
        fields = _response(asked, answered_ms, asked.response)
        yield _message(answered_ms, "responses", asked, fields, answers=True)
    if asked.shadow is not None:
        shadow_ms = answered_ms + int(random.uniform(0, 5_000))
        shadow = _response(asked, shadow_ms, asked.shadow) | {"candidate": plan.candidate}
        yield _message(shadow_ms, "shadow-responses", asked, shadow)
    if asked.thumbs is not None:
        given_ms = answered_ms + int(random.uniform(10_000, 300_000))
        said = {"request_id": asked.id, "ts": rfc3339(given_ms), "name": "thumbs", "value": asked.thumbs}
        yield _message(given_ms, "feedback", asked, said)


def _message(sent_ms: int, kind: Kind, asked: Asked, fields: Mapping[str, object], *, answers: bool = False) -> Message:
    return Message(sent_ms, kind, asked.user.id, orjson.dumps(fields), answers)


def _prompt(plan: Plan, asked: Asked) -> dict[str, object]:
    fields: dict[str, object] = {
        "id": asked.id,
        "ts": rfc3339(asked.time_ms),
        "app": plan.app,
        "environment": plan.environment,
        "deployment": asked.deployment,
        "user": asked.user.id,
        "session": asked.session,
        "prompt": asked.prompt,
    }
    return fields if asked.separate else fields | {"response": asked.response}


def _response(asked: Asked, time_ms: int, text: str) -> dict[str, object]:
    return {"request_id": asked.id, "ts": rfc3339(time_ms), "response": text}


def _announcement(plan: Plan) -> Message:
    fields = {
        "id": f"deploy-{plan.new}",
        "app": plan.app,
        "environment": plan.environment,
        "deployment": plan.new,
        "effective_at": rfc3339(plan.effective_ms),
        "arm": {"kind": "holdout", "share": plan.holdout, "first": 0},
    }
    return Message(plan.effective_ms - plan.announced_ahead_ms, "deployments", plan.app, orjson.dumps(fields))


def _broken(plan: Plan) -> Iterator[Message]:
    step = (plan.end_ms - plan.start_ms) // (plan.broken + 1)
    for number in range(plan.broken):
        kind, value = BROKEN[number % len(BROKEN)]
        yield Message(plan.start_ms + (number + 1) * step, kind, f"broken-{number}", value)
