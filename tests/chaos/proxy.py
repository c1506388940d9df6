"""A TCP proxy that can be told to misbehave: what stands between a worker and a server when the network fails.

It runs on an event loop in a thread of its own, so that a test may switch faults while it does something else::

    with Proxy(server.port) as proxy:
        client = connect(proxy.port)
        proxy.black_hole()
        proxy.mend()
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import NamedTuple, Self

from eddyline.demo.servers.ports import free_port

CHUNK_BYTES = 65_536
CHUNKS_ON_THE_WAY = 1000
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: to close is to reset."""


class Fault(NamedTuple):
    """What happens to the chunks that pass; the default is nothing."""

    latency_s: float = 0.0
    """Added to every chunk, in each direction."""
    reset_rate: float = 0.0
    """The probability that a chunk resets its connection."""
    swallow: bool = False
    """Chunks disappear."""


class _Link:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self._writers = writers
        self.lossy = False

    def reset(self) -> None:
        for writer in self._writers:
            if not writer.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()


class Proxy:
    """Passes connections to ``port`` of this machine on to ``target``; faults hold for open and new connections."""

    def __init__(self, target: int, *, port: int | None = None, seed: int = 0) -> None:
        self.port = free_port() if port is None else port
        self.target, self._random = target, random.Random(seed)
        self._fault = Fault()
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def mend(self) -> None:
        """Pass everything on; a connection that has lost bytes is reset, for its stream makes no sense any more."""
        self.disturb(Fault())
        self._do(self._listen())
        self._do(self._reset(lossy_only=True))

    def disturb(self, fault: Fault) -> None:
        """Do this to all chunks from now on."""
        self._fault = fault

    def black_hole(self) -> None:
        """Accept connections and let whatever is sent disappear, in both directions."""
        self.disturb(Fault(swallow=True))

    def refuse(self) -> None:
        """Reset all connections and refuse new ones, as a machine without the server does."""
        self._do(self._close())
        self.close_all()

    def close_all(self) -> None:
        """Reset all connections; new ones are accepted as before."""
        self._do(self._reset(lossy_only=False))

    def _do(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=CHUNK_BYTES)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _reset(self, *, lossy_only: bool) -> None:
        for link in [*self._links]:
            if link.lossy or not lossy_only:
                link.reset()

    async def _end(self) -> None:
        await self._close()
        await self._reset(lossy_only=False)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target, limit=CHUNK_BYTES)
        except OSError:
            _Link(writer).reset()
            return
        link = _Link(writer, far_writer)
        self._links.add(link)
        try:
            await asyncio.gather(self._pass(reader, far_writer, link), self._pass(far_reader, writer, link))
        except OSError:
            pass  # a connection has ended; so does its other half
        finally:
            link.reset()
            self._links.discard(link)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link) -> None:
        """Copy one direction until its end. What is delayed queues up: latency is no limit of the throughput."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_ON_THE_WAY)
        delivery = asyncio.create_task(self._deliver(queue, writer))
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                link.lossy |= self._fault.swallow
                if self._random.random() < self._fault.reset_rate:
                    link.reset()
                if not link.lossy:
                    await queue.put((self._loop.time() + self._fault.latency_s, chunk))
            await queue.put((0.0, b""))
            await delivery
        finally:
            delivery.cancel()

    async def _deliver(self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, chunk = await queue.get()
            if not chunk:
                writer.write_eof()
                return
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            writer.write(chunk)
            await writer.drain()
