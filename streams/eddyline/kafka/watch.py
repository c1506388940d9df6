"""The watchdog's eyes and hands: ends a process in which a stage is stuck."""

import logging
import os
import time
from collections.abc import Callable, Sequence

from mode import Service

from eddyline import telemetry
from eddyline.kafka.offsets import Ends
from eddyline.kafka.stage import Stage, group_error, positions
from eddyline.settings import Settings
from eddyline.telemetry import Telemetry
from eddyline.watchdog import Place, Sight, Stall, Watchdog

log = logging.getLogger(__name__)
LOOK_SECONDS = 10.0


class Watch(Service):
    """Looks every few seconds where the stages stand, beside the apps on their event loop."""

    def __init__(
        self,
        settings: Settings,
        stages: Sequence[Stage],
        metrics: Telemetry,
        ends: Ends,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        super().__init__()
        self._stages, self._metrics, self._ends, self._leave = stages, metrics, ends, leave
        self._watchdog = Watchdog(settings.worker.stall_seconds)
        self.fault: str | None = None
        """Why the last look saw nothing, if it did not."""
        self._every_s = min(LOOK_SECONDS, settings.worker.stall_seconds / 4)

    async def on_start(self) -> None:
        """Begin to look."""
        self.add_future(self._run())

    async def _run(self) -> None:
        while not self.should_stop:
            await self.sleep(self._every_s)
            try:
                await self.look(time.monotonic())
                self.fault = None
            except Exception as error:  # noqa: BLE001 - a look that fails must not end what it looks after
                self._watchdog.forget()
                self.fault = str(error)
                log.warning("the watchdog saw nothing: %s", error)

    async def look(self, now_s: float) -> None:
        """Look once; end the process if a stage is stuck, or kept out of its consumer group.

        Raises:
            Unavailable: the brokers do not say where partitions end.
        """
        errors = {stage.name: error for stage in self._stages if (error := group_error(stage))}
        if errors:
            self._end([f"{name} may not join its consumer group: {error}" for name, error in errors.items()])
            return
        seen = await self._see()
        self._metrics.clear(telemetry.LAG_RECORDS)
        for (stage, topic, partition), sight in seen.items():
            if sight.position is not None:
                lag = max(0, sight.end - sight.position)
                self._metrics.set(telemetry.LAG_RECORDS, lag, stage, topic, str(partition))
        paused = {(stage.name, *tp) for stage in self._stages for tp in stage.paused}
        if stalls := self._watchdog.look({place: sight for place, sight in seen.items() if place not in paused}, now_s):
            self._end(stalls)

    async def _see(self) -> dict[Place, Sight]:
        stood = {stage.name: await positions(stage) for stage in self._stages if stage.assignment.received}
        ends = await self._ends({(tp.topic, tp.partition) for found in stood.values() for tp in found})
        return {
            (name, tp.topic, tp.partition): Sight(position, ends[tp.topic, tp.partition])
            for name, found in stood.items()
            for tp, position in found.items()
        }

    def _end(self, stalls: Sequence[Stall | str]) -> None:
        """Leave at once: an orderly end would wait for what is stuck, and a kill costs nothing but repeated work."""
        for stall in stalls:
            log.critical("stuck: %s; the process ends and goes on from its last checkpoint", stall)
        logging.shutdown()
        self._leave(1)
