"""The HTTP server of a worker, on stages that are as well as the test says."""

import asyncio
import json
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import aiohttp
import pytest

from eddyline.demo.servers.ports import free_port
from eddyline.errors import RefusedToStart, Unavailable
from eddyline.kafka.health import Health, Heartbeat, open_listener
from eddyline.kafka.stage import Stage
from eddyline.settings import Settings, Worker
from eddyline.telemetry import Telemetry


class Answer(NamedTuple):
    """What a path answered."""

    status: int
    content_type: str
    body: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - what a test expects is its own business
        return json.loads(self.body)


async def redis_answers() -> None:
    """Do nothing: all is well."""


async def redis_is_away() -> None:
    raise Unavailable("Redis cannot be reached")


async def redis_hangs() -> None:
    await asyncio.sleep(3600)


def stage(**faults: str | None) -> Stage:
    fake = SimpleNamespace(name="encode", faults=lambda: {f"encode.{name}": fault for name, fault in faults.items()})
    return cast("Stage", fake)


def settings(port: int) -> Settings:
    return Settings(worker=Worker(http_port=port))


def ask(
    path: str,
    *,
    of: Stage | None = None,
    ping: Any = redis_answers,  # noqa: ANN401
    kafka: str | None = None,
    accept: str = "*/*",
) -> Answer:
    """Start a server, ask it once, and stop it."""

    async def run() -> Answer:
        port = free_port()
        listener = open_listener(settings(port))
        assert listener is not None
        health = Health(listener, [of or stage(assignment=None)], Telemetry(), ping, lambda: kafka)
        await health.start()
        try:
            return await _get(f"http://127.0.0.1:{port}{path}", accept)
        finally:
            await health.stop()

    return asyncio.run(run())


async def _get(url: str, accept: str) -> Answer:
    async with aiohttp.ClientSession() as session, session.get(url, headers={"Accept": accept}) as answer:
        return Answer(answer.status, answer.headers["Content-Type"], await answer.text())


def test_a_worker_is_ready_when_every_check_is_well() -> None:
    answer = ask("/readyz")
    assert answer.status == 200
    assert answer.json == {"ok": True, "checks": {"encode.assignment": "ok", "kafka": "ok", "redis": "ok"}}


def test_one_check_that_fails_is_enough_and_says_why() -> None:
    answer = ask("/readyz", of=stage(assignment=None, outputs="outputs have not been written for 12 s"))
    assert answer.status == 503
    assert answer.json["ok"] is False
    assert answer.json["checks"]["encode.outputs"] == "outputs have not been written for 12 s"
    assert answer.json["checks"]["encode.assignment"] == "ok"


@pytest.mark.parametrize(
    ("ping", "why"),
    [(redis_is_away, "Redis cannot be reached"), (redis_hangs, "Redis has not answered within 2 s")],
    ids=["away", "hangs"],
)
def test_a_redis_that_does_not_answer_makes_a_worker_unready(ping: Callable[[], object], why: str) -> None:
    answer = ask("/readyz", ping=ping)
    assert (answer.status, answer.json["checks"]["redis"]) == (503, why)


def test_brokers_that_do_not_answer_make_a_worker_unready() -> None:
    answer = ask("/readyz", kafka="Kafka does not say where partitions end: timed out")
    assert (answer.status, answer.json["checks"]["kafka"]) == (
        503,
        "Kafka does not say where partitions end: timed out",
    )


def test_a_worker_lives_whatever_fails_around_it() -> None:
    answer = ask("/healthz", of=stage(assignment="none"), ping=redis_is_away)
    assert (answer.status, answer.json) == (200, {"ok": True, "checks": {"event_loop": "ok"}})


def test_an_event_loop_that_stood_still_for_ten_seconds_is_unwell() -> None:
    assert Heartbeat(100.0).fault(109.9) is None
    assert Heartbeat(100.0).fault(110.0) == "the event loop stood still for 10 s"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("*/*", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
def test_metrics_come_in_the_format_that_is_asked_for(accept: str, content_type: str) -> None:
    answer = ask("/metrics", accept=accept)
    assert answer.status == 200
    assert answer.content_type.startswith(content_type)
    assert "# HELP eddyline_" in answer.body


def test_the_version_names_the_stages_and_what_they_write() -> None:
    answer = ask("/version")
    assert answer.json["stages"] == ["encode"]
    assert answer.json["records"] == {"observations": 1, "partials": 1}


def test_no_port_is_opened_when_none_is_set() -> None:
    assert open_listener(Settings()) is None


def test_a_port_that_is_taken_is_refused_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RefusedToStart, match=rf"worker\.http_port = {port}: Address already in use"):
            open_listener(settings(port))
