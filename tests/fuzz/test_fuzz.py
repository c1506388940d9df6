"""A short run of the fuzzer, and that it would notice."""

from collections.abc import Sequence

import pytest
from tests.encoding import DigestEncoder
from tests.fuzz import session
from tests.fuzz.__main__ import Found, fuzz
from tests.fuzz.seeds import TOPICS, events, junk, largest
from tests.fuzz.session import Stages

from eddyline import cells, encode
from eddyline.events import Record
from eddyline.inputs import native
from eddyline.protocols import Encoded


@pytest.mark.parametrize("seed", range(3))
def test_no_session_dies(seed: int) -> None:
    found = Found()
    for number in range(1, 40):
        found.run(seed, number, DigestEncoder())
    assert found.deaths == {}
    assert {code.partition(":")[0] for code in found.outcomes} >= {"dlq", "io.eddyline.score.v1"}


def test_a_session_can_be_run_again() -> None:
    assert session.run("1-2", DigestEncoder()) == session.run("1-2", DigestEncoder())


def test_what_it_starts_from_is_accepted_and_what_is_junk_is_not() -> None:
    assert not any(map(session.is_refused, events()))
    assert {session.is_refused(record) for record in junk() if record.value} == {True}
    assert len({str(largest(number)) for number in range(10)}) == 10


def _raise(*_: object, **__: object) -> str:
    raise KeyError("planted")


def test_an_exception_other_than_a_dead_letter_is_a_death(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "nfc", _raise)
    found = Found()
    found.run(1, 2, DigestEncoder())
    assert [place.partition(" ")[0] for place in found.deaths] == ["KeyError"]
    assert found.failed


@pytest.mark.parametrize(
    ("module", "limit", "topic"),
    [(encode, "MOST_OBSERVATIONS", TOPICS.observations), (cells, "MOST_SCORERS", TOPICS.partials)],
)
def test_an_output_that_no_broker_takes_is_a_death(
    monkeypatch: pytest.MonkeyPatch, module: object, limit: str, topic: str
) -> None:
    monkeypatch.setattr(session, "FLOODS", 1.0)
    session.run("1-2", DigestEncoder())
    monkeypatch.setattr(module, limit, 10**9)
    with pytest.raises(AssertionError, match=f"bytes for {topic}"):
        session.run("1-2", DigestEncoder())


def test_a_lost_dead_letter_is_a_death() -> None:
    def lose(stages: Stages, records: Sequence[Record]) -> None:
        Stages.feed(stages, [record for record in records if not session.is_refused(record)])

    with pytest.raises(AssertionError, match="0 dead letters of"):
        session.run("1-2", DigestEncoder(), lose)


def test_slow_work_is_a_death(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_SECONDS", 0.0)
    with pytest.raises(AssertionError, match="s for"):
        session.run("1-2", DigestEncoder())


def test_growing_memory_fails_a_run() -> None:
    assert Found(rss_warm=100 << 20, rss_end=200 << 20).failed
    assert not Found(rss_warm=100 << 20, rss_end=130 << 20).failed


class Counting(DigestEncoder):
    """Counts how often it is asked."""

    calls = 0

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Count, and encode."""
        self.calls += 1
        return super().encode(texts)


def test_the_real_encoder_has_its_share() -> None:
    fake, real = Counting(), Counting()
    found = fuzz(1, 0.2, fake, real)
    assert found.sessions >= 1
    assert real.calls > 0
    assert found.rss_end > 0
