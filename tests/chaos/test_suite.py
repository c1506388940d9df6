"""The suite itself: its fault points are the product's, its file and its table agree."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from tests.chaos import append_only, record, table, worker

from eddyline.demo import servers


class Stage:
    """Something with a method that may be wrapped."""

    async def step(self) -> str:
        return "done"


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a fault point before ``Stage.step``, and the signals that it has sent."""
    sent: list[int] = []
    monkeypatch.setattr(worker, "POINTS", {"stepping": worker.Point(Stage, "step", "before", "before a step")})
    # Put back afterwards, for to arm is to change it.
    monkeypatch.setattr(Stage, "step", Stage.step)
    monkeypatch.setattr(os, "kill", lambda _, number: sent.append(number))
    return sent


@pytest.mark.parametrize("point", list(worker.POINTS))
def test_every_fault_point_is_a_method_that_the_product_has(point: str) -> None:
    environ = {**os.environ, worker.VARIABLE: f"{point}:1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.worker", "--help"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_fault_point_that_the_product_has_lost_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(worker.POINTS, "gone", worker.Point(Stage, "renamed", "before", ""))
    with pytest.raises(worker.UnknownFault):
        worker.arm("gone:1")


def test_a_fault_strikes_at_its_turn_only(point: list[int]) -> None:
    worker.arm("stepping:3:SIGSTOP")
    sent = []
    for _ in range(5):
        assert asyncio.run(Stage().step()) == "done"
        sent.append(list(point))
    assert sent == [[], [], *[[signal.SIGSTOP]] * 3]


def test_a_torn_file_is_shorter_and_redis_starts_on_it(tmp_path: Path) -> None:
    with servers.redis_server(tmp_path) as server:
        client = redis.Redis(port=server.port)
        for number in range(10):
            client.set(f"k{number}", "v" * 100)
        server.kill()
        assert append_only.tear(server, 150) == 150
        server.start()
        assert client.dbsize() == 8


def row(scenario: str, seed: int, result: str = "passed") -> record.Row:
    return record.Row(scenario, seed, {"kill -9": 3}, 1000, 2, result, 10.0, "abc1234")


def test_a_row_takes_the_place_of_the_earlier_one_of_the_same_machine(tmp_path: Path) -> None:
    path, machine = tmp_path / "chaos.json", {"cpu": "a", "date": "2026-01-01"}
    for found in (row("b", 1), row("a", 1, "failed"), row("a", 1), row("a", 2)):
        record.add(path, found, machine)
    assert record.read(path).rows == [row("a", 1), row("a", 2), row("b", 1)]
    record.add(path, row("c", 1), {**machine, "cpu": "other"})
    assert record.read(path).rows == [row("c", 1)]


def test_a_failure_is_named_in_the_table_with_its_seed() -> None:
    text = table.rendered(record.Results(record.this_machine(), [row("a", 1), row("a", 2, "failed"), row("b", 1)]))
    assert "| a | 1, 2 | 6 kill -9 | 2,000 | 4 | 20 | abc1234 | failed with seed 2 |" in text
    assert "| b | 1 | 3 kill -9 | 1,000 | 2 | 10 | abc1234 | passed |" in text


def test_the_table_is_replaced_and_nothing_else() -> None:
    page = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    assert table.replaced(page, "new") == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n"


def test_the_documentation_shows_the_results_that_are_committed() -> None:
    page = table.PAGE.read_text("utf-8")
    if table.RESULTS.exists():
        assert table.replaced(page, table.rendered(record.read(table.RESULTS))) == page
    else:
        assert table.BEGIN not in page
