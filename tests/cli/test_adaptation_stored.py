"""``eddyline adaptation`` over what judge has stored: the same as its events, and as the exported file."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.adaptation.adopters import APP, NEW, OLD
from tests.test_adaptations import ADOPTERS, SETTINGS, data_of, run

from eddyline.protocols import Stored
from eddyline.recorded.panel import reading
from eddyline.settings import Settings

from .conftest import Run

Events = list[dict[str, Any]]
Reports = Callable[..., Result]


@pytest.fixture(scope="module")
def judged() -> tuple[Events, dict[str, bytes]]:
    """Give the adaptation events of a history, and the state that judge comes to."""
    outputs, stages = run(ADOPTERS)
    return data_of(outputs), stages.fields[stages.settings.topics.partials, 0]


@pytest.fixture
def report(run: Run, judged: tuple[Events, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch) -> Reports:
    """Give a function that runs ``eddyline adaptation ARGUMENTS`` where Redis holds that state."""

    def states(_: Settings, stage: str, partitions: Iterable[int]) -> Mapping[int, Stored]:
        assert (stage, list(partitions)) == ("judge", [0])
        return {0: Stored(1, 7, judged[1])}

    monkeypatch.setattr("eddyline.cli.adaptation.source.read_states", states)
    return lambda *arguments: run("adaptation", *arguments, **SETTINGS)


def test_the_report_is_the_event_of_the_last_day_but_for_examples(
    report: Reports, judged: tuple[Events, dict[str, bytes]]
) -> None:
    result = report("report", NEW, "--app", APP, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["adaptation"] == judged[0][-1] | {"examples": []}
    verdicts = {event["day"]: event["verdict"] for event in judged[0]}
    assert told["course"][0] == {"day": judged[0][0]["day"], "verdict": judged[0][0]["verdict"]}
    assert all(verdicts[said["day"]] == said["verdict"] for said in told["course"])


def test_as_of_every_day_it_is_the_event_of_that_day(report: Reports, judged: tuple[Events, dict[str, bytes]]) -> None:
    for event in judged[0][:2]:
        told = json.loads(report("report", NEW, "--app", APP, "--json", "--day", event["day"]).stdout)
        assert told["adaptation"] == event | {"examples": []}


def test_an_exported_file_gives_the_same_report_to_the_last_digit(report: Reports, tmp_path: Path) -> None:
    result = report("export", "panel.parquet", "--app", APP)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("panel.parquet: ")
    stored = report("report", NEW, "--app", APP, "--json")
    from_file = report("report", NEW, "--panel", "panel.parquet", "--json")
    assert from_file.stdout == stored.stdout
    with reading(tmp_path / "panel.parquet") as found:
        assert found.about.app == APP
        assert [rollout.deployment for rollout in found.about.rollouts] == [NEW]


def test_what_judge_does_not_have_is_told(report: Reports) -> None:
    for arguments, told in (
        (["export", "panel.parquet", "--app", "other/production"], "judge has no panel of other/production yet"),
        (["report", NEW, "--app", "other/production"], "judge has no panel of other/production yet"),
        (["report", OLD, "--app", APP], f"there are: {NEW}"),
    ):
        result = report(*arguments)
        assert result.exit_code == 1
        assert told in result.stderr
    assert not Path("panel.parquet").exists()
