"""The worker: the three stages as three Faust apps in one process, or one of them alone.

An error in any app ends the process with exit code 1; a supervisor (systemd, Kubernetes, ``restart: always``) starts it
again, and it goes on from its last checkpoint. SIGTERM ends it in order, with 0.
"""

import asyncio
import logging
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import prometheus_client
import uvloop
from mode import Service

from eddyline import __version__, fold, judge, telemetry
from eddyline.encode import Encode
from eddyline.encoders.configured import build_encoder, read_space
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.kafka import topics
from eddyline.kafka.encode_app import EncodeApp
from eddyline.kafka.ending import Worker
from eddyline.kafka.health import Health, open_listener
from eddyline.kafka.offsets import ends_of
from eddyline.kafka.repeats import hold_back
from eddyline.kafka.stage import Stage
from eddyline.kafka.state_app import State, StateApp
from eddyline.kafka.watch import Watch
from eddyline.privacy import Pseudonyms
from eddyline.settings import Settings
from eddyline.store.circuits import RedisCircuits
from eddyline.store.redis import RedisStore, check_configured, connect
from eddyline.store.versions import check_states
from eddyline.telemetry import Telemetry

StageName = Literal["encode", "fold", "judge"]
STAGES: tuple[StageName, ...] = ("encode", "fold", "judge")
log = logging.getLogger(__name__)


def run_worker(settings: Settings, names: Sequence[StageName] = STAGES) -> int:
    """Run the stages until a signal ends them; return the exit code.

    Raises:
        RefusedToStart: topics, Redis, settings or the encoder bundle are unfit, or a newer version wrote the state.
        Unavailable: Kafka or Redis does not answer.
    """
    topics.check(settings)
    if warning := asyncio.run(check_configured(settings)):
        log.warning(warning)
    asyncio.run(check_states(settings, {name: _VERSIONS[name] for name in names if name in _VERSIONS}))
    # Faust makes two tasks a message: a seventh of the cost. Its consumer threads keep asyncio's own loop, though: to
    # write to a connection that was lost is an error of another kind in uvloop, which ends aiokafka's fetcher for good.
    asyncio.set_event_loop(uvloop.new_event_loop())
    hold_back()
    metrics = _telemetry()
    stages = [_BUILDERS[name](settings, metrics) for name in names]
    first, *others = [stage.app for stage in stages]
    services = _services(settings, stages, metrics)
    worker = Worker(first, *services, *others, loglevel="INFO", quiet=False, redirect_stdouts=False)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _telemetry() -> Telemetry:
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    metrics = Telemetry()
    metrics.set(telemetry.BUILD_INFO, 1, __version__, platform.python_version())
    return metrics


def _services(settings: Settings, stages: Sequence[Stage], metrics: Telemetry) -> list[Service]:
    """Return what looks after the stages."""
    watch = Watch(settings, stages, metrics, ends_of(settings))
    listener = open_listener(settings)
    if listener is None:
        return [watch]
    return [watch, Health(listener, stages, metrics, _store(settings).ping, lambda: watch.fault)]


def _encode_app(settings: Settings, metrics: Telemetry) -> EncodeApp:
    encoder = build_encoder(settings)
    metrics.set(telemetry.MODEL_INFO, 1, encoder.space_id, encoder.build_id)
    encode = Encode(settings, encoder, Pseudonyms(settings.privacy.pepper))
    circuits = RedisCircuits(connect(settings), patience_seconds=settings.redis.patience_seconds)
    return EncodeApp(settings, encode, _store(settings), circuits, metrics)


def _fold_app(settings: Settings, metrics: Telemetry) -> StateApp:
    policy = FoldPolicy.of(settings)

    def open_state(partition: int, fields: Mapping[str, bytes], gap: bool) -> State:  # noqa: FBT001 - the shell's type
        return Fold.restore(policy, partition, fields, gap=gap) if fields else Fold(policy, partition, gap=gap)

    return StateApp(settings, "fold", settings.topics.observations, _store(settings), open_state, metrics=metrics)


def _judge_app(settings: Settings, metrics: Telemetry) -> StateApp:
    policy = JudgePolicy.of(settings, read_space(settings))

    def open_state(partition: int, fields: Mapping[str, bytes], gap: bool) -> State:  # noqa: FBT001 - the shell's type
        return Judge.restore(policy, partition, fields, gap=gap) if fields else Judge(policy, partition, gap=gap)

    return StateApp(settings, "judge", settings.topics.partials, _store(settings), open_state, metrics=metrics)


_VERSIONS: Mapping[StageName, bytes] = {"fold": fold.VERSION, "judge": judge.VERSION}
"""Of the states that this worker reads."""
_BUILDERS: Mapping[StageName, Callable[[Settings, Telemetry], Stage]] = {
    "encode": _encode_app,
    "fold": _fold_app,
    "judge": _judge_app,
}


def _store(settings: Settings) -> RedisStore:
    return RedisStore(
        connect(settings),
        join_ttl_seconds=settings.join.ttl_seconds,
        patience_seconds=settings.redis.patience_seconds,
    )
