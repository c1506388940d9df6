"""A server as a child process: started, awaited, killed, started again, never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from eddyline.demo.servers import leash
from eddyline.errors import Unavailable

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.05
LOG_TAIL_LINES = 20


class Server:
    """One server program on one port of 127.0.0.1; it may be started and ended any number of times.

    ``home`` holds its log, ``command`` starts it in the foreground with an absolute path of a program, and ``answers``
    tells whether whatever listens on ``port`` is ready for clients.

    The server is killed when the *thread* that called :meth:`start` ends: start it from one that lives long enough.
    """

    def __init__(
        self,
        name: str,
        home: Path,
        port: int,
        command: Sequence[str],
        answers: Callable[[int], bool],
    ) -> None:
        self.home = home
        self.port = port
        self._name = name
        self._log = home / "server.log"
        self._command = [sys.executable, "-I", leash.__file__, str(os.getpid()), *command]
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that was started last."""
        if self._process is None:
            message = f"{self._name} was never started"
            raise Unavailable(message)
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives; a stopped (SIGSTOP) one does."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server on its port and data, and wait until it answers; nothing happens if it runs.

        Raises:
            Unavailable: it ended, or did not answer in a minute. The message holds the tail of its log.
        """
        if self.running:
            return
        with self._log.open("ab") as log:
            # A session of its own: the terminal's Ctrl-C reaches us, and we decide when the server ends.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        problem = self._why_it_does_not_answer()
        if problem is not None:
            summary = f"{self._name} on port {self.port} {problem}; its log ends with:"
            raise Unavailable("\n".join([summary, *self._log_tail()]))

    def kill(self) -> None:
        """End the server and its children at once (SIGKILL), as a crash would."""
        self._end(signal.SIGKILL, timeout_s=None)

    def stop(self) -> None:
        """Ask the server to end (SIGTERM), and kill it when it does not within ten seconds."""
        try:
            self._end(signal.SIGTERM, timeout_s=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def pause(self) -> None:
        """Let the server stand still (SIGSTOP): its port takes connections, and nobody answers."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a server that was paused go on; nothing happens to one that runs or has ended."""
        if self.running:
            os.killpg(self.pid, signal.SIGCONT)

    def _end(self, number: signal.Signals, timeout_s: float | None) -> None:
        # Until it is waited for, even a dead process keeps its id: the group that gets the signal is ours.
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, number)
            self._process.wait(timeout_s)

    def _why_it_does_not_answer(self) -> str | None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers(self.port):
            if not self.running:
                return "ended before it answered"
            if time.monotonic() > deadline:
                self.kill()
                return f"did not answer within {START_TIMEOUT_S:.0f} s"
            time.sleep(POLL_S)
        return None

    def _log_tail(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]


S = TypeVar("S", bound=Server)


@contextmanager
def temporary_home(name: str, directory: Path) -> Iterator[Path]:
    """Give a fresh directory of a server inside ``directory``, which is made if missing; remove it afterwards."""
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{name}-", dir=directory.resolve()) as home:
        yield Path(home)


@contextmanager
def started(server: S) -> Iterator[S]:
    """Run ``server`` while the context lasts."""
    try:
        server.start()
        yield server
    finally:
        server.stop()
