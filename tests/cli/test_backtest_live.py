"""``eddyline backtest --from-kafka``: what is on the topics is judged as the same events in a file."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from confluent_kafka import Producer
from tests.backtest import shop

from eddyline.kafka.reader import reader
from eddyline.outputs.cloudevent import rfc3339
from eddyline.recorded.history import size
from eddyline.recorded.topics import Topics
from eddyline.settings import Settings, load_settings
from eddyline.windows import DAY_MS

pytestmark = pytest.mark.integration

Live = Callable[..., Result]
HOURLY = {"EDDYLINE_WINDOWS_SIZE_SECONDS": "3600"}
DAYS = 3
SENT_MS = time.time_ns() // 1_000_000 - DAYS * DAY_MS
"""When the first day is said to have been sent: brokers delete what is older than a week."""
BINARY = {"ce_specversion": "1.0", "ce_type": "prompt", "ce_source": "/shop", "content-type": "application/json"}


@pytest.fixture(scope="module")
def settings(servers_environment: dict[str, str]) -> Settings:
    return load_settings(None, servers_environment)


@pytest.fixture(scope="module")
def prompts() -> list[dict[str, Any]]:
    """Give the prompts of three days."""
    return [prompt for prompt in shop.prompts(seed=2) if prompt["ts"] < shop.START_MS + DAYS * DAY_MS]


@pytest.fixture
def kafka(live: Live, settings: Settings, prompts: Sequence[dict[str, Any]]) -> Live:
    """Give the command once the prompts are on their topic; every third is a binary CloudEvent."""
    assert live("topics", "create").exit_code == 0
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
    for number, prompt in enumerate(prompts):
        value, headers = as_binary(prompt) if number % 3 == 0 else (prompt, {})
        sent_ms = prompt["ts"] - shop.START_MS + SENT_MS
        producer.produce(settings.topics.prompts, json.dumps(value), prompt["user"], headers=headers, timestamp=sent_ms)
    assert producer.flush(30) == 0
    return live


def as_binary(prompt: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str | bytes | None]]:
    """Return a prompt as a binary CloudEvent: its id and its time are in headers alone."""
    value = {name: prompt[name] for name in ("app", "user", "prompt")}
    return value, {**BINARY, "ce_id": prompt["id"], "ce_time": rfc3339(prompt["ts"])}


def test_topics_are_judged_from_the_start_or_from_a_time_on(
    kafka: Live, settings: Settings, prompts: Sequence[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(prompt) + "\n" for prompt in prompts))
    file = kafka("backtest", "history.jsonl", "--topic", "prompts", "--json", **HOURLY)
    result = kafka("backtest", "--from-kafka", "--json", **HOURLY)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told == json.loads(file.stdout)
    assert (told["apps"][0]["n"], told["dead_letters"]) == (len(prompts), {})
    later = kafka("backtest", "--from-kafka", "--since", rfc3339(SENT_MS + 2 * DAY_MS), "--json", **HOURLY)
    (app,) = json.loads(later.stdout)["apps"]
    assert app["n"] == sum(prompt["ts"] >= shop.START_MS + 2 * DAY_MS for prompt in prompts)
    assert kafka("backtest", "--from-kafka", "--since", "earliest", "--json", **HOURLY).stdout == result.stdout
    none = kafka("backtest", "--from-kafka", "--since", rfc3339(SENT_MS + 4 * DAY_MS), "--json", **HOURLY)
    assert json.loads(none.stdout) == {"apps": [], "metrics": [], "dead_letters": {}}
    is_read_alike_twice(settings)


def is_read_alike_twice(settings: Settings) -> None:
    """Check that topics give the same records once more, which is how terms find the texts."""
    with reader(settings) as consumer:
        history = Topics(consumer, [settings.topics.prompts], None)
        first, second = (sorted((at.partition, at.offset, at.value) for at in history) for _ in range(2))
    assert len(first) == size(history) > 0
    assert first == second


def test_topics_that_do_not_exist_are_one_line_and_2(live: Live) -> None:
    result = live("backtest", "--from-kafka", EDDYLINE_TOPICS_PROMPTS="nowhere")
    assert result.exit_code == 2
    assert result.stderr == "eddyline: topic nowhere does not exist: run 'eddyline topics create'\n"


def test_a_broker_that_is_down_is_one_line_and_1(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.kafka.connection.TIMEOUT", 0.1)
    result = run("backtest", "--from-kafka", EDDYLINE_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
