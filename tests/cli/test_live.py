"""The verbs against a broker and a Redis."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from confluent_kafka import Consumer, Producer, TopicPartition
from redis import Redis
from tests.watched import WATCHED

from eddyline import keys, partials
from eddyline.cells import GROUPS
from eddyline.changes import Changes
from eddyline.daysums import Breakdown
from eddyline.events import Record
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.kafka.producer import OutputProducer
from eddyline.outputs.cloudevent import Output
from eddyline.partials import DayPartial, partition_of
from eddyline.settings import Settings, load_settings
from eddyline.store.redis import RedisStore, connect

from .test_lines import a_dead_letter, a_drift, a_score

pytestmark = pytest.mark.integration

Live = Callable[..., Result]
APP = "support/production"


@pytest.fixture(scope="module")
def settings(servers_environment: dict[str, str]) -> Settings:
    return load_settings(None, servers_environment)


@pytest.fixture(autouse=True)
def clean(live: Live, settings: Settings) -> None:
    """Create the topics (the second time nothing happens), and begin without state."""
    assert live("topics", "create").exit_code == 0
    with Redis.from_url(settings.redis.url) as client:
        client.flushall()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let records of other tests wait without being a finding."""
    monkeypatch.setattr("eddyline.cli.doctor.LAGGING_SECONDS", 3600)


def send(settings: Settings, topic: str, *records: Record) -> None:
    producer = OutputProducer(settings)
    producer.send(Output(topic, record.value or b"", record.key, record.headers) for record in records)
    producer.flush_now()


def keep(settings: Settings, stage: str, partition: int, applied: int, changes: Changes) -> None:
    """Store a state as a worker would."""
    hold(settings, keys.state(stage, partition), applied, changes)


def hold(settings: Settings, key: str, applied: int, changes: Changes = Changes({}, [])) -> None:  # noqa: B008 - frozen
    """Store something under ``key`` as a worker would."""

    async def save() -> None:
        client = connect(settings)
        store = RedisStore(client, join_ttl_seconds=60)
        await store.save(key, await store.load(key), applied, changes)
        await client.aclose()

    asyncio.run(save())


def last_partial(settings: Settings, partition: int) -> partials.Partial:
    consumer = Consumer({"bootstrap.servers": settings.kafka.bootstrap, "group.id": "test", "log_level": 0})
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(settings.topics.partials, partition), timeout=10)
        consumer.assign([TopicPartition(settings.topics.partials, partition, end - 1)])
        message = consumer.poll(10)
        assert message is not None
        return partials.unpack(message.value() or b"")
    finally:
        consumer.close()


def test_topics_are_created_once(live: Live) -> None:
    result = live("topics", "create", "--json")
    assert json.loads(result.stdout) == {"created": [], "faults": []}
    assert live("topics", "check").stdout == "all topics are as they should be\n"


def test_a_topic_that_does_not_fit_the_settings_is_told_with_1(live: Live) -> None:
    result = live("topics", "check", EDDYLINE_TOPICS_PARTIALS_PARTITIONS="5")
    assert result.exit_code == 1
    assert "eddyline.partials.v1 has 4 partitions, the settings say 5" in result.stdout


def test_missing_topics_are_told_with_1(live: Live) -> None:
    result = live("topics", "check", "--json", EDDYLINE_TOPICS_DRIFT="no-such-topic")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["faults"] == ["topic no-such-topic does not exist: run 'eddyline topics create'"]


def test_tail_shows_an_event_a_line_and_commits_nothing(live: Live, settings: Settings) -> None:
    send(settings, settings.topics.drift, a_drift(), a_drift(n=413))
    for name in ("drift", settings.topics.drift):
        result = live("tail", name, "--from-start", "--count", "2")
        assert (result.exit_code, len(result.stdout.splitlines())) == (0, 2)
        assert "n 413 (97 users)" in result.stdout


def test_tail_as_json_gives_the_events_as_they_are(live: Live, settings: Settings) -> None:
    send(settings, settings.topics.scores, a_score())
    result = live("tail", "scores", "--from-start", "--count", "1", "--json")
    assert json.loads(result.stdout)["data"]["scorer"] == "relevance"


def test_tail_shows_dead_letters(live: Live, settings: Settings) -> None:
    send(settings, settings.topics.dead_letters, a_dead_letter())
    assert "prompts-3@1234  bad_json" in live("tail", "dead-letters", "--from-start", "--count", "1").stdout


