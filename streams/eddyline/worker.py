"""The worker: the three stages as three Faust apps in one process, or one of them alone.

An error in any app ends the process with exit code 1; a supervisor (systemd, Kubernetes, ``restart: always``) starts it
again, and it goes on from its last checkpoint. SIGTERM ends it in order, with 0.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Literal

import faust
import uvloop

from eddyline.encode import Encode
from eddyline.encoders.configured import build_encoder
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.kafka import topics
from eddyline.kafka.encode_app import EncodeApp
from eddyline.kafka.ending import Worker
from eddyline.kafka.state_app import State, StateApp
from eddyline.privacy import Pseudonyms
from eddyline.settings import Settings
from eddyline.store.redis import RedisStore, check_durable, connect

Stage = Literal["encode", "fold", "judge"]
STAGES: tuple[Stage, ...] = ("encode", "fold", "judge")
log = logging.getLogger(__name__)


def run_worker(settings: Settings, stages: Sequence[Stage] = STAGES) -> int:
    """Run the stages until a signal ends them; return the exit code.

    Raises:
        RefusedToStart: topics, Redis, settings or the encoder bundle are unfit.
        Unavailable: Kafka or Redis does not answer.
    """
    topics.check(settings)
    if warning := asyncio.run(_check_redis(settings)):
        log.warning(warning)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # Faust makes two tasks a message: a seventh of the cost
    apps = [_BUILDERS[stage](settings) for stage in stages]
    worker = Worker(*apps, loglevel="INFO", quiet=False, redirect_stdouts=False)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


async def _check_redis(settings: Settings) -> str | None:
    client = connect(settings)
    try:
        return await check_durable(client, allow_volatile=settings.redis.allow_volatile)
    finally:
        await client.aclose()


def _encode_app(settings: Settings) -> faust.App:
    encode = Encode(settings, build_encoder(settings), Pseudonyms(settings.privacy.pepper))
    return EncodeApp(settings, encode, _store(settings)).app


def _fold_app(settings: Settings) -> faust.App:
    policy = FoldPolicy.of(settings)

    def open_state(partition: int, fields: Mapping[str, bytes], gap: bool) -> State:  # noqa: FBT001 - the shell's type
        return Fold.restore(policy, partition, fields) if fields else Fold(policy, partition, gap=gap)

    return StateApp(settings, "fold", settings.topics.observations, _store(settings), open_state).app


def _judge_app(settings: Settings) -> faust.App:
    policy = JudgePolicy.of(settings)

    def open_state(partition: int, fields: Mapping[str, bytes], gap: bool) -> State:  # noqa: ARG001, FBT001 - the shell's type
        return Judge.restore(policy, partition, fields) if fields else Judge(policy, partition)

    return StateApp(settings, "judge", settings.topics.partials, _store(settings), open_state).app


_BUILDERS = {"encode": _encode_app, "fold": _fold_app, "judge": _judge_app}


def _store(settings: Settings) -> RedisStore:
    return RedisStore(connect(settings), join_ttl_seconds=settings.join.ttl_seconds)
