"""Where what came out differs from what had to: which event, which field, which values."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson

MISSING = "(missing)"
SHOWN = 10


class Mismatch(NamedTuple):
    """One field of one event, or of one value in Redis."""

    what: str
    field: str
    ours: object
    """By the oracle."""
    theirs: object
    """What came out."""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.what} {self.field}: {_short(self.theirs)} instead of {_short(self.ours)}"


def report(mismatches: list[Mismatch]) -> str:
    """Return the first of them, one a line, and how many there are."""
    return "\n".join([f"{len(mismatches)} differences", *map(str, mismatches[:SHOWN])])


def of_events(kind: str, ours: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> list[Mismatch]:
    """Compare events by id, byte for byte."""
    found = []
    for id_ in sorted(ours.keys() | theirs.keys(), key=lambda id_: (_time(ours.get(id_) or theirs[id_]), id_)):
        left, right = ours.get(id_, b"null"), theirs.get(id_, b"null")
        if left != right:
            fields = list(differences(_label(kind, left, right), orjson.loads(left), orjson.loads(right)))
            found += fields or [Mismatch(_label(kind, left, right), "bytes", left, right)]
    return found


def differences(what: str, ours: object, theirs: object, field: str = "") -> Iterator[Mismatch]:
    """Return every field in which two JSON-like values differ; of lists the first place."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for name in sorted(ours.keys() | theirs.keys()):
            yield from differences(what, ours.get(name, MISSING), theirs.get(name, MISSING), f"{field}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        places = (differences(what, left, right, f"{field}[{at}]") for at, (left, right) in pairs)
        yield from next((found for place in places if (found := list(place))), [])
    elif type(ours) is not type(theirs) or ours != theirs:
        yield Mismatch(what, field.lstrip(".") or "(all)", ours, theirs)


def _label(kind: str, left: bytes, right: bytes) -> str:
    """Return how to name an event: what it speaks of, rather than its id."""
    data = (orjson.loads(left) or orjson.loads(right)).get("data", {})
    start = data.get("window", {}).get("start")
    parts = (data.get("app"), data.get("deployment"), start, data.get("request_id"), data.get("scorer"))
    return " ".join([kind, *(str(part) for part in parts if part is not None)])


def _time(event: bytes) -> str:
    return str(orjson.loads(event).get("time"))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
