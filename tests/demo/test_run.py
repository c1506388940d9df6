"""The demo from beginning to end: it tells its story, and whatever ends it, nothing is left behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from eddyline.demo.run import run_demo

pytestmark = pytest.mark.integration

SCRIPT = "import sys; from eddyline.demo.run import run_demo; sys.exit(run_demo(seconds=600))"


def processes_below(directory: Path) -> list[list[str]]:
    """Return the command lines of whatever runs with its files in ``directory``."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if any(str(directory) in word for word in words):
            found.append(words)
    return found


def assert_nothing_is_left(directory: Path) -> None:
    assert list(directory.iterdir()) == []
    assert processes_below(directory) == []


@pytest.fixture
def slow_demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a demo that would run for ten minutes, once it has told something."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", SCRIPT],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert any("prompts," in line for line in process.stdout)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_two_weeks_are_told_with_exit_code_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    output = StringIO()
    code = run_demo(seconds=25, days=14, console=Console(file=output, width=130))
    told = output.getvalue()
    assert code == 0, told
    assert "seen: a first window of 2026.10.1" in told
    assert "seen: users of 2026.10.1, 2026-10-12: " in told
    assert re.search(r"adaptation +its users learn from it.* \+8\.4 ", told), told
    assert "4 planted ones within" in told
    assert "Missing" not in told
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_demo_and_all_it_started(
    slow_demo: subprocess.Popen[str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    assert processes_below(tmp_path)
    slow_demo.send_signal(number)
    slow_demo.communicate(timeout=30)
    assert slow_demo.returncode == code
    assert_nothing_is_left(tmp_path)


def test_a_demo_whose_worker_dies_says_so_and_ends_with_1(slow_demo: subprocess.Popen[str], tmp_path: Path) -> None:
    [worker] = [child for child in psutil.Process(slow_demo.pid).children() if child.cmdline()[-1] == "worker"]
    worker.kill()
    told, _ = slow_demo.communicate(timeout=30)
    assert slow_demo.returncode == 1
    assert "the worker ended with code -9" in told
    assert_nothing_is_left(tmp_path)
