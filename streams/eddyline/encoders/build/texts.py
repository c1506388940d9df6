"""Drawing texts for calibration by a fixed rule: of every file, the distinct texts with the smallest sha256."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

FIELDS = ("text", "prompt", "response")
"""Every one of these that a line of a file has is a text."""
PROMPTS = ("text", "prompt")
"""Without what models wrote."""


def draw(files: Iterable[Path], per_file: int, fields: Sequence[str] = FIELDS) -> list[str]:
    """Draw ``per_file`` texts of each JSON lines file (gzipped or not): no random numbers, no order of the lines."""
    return [text for path in files for text in smallest(texts_of(path, fields), per_file)]


def smallest(texts: Iterable[str], count: int) -> list[str]:
    """Return the ``count`` distinct ``texts`` with the smallest sha256, smallest first."""
    return sorted(set(texts), key=lambda text: hashlib.sha256(text.encode()).digest())[:count]


def texts_of(path: Path, fields: Sequence[str] = FIELDS) -> Iterator[str]:
    """Read every text that the lines of a JSON lines file have in ``fields``."""
    content = path.read_bytes()
    lines: Sequence[bytes] = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    for line in lines:
        row = json.loads(line)
        yield from (row[field] for field in fields if row.get(field))
