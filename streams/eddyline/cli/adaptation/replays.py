"""Scores of replayed prompts in a file, a line each: scores as they are, or texts that the built-in scorers score."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, NamedTuple

import click
import msgspec
from msgspec import Meta

from eddyline.adaptation.replayed import Part, Score, Split, split
from eddyline.cli.evalset import FAULTS_SHOWN, TEXTS_AT_ONCE
from eddyline.cli.screen import progress_bar
from eddyline.errors import EddylineError, Incomparable
from eddyline.protocols import Encoder
from eddyline.scorers import SCORERS, Interaction

UNNAMED = "score"
"""The scorer of a line that names none."""
TextId = Annotated[str, Meta(min_length=1, max_length=512)]
Key = tuple[str, Part, str]
"""(scorer, part, id of the prompt)."""
Open = Callable[[], AbstractContextManager[Encoder]]
"""Opens the encoder: it is only needed for texts."""


class Line(msgspec.Struct, frozen=True):
    """What a line holds: a score, or a prompt and what the model answered."""

    part: Part
    id: TextId
    user: TextId | None = None
    scorer: TextId | None = None
    value: Annotated[float, Meta(ge=-1000, le=1000)] | None = None
    prompt: str | None = None
    response: str | None = None

    def keys(self, part: Part) -> list[Key]:
        """Return which scores it would give in a part; each may be there once."""
        scorers = [scorer.name for scorer in SCORERS] if self.value is None else [self.scorer or UNNAMED]
        return [(scorer, part, self.id) for scorer in scorers]


class Fault(NamedTuple):
    """A line that cannot be used, and why."""

    number: int
    reason: str


def read_splits(path: Path, encoder: Open) -> dict[str, Split]:
    """Return how scores split, by scorer.

    Raises:
        EddylineError: the file cannot be read, a line is bad, or a part is missing; bad lines are told on stderr.
    """
    try:
        lines, faults = parse(path.read_bytes().splitlines())
    except OSError as error:
        raise EddylineError(f"{path}: {error.strerror}") from None
    for fault in faults[:FAULTS_SHOWN]:
        click.echo(f"{path}:{fault.number}: {fault.reason}", err=True)
    if faults:
        raise EddylineError(f"{path}: {len(faults)} lines are bad, so nothing was split")
    if not lines:
        raise EddylineError(f"{path}: there is no score in it")
    scores = scored(lines, encoder)
    try:
        return {scorer: split(scores[scorer]) for scorer in sorted(scores)}
    except Incomparable as error:
        raise EddylineError(f"{path}: {error}") from None


def parse(lines: Iterable[bytes]) -> tuple[list[Line], list[Fault]]:
    """Return what ``lines`` hold, and which are bad. Empty lines are skipped."""
    places: dict[Key, int] = {}
    found, faults = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            held = _held(line)
        except (msgspec.MsgspecError, ValueError) as error:
            faults.append(Fault(number, str(error)))
            continue
        first = min(places.setdefault(key, number) for key in held.keys(held.part))
        if first == number:
            found.append(held)
        else:
            faults.append(Fault(number, f"the same as line {first}"))
    return found, faults + _unpaired(found, places)


def _held(line: bytes) -> Line:
    held = msgspec.json.decode(line, type=Line)
    if (held.value is None) != (held.prompt is not None and held.response is not None):
        raise ValueError("a line has a value, or a prompt and a response")
    if held.value is None and held.scorer is not None:
        raise ValueError("texts are scored by all built-in scorers: a line with texts names none")
    return held


def _unpaired(found: Iterable[Line], places: Mapping[Key, int]) -> list[Fault]:
    """Return what was replayed, but never scored before."""
    return [
        Fault(places[line.keys("replayed")[0]], "replays a prompt that no line of before has")
        for line in found
        if line.part == "replayed" and not places.keys() >= set(line.keys("before"))
    ]


def scored(lines: Sequence[Line], encoder: Open) -> dict[str, list[Score]]:
    """Return the scores of all lines by scorer."""
    found: defaultdict[str, list[Score]] = defaultdict(list)
    for line in lines:
        if line.value is not None:
            found[line.scorer or UNNAMED].append(Score(line.part, line.id, line.user, line.value))
    if texts := [line for line in lines if line.value is None]:
        with encoder() as opened:
            for scorer, score in _of_texts(texts, opened):
                found[scorer].append(score)
    return dict(found)


def _of_texts(lines: Sequence[Line], encoder: Encoder) -> Iterator[tuple[str, Score]]:
    with progress_bar("scoring", len(lines)) as done:
        for at in range(0, len(lines), TEXTS_AT_ONCE):
            batch = lines[at : at + TEXTS_AT_ONCE]
            yield from _of_batch(batch, encoder)
            done(at + len(batch))


def _of_batch(lines: Sequence[Line], encoder: Encoder) -> Iterator[tuple[str, Score]]:
    prompts, responses = [_nfc(line.prompt) for line in lines], [_nfc(line.response) for line in lines]
    vectors = encoder.encode([*prompts, *responses]).vectors
    for at, line in enumerate(lines):
        interaction = Interaction(vectors[at], vectors[len(lines) + at], responses[at])
        for scorer in SCORERS:
            value = scorer.score(interaction)
            if value is not None:
                yield scorer.name, Score(line.part, line.id, line.user, value)


def _nfc(text: str | None) -> str:
    return unicodedata.normalize("NFC", text or "")
