"""What all three Faust apps share: options, positions, ending.

Faust's traps that this file is built around were measured, see docs/architecture.md ("Faust, as a shell"):

* values are raw bytes, because a decode error inside Faust stops a stream for good;
* a stage is one agent with concurrency 1 and hand-made acknowledgements, because ``take()`` acknowledges what failed;
* an error ends the process (``CrashingSupervisor``), because a restarted agent skips what it held;
* positions are set in ``seek_to_committed()``, where every way by which Faust repositions a consumer ends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import faust
from faust.transport.drivers import aiokafka
from faust.types import TP, Message
from yarl import URL

from eddyline.errors import EddylineError
from eddyline.events import Record
from eddyline.kafka.connection import faust_broker
from eddyline.kafka.credentials import credentials
from eddyline.kafka.starting import Partition
from eddyline.settings import Settings

log = logging.getLogger(__name__)

Positions = Callable[[Mapping[TP, Partition]], Awaitable[Mapping[TP, int]]]
"""Given every partition that is assigned, return where to read each."""


class App(faust.App):
    """An app without tables: it keeps nothing on disk."""

    def _create_directories(self) -> None:
        """Make none of the folders that Faust would leave in the working directory."""


def faust_app(settings: Settings, stage: str, positions: Positions) -> faust.App:
    """Return the Faust app of a stage; its consumers start where ``positions`` says."""
    timeout = settings.kafka.session_timeout_seconds
    app = App(
        f"{settings.kafka.group_prefix}-{stage}",
        broker=[URL(broker) for broker in faust_broker(settings)],
        broker_credentials=credentials(settings.kafka),
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        # So often partitions that were added are noticed.
        consumer_metadata_max_age_ms=30_000,
        broker_session_timeout=timeout,
        broker_heartbeat_interval=timeout / 6,
        broker_commit_interval=1.0,
        stream_buffer_maxsize=4 * settings.worker.batch_records,
        agent_supervisor="mode.supervisors.CrashingSupervisor",
    )
    app.transport = _transport(app, positions)
    return app


def _transport(app: faust.App, positions: Positions) -> aiokafka.Transport:
    class Consumer(aiokafka.Consumer):
        """Starts where the stage's state ends, not where the group has committed.

        Faust seeks once more while partitions change hands, by the assignment that is ending: a state loaded then would
        be taken from the worker that owns it by now. That seek does not count, for one by the new assignment follows.
        """

        _handing_over = False

        async def seek_to_committed(self) -> Mapping[TP, int]:
            committed = await super().seek_to_committed()
            assigned = {TP(*tp) for tp in self.assignment()}
            if self._handing_over or not assigned:
                return committed
            try:
                starts = await positions(await self._partitions(committed, assigned))
            except EddylineError as error:
                await end_process(app, error)
                raise
            await self.seek_wait(starts)
            return starts

        async def _partitions(self, committed: Mapping[TP, int], assigned: set[TP]) -> Mapping[TP, Partition]:
            first, ends = await self.earliest_offsets(*assigned), await self.highwaters(*assigned)
            return {tp: Partition(committed.get(tp), first[tp], ends[tp]) for tp in assigned}

        async def on_partitions_revoked(self, revoked: set[TP]) -> None:
            self._handing_over = True
            await super().on_partitions_revoked(revoked)

        async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
            self._handing_over = False
            await super().on_partitions_assigned(assigned, generation_id)

    class Transport(aiokafka.Transport):
        """A transport with that consumer."""

    Transport.Consumer = Consumer
    return Transport(app.conf.broker, app)


def record_of(message: Message) -> Record:
    """Return a Faust message as the stages take it."""
    headers = message.headers or ()
    items = headers.items() if isinstance(headers, Mapping) else headers
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        value=message.value,
        key=message.key,
        headers=tuple((str(name), value) for name, value in items),
        timestamp_ms=int((message.timestamp or 0) * 1000),
    )


async def end_process(app: faust.App, error: BaseException) -> None:
    """End the process without acknowledging anything more; a supervisor starts it again from its last checkpoint."""
    log.error("%s: %s", app.conf.id, error)
    await app.crash(error)
    await asyncio.sleep(3600)
