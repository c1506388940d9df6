"""What probes and Prometheus ask a worker over HTTP: /healthz, /readyz, /metrics, /version."""

import asyncio
import platform
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from aiohttp import web
from mode import Service
from prometheus_client.exposition import choose_encoder

from eddyline import __version__, observations, partials
from eddyline.errors import EddylineError, RefusedToStart
from eddyline.kafka.stage import Stage
from eddyline.settings import Settings
from eddyline.telemetry import Telemetry

BEAT_SECONDS = 1.0
MOST_SECONDS_BETWEEN_BEATS = 10.0
PING_SECONDS = 2.0
CLOSING_SECONDS = 1.0


class Heartbeat(NamedTuple):
    """When the event loop was last seen to turn."""

    at_s: float

    def fault(self, now_s: float) -> str | None:
        """Return what is wrong, if anything."""
        silent = now_s - self.at_s
        return f"the event loop stood still for {silent:.0f} s" if silent >= MOST_SECONDS_BETWEEN_BEATS else None


class Health(Service):
    """A small HTTP server on the event loop of the stages, so that it is silent when they are."""

    def __init__(
        self,
        listener: socket.socket,
        stages: Sequence[Stage],
        metrics: Telemetry,
        ping: Callable[[], Awaitable[None]],
        brokers: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``ping`` raises :class:`Unavailable` when Redis does not answer; ``brokers`` says what is wrong."""
        super().__init__()
        self._listener, self._stages, self._metrics, self._clock = listener, stages, metrics, clock
        self._ping, self._brokers = ping, brokers
        self._heartbeat = Heartbeat(clock())
        application = web.Application()
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/metrics", self._exposition)
        application.router.add_get("/version", self._version)
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=CLOSING_SECONDS
        )

    async def on_start(self) -> None:
        """Begin to answer."""
        self.add_future(self._beat())
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()

    async def on_stop(self) -> None:
        """Close all connections and the port."""
        await self._runner.cleanup()

    async def _beat(self) -> None:
        while not self.should_stop:
            self._heartbeat = Heartbeat(self._clock())
            await self.sleep(BEAT_SECONDS)

    async def _healthz(self, _: web.Request) -> web.Response:
        """Tell whether this process lives; of nothing else, or a broker's outage would restart every worker."""
        return _answer({"event_loop": self._heartbeat.fault(self._clock())})

    async def _readyz(self, _: web.Request) -> web.Response:
        """Tell whether this worker can do its work now. Being behind is no fault: it is what a worker starts with."""
        faults = {name: fault for stage in self._stages for name, fault in stage.faults().items()}
        return _answer({**faults, "kafka": self._brokers(), "redis": await self._redis_fault()})

    async def _redis_fault(self) -> str | None:
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._ping()
        except TimeoutError:
            return f"Redis has not answered within {PING_SECONDS:.0f} s"
        except EddylineError as error:
            return str(error)
        return None

    async def _exposition(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._metrics.registry), headers={"Content-Type": content_type})

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "version": __version__,
                "python": platform.python_version(),
                "stages": [stage.name for stage in self._stages],
                "records": {"observations": observations.VERSION, "partials": partials.VERSION},
            }
        )


def open_listener(settings: Settings) -> socket.socket | None:
    """Take the configured port; None when there is none to open.

    Raises:
        RefusedToStart: the port is taken, or the address is not this machine's.
    """
    bind, port = settings.worker.http_bind, settings.worker.http_port
    if not port:
        return None
    try:
        return socket.create_server((bind, port), family=socket.AF_INET6 if ":" in bind else socket.AF_INET)
    except OSError as error:
        message = f"worker.http_bind = {bind!r}, worker.http_port = {port}: {error.strerror}"
        raise RefusedToStart(message) from None


def _answer(faults: Mapping[str, str | None]) -> web.Response:
    ok = not any(faults.values())
    checks = {name: fault or "ok" for name, fault in faults.items()}
    return web.json_response({"ok": ok, "checks": checks}, status=200 if ok else 503)
