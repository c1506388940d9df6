"""What fails for a reason that may pass is tried again in place, for a bounded time."""

import asyncio
from collections.abc import Iterator

import pytest

from eddyline.errors import Fenced, Unavailable
from eddyline.store import patience
from eddyline.store.patience import Patience


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for milliseconds."""
    monkeypatch.setattr(patience, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(patience, "LONGEST_WAIT_SECONDS", 0.005)


class Server:
    """Answers with each of ``answers`` in turn, or raises it."""

    def __init__(self, *answers: int | Exception) -> None:
        self._answers: Iterator[int | Exception] = iter(answers)
        self.calls = 0

    async def __call__(self) -> int:
        self.calls += 1
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_call_is_repeated_until_it_succeeds_and_meanwhile_the_reason_is_shown() -> None:
    waiting, seen = Patience(60), []

    async def call() -> int:
        seen.append(waiting.fault)
        return await server()

    server = Server(Unavailable("away"), Unavailable("full"), 7)
    assert asyncio.run(waiting(call)) == 7
    assert seen == [None, "away (tried 1 times)", "full (tried 2 times)"]
    assert waiting.fault is None


def test_patience_has_an_end() -> None:
    server = Server(*[Unavailable("away")] * 10_000)
    with pytest.raises(Unavailable, match="away"):
        asyncio.run(Patience(0.1)(server))
    assert server.calls > 2


@pytest.mark.parametrize("error", [Fenced("taken"), ValueError("a bug")])
def test_what_cannot_pass_is_raised_at_once(error: Exception) -> None:
    server = Server(error, 7)
    with pytest.raises(type(error)):
        asyncio.run(Patience(60)(server))
    assert server.calls == 1


def test_without_patience_a_call_is_tried_once() -> None:
    server = Server(Unavailable("away"), 7)
    with pytest.raises(Unavailable):
        asyncio.run(Patience(0)(server))
    assert server.calls == 1
