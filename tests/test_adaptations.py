"""Judge tells how users change after a deployment: daily, whatever crashes, and as the exported panel would."""

import json
import random
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.adaptation import adopters
from tests.adaptation.adopters import APP, CHANGE_DAY, CHANGE_MS, DAYS, NEW, START_MS
from tests.stages import Outputs, Stages, TiledEncoder, ends_of, places, records_of
from tests.watched import WATCHED

from eddyline import adaptationfacts, partials
from eddyline.adaptation.course import Course
from eddyline.adaptation.looks import local_date
from eddyline.events import Arm
from eddyline.judge import Judge, JudgePolicy
from eddyline.outputs.cloudevent import rfc3339
from eddyline.panel import Row
from eddyline.partials import Announced, PanelPartial
from eddyline.rollouts import rollouts
from eddyline.settings import Settings, load_settings
from eddyline.windows import DAY_MS, HOUR_MS

UTC = ZoneInfo("UTC")
TOPIC, ALERTS = "eddyline.adaptation.v1", "eddyline.alerts.v1"
SETTINGS: dict[str, str] = {
    "EDDYLINE_PRIVACY_PEPPER": "a pepper for tests",
    "EDDYLINE_WINDOWS_SIZE_SECONDS": "3600",
    "EDDYLINE_TOPICS_OBSERVATIONS_PARTITIONS": "2",
    "EDDYLINE_TOPICS_PARTIALS_PARTITIONS": "1",
}
LOOKS = DAYS - CHANGE_DAY - 1
"""The last day never ends: nothing comes after it."""
Line = tuple[str, dict[str, Any]]


def settings(**changes: str) -> Settings:
    return load_settings(None, SETTINGS | {f"EDDYLINE_{name.upper()}": value for name, value in changes.items()})


def lines_of(prompts: Iterable[dict[str, Any]], *announced: dict[str, Any]) -> list[Line]:
    return [("deployments", each) for each in announced] + [("prompts", prompt) for prompt in prompts]


ADOPTERS = lines_of(adopters.prompts(seed=1), adopters.ANNOUNCED)


def run(lines: Sequence[Line], *, batch: int = 500, restarts: bool = False, **changes: str) -> tuple[Outputs, Stages]:
    """Run lines through the stages; with ``restarts`` the memory is thrown away after every batch."""
    partitions = {"prompts": 2, "deployments": 1}
    records = records_of(lines, partitions)
    stages = Stages(settings(**changes), TiledEncoder(), START_MS + DAYS * DAY_MS)
    stages.open(partitions)
    ends = dict.fromkeys(places(partitions), 0) | ends_of(records)
    for at in range(0, len(records), batch):
        stages.feed(records[at : at + batch])
        stages.tick(ends)
        if restarts:
            stages.restart()
    stages.tick(ends)
    return {topic: dict(found) for topic, found in stages.outputs.items()}, stages


def data_of(outputs: Outputs, topic: str = TOPIC) -> list[dict[str, Any]]:
    """Return the data of events in the order of their time."""
    return [json.loads(value)["data"] for _, value in sorted(outputs.get(topic, {}).items())]


@pytest.fixture(scope="module")
def adapted() -> tuple[Outputs, Stages]:
    return run(ADOPTERS)


def test_there_is_an_event_a_day_for_every_rollout(adapted: tuple[Outputs, Stages]) -> None:
    found = data_of(adapted[0])
    assert [event["days"] for event in found] == list(range(1, LOOKS + 1))
    assert {(event["app"], event["deployment"], event["control"], event["arms"]) for event in found} == {
        (APP, NEW, "holdout", "assigned")
    }
    assert found[0]["effective"] == rfc3339(CHANGE_MS)


def test_users_who_adapt_are_told_with_what_they_do_and_examples(adapted: tuple[Outputs, Stages]) -> None:
    last = data_of(adapted[0])[-1]
    assert last["verdict"] == "adapting"
    surest = last["features"][0]
    assert surest["effect"]["low"] > 0
    ids = {prompt["id"] for name, prompt in ADOPTERS if name == "prompts" and prompt["deployment"] == NEW}
    assert last["examples"]
    assert set(last["examples"]) <= ids


def test_the_alert_begins_once_and_lasts_while_the_deployment_is_looked_at(adapted: tuple[Outputs, Stages]) -> None:
    alerts = [event for event in data_of(adapted[0], ALERTS) if event["labels"]["alertname"] == "UserAdaptation"]
    assert [(alert["status"], alert["labels"]["deployment"]) for alert in alerts] == [("firing", NEW)]
    first = next(event for event in data_of(adapted[0]) if event["verdict"] == "adapting")
    assert alerts[0]["startsAt"] == rfc3339(CHANGE_MS + first["days"] * DAY_MS)
    assert first["sentence"] in alerts[0]["annotations"]["description"]


