"""The watchdog's eyes and hands, on a stage whose consumer stands where the test says."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import cast

import pytest
from aiokafka.errors import GroupAuthorizationFailedError
from faust.types import TP
from prometheus_client import generate_latest

from eddyline.errors import Unavailable
from eddyline.kafka.stage import Stage, positions
from eddyline.kafka.watch import Watch
from eddyline.settings import Settings, Worker
from eddyline.telemetry import Telemetry

PROMPTS = TP("prompts", 0)
SETTINGS = Settings(worker=Worker(stall_seconds=60))


class FakeConsumer:
    """Holds one partition, has fetched up to ``fetched``, and has not dealt with ``held``."""

    def __init__(self, fetched: int) -> None:
        self.fetched: int | None = fetched
        self.unacked: set[SimpleNamespace] = set()
        self.coordinator = SimpleNamespace(_pending_exception=None)
        self._thread = SimpleNamespace(_consumer=SimpleNamespace(_coordinator=self.coordinator))

    def hold(self, *offsets: int, tp: TP = PROMPTS, acked: bool = False) -> None:
        self.unacked = {_Message(tp=tp, offset=offset, acked=acked) for offset in offsets}

    def assignment(self) -> set[TP]:
        return {PROMPTS, TP("elsewhere", 0)}

    async def position(self, _: TP) -> int:
        if self.fetched is None:
            raise TimeoutError
        return self.fetched


class _Message(SimpleNamespace):
    __hash__ = object.__hash__  # type: ignore[assignment]


def stage(consumer: FakeConsumer, *, assigned: bool = True) -> Stage:
    fake = SimpleNamespace(
        name="encode",
        topics=frozenset({"prompts"}),
        app=SimpleNamespace(consumer=consumer),
        assignment=SimpleNamespace(received=assigned),
        paused={},
    )
    return cast("Stage", fake)


def watch(stages: list[Stage], end: int, left: list[int], metrics: Telemetry | None = None) -> Watch:
    async def ends(places: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        return dict.fromkeys(places, end)

    return Watch(SETTINGS, stages, metrics or Telemetry(), ends, left.append)


def test_a_stage_stands_at_the_first_record_that_it_holds() -> None:
    consumer = FakeConsumer(fetched=9)
    consumer.hold(7, 6, 8)
    assert asyncio.run(positions(stage(consumer))) == {PROMPTS: 6}


def test_a_stage_that_holds_nothing_stands_where_its_consumer_reads_on() -> None:
    consumer = FakeConsumer(fetched=9)
    consumer.hold(3, acked=True)
    assert asyncio.run(positions(stage(consumer))) == {PROMPTS: 9}


def test_a_consumer_that_does_not_answer_has_no_position() -> None:
    consumer = FakeConsumer(fetched=9)
    consumer.fetched = None
    assert asyncio.run(positions(stage(consumer))) == {PROMPTS: None}


def test_a_batch_that_is_never_finished_ends_the_process_with_1(caplog: pytest.LogCaptureFixture) -> None:
    consumer, left = FakeConsumer(fetched=9), list[int]()
    consumer.hold(5, 6, 7, 8)
    watching = watch([stage(consumer)], end=9, left=left)
    with caplog.at_level(logging.CRITICAL):
        asyncio.run(watching.look(0.0))
        assert left == []
        asyncio.run(watching.look(60.0))
    assert left == [1]
    assert "stuck: encode has stood at offset 5 of prompts-0 for 60 s, with records up to 8 to read" in caplog.text


def test_a_stage_that_has_read_everything_is_left_alone() -> None:
    left = list[int]()
    watching = watch([stage(FakeConsumer(fetched=9))], end=9, left=left)
    for now_s in (0.0, 100.0, 1000.0):
        asyncio.run(watching.look(now_s))
    assert left == []


def test_a_stage_without_an_assignment_is_not_asked() -> None:
    left = list[int]()
    watching = watch([stage(FakeConsumer(fetched=0), assigned=False)], end=9, left=left)
    for now_s in (0.0, 1000.0):
        asyncio.run(watching.look(now_s))
    assert left == []


def test_a_stage_that_may_not_join_its_group_ends_the_process_with_1(caplog: pytest.LogCaptureFixture) -> None:
    consumer, left = FakeConsumer(fetched=0), list[int]()
    consumer.coordinator._pending_exception = GroupAuthorizationFailedError("eddyline-encode")
    with caplog.at_level(logging.CRITICAL):
        asyncio.run(watch([stage(consumer, assigned=False)], end=9, left=left).look(0.0))
    assert left == [1]
    assert "encode may not join its consumer group" in caplog.text
    assert "eddyline-encode" in caplog.text


def test_how_far_a_stage_is_behind_can_be_seen() -> None:
    metrics = Telemetry()
    asyncio.run(watch([stage(FakeConsumer(fetched=4))], end=9, left=[], metrics=metrics).look(0.0))
    line = 'eddyline_lag_records{partition="0",stage="encode",topic="prompts"} 5.0'
    assert line in generate_latest(metrics.registry).decode()


def test_brokers_that_say_nothing_are_for_the_caller_to_wait_for() -> None:
    async def ends(_: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        raise Unavailable("no broker")

    watching = Watch(SETTINGS, [stage(FakeConsumer(fetched=4))], Telemetry(), ends, list[int]().append)
    with pytest.raises(Unavailable):
        asyncio.run(watching.look(0.0))
