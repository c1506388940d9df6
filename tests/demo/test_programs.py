"""Finding the programs that the servers need, and what is said when they are missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eddyline.demo.servers import kafka_available
from eddyline.demo.servers.kafka_jars import kafka_jars
from eddyline.demo.servers.redis import bundled_redis, find_redis
from eddyline.errors import RefusedToStart, Unavailable

FETCH = 'for word; do case "$word" in -DoutputDirectory=*) libs="${word#*=}";; esac; done; /bin/mkdir "$libs"'


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Empty the PATH and give a function that puts a shell script on it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))

    def put(name: str, script: str) -> Path:
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return put


def java(version: str) -> str:
    return f"""echo 'openjdk version "{version}" 2026-01-01' >&2"""


@pytest.mark.usefixtures("install")
def test_kafka_is_unavailable_without_java(tmp_path: Path) -> None:
    assert "no java" in str(kafka_available(tmp_path))


@pytest.mark.parametrize(("version", "major"), [("1.8.0_402", 1), ("11.0.22", 11)])
def test_kafka_is_unavailable_with_an_old_java(
    tmp_path: Path, install: Callable[[str, str], Path], version: str, major: int
) -> None:
    install("java", java(version))
    assert f"version {major}," in str(kafka_available(tmp_path))


def test_kafka_needs_maven_only_while_its_jars_are_missing(tmp_path: Path, install: Callable[[str, str], Path]) -> None:
    install("java", java("17.0.15"))
    assert "no mvn" in str(kafka_available(tmp_path / "missing"))
    assert kafka_available(tmp_path) is None
    install("mvn", FETCH)
    assert kafka_available(tmp_path / "missing") is None


def test_the_jars_are_fetched_once(tmp_path: Path, install: Callable[[str, str], Path]) -> None:
    mvn = install("mvn", f'{FETCH}; echo > "$libs/kafka.jar"')
    jars = tmp_path / "cache" / "kafka"
    assert list(kafka_jars(jars).iterdir()) == [jars / "kafka.jar"]
    mvn.unlink()
    assert kafka_jars(jars) == jars
    assert list(jars.parent.iterdir()) == [jars]


def test_a_process_that_fetches_the_jars_second_takes_those_of_the_first(
    tmp_path: Path, install: Callable[[str, str], Path]
) -> None:
    jars = tmp_path / "cache" / "kafka"
    install("mvn", f"{FETCH}; /bin/mkdir {jars}; echo > {jars}/first.jar")
    assert list(kafka_jars(jars).iterdir()) == [jars / "first.jar"]
    assert list(jars.parent.iterdir()) == [jars]


def test_jars_that_cannot_be_fetched_leave_nothing_and_say_why(
    tmp_path: Path, install: Callable[[str, str], Path]
) -> None:
    install("mvn", f"{FETCH}; echo 'host not found'; exit 1")
    jars = tmp_path / "cache" / "kafka"
    with pytest.raises(Unavailable, match="host not found"):
        kafka_jars(jars)
    assert list(jars.parent.iterdir()) == []


def test_the_redis_of_the_machine_is_preferred(install: Callable[[str, str], Path]) -> None:
    installed = install("redis-server", "echo Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")
    assert find_redis() == installed


def test_an_old_redis_is_passed_over_for_the_bundled_one(install: Callable[[str, str], Path]) -> None:
    install("redis-server", "echo Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64")
    assert find_redis() == bundled_redis()


@pytest.mark.usefixtures("install")
def test_no_redis_at_all_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.demo.servers.redis.bundled_redis", lambda: None)
    with pytest.raises(RefusedToStart, match=r"eddyline\[demo\]"):
        find_redis()
