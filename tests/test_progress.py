"""How far a worker has read, and what a silent source says."""

from eddyline.observations import Source
from eddyline.progress import Progress

P0, P1 = ("prompts", 0), ("prompts", 1)
IDLE_MS = 30_000


def _read(progress: Progress) -> None:
    progress.assign({P0: 5, P1: 0}, 1_000, {})
    progress.read(P0, 5, 700, 1_000)


def test_a_source_starts_before_its_first_record_and_knows_no_time() -> None:
    progress = Progress("live", IDLE_MS)
    progress.assign({P0: 5}, 1_000, {})
    assert progress.sources([P0]) == [Source("prompts", 0, 4, 0, idle=False)]


def test_a_read_record_moves_the_offset_and_the_watermark_and_neither_goes_back() -> None:
    progress = Progress("live", IDLE_MS)
    _read(progress)
    progress.read(P0, 6, 600, 1_001)
    progress.read(P0, 6, None, 1_002)
    progress.read(P0, 3, 650, 1_003)
    assert progress.sources([P0]) == [Source("prompts", 0, 6, 700, idle=False)]


def test_sources_come_in_order_and_only_those_that_are_assigned() -> None:
    progress = Progress("live", IDLE_MS)
    _read(progress)
    found = progress.sources([P1, ("feedback", 9), P0])
    assert [(source.topic, source.partition) for source in found] == [P0, P1]


def test_a_quiet_source_at_its_end_follows_the_clock() -> None:
    progress = Progress("live", IDLE_MS)
    _read(progress)
    ends = {P0: 6, P1: 0}
    assert [source.watermark_ms for source in progress.tick(ends, 1_000 + IDLE_MS - 1)] == [700, 0]
    assert [source.watermark_ms for source in progress.tick(ends, 100_000)] == [70_000, 70_000]
    assert not any(source.idle for source in progress.tick(ends, 200_000))


def test_a_source_with_records_to_read_is_waited_for() -> None:
    progress = Progress("live", IDLE_MS)
    _read(progress)
    assert [source.watermark_ms for source in progress.tick({P0: 7, P1: 1}, 100_000)] == [700, 0]


def test_a_source_whose_end_is_unknown_is_waited_for() -> None:
    progress = Progress("live", IDLE_MS)
    _read(progress)
    assert [source.watermark_ms for source in progress.tick({}, 100_000)] == [700, 0]


def test_by_the_log_a_quiet_source_is_idle_until_it_speaks_again() -> None:
    progress = Progress("log", IDLE_MS)
    _read(progress)
    assert [(at.watermark_ms, at.idle) for at in progress.tick({P0: 6, P1: 0}, 100_000)] == [(700, True), (0, True)]
    progress.read(P0, 6, 800, 100_001)
    assert [(at.watermark_ms, at.idle) for at in progress.tick({P0: 7, P1: 0}, 100_002)] == [(800, False), (0, True)]


def test_what_nobody_could_hear_is_no_silence() -> None:
    progress = Progress("log", IDLE_MS)
    _read(progress)
    ends = {P0: 6, P1: 0}
    progress.tick(ends, 2_000)
    assert not any(source.idle for source in progress.tick(ends, 1_000 + 2 * IDLE_MS))
    for later in range(1, 4):
        found = progress.tick(ends, 1_000 + 2 * IDLE_MS + later * IDLE_MS // 4)
    assert all(source.idle for source in found)


def test_a_clock_that_goes_back_moves_no_watermark_back() -> None:
    progress = Progress("live", IDLE_MS)
    _read(progress)
    progress.tick({P0: 6, P1: 0}, 100_000)
    assert [source.watermark_ms for source in progress.tick({P0: 6, P1: 0}, 50_000)] == [70_000, 70_000]


def test_a_partition_that_stays_keeps_its_place_and_one_that_went_is_forgotten() -> None:
    progress = Progress("live", IDLE_MS)
    _read(progress)
    progress.assign({P0: 2}, 2_000, {})
    progress.read(P1, 9, 900, 2_000)
    assert progress.sources([P0, P1]) == [Source("prompts", 0, 5, 700, idle=False)]