def test_tail_of_a_topic_that_does_not_exist_is_one_line_and_2(live: Live) -> None:
    result = live("tail", "drift", EDDYLINE_TOPICS_DRIFT="no-such-topic")
    assert result.exit_code == 2
    assert result.stderr == "eddyline: topic no-such-topic does not exist: run 'eddyline topics create'\n"


def test_lag_counts_from_the_state_and_from_the_group(live: Live, settings: Settings) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap, "log_level": 0})
    for _ in range(5):
        producer.produce(settings.topics.observations, b"x", partition=3)
        producer.produce(settings.topics.prompts, b"x", partition=1)
    producer.flush(10)
    keep(settings, "fold", 3, 1, Changes({}, []))
    group = Consumer({"bootstrap.servers": settings.kafka.bootstrap, "group.id": "eddyline-encode", "log_level": 0})
    group.commit(offsets=[TopicPartition(settings.topics.prompts, 1, 4)], asynchronous=False)
    group.close()
    rows = {(row["stage"], row["topic"], row["partition"]): row for row in json.loads(live("lag", "--json").stdout)}
    fold, encode = rows["fold", settings.topics.observations, 3], rows["encode", settings.topics.prompts, 1]
    assert (fold["end_offset"], fold["position"], fold["lag"]) == (5, 2, 3)
    assert (encode["end_offset"], encode["position"], encode["lag"]) == (5, 4, 1)
    hold(settings, keys.position(settings.topics.prompts, 1), 2)
    rows = {(row["stage"], row["topic"], row["partition"]): row for row in json.loads(live("lag", "--json").stdout)}
    assert rows["encode", settings.topics.prompts, 1]["position"] == 3
    assert 0 <= fold["seconds"] < 60
    assert rows["fold", settings.topics.observations, 0]["seconds"] == 0.0
    assert len(rows) == 4 * settings.topics.input_partitions + 1 + 16 + 4
    assert f"fold     {settings.topics.observations}" in live("lag").stdout


def test_a_reference_is_imported_and_shown_once_judge_has_it(live: Live, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "eval.txt").write_text("Where is my order?\nI want my money back\n")
    options = ["--app", APP, "--effective-at", "2026-01-01T00:00:00Z"]
    result = live("reference", "import", "eval.txt", *options)
    assert result.exit_code == 0, result.output
    assert "is compared with 2 items" in result.stdout
    partition = partition_of(APP, settings.topics.partials_partitions)
    imported = last_partial(settings, partition)
    assert isinstance(imported, partials.ReferenceImported)
    assert (imported.app, imported.n, imported.effective_ms) == (APP, 2, 1_767_225_600_000)

    judge = Judge(JudgePolicy.of(settings, WATCHED), partition)
    judge.apply(partials.pack(imported))
    keep(settings, "judge", partition, 0, judge.take_changes())
    (row,) = json.loads(live("reference", "show", "--app", APP, "--json").stdout)
    assert (row["kind"], row["id"], row["n"], row["sample"]) == ("evalset", imported.id, 2, 2)
    assert "2026-01-01T00:00:00.000Z" in live("reference", "show").stdout
    assert live("reference", "show", "--app", "other/production").stdout.startswith("judge holds no reference of other")


def test_a_bad_eval_set_imports_nothing(live: Live, tmp_path: Path) -> None:
    (tmp_path / "eval.txt").write_text('good\n{"id": 1}\n')
    result = live("reference", "import", "eval.txt", "--app", "bad/production")
    assert result.exit_code == 1
    first, last = result.stderr.splitlines()
    assert first.startswith("eval.txt:2: ")
    assert last == "eddyline: eval.txt: nothing was imported, 1 of 2 lines are bad"


@pytest.mark.parametrize("time", ["yesterday", "2026-01-01", "1999-01-01T00:00:00Z"])
def test_a_time_that_is_none_is_wrong_use(live: Live, tmp_path: Path, time: str) -> None:
    (tmp_path / "eval.txt").write_text("good\n")
    assert live("reference", "import", "eval.txt", "--app", APP, "--effective-at", time).exit_code == 2


