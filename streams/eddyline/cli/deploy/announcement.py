"""An announcement as the deployments topic carries it: a native event, checked as a worker will check it."""

import time
from typing import Any

import click
import orjson

from eddyline.errors import DeadLetter
from eddyline.events import Deployment, Record
from eddyline.inputs import Defaults, decode
from eddyline.kafka import topics
from eddyline.kafka.producer import OutputProducer
from eddyline.outputs.cloudevent import Output, identifier, rfc3339
from eddyline.settings import Settings


def fields_of(app: str, deployment: str, effective_ms: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """Return the fields of an announcement, with an id that follows from the others unless one is given.

    Args:
        app: application and environment.
        deployment: what takes effect.
        effective_ms: when.
        more: further fields; None stands for one that is not there.
    """
    application, _, environment = app.partition("/")
    given = {name: value for name, value in more.items() if value is not None}
    named = {"app": application, "environment": environment, "deployment": deployment}
    found = named | {"effective_at": rfc3339(effective_ms)} | given
    return {"id": identifier("deployment", orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode())} | found


def announce(settings: Settings, fields: dict[str, Any]) -> Deployment:
    """Write an announcement, and return it as workers will read it.

    Raises:
        UsageError: they would refuse it.
        Unavailable: Kafka does not answer, or a topic is missing.
    """
    value = orjson.dumps(fields)
    event = understood(settings, value)
    topics.check(settings)
    producer = OutputProducer(settings)
    producer.send([Output(settings.topics.deployments, value, key=event.app.encode())])
    producer.flush_now()
    return event


def understood(settings: Settings, value: bytes) -> Deployment:
    """Return the announcement in the value of a record.

    Raises:
        UsageError: it is none.
    """
    record = Record(settings.topics.deployments, 0, 0, value)
    defaults, now_ms = Defaults.of(settings.events), time.time_ns() // 1_000_000
    try:
        event = decode(record, "deployments", max_bytes=settings.events.max_bytes, defaults=defaults, now_ms=now_ms)
    except DeadLetter as error:
        message = f"workers would refuse this ({error.reason}): {error}"
        raise click.UsageError(message) from None
    assert isinstance(event, Deployment)  # noqa: S101 - the value is not empty, and of this kind
    return event


def now_or(effective_ms: int | None) -> int:
    """Return the given time, else that of the clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000 if effective_ms is None else effective_ms
