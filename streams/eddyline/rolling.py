"""Rolling sums: what the last hour and the last day hold, from closed windows, exactly."""

from collections import deque

import msgspec

from eddyline import cells, versions
from eddyline.cells import Cell, Sums
from eddyline.windows import HOUR_MS

VERSION = 1
SPANS = {"1h": HOUR_MS, "24h": 24 * HOUR_MS}


class _Part(msgspec.Struct, array_like=True):
    volume: bytes
    gated: bytes


class _Rolled(msgspec.Struct, array_like=True):
    """What a rolling key holds."""

    version: int
    as_of_ms: int
    space_id: str
    volume: bytes
    gated: bytes


_rolled_decoder = msgspec.msgpack.Decoder(_Rolled)


class _Span:
    """The windows of one span and their exact total: integers can be taken away again without a trace."""

    def __init__(self, span_ms: int) -> None:
        self._span_ms = span_ms
        self._parts: deque[tuple[int, Sums, Sums]] = deque()
        self.volume, self.gated = Sums.empty(), Sums.empty()

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def newest_ms(self) -> int:
        return self._parts[-1][0] if self._parts else 0

    def add(self, start_ms: int, volume: Sums, gated: Sums) -> None:
        self._parts.append((start_ms, volume, gated))
        self.volume.merge(volume)
        self.gated.merge(gated)

    def starts(self) -> list[int]:
        return [start for start, _, _ in self._parts]

    def expire(self, as_of_ms: int) -> list[int]:
        gone = []
        while self._parts and self._parts[0][0] < as_of_ms - self._span_ms:
            start, volume, gated = self._parts.popleft()
            self.volume.subtract(volume)
            self.gated.subtract(gated)
            gone.append(start)
        return gone


class Rolling:
    """The closed windows of one app, deployment and embedding space that are younger than a day."""

    def __init__(self, space_id: str) -> None:
        self._space_id = space_id
        self._spans = {name: _Span(span_ms) for name, span_ms in SPANS.items()}

    def __bool__(self) -> bool:
        """Whether there is a window left."""
        return bool(self._spans["24h"])

    @property
    def newest_ms(self) -> int:
        """The start of the last window; 0 without one."""
        return self._spans["24h"].newest_ms

    def add(self, start_ms: int, volume: Sums, gated: Sums) -> None:
        """Add a closed window. Windows come in the order of their starts."""
        for span in self._spans.values():
            span.add(start_ms, volume, gated)

    def restore(self, start_ms: int, packed: bytes) -> None:
        """Take back a stored window, in the order of starts."""
        part = msgspec.msgpack.decode(packed, type=_Part)
        self.add(start_ms, cells.unpack_sums(part.volume), cells.unpack_sums(part.gated))

    def expire(self, as_of_ms: int) -> list[int]:
        """Forget the windows that start a span or more before ``as_of_ms``; return those that none holds."""
        return [span.expire(as_of_ms) for span in self._spans.values()][-1]

    def starts(self) -> list[int]:
        """Return the starts of its windows."""
        return self._spans["24h"].starts()

    def rolled(self, span: str, as_of_ms: int) -> bytes:
        """Return the sums of a span, packed, as of the last :meth:`expire`."""
        at = self._spans[span]
        rolled = _Rolled(VERSION, as_of_ms, self._space_id, cells.pack_sums(at.volume), cells.pack_sums(at.gated))
        return msgspec.msgpack.encode(rolled)


def pack_part(cell: Cell) -> bytes:
    """Return what is stored of one window."""
    return msgspec.msgpack.encode(_Part(cells.pack_sums(cell.volume), cells.pack_sums(cell.gated)))


def unpack_rolled(value: bytes) -> tuple[int, str, Sums, Sums]:
    """Return (as of in ms, space id, volume sums, gated sums) of a rolling key's value."""
    rolled = versions.decode(_rolled_decoder, value, VERSION, "rolling sums")
    return rolled.as_of_ms, rolled.space_id, cells.unpack_sums(rolled.volume), cells.unpack_sums(rolled.gated)
