"""A worker that could not keep its promises does not start: exit code 2 and one line that says what to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from tests.integration.running import Installation

from eddyline.demo import servers
from eddyline.encoders.configured import bundle_dir
from eddyline.settings import Settings

pytestmark = pytest.mark.integration


def refusal(installation: Installation, **changes: object) -> str:
    """Start a worker with changed settings; return its one line."""
    environ = installation.environ | {f"EDDYLINE_{name.upper()}": str(value) for name, value in changes.items()}
    command = [sys.executable, "-m", "eddyline", "worker"]
    done = subprocess.run(
        command, env=environ, cwd=installation.home, capture_output=True, text=True, timeout=60, check=False
    )
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
