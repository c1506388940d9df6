"""``eddyline dlq ls``."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import click

from eddyline.cli.dlq.letter import Letter
from eddyline.cli.dlq.reading import shelf
from eddyline.cli.instant import instant
from eddyline.cli.screen import Row, show_json, show_rows
from eddyline.cli.verbs import json_option, with_settings
from eddyline.settings import Settings


@click.command()
@click.option("--reason", help="Those that died of this; invalid_field stands for all of its kind.")
@click.option("--topic", help="Those that came from this topic.")
@click.option("--since", "since_ms", metavar="RFC3339", callback=instant, help="Those that were written then or later.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="List so many, the newest.")
@json_option
@with_settings
def verb(
    settings: Settings, *, reason: str | None, topic: str | None, since_ms: int | None, limit: int, as_json: bool
) -> None:
    """List the newest dead letters, and count all by reason.

    Values are not shown: they are what users wrote.
    """
    counts: Counter[str] = Counter()
    with shelf(settings) as dead:
        chosen = choose(dead.letters(), reason=reason, topic=topic, since_ms=since_ms)
        newest = heapq.nlargest(limit, _counted(chosen, counts), key=_age)
    rows = [letter.row() for letter in reversed(newest)]
    ordered = dict(counts.most_common())
    if as_json:
        show_json({"letters": rows, "counts": ordered})
    else:
        _show(rows, ordered)


def choose(
    letters: Iterable[Letter], *, reason: str | None = None, topic: str | None = None, since_ms: int | None = None
) -> Iterator[Letter]:
    """Return the letters that fit; None fits all."""
    for letter in letters:
        fits = reason is None or letter.has_reason(reason)
        fits = fits and topic in (None, letter.topic)
        if fits and (since_ms is None or letter.record.timestamp_ms >= since_ms):
            yield letter


def _counted(letters: Iterable[Letter], counts: Counter[str]) -> Iterator[Letter]:
    for letter in letters:
        counts[letter.reason] += 1
        yield letter


def _age(letter: Letter) -> tuple[int, int, int]:
    return letter.record.timestamp_ms, *letter.handle


def _show(rows: Sequence[Row], counts: Mapping[str, int]) -> None:
    total = sum(counts.values())
    if not rows:
        click.echo("no dead letters")
        return
    show_rows(rows, as_json=False)
    click.echo()
    show_rows([{"reason": reason, "count": count} for reason, count in counts.items()], as_json=False)
    if len(rows) < total:
        click.echo(f"\nthe newest {len(rows)} of {total}; --limit lists more")
