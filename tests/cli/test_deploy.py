"""Deployments on the command line: what is announced, and what is known."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from eddyline.apps import App, AppPolicy
from eddyline.assignment import bucket
from eddyline.changes import Journal
from eddyline.cli.deploy import announcement
from eddyline.events import Arm
from eddyline.outputs.cloudevent import Output
from eddyline.partials import Announced, partition_of
from eddyline.protocols import Stored
from eddyline.windows import DAY_MS

from .conftest import Run

APP = "support/production"
AT = "2026-11-21T08:00:00.000Z"
ANNOUNCE = ("deploy", "announce", "--app", APP, "2026.11.2", "--effective-at", AT)
START_MS = 1_795_248_000_000


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Output]:
    """Take what would go to Kafka."""
    found: list[Output] = []

    class Producer:
        def __init__(self, _: object) -> None: ...

        def send(self, outputs: Iterable[Output]) -> None:
            found.extend(outputs)

        def flush_now(self) -> None: ...

    monkeypatch.setattr(announcement, "OutputProducer", Producer)
    monkeypatch.setattr("eddyline.kafka.topics.check", lambda _: None)
    return found


def value(sent: list[Output]) -> dict[str, Any]:
    (output,) = sent
    assert (output.topic, output.key) == ("deployments", APP.encode())
    fields: dict[str, Any] = json.loads(output.value)
    return fields


def test_an_announcement_is_a_native_event(run: Run, sent: list[Output]) -> None:
    result = run(*ANNOUNCE, "--model", "large-3", "--id", "deploy-7")
    assert result.output == f"{APP}: 2026.11.2 from {AT} on, for all users\n"
    assert value(sent) == {
        "id": "deploy-7",
        "app": "support",
        "environment": "production",
        "deployment": "2026.11.2",
        "effective_at": AT,
        "model": "large-3",
    }


@pytest.mark.parametrize(
    ("options", "arm", "words"),
    [
        (("--canary", "0.1"), {"kind": "canary", "share": 0.1}, "10 % of the users"),
        (
            ("--canary", ".1", "--first-bucket", "950"),
            {"kind": "canary", "share": 0.1, "first": 950},
            "10 % of the users, buckets 950 to 49",
        ),
        (
            ("--holdout", "0.2", "--first-bucket", "0"),
            {"kind": "holdout", "share": 0.2, "first": 0},
            "all users but 20 %, buckets 0 to 199",
        ),
        (("--canary", "0", "--first-bucket", "7"), {"kind": "canary", "share": 0.0, "first": 7}, "0 % of the users"),
    ],
)
def test_an_announcement_says_whom_it_is_for(
    run: Run, sent: list[Output], options: tuple[str, ...], arm: dict[str, object], words: str
) -> None:
    assert run(*ANNOUNCE, *options).output.endswith(f"for {words}\n")
    assert value(sent)["arm"] == arm


def test_repeating_a_command_writes_the_same_record(run: Run, sent: list[Output]) -> None:
    for arguments in (ANNOUNCE, ANNOUNCE, (*ANNOUNCE, "--canary", "0.1"), (*ANNOUNCE[:-1], "2026-11-21T09:00:00Z")):
        assert run(*arguments).exit_code == 0
    one, again, other, later = (output.value for output in sent)
    assert one == again
    assert len({json.loads(each)["id"] for each in (one, other, later)}) == 3


def test_the_same_time_written_otherwise_is_the_same_announcement(run: Run, sent: list[Output]) -> None:
    run(*ANNOUNCE)
    run(*ANNOUNCE[:-1], "2026-11-21T09:00:00+01:00")
    assert sent[0].value == sent[1].value


def test_without_a_time_it_is_now(run: Run, sent: list[Output], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.cli.deploy.announcement.time.time_ns", lambda: START_MS * 1_000_000)
    run(*ANNOUNCE[:-2])
    assert value(sent)["effective_at"] == AT


def test_a_rollback_is_to_the_named_deployment(run: Run, sent: list[Output]) -> None:
    result = run("deploy", "rollback", "--app", APP, "2026.11.1", "--effective-at", AT)
    assert result.output == f"{APP}: back at 2026.11.1 from {AT} on\n"
    assert (value(sent)["action"], value(sent)["deployment"]) == ("rollback", "2026.11.1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--canary", "1.5"), "invalid_field:arm.share"),
        (("--holdout", "nan"), "invalid_field:arm.share"),
        (("--holdout", "inf"), "invalid_field:arm.share"),
        (("--canary", "0.1", "--first-bucket", "1000"), "invalid_field:arm.first"),
        (("--canary", "0.1", "--holdout", "0.1"), "not both"),
        (("--first-bucket", "5"), "--first-bucket says where"),
        (("--id", ""), "invalid_field:id"),
        (("--effective-at", "9999-01-01T00:00:00Z"), "future_timestamp"),
        (("--effective-at", "tomorrow"), "RFC 3339"),
        (("--app", "support"), "application/environment"),
        (("--model", "a\nb"), "invalid_field:model"),
    ],
)
def test_what_workers_would_refuse_is_not_written(
    run: Run, sent: list[Output], options: tuple[str, ...], message: str
) -> None:
    result = run(*ANNOUNCE, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not sent


def test_a_bucket_is_what_a_router_computes(run: Run) -> None:
    assert run("deploy", "bucket", "u-123").output == "81\n"
    assert run("deploy", "bucket", "Zoë").output == f"{bucket('Zoë')}\n"


# What is known


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[Announced]:
    """Give a list of announcements that judge has read, beside a deployment that it inferred."""
    announced: list[Announced] = []

    def states(_: object, stage: str, partitions: Iterable[int]) -> dict[int, Stored]:
        assert stage == "judge"
        journal = Journal()
        app = App(APP, AppPolicy(300_000, 1, 1, 1, 9, 30 * DAY_MS, 1), journal)
        app.admit({"v1": 1}, START_MS)
        for one in announced:
            app.announce(one)
        fields = journal.take().fields
        return {at: Stored(0, 0, fields) for at in partitions if at == partition_of(APP, 4)} if announced else {}

    monkeypatch.setattr("eddyline.cli.deploy.listing.read_states", states)
    return announced


def test_the_known_deployments_are_listed_by_time(run: Run, known: list[Announced]) -> None:
    known += [
        Announced("1", APP, "v2", START_MS + DAY_MS, "deploy", Arm("holdout", 0.2, 0)),
        Announced("2", APP, "v1", START_MS + 2 * DAY_MS, "rollback"),
        Announced("3", APP, "v9", START_MS + 3 * DAY_MS, "retire"),
    ]
    rows = json.loads(run("deploy", "ls", "--app", APP, "--json").output)
    assert [tuple(row.values())[1:6] for row in rows] == [
        ("v1", START_MS, None, "inferred", "deploy"),
        ("v2", START_MS + DAY_MS, START_MS + 2 * DAY_MS, "announced", "deploy"),
        ("v1", START_MS + 2 * DAY_MS, None, "announced", "rollback"),
        ("v9", START_MS + 3 * DAY_MS, None, "announced", "retire"),
    ]
    assert rows[1]["arm"] == {"kind": "holdout", "share": 0.2, "first": 0}
    told = run("deploy", "ls").output
    assert "all users but 20 %, buckets 0 to 199" in told
    assert "2026-11-23T08:00:00.000Z" in told


def test_of_another_app_nothing_is_listed(run: Run, known: list[Announced]) -> None:
    known.append(Announced("1", APP, "v2", START_MS, "deploy"))
    assert run("deploy", "ls", "--app", "shop/production").output == (
        "judge knows of no deployment of shop/production yet\n"
    )


def test_where_nothing_is_known_json_is_an_empty_list(run: Run, known: list[Announced]) -> None:
    assert not known
    assert json.loads(run("deploy", "ls", "--json").output) == []
    assert run("deploy", "ls").output == "judge knows of no deployment yet\n"