def test_the_alert_ends_when_the_deployment_is_rolled_back() -> None:
    back = {
        "id": "back",
        "app": "shop",
        "deployment": "v1",
        "action": "rollback",
        "effective_at": CHANGE_MS + 4 * DAY_MS,
    }
    found, _ = run(lines_of(adopters.prompts(seed=1), adopters.ANNOUNCED, back))
    alerts = [event for event in data_of(found, ALERTS) if event["labels"]["alertname"] == "UserAdaptation"]
    assert [alert["status"] for alert in alerts] == ["firing", "resolved"]
    assert [event["days"] for event in data_of(found)] == [1, 2, 3, 4]


def test_without_ids_of_users_nothing_is_claimed() -> None:
    nameless = [
        {name: value for name, value in prompt.items() if name != "user"} for prompt in adopters.prompts(seed=1)
    ]
    found, _ = run(lines_of(nameless, adopters.ANNOUNCED))
    events = data_of(found)
    assert [event["days"] for event in events] == list(range(1, LOOKS + 1))
    assert {event["verdict"] for event in events} == {"insufficient data"}
    assert {(event["users"], event["terms"], event["tests"]) for event in events} == {(None, None, None)}
    assert not data_of(found, ALERTS)


def test_a_deployment_that_nobody_uses_is_no_change() -> None:
    unused = {name: value for name, value in adopters.ANNOUNCED.items() if name != "arm"} | {"deployment": "v3"}
    old = [prompt | {"deployment": "v1"} for prompt in adopters.prompts(seed=1, adapted=0.0)]
    found, _ = run(lines_of(old, unused))
    assert {(event["deployment"], event["verdict"]) for event in data_of(found)} == {("v3", "insufficient data")}


def test_nobody_is_said_to_adapt_who_does_not() -> None:
    found, _ = run(lines_of(adopters.prompts(seed=2, adapted=0.0), adopters.ANNOUNCED))
    assert {event["verdict"] for event in data_of(found)} == {"none detected"}
    assert not data_of(found, ALERTS)


@pytest.mark.parametrize(("batch", "folds"), [(97, "5"), (5000, "1")])
def test_every_byte_is_a_function_of_the_set_of_events(adapted: tuple[Outputs, Stages], batch: int, folds: str) -> None:
    found, _ = run(ADOPTERS, batch=batch, topics_observations_partitions=folds)
    assert found[TOPIC] == adapted[0][TOPIC]
    assert found[ALERTS] == adapted[0][ALERTS]


def test_order_within_the_grace_and_repetition_change_nothing(adapted: tuple[Outputs, Stages]) -> None:
    shuffler = random.Random(3)
    when = {id(line): int(line[1].get("ts", 0)) + shuffler.randrange(110_000) for line in ADOPTERS}
    lines = sorted([*ADOPTERS, *ADOPTERS[:1000]], key=lambda line: when[id(line)])
    found, _ = run(lines)
    assert found[TOPIC] == adapted[0][TOPIC]


def test_a_restart_after_every_batch_changes_nothing(adapted: tuple[Outputs, Stages]) -> None:
    found, _ = run(ADOPTERS, batch=120, restarts=True)
    assert found[TOPIC] == adapted[0][TOPIC]
    assert found[ALERTS] == adapted[0][ALERTS]


def test_a_restart_before_anything_is_judged_does_not_count_the_days_since_1970() -> None:
    policy = JudgePolicy.of(settings(), WATCHED)
    judge, fields = Judge(policy, 0), dict[str, bytes]()
    judge.apply(partials.pack(PanelPartial(0, APP, "2026-09-07", 0, 1, [Row(bytes(16), "v1", START_MS, 1)])))
    fields |= judge.take_changes().fields
    assert Judge.restore(policy, 0, fields).past.until_ms == 0


def test_the_functions_over_the_kept_panel_come_to_the_same(adapted: tuple[Outputs, Stages]) -> None:
    outputs, stages = adapted
    (judge,) = stages._judges
    panel = judge.panels.of(APP)
    announced = Announced("rollout", APP, NEW, CHANGE_MS, "deploy", Arm("holdout", adopters.HELD_OUT, 0))
    course, told = Course(UTC), []
    first = local_date(START_MS, UTC)
    for number in range(DAYS - 1):
        known = rollouts([announced], {adopters.OLD: START_MS + 8 * HOUR_MS}, START_MS + (number + 1) * DAY_MS)
        told += [adaptationfacts.of_analysis(APP, found, []) for found in course.step(panel, known, first + number)]
    wanted = [event | {"examples": []} for event in data_of(outputs)]
    assert json.loads(msgspec.json.encode(told)) == wanted
