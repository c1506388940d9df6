"""JSON lines: ``{"topic": ..., "value": {...}}``, or bare events where one topic is given for all."""

from collections.abc import Collection, Iterator
from pathlib import Path

import orjson

from eddyline.errors import RefusedToStart


def read_lines(path: Path, topic: str | None, known: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield topic and value of every line of a file that is not empty.

    Args:
        path: the file.
        topic: the topic of bare events; None when every line names its own.
        known: the names of the input topics.

    Raises:
        RefusedToStart: the file cannot be read, or a line names no known topic.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _split(line.rstrip(b"\r\n"), topic, known, f"{path}:{number}")
    except OSError as error:
        raise RefusedToStart(f"{path}: {error.strerror}") from None


def _split(line: bytes, topic: str | None, known: Collection[str], where: str) -> tuple[str, bytes]:
    """Return topic and value of a line. Of a bare event even what is no JSON: it becomes a dead letter."""
    if topic is not None:
        return topic, line
    try:
        fields = orjson.loads(line)
        name, value = fields["topic"], fields["value"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise RefusedToStart(
            f'{where}: a line must be {{"topic": ..., "value": ...}}; name the topic of bare events with --topic'
        ) from None
    if name not in known:
        raise RefusedToStart(f"{where}: {name!r} is none of the input topics {', '.join(known)}")
    return name, orjson.dumps(value)
