"""A worker that could not keep its promises does not start: exit code 2 and one line that says what to do."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import redis
from confluent_kafka import Consumer, TopicPartition
from tests.integration.running import Installation

from eddyline import keys, observations
from eddyline.demo import servers
from eddyline.encoders.configured import bundle_dir
from eddyline.settings import Settings
from eddyline.store.versions import check_states

pytestmark = pytest.mark.integration


def ended(installation: Installation, **changes: object) -> subprocess.CompletedProcess[str]:
    """Start a worker with changed settings and wait until it has ended."""
    environ = installation.environ | {f"EDDYLINE_{name.upper()}": str(value) for name, value in changes.items()}
    command = [sys.executable, "-m", "eddyline", "worker"]
    return subprocess.run(
        command, env=environ, cwd=installation.home, capture_output=True, text=True, timeout=60, check=False
    )


def refusal(installation: Installation, **changes: object) -> str:
    """Start a worker with changed settings; return its one line."""
    done = ended(installation, **changes)
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_without_its_topics(install: Callable[..., Installation]) -> None:
    line = refusal(install(), topics_prompts="nowhere")
    assert "topic nowhere does not exist: run 'eddyline topics create'" in line


def test_with_another_number_of_observations_partitions(install: Callable[..., Installation]) -> None:
    assert "has 4 partitions, the settings say 8" in refusal(install(), topics_observations_partitions=8)


def test_on_a_redis_that_keeps_nothing(install: Callable[..., Installation], tmp_path: Path) -> None:
    with servers.redis_server(tmp_path) as server:
        redis.Redis(port=server.port).config_set("appendonly", "no")
        assert "it does not persist (set 'appendonly yes')" in refusal(install(), redis_url=server.url)


def test_with_a_pepper_that_can_be_guessed(install: Callable[..., Installation]) -> None:
    assert "privacy.pepper is missing or shorter than 16 characters" in refusal(install(), privacy_pepper="short")


@pytest.mark.parametrize("file", ["model-int8.onnx", "tokenizer.json"])
def test_with_a_bundle_that_was_changed(file: str, install: Callable[..., Installation], tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(bundle_dir(Settings()), bundle)
    (bundle / file).chmod(0o644)
    with (bundle / file).open("r+b") as changed:
        changed.seek(-100, os.SEEK_END)
        changed.write(b"!")
    assert file in refusal(install(), encoder_bundle=bundle)


@pytest.mark.parametrize("stage", ["fold", "judge"])
def test_on_a_state_that_a_newer_version_wrote_which_stays_as_it_is(
    stage: str, install: Callable[..., Installation]
) -> None:
    ours = install()
    key = keys.state(stage, 1)
    state = {b"applied": b"7", b"epoch": b"3", b"version": b"2", b"progress": b"of another layout"}
    ours.redis.hset(key, mapping=state)  # type: ignore[arg-type]
    line = refusal(ours)
    assert f"the state of {stage} partition 1 has version 2, this worker knows 1: upgrade this worker" in line
    assert ours.redis.hgetall(key) == state


def test_a_stage_that_reads_no_state_does_not_mind_its_version(install: Callable[..., Installation]) -> None:
    ours = install()
    ours.redis.hset(keys.state("fold", 0), "version", "2")
    asyncio.run(check_states(ours.settings, {"judge": b"1"}))


def test_past_a_record_that_a_newer_version_wrote(install: Callable[..., Installation]) -> None:
    """It starts, for records are not read before; it ends at this one each time, with nothing applied or committed."""
    ours = install()
    newer = msgspec.msgpack.encode([observations.VERSION + 1, "more than this version knows"])
    ours.produce([("observations", newer)])
    (record,) = ours.read("observations")
    for _ in range(2):
        done = ended(ours)
        assert done.returncode == 1
        assert (
            "a record of the observations topic has version 2, this worker knows 1: upgrade this worker" in done.stderr
        )
    assert ours.redis.hget(keys.state("fold", record.partition() or 0), "applied") is None
    assert committed(ours, record.partition() or 0) < 0


def committed(installation: Installation, partition: int) -> int:
    """Return what fold's group has committed of a partition of observations; negative when nothing."""
    kafka = installation.settings.kafka
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": f"{kafka.group_prefix}-fold"})
    try:
        place = TopicPartition(installation.topic("observations"), partition)
        return int(consumer.committed([place], 30)[0].offset)
    finally:
        consumer.close()
