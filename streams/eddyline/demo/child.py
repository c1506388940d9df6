"""The worker as a child process, configured by environment variables as it would be anywhere."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from eddyline.demo.servers import leash
from eddyline.errors import Unavailable
from eddyline.settings import PREFIX, Settings, variable

COMMAND = (sys.executable, "-m", "eddyline", "worker")
STOP_TIMEOUT_S = 15.0
TAIL_LINES = 25


class Worker:
    """A running ``eddyline worker``, with its log in a file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            Unavailable: it has ended; the message holds the tail of its log.
        """
        code = self._process.poll()
        if code is not None:
            message = "\n".join([f"the worker ended with code {code}; its log ends with:", *self.tail()])
            raise Unavailable(message)

    def tail(self) -> list[str]:
        """Return the last lines of its log."""
        return self._log.read_text(errors="replace").splitlines()[-TAIL_LINES:]

    def stop(self) -> None:
        """Ask it to end, and kill it when it does not."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def running_worker(settings: Settings, home: Path) -> Iterator[Worker]:
    """Run a worker with its log and whatever it writes in ``home``."""
    log = home / "worker.log"
    with log.open("wb") as output:
        # A session of its own: the terminal's Ctrl-C reaches us, and we decide when the worker ends.
        process = subprocess.Popen(
            [sys.executable, "-I", leash.__file__, str(os.getpid()), *COMMAND],
            cwd=home,
            env=environment(settings, os.environ) | {"TMPDIR": str(home)},  # libraries leave files there
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    worker = Worker(process, log)
    try:
        yield worker
    finally:
        worker.stop()


def environment(settings: Settings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give a child exactly these settings, whatever Eddyline's variables were before."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(PREFIX)}
    own = {
        variable(f"{section}.{field}"): str(value)
        for section, fields in msgspec.to_builtins(settings).items()
        for field, value in fields.items()
    }
    return kept | own
