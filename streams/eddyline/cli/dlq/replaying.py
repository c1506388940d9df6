"""``eddyline dlq replay``."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import click

from eddyline.cli.dlq.handle import Handle, HandleType
from eddyline.cli.dlq.letter import Letter
from eddyline.cli.dlq.listing import choose
from eddyline.cli.dlq.originals import Originals, input_partitions, originals
from eddyline.cli.dlq.reading import Shelf, shelf
from eddyline.cli.verbs import FOUND_A_PROBLEM, with_settings
from eddyline.kafka.producer import OutputProducer
from eddyline.outputs.cloudevent import Output
from eddyline.settings import Settings

NAMED = 10
"""So many handles are named of those that are refused for one cause."""


@click.command()
@click.argument("handles", type=HandleType(), metavar="[HANDLE]...", nargs=-1)
@click.option("--reason", help="All that died of this; invalid_field stands for all of its kind.")
@click.option("--all", "everything", is_flag=True, help="All there are.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be written.")
@with_settings
def verb(
    settings: Settings, *, handles: tuple[Handle, ...], reason: str | None, everything: bool, dry_run: bool
) -> None:
    """Write the original records to their input topics again, once what they died of is mended.

    Value, key and headers are those that came, and dlq.attempts says how often they died. What a dead letter does not
    hold is read from the input topic, and refused where that no longer holds it. The dead letters stay where they are:
    drop them, or the next replay writes them again. Ends with 1 if any is refused.
    """
    if [bool(handles), reason is not None, everything].count(True) != 1:
        raise click.UsageError("name handles, or --reason, or --all")
    refused: dict[str, list[Handle]] = defaultdict(list)
    counts = input_partitions(settings)
    with shelf(settings) as dead, originals(settings, counts) as source:
        letters = _chosen(dead, handles, reason)
        outputs = _revived(letters, counts, source, refused)
        written = Counter(output.topic for output in outputs) if dry_run else _write(settings, outputs)
    _report(written, refused, dry_run=dry_run)
    if refused:
        click.get_current_context().exit(FOUND_A_PROBLEM)


def _chosen(dead: Shelf, handles: Sequence[Handle], reason: str | None) -> Iterable[Letter]:
    if handles:
        # All are looked up before any is written: a wrong handle writes nothing.
        return [dead.letter(handle) for handle in dict.fromkeys(handles)]
    return choose(dead.letters(), reason=reason)


def _revived(
    letters: Iterable[Letter], counts: Mapping[str, int], source: Originals, refused: dict[str, list[Handle]]
) -> Iterator[Output]:
    """Return the original records of those that can be replayed, and note the others with the cause."""
    for letter in letters:
        try:
            output = letter.revived(counts, source.of)
        except ValueError as error:
            refused[str(error)].append(letter.handle)
            continue
        # The topic may have been made anew with fewer partitions: then the key decides.
        there = (output.partition or 0) < counts[output.topic]
        yield output if there else output._replace(partition=None)


def _write(settings: Settings, outputs: Iterable[Output]) -> Counter[str]:
    written: Counter[str] = Counter()
    producer = OutputProducer(settings)
    for output in outputs:
        producer.send([output])
        written[output.topic] += 1
    producer.flush_now()
    return written


def _report(written: Counter[str], refused: dict[str, list[Handle]], *, dry_run: bool) -> None:
    where = ", ".join(f"{count} to {topic}" for topic, count in sorted(written.items()))
    click.echo(f"{'would replay' if dry_run else 'replayed'} {written.total()}{': ' if where else ''}{where}")
    for cause, handles in refused.items():
        named = ", ".join(str(handle) for handle in handles[:NAMED])
        more = ", ..." if len(handles) > NAMED else ""
        click.echo(f"refused {len(handles)}, {cause}: {named}{more}")
