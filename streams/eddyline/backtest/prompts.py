"""The prompts of a history as texts: what encode understands of it, and what no stage passes on."""

from collections.abc import Iterable, Iterator

from eddyline.errors import DeadLetter
from eddyline.events import Event, Prompt, Record
from eddyline.inputs import Defaults, decode
from eddyline.settings import Settings


def read_prompts(history: Iterable[Record], settings: Settings, now_ms: int) -> Iterator[Prompt]:
    """Yield the prompts of users in a history; what would become a dead letter is left out, and so are tools' turns.

    Args:
        history: its records, or some of them.
        settings: those that the stages ran with.
        now_ms: the clock that they ran with, in milliseconds since 1970.
    """
    defaults = Defaults.of(settings.events)
    for record in history:
        if record.topic == settings.topics.prompts:
            event = _understood(record, settings.events.max_bytes, defaults, now_ms)
            if isinstance(event, Prompt) and event.turn == "user":
                yield event


def _understood(record: Record, max_bytes: int, defaults: Defaults, now_ms: int) -> Event | None:
    try:
        return decode(record, "prompts", max_bytes=max_bytes, defaults=defaults, now_ms=now_ms)
    except DeadLetter:
        return None
