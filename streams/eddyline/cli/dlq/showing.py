"""``eddyline dlq show``."""

import click

from eddyline.cli.dlq.handle import Handle, HandleType
from eddyline.cli.dlq.letter import Letter
from eddyline.cli.dlq.reading import shelf
from eddyline.cli.screen import cell
from eddyline.cli.verbs import with_settings
from eddyline.settings import Settings


@click.command()
@click.argument("handle", type=HandleType())
@click.option("--raw", is_flag=True, help="Write the bytes of the value, and nothing else, to stdout as they are.")
@with_settings
def verb(settings: Settings, *, handle: Handle, raw: bool) -> None:
    r"""Show the headers, the key and the value of one dead letter.

    What is no printable text is written as an escape like \x1b.
    """
    with shelf(settings) as dead:
        letter = dead.letter(handle)
    if raw:
        click.get_binary_stream("stdout").write(letter.record.value or b"")
    else:
        _show(letter)


def _show(letter: Letter) -> None:
    record = letter.record
    click.echo(f"{letter.handle}  {cell('time_ms', record.timestamp_ms)}")
    for name, content in record.headers:
        click.echo(f"{escaped(name.encode(errors='replace'))}: {escaped(content or b'')}")
    click.echo(f"key: {'-' if record.key is None else escaped(record.key)}")
    click.echo()
    # Last, so that no line of it can pass for a header.
    click.echo("\n".join(escaped(line) for line in (record.value or b"").split(b"\n")))


def escaped(content: bytes) -> str:
    r"""Return bytes as text that cannot steer a terminal.

    >>> escaped(b"refund\x1b[2J \xff \xe2\x80\xae na\xc3\xafve")
    'refund\\x1b[2J \\xff \\u202e naïve'
    """
    text = content.decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
