"""The life of a server process, shown on programs of a few lines."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from eddyline.demo.servers.ports import free_port, is_free, is_open
from eddyline.demo.servers.processes import Server, started, temporary_home
from eddyline.errors import Unavailable

LISTEN = "import signal, socket; server = socket.create_server(('127.0.0.1', {port})); signal.pause()"
IGNORE_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
WITH_CHILD = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True); "

STARTER = """
import signal, sys
from pathlib import Path
from eddyline.demo.servers.ports import is_open
from eddyline.demo.servers.processes import Server, started
home, port, code = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with started(Server("fake", home, port, [sys.executable, "-c", code], is_open)) as server:
    print(server.pid, flush=True)
    signal.pause()
"""


def fake_server(home: Path, code: str = LISTEN) -> Server:
    port = free_port()
    return Server("fake", home, port, [sys.executable, "-c", code.format(port=port)], is_open)


def wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.01)


def start_in_another_process(home: Path) -> tuple[subprocess.Popen[str], int]:
    port = free_port()
    command = [sys.executable, "-c", STARTER, str(home), str(port), LISTEN.format(port=port)]
    starter = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert starter.stdout is not None
    return starter, int(starter.stdout.readline())


def test_a_started_server_answers_and_is_gone_after_its_context(tmp_path: Path) -> None:
    with started(fake_server(tmp_path)) as server:
        assert server.running
        assert is_open(server.port)
    assert not server.running
    assert is_free(server.port)


def test_a_killed_server_starts_again_on_its_port_as_another_process(tmp_path: Path) -> None:
    with started(fake_server(tmp_path)) as server:
        first = server.pid
        server.kill()
        assert not is_open(server.port)
        server.start()
        assert is_open(server.port)
        assert server.pid != first


def test_starting_a_running_server_changes_nothing(tmp_path: Path) -> None:
    with started(fake_server(tmp_path)) as server:
        first = server.pid
        server.start()
        assert server.pid == first


def test_killing_and_stopping_twice_is_harmless(tmp_path: Path) -> None:
    with started(fake_server(tmp_path)) as server:
        server.kill()
        server.kill()
        server.stop()
    assert not server.running


def test_a_server_that_ignores_the_request_to_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.demo.servers.processes.STOP_TIMEOUT_S", 0.2)
    with started(fake_server(tmp_path, IGNORE_SIGTERM + LISTEN)) as server:
        pass
    assert not server.running


def test_a_frozen_server_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.demo.servers.processes.STOP_TIMEOUT_S", 0.2)
    with started(fake_server(tmp_path)) as server:
        os.kill(server.pid, signal.SIGSTOP)
    assert not server.running


def test_the_children_of_a_server_are_killed_with_it(tmp_path: Path) -> None:
    with started(fake_server(tmp_path, WITH_CHILD + LISTEN)) as server:
        child = int((tmp_path / "server.log").read_text())
        server.kill()
        wait_until_ended(child)


def test_an_exception_in_the_context_ends_the_server(tmp_path: Path) -> None:
    server = fake_server(tmp_path)
    with pytest.raises(KeyboardInterrupt), started(server):
        raise KeyboardInterrupt
    assert not server.running


def test_a_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter, pid = start_in_another_process(tmp_path)
    with starter:
        starter.kill()
    wait_until_ended(pid)


def test_ctrl_c_ends_the_server(tmp_path: Path) -> None:
    starter, pid = start_in_another_process(tmp_path)
    with starter:
        starter.send_signal(signal.SIGINT)
        starter.wait(timeout=5)
    assert not psutil.pid_exists(pid)


def test_a_failed_start_shows_what_the_server_said(tmp_path: Path) -> None:
    server = fake_server(tmp_path, "raise SystemExit('no such flag')")
    with pytest.raises(Unavailable, match=r"(?s)fake on port \d+ ended before it answered.*no such flag"):
        server.start()


def test_a_server_that_never_answers_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.demo.servers.processes.START_TIMEOUT_S", 0.2)
    server = fake_server(tmp_path, "import signal; signal.pause()")
    with pytest.raises(Unavailable, match="did not answer"):
        server.start()
    assert not server.running


def test_a_server_that_was_never_started_has_no_process(tmp_path: Path) -> None:
    server = fake_server(tmp_path)
    server.stop()
    assert not server.running
    with pytest.raises(Unavailable, match="never started"):
        _ = server.pid


def test_a_home_is_removed_with_its_files_even_when_the_start_fails(tmp_path: Path) -> None:
    directory = tmp_path / "not there yet"
    with (
        pytest.raises(Unavailable),
        temporary_home("fake", directory) as home,
        started(fake_server(home, "raise SystemExit(1)")),
    ):
        pass
    assert list(directory.iterdir()) == []


def test_a_free_port_lies_below_those_that_clients_are_given() -> None:
    lowest_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < lowest_of_clients for _ in range(20))
