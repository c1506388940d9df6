"""Records that were gone before a stage could read them: the windows that miss them say so, and an alert does."""

from collections.abc import Sequence
from typing import Any

import orjson
from tests import observed
from tests.watched import WATCHED

from eddyline import cells, observations, partials
from eddyline.fold import Fold, FoldPolicy
from eddyline.gaps import UNKNOWN
from eddyline.judge import Judge, JudgePolicy
from eddyline.observations import ObservationRecord, Source
from eddyline.outputs.cloudevent import Output, rfc3339
from eddyline.partials import Closed, WindowPartial
from eddyline.progress import Progress
from eddyline.settings import Settings, Topics

SETTINGS = Settings(topics=Topics(observations_partitions=2, partials_partitions=1))
WINDOW, GRACE = 300_000, 120_000
START = 1_793_577_600_000
APP = "chat/production"


def record(sources: Sequence[Source], *times: int) -> bytes:
    found = [observed.prompt(f"e{at}", time_ms=at) for at in times]
    return observations.pack(ObservationRecord(1, "space", "build", {"prompts": 2}, list(sources), list(found)))


def both(watermark_ms: int, *, gap_ms: int = 0) -> list[Source]:
    return [Source("prompts", at, 9, watermark_ms, idle=False, gap_ms=gap_ms * (1 - at)) for at in range(2)]


def fields(state: Fold | Judge) -> dict[str, bytes]:
    return state.take_changes().fields


def marks(outputs: Sequence[Output]) -> list[Closed]:
    found = [partials.unpack(output.value) for output in outputs if output.topic == SETTINGS.topics.partials]
    return [partial for partial in found if isinstance(partial, Closed)]


def alerts(outputs: Sequence[Output]) -> list[dict[str, Any]]:
    return [orjson.loads(output.value)["data"] for output in outputs if output.topic == SETTINGS.topics.alerts]


def lost(partition: int = 1) -> Fold:
    """Return a fold that goes on from a stored state, after records that are gone."""
    policy = FoldPolicy.of(SETTINGS)
    before = Fold(policy, partition)
    before.apply(record(both(START), START))
    stored = fields(before)
    again = Fold.restore(policy, partition, stored, gap=True)
    return Fold.restore(policy, partition, stored | fields(again))


def test_windows_up_to_what_every_source_has_reached_again_may_miss_events() -> None:
    fold = lost()
    first, second = both(START + 3 * WINDOW)
    outputs = fold.apply(record([first]))
    assert not marks(outputs)
    assert not alerts(outputs)
    outputs = fold.apply(record([second], START + 3 * WINDOW))
    assert {mark.gap_ms for mark in marks(outputs)} == {START + 3 * WINDOW}


def test_a_gap_is_told_when_it_is_known_and_when_all_its_windows_are_closed() -> None:
    fold = lost()
    outputs = fold.apply(record(both(START + WINDOW)))
    (firing,) = alerts(outputs)
    assert firing["labels"]["alertname"] == "StateGap"
    assert (firing["labels"]["topic"], firing["labels"]["partition"]) == (SETTINGS.topics.observations, "1")
    assert (firing["status"], firing["startsAt"], firing["endsAt"]) == ("firing", rfc3339(START + WINDOW), None)
    outputs = fold.apply(record(both(START + 2 * WINDOW + GRACE)))
    (resolved,) = alerts(outputs)
    assert (resolved["status"], resolved["fingerprint"]) == ("resolved", firing["fingerprint"])
    assert alerts(fold.apply(record(both(START + 5 * WINDOW)))) == []


def test_a_source_that_lost_records_is_told_to_everybody_and_by_one() -> None:
    outputs = [Fold(FoldPolicy.of(SETTINGS), at).apply(record(both(START, gap_ms=START + 7))) for at in (0, 1)]
    assert [{mark.gap_ms for mark in marks(found)} for found in outputs] == [{START + 7}, {START + 7}]
    ((alert,), none) = map(alerts, outputs)
    assert (alert["labels"]["topic"], alert["labels"]["partition"]) == ("prompts", "0")
    assert none == []


def test_while_nobody_knows_how_much_is_missing_every_window_may_miss_events() -> None:
    outputs = Fold(FoldPolicy.of(SETTINGS), 0).apply(record(both(START, gap_ms=UNKNOWN)))
    assert {mark.gap_ms for mark in marks(outputs)} == {UNKNOWN}
    assert alerts(outputs) == []


def test_a_source_learns_from_its_first_event_up_to_when_it_misses_some() -> None:
    progress = Progress("live", 30_000, GRACE)
    progress.assign({("prompts", 0): 5, ("prompts", 1): 5}, START, {("prompts", 0): UNKNOWN})
    progress.read(("prompts", 0), 5, None, START)
    assert progress.gap(("prompts", 0)) == UNKNOWN
    progress.read(("prompts", 0), 6, START - 1000, START)
    progress.read(("prompts", 0), 7, START, START)
    assert progress.gap(("prompts", 0)) == START - 1000 + GRACE
    assert progress.gap(("prompts", 1)) == 0


def test_a_source_of_which_nothing_is_left_misses_everything_up_to_now() -> None:
    progress = Progress("live", 30_000, GRACE)
    progress.assign({("prompts", 0): 5}, START, {("prompts", 0): UNKNOWN})
    (source,) = progress.tick({("prompts", 0): 5}, START + 30_000)
    assert source.gap_ms == START + 30_000


def closed(fold: int, until: int) -> bytes:
    return partials.pack(Closed(fold, 2, until, 0))


def window(fold: int, start: int) -> bytes:
    return partials.pack(WindowPartial(fold, APP, start, "v1", "space", cells.pack(cells.Cell())))


def test_windows_are_incomplete_while_a_fold_partition_does_not_know_what_it_misses() -> None:
    judge = Judge(JudgePolicy.of(SETTINGS, WATCHED), 0)
    judge.apply(partials.pack(Closed(0, 2, START, UNKNOWN)))
    judge.apply(window(0, START))
    judge.apply(partials.pack(Closed(0, 2, START + WINDOW, UNKNOWN)))
    assert completeness(judge.apply(closed(1, START + WINDOW))) == [0.5]


def completeness(outputs: Sequence[Output]) -> list[float]:
    drift = [orjson.loads(output.value)["data"] for output in outputs if output.topic == SETTINGS.topics.drift]
    return [data["completeness"] for data in drift]


def test_judge_tells_the_windows_of_which_it_may_miss_partials() -> None:
    policy = JudgePolicy.of(SETTINGS, WATCHED)
    before = Judge(policy, 0)
    for value in (closed(0, START), closed(1, START), window(0, START)):
        before.apply(value)
    stored = fields(before)
    again = Judge.restore(policy, 0, stored, gap=True)
    judge = Judge.restore(policy, 0, stored | fields(again))
    assert judge.apply(closed(0, START + 2 * WINDOW)) == []
    judge.apply(window(1, START + WINDOW))
    outputs = judge.apply(closed(1, START + WINDOW))
    assert completeness(outputs) == [0.0]
    assert [alert["status"] for alert in alerts(outputs)] == ["firing"]
    outputs = judge.apply(closed(1, START + 2 * WINDOW))
    assert completeness(outputs) == [0.5]
    assert [alert["status"] for alert in alerts(outputs)] == ["resolved"]
    for value in (window(0, START + 2 * WINDOW), closed(0, START + 3 * WINDOW)):
        judge.apply(value)
    outputs = judge.apply(closed(1, START + 3 * WINDOW))
    assert (completeness(outputs), alerts(outputs)) == ([1.0], [])