def test_looking_at_a_state_takes_it_from_nobody(live: Live, settings: Settings) -> None:
    keep(settings, "fold", 5, 41, Fold(FoldPolicy.of(settings), 5).take_changes())
    with Redis.from_url(settings.redis.url) as client:
        before = client.hgetall(keys.state("fold", 5))
        (row,) = json.loads(live("state", "show", "fold", "5", "--json").stdout)
        assert client.hgetall(keys.state("fold", 5)) == before
    assert (row["stage"], row["partition"], row["applied"], row["epoch"], row["open_windows"]) == ("fold", 5, 41, 1, 0)


def test_a_state_that_is_to_be_rebuilt_is_forgotten_and_its_owner_fenced(live: Live, settings: Settings) -> None:
    keep(settings, "fold", 5, 41, Fold(FoldPolicy.of(settings), 5).take_changes())
    hold(settings, keys.position(settings.topics.prompts, 1), 2)
    assert live("state", "rebuild", "fold", "5").exit_code == 2
    assert "forgot the state of 1 partitions of fold" in live("state", "rebuild", "fold", "--yes").stdout
    assert "forgot the state of 1 partitions of encode" in live("state", "rebuild", "encode", "--yes").stdout
    with Redis.from_url(settings.redis.url) as client:
        assert client.hgetall(keys.state("fold", 5)) == {b"epoch": b"2"}
        assert client.hgetall(keys.position(settings.topics.prompts, 1)) == {b"epoch": b"2"}


def test_states_are_shown_in_a_table_or_one_in_full(live: Live, settings: Settings) -> None:
    keep(settings, "fold", 6, 41, Fold(FoldPolicy.of(settings), 6).take_changes())
    assert any(line.split()[:3] == ["fold", "6", "41"] for line in live("state", "show").stdout.splitlines())
    assert ["applied", "41"] in [line.split() for line in live("state", "show", "fold", "6").stdout.splitlines()]
    assert live("state", "show", "judge", "3").stdout == "this partition has no state yet\n"


def test_a_state_of_judge_says_how_many_complete_days_an_app_has(live: Live, settings: Settings) -> None:
    judge = Judge(JudgePolicy.of(settings, WATCHED), 2)
    for day in range(3):
        judge.past.add_groups(DayPartial(0, APP, f"2026-11-2{day}", "space", Breakdown.empty(GROUPS).wire()))
    judge.past.close(1_795_305_600_000)  # 2026-11-22T00:00:00Z
    keep(settings, "judge", 2, 41, judge.take_changes())
    (row,) = json.loads(live("state", "show", "judge", "2", "--json").stdout)
    assert row["apps_with_complete_days"] == {APP: 2}
    shown = [line.split() for line in live("state", "show", "judge", "2").stdout.splitlines()]
    assert ["apps", "with", "complete", "days", APP, "2"] in shown


@pytest.mark.usefixtures("patient")
def test_doctor_finds_nothing_wrong_with_what_is_well(live: Live) -> None:
    result = live("doctor")
    assert result.exit_code == 0, result.stdout
    checks = {line.split()[1]: line.split()[0] for line in result.stdout.splitlines()}
    assert checks == dict.fromkeys(["privacy", "broker", "topics", "redis", "encoder", "lag", "circuits"], "ok")


def test_doctor_says_what_is_wrong_and_goes_on(live: Live) -> None:
    result = live("doctor", "--json", EDDYLINE_PRIVACY_PEPPER="short", EDDYLINE_TOPICS_DRIFT="no-such-topic")
    assert result.exit_code == 1
    found = {finding["check"]: finding for finding in json.loads(result.stdout)}
    states = {check: finding["state"] for check, finding in found.items()}
    assert states == {
        "privacy": "wrong", "broker": "ok", "topics": "wrong", "redis": "ok", "encoder": "ok", "lag": "skipped",
        "circuits": "skipped",
    }  # fmt: skip
    assert "run 'eddyline topics create'" in found["topics"]["message"]


@pytest.mark.usefixtures("patient")
def test_doctor_warns_of_a_redis_that_forgets_where_that_is_allowed(live: Live, settings: Settings) -> None:
    with Redis.from_url(settings.redis.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            allowed = live("doctor", "--json", EDDYLINE_REDIS_ALLOW_VOLATILE="true")
            refused = live("doctor", "--json")
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    for result, state, code in ((allowed, "warning", 0), (refused, "wrong", 1)):
        (finding,) = (finding for finding in json.loads(result.stdout) if finding["check"] == "redis")
        assert (finding["state"], result.exit_code) == (state, code)
        assert "maxmemory-policy noeviction" in finding["message"]
