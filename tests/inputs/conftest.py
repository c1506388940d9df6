"""What the tests of inputs share: one clock, one way to read a record."""

from collections.abc import Callable

import orjson
import pytest

from eddyline.errors import DeadLetter
from eddyline.events import Event, Kind, Record
from eddyline.inputs import Defaults, decode

NOW_MS = 1_795_248_000_000
"""2026-11-21T08:00:00Z."""
DEFAULTS = Defaults("default", "production", 300_000)
Header = tuple[str, bytes | None]


@pytest.fixture(scope="session")
def read() -> Callable[..., Event | None]:
    """Give a function that decodes one value: bytes as they are, anything else as JSON."""

    def _read(
        value: object, kind: Kind = "prompts", headers: tuple[Header, ...] = (), max_bytes: int = 1_000_000
    ) -> Event | None:
        payload = value if isinstance(value, bytes | None) else orjson.dumps(value)
        record = Record("in", 3, 14, payload, headers=headers)
        return decode(record, kind, max_bytes=max_bytes, defaults=DEFAULTS, now_ms=NOW_MS)

    return _read


@pytest.fixture(scope="session")
def reason(read: Callable[..., Event | None]) -> Callable[..., str]:
    """Give a function that returns why a value is refused, else ``accepted`` or ``tombstone``."""

    def _reason(*args: object, **kwargs: object) -> str:
        try:
            return "accepted" if read(*args, **kwargs) else "tombstone"
        except DeadLetter as error:
            return error.reason

    return _reason
