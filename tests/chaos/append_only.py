"""What may happen to a Redis's append-only file while the server is down."""

import shutil
from pathlib import Path

from eddyline.demo.servers import RedisServer


def tear(server: RedisServer, size: int) -> int:
    """Cut the last ``size`` bytes, as a machine does that lost power before they were on disk; return how many went."""
    newest = max(_folder(server).glob("*.incr.aof"), key=_number)
    kept = max(0, newest.stat().st_size - size)
    gone = newest.stat().st_size - kept
    with newest.open("rb+") as file:
        file.truncate(kept)
    return gone


def copy(server: RedisServer, backup: Path) -> None:
    """Copy the data, of a server that may be running."""
    shutil.copytree(_folder(server), backup)


def restore(server: RedisServer, backup: Path) -> None:
    """Put a copy in the place of the data of a server that is down."""
    shutil.rmtree(_folder(server))
    shutil.copytree(backup, _folder(server))


def _folder(server: RedisServer) -> Path:
    return server.home / "appendonlydir"


def _number(path: Path) -> int:
    return int(path.name.split(".")[-3])
