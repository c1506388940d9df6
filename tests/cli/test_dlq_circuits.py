"""Open circuits on the command line, with the store that a worker writes them to."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from click.testing import Result

from eddyline.circuit import OpenCircuit, Resume, Source
from eddyline.kafka.producer import OutputProducer
from eddyline.outputs.cloudevent import Output
from eddyline.settings import Settings, load_settings
from eddyline.store.circuits import RedisCircuits
from eddyline.store.redis import connect

pytestmark = pytest.mark.integration

Live = Callable[..., Result]
P0, P3, F1 = ("prompts", 0), ("prompts", 3), ("feedback", 1)
WHY = "3 dead letters in a row, the last one for bad_json"
OPENED = OpenCircuit(offset=17, since_ms=1_795_248_000_000, reason=WHY, run=3, dead=3, of=9)


@pytest.fixture(scope="module")
def settings(servers_environment: dict[str, str]) -> Settings:
    return load_settings(None, servers_environment)


@pytest.fixture(autouse=True)
def _closed(live: Live, settings: Settings) -> None:
    """Begin with topics, and without entries."""
    assert live("topics", "create").exit_code == 0
    for source in (P0, P3, F1):
        ask(settings, lambda store, source=source: store.close(source))  # type: ignore[misc]


def ask(settings: Settings, question: Callable[[RedisCircuits], Awaitable[object]]) -> object:
    async def asked() -> object:
        async with connect(settings) as client:
            return await question(RedisCircuits(client))

    return asyncio.run(asked())


def open_circuits(settings: Settings, *sources: Source) -> None:
    async def write(store: RedisCircuits) -> None:
        for source in sources:
            await store.open(source, OPENED)

    ask(settings, write)


def entries(settings: Settings) -> object:
    return ask(settings, lambda store: store.look([P0, P3, F1]))


def test_where_no_circuit_is_open_there_is_nothing_to_do(live: Live) -> None:
    for arguments in (["circuits"], ["resume", "--all"], ["resume", "--all", "--accept-backlog"]):
        result = live("dlq", *arguments)
        assert (result.exit_code, result.stdout) == (0, "no circuit is open\n")
    result = live("dlq", "circuits", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_open_circuits_are_listed_with_why_and_end_with_1(live: Live, settings: Settings) -> None:
    open_circuits(settings, P3, F1)
    result = live("dlq", "circuits")
    assert result.exit_code == 1
    rows = [line.split() for line in result.stdout.splitlines()[2:]]
    assert [row[:4] for row in rows] == [
        ["feedback:1", "open", "2026-11-21T08:00:00.000Z", "17"],
        ["prompts:3", "open", "2026-11-21T08:00:00.000Z", "17"],
    ]
    assert " ".join(rows[0][7:]) == WHY
    found = live("dlq", "circuits", "--json")
    assert found.exit_code == 1
    assert [row["source"] for row in json.loads(found.stdout)] == ["feedback:1", "prompts:3"]


def test_doctor_names_what_is_paused(live: Live, settings: Settings) -> None:
    open_circuits(settings, P3)
    found = [each for each in json.loads(live("doctor", "--json").stdout) if each["check"] == "circuits"]
    assert [each["state"] for each in found] == ["wrong"]
    assert found[0]["message"].startswith("nothing is read from prompts:3: ")


def test_what_is_resumed_is_asked_for_and_listed_so_until_a_worker_has_done_it(live: Live, settings: Settings) -> None:
    open_circuits(settings, P0, P3)
    result = live("dlq", "resume", "prompts:3", "prompts:3")
    assert (result.exit_code, result.stdout) == (0, "prompts:3 is read on\n")
    assert entries(settings) == {P0: OPENED, P3: Resume(opened=OPENED)}
    listed = json.loads(live("dlq", "circuits", "--json").stdout)
    assert [(row["source"], row["circuit"]) for row in listed] == [("prompts:0", "open"), ("prompts:3", "resume")]


def test_an_accepted_backlog_is_all_that_is_there_by_now(live: Live, settings: Settings) -> None:
    open_circuits(settings, P0, P3)
    producer = OutputProducer(settings)
    producer.send([Output("prompts", b"{", None, (), 3)] * 7)
    producer.flush_now()
    result = live("dlq", "resume", "--all", "--accept-backlog")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "prompts:0 is read on, dead letters before offset 0 accepted",
        "prompts:3 is read on, dead letters before offset 7 accepted",
    ]
    assert entries(settings) == {P0: Resume(accept_before=0, opened=OPENED), P3: Resume(accept_before=7, opened=OPENED)}


def test_one_that_is_not_paused_among_others_resumes_none(live: Live, settings: Settings) -> None:
    open_circuits(settings, P3)
    for wrong in ("prompts:0", "prompts:999", "no-such-topic:3"):
        result = live("dlq", "resume", "prompts:3", wrong)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"eddyline: {wrong} is not paused: 'eddyline dlq circuits' lists those that are\n"
    assert entries(settings) == {P3: OPENED}


def test_what_was_closed_meanwhile_is_said(live: Live, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    open_circuits(settings, P3)
    monkeypatch.setattr("eddyline.cli.dlq.resuming.read_entries", lambda _: {P0: OPENED, P3: OPENED})
    result = live("dlq", "resume", "--all")
    assert result.stdout.splitlines() == ["prompts:0 was not paused any more", "prompts:3 is read on"]
    assert entries(settings) == {P3: Resume(opened=OPENED)}


def test_an_entry_that_is_none_is_one_line_and_2(live: Live, settings: Settings) -> None:
    async def write() -> None:
        async with connect(settings) as client:
            await client.set("eddyline:circuit:prompts:0", "yes")

    asyncio.run(write())
    result = live("dlq", "circuits")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
