"""Keys say nothing to a decoder: whatever they hold, the value decides."""

import pytest

from eddyline.events import Record
from eddyline.inputs import Defaults, decode

VALUE = b'{"id": "a", "prompt": "hello", "ts": "2026-11-21T08:00:00Z"}'


@pytest.mark.parametrize("key", [None, b"", b"\x00", b"\xff\xfe", b"k" * 100_000])
def test_any_key_is_accepted(key: bytes | None) -> None:
    record = Record("prompts", 0, 0, VALUE, key=key)
    defaults = Defaults("default", "production", 0)
    assert decode(record, "prompts", max_bytes=1000, defaults=defaults, now_ms=1_795_248_000_000) is not None
