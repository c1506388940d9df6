"""``eddyline dlq show``."""

from collections.abc import Iterable

import click

from eddyline.cli.dlq.handle import Handle, HandleType
from eddyline.cli.dlq.letter import Letter
from eddyline.cli.dlq.originals import Originals, input_partitions, originals
from eddyline.cli.dlq.reading import shelf
from eddyline.cli.screen import cell
from eddyline.cli.verbs import with_settings
from eddyline.errors import EddylineError
from eddyline.events import Record
from eddyline.outputs.dead_letter import PREFIX, own
from eddyline.settings import Settings


@click.command()
@click.argument("handle", type=HandleType())
@click.option("--raw", is_flag=True, help="Write the bytes of the value, and nothing else, to stdout as they are.")
@with_settings
def verb(settings: Settings, *, handle: Handle, raw: bool) -> None:
    r"""Show the headers, the key and the value of one dead letter.

    What is no printable text is written as an escape like \x1b. Of a dead letter that is only a pointer, the original
    is read from its input topic, as long as that holds it.
    """
    with shelf(settings) as dead, originals(settings, input_partitions(settings)) as source:
        letter = dead.letter(handle)
        if not raw:
            _show_facts(letter)
        record = _content(letter, source)
    if raw:
        click.get_binary_stream("stdout").write(record.value or b"")
    else:
        _show_content(record)


def _content(letter: Letter, source: Originals) -> Record:
    """Return the record that holds what a producer wrote: the dead letter itself, unless it is a pointer."""
    if not letter.is_pointer:
        return letter.record
    try:
        return source.of(letter.record)
    except ValueError as error:
        message = f"the value of {letter.handle} cannot be shown: {error}"
        raise EddylineError(message) from None


def _show_facts(letter: Letter) -> None:
    click.echo(f"{letter.handle}  {cell('time_ms', letter.record.timestamp_ms)}")
    _show_headers(header for header in letter.record.headers if header[0].startswith(PREFIX))


def _show_content(record: Record) -> None:
    _show_headers(own(record.headers))
    click.echo(f"key: {'-' if record.key is None else escaped(record.key)}")
    click.echo()
    # Last, so that no line of it can pass for a header.
    click.echo("\n".join(escaped(line) for line in (record.value or b"").split(b"\n")))


def _show_headers(headers: Iterable[tuple[str, bytes | None]]) -> None:
    for name, content in headers:
        click.echo(f"{escaped(name.encode(errors='replace'))}: {escaped(content or b'')}")


def escaped(content: bytes) -> str:
    r"""Return bytes as text that cannot steer a terminal.

    >>> escaped(b"refund\x1b[2J \xff \xe2\x80\xae na\xc3\xafve")
    'refund\\x1b[2J \\xff \\u202e naïve'
    """
    text = content.decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
