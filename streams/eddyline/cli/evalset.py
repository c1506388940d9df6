"""An eval set in a file: one item a line, ``{"id": ..., "prompt": ...}`` or the bare text of a prompt."""

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import numpy as np

from eddyline import features
from eddyline.cli.screen import progress_bar
from eddyline.errors import EddylineError
from eddyline.partials import ReferenceImported
from eddyline.protocols import Encoder
from eddyline.references import to_import

TEXTS_AT_ONCE = 64
FAULTS_SHOWN = 20
LONGEST_ID = 200


class Item(NamedTuple):
    """One item: its id (of a bare text derived from it) and its prompt."""

    id: str
    prompt: str


class _Line(msgspec.Struct):
    prompt: str
    id: str | None = None


def read_items(path: Path) -> list[Item]:
    """Return the items of a file.

    Raises:
        EddylineError: it cannot be read, it is empty, or a line is bad; the bad lines are told on stderr.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise EddylineError(f"{path}: {error.strerror}") from None
    items, faults = parse(lines)
    for number, fault in faults[:FAULTS_SHOWN]:
        click.echo(f"{path}:{number}: {fault}", err=True)
    if faults:
        raise EddylineError(f"{path}: nothing was imported, {len(faults)} of {len(lines)} lines are bad")
    if not items:
        raise EddylineError(f"{path}: there is no item in it")
    return items


def parse(lines: Iterable[bytes]) -> tuple[list[Item], list[tuple[int, str]]]:
    """Return the items of ``lines``, and the number of every bad line with what is wrong. Empty lines are skipped."""
    places: dict[str, int] = {}
    items, faults = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = parse_line(line)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            faults.append((number, str(error)))
            continue
        first = places.setdefault(item.id, number)
        if first == number:
            items.append(item)
        else:
            faults.append((number, f"the same item as line {first}"))
    return items, faults


def parse_line(line: bytes) -> Item:
    """Return the item of one line.

    Raises:
        ValueError: it holds none; the message says why.

    >>> parse_line(b'{"id": "q1", "prompt": "Where is my order?"}')
    Item(id='q1', prompt='Where is my order?')
    >>> parse_line(b"Where is my order?").prompt
    'Where is my order?'
    """
    text = line.strip()
    fields = msgspec.json.decode(text, type=_Line) if text.startswith(b"{") else _Line(text.decode())
    prompt = unicodedata.normalize("NFC", fields.prompt)
    if not prompt.strip():
        raise ValueError("the prompt is empty")
    item = Item(fields.id or hashlib.sha256(prompt.encode()).hexdigest()[:16], prompt)
    if len(item.id) > LONGEST_ID:
        raise ValueError(f"the id has more than {LONGEST_ID} characters")
    return item


def encode_items(items: list[Item], encoder: Encoder, *, app: str, effective_ms: int) -> ReferenceImported:
    """Encode an eval set, with a progress bar on a terminal; return the record that imports it, style included."""
    parts = []
    with progress_bar("encoding", len(items)) as done:
        for at in range(0, len(items), TEXTS_AT_ONCE):
            parts.append(encoder.encode([item.prompt for item in items[at : at + TEXTS_AT_ONCE]]).vectors)
            done(at + len(parts[-1]))
    return to_import(
        app=app,
        ids=[item.id for item in items],
        vectors=np.concatenate(parts),
        flags=np.array([features.style(item.prompt).flags for item in items], np.uint32),
        space_id=encoder.space_id,
        build_id=encoder.build_id,
        effective_ms=effective_ms,
    )
