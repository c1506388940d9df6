"""Workers under faults: armed, killed, stopped, asked to leave; a supervisor starts again who has ended."""

import os
import re
import signal
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import psutil
from tests.chaos.worker import VARIABLE
from tests.integration.running import Installation, Workers

ROOT = Path(__file__).parents[2]
FAILED = 1
REFUSED = 2
WRONG = re.compile(r"\[(ERROR|WARNING)\]|Error:")


class FaultyWorkers(Workers):
    """Worker processes of which each takes the next of ``faults`` along when it starts, as long as there are any."""

    program = ("tests.chaos.worker", "worker")
    in_order = (0, -signal.SIGTERM)
    """The latter before it has begun to listen to signals."""

    def __init__(self, installation: Installation, size: int, faults: Iterable[str] = ()) -> None:
        self._armed = list(faults)
        self.struck = 0
        """How many workers have ended by their own fault point."""
        self.expected: Collection[int] = {FAILED}
        """Exit codes after which a worker is started again. More are asked for by a test that means it."""
        self._leaving: set[int] = set()
        super().__init__(installation, size)

    def environ(self) -> Mapping[str, str]:
        """Return the environment of the next worker, with the next fault."""
        path = os.pathsep.join([str(ROOT), str(ROOT / "streams"), os.environ.get("PYTHONPATH", "")])
        fault = {VARIABLE: self._armed.pop(0)} if self._armed else {}
        return {**self._installation.environ, "PYTHONPATH": path, **fault}

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._processes)

    @property
    def unarmed(self) -> bool:
        """Whether every fault has been given to a worker."""
        return not self._armed

    def supervise(self) -> None:
        """Start every worker again that has ended as it may."""
        for slot, process in enumerate(self._processes):
            code = process.poll()
            if code is None:
                continue
            if code == -signal.SIGKILL:
                self.struck += 1
            elif slot in self._leaving and code in self.in_order:
                self._leaving.discard(slot)
            else:
                assert code in self.expected, f"a worker ended with {code}:\n{self.tail()}"
                self.crashes += 1
            self._processes[slot] = self._start(slot)

    def wait(self, seconds: float) -> None:
        """Supervise for so long."""
        deadline = time.monotonic() + seconds
        self.wait_until(lambda: time.monotonic() >= deadline, seconds + 60)

    def leave(self, slot: int) -> None:
        """Ask a worker to end, without waiting for it; the supervisor starts it again."""
        self._leaving.add(slot)
        self._processes[slot].send_signal(signal.SIGTERM)

    def crash_all(self) -> None:
        """End all workers with SIGKILL and start none."""
        for process in self._processes:
            process.kill()
            process.wait()

    def restart_all(self) -> None:
        """Start all workers again."""
        for slot in range(self.size):
            self.restart(slot)

    def pause(self, slot: int) -> None:
        """Let a worker stand still, as a machine does that swaps."""
        self._processes[slot].send_signal(signal.SIGSTOP)

    def resume(self, slot: int) -> None:
        """Let it go on."""
        self._processes[slot].send_signal(signal.SIGCONT)

    def paused(self) -> list[int]:
        """Return the workers that stand still."""
        found = enumerate(self._processes)
        return [at for at, process in found if psutil.Process(process.pid).status() == psutil.STATUS_STOPPED]

    def log(self) -> str:
        """Return everything that the workers have said."""
        return "\n".join(self._lines())

    def tail(self) -> str:
        """Return what went wrong lately, then the ends of the logs."""
        lines = self._lines()
        wrong = [line for line in lines if WRONG.search(line) and "is overlapping" not in line]
        return "\n".join([*wrong[-20:], "...", *lines[-5:]])
