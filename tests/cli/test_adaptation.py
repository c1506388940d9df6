"""``eddyline adaptation report`` over an exported panel: from the file to the verdict, in every form."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from tests.adaptation.rolled import CHANGE, NEW, OLD, UTC_ZONE, Habits, at_ms, days, rollout

from eddyline.adaptation import placebo
from eddyline.adaptation.course import Course
from eddyline.adaptation.looks import day_begin
from eddyline.adaptation.panel import Days
from eddyline.adaptationfacts import of_analysis
from eddyline.assignment import BUCKETS
from eddyline.cli import main
from eddyline.events import Arm
from eddyline.paneldays import PanelDay, of_rows
from eddyline.recorded.panel import About, write
from eddyline.rollouts import Rollout, Wave

from .conftest import Run

APP = "support/production"
LAST = CHANGE + 8
SPAN = range(CHANGE - 14, LAST + 1)
ROLLOUT = rollout(free_since_ms=at_ms(CHANGE - 20))


def iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def exported(path: Path, found: Mapping[int, PanelDay], *rollouts: Rollout) -> Path:
    write(path, About(APP, "UTC", rollouts or [ROLLOUT]), Days(found))
    return path


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of users who adapt, beside a quarter who are held out."""
    folder = tmp_path_factory.mktemp("panel")
    return exported(folder / "panel.parquet", days(Habits(effect=0.2), SPAN))


@pytest.fixture(scope="module")
def told(panel: Path) -> Any:  # noqa: ANN401 - JSON
    """Give the report of it, for programs."""
    result = CliRunner().invoke(main, ["adaptation", "report", NEW, "--panel", str(panel), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_report_is_what_the_daily_looks_came_to(told: Any) -> None:  # noqa: ANN401 - JSON
    live, looks, in_memory = Course(UTC_ZONE), [], days(Habits(effect=0.2), SPAN)
    for day in SPAN:
        known = Days({each: in_memory[each] for each in in_memory if each <= day})
        begun = [ROLLOUT] if ROLLOUT.effective_ms < day_begin(day + 1, UTC_ZONE) else []
        looks += [of_analysis(APP, analysis, []) for analysis in live.step(known, begun, day)]
    assert len(looks) == LAST - CHANGE + 1
    assert told["adaptation"] == msgspec.to_builtins(looks[-1])
    assert told["adaptation"]["verdict"] == "adapting"
    assert told["course"][-1]["verdict"] == "adapting"


def test_an_earlier_day_knows_nothing_of_later_ones(run: Run, panel: Path, tmp_path: Path) -> None:
    day = CHANGE + 3
    early = exported(tmp_path / "early.parquet", days(Habits(effect=0.2), range(SPAN.start, day + 1)))
    then = run("adaptation", "report", NEW, "--panel", str(early), "--json")
    now = run("adaptation", "report", NEW, "--panel", str(panel), "--json", "--day", iso(day))
    assert json.loads(then.stdout) == json.loads(now.stdout)
    assert json.loads(now.stdout)["adaptation"]["day"] == iso(day)


def test_the_event_study_is_of_the_leading_feature_and_finds_the_effect_after_the_change(
    told: Any,  # noqa: ANN401 - JSON
) -> None:
    study = told["event_study"]
    assert study["feature"] == told["adaptation"]["features"][0]["feature"]
    assert study["has_control"]
    assert len(study["days"]) == 14 + 9
    before, after = study["weeks"][:2], study["weeks"][2:]
    assert [week["first"] for week in after] == [iso(CHANGE), iso(CHANGE + 7)]
    assert all(week["effect"]["low"] < 0 < week["effect"]["high"] for week in before)
    assert all(week["effect"]["low"] > 0 for week in after)


def test_a_person_reads_the_verdict_first_and_the_page_is_written_beside_it(
    run: Run, panel: Path, tmp_path: Path
) -> None:
    result = run("adaptation", "report", NEW, "--panel", str(panel), "--app", APP, "--html", "report.html")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{NEW}: adapting\n")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "adapting" in page
    assert not re.search(r"\bnan\b", page)


def test_replayed_scores_are_told_with_the_report(run: Run, panel: Path, tmp_path: Path) -> None:
    lines = [
        {"part": part, "id": str(at), "value": value + at}
        for part, value in (("before", 0), ("replayed", 1), ("after", 3))
        for at in range(3)
    ]
    (tmp_path / "scores.jsonl").write_text("\n".join(map(json.dumps, lines)))
    options = ["--panel", str(panel), "--day", iso(CHANGE + 1), "--replayed", "scores.jsonl"]
    told = json.loads(run("adaptation", "report", NEW, *options, "--json").stdout)
    split = told["replayed"]["score"]
    assert (split["total"]["value"], split["model"]["value"], split["adaptation"]["value"]) == (3.0, 1.0, 2.0)
    assert "Replayed: score" in run("adaptation", "report", NEW, *options).stdout


def test_a_bad_line_of_replayed_scores_leaves_nothing_half_done(run: Run, panel: Path, tmp_path: Path) -> None:
    (tmp_path / "scores.jsonl").write_text('{"part": "after"}\n')
    options = ["--panel", str(panel), "--replayed", "scores.jsonl", "--html", "report.html"]
    result = run("adaptation", "report", NEW, *options)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "scores.jsonl:1: " in result.stderr
    assert not (tmp_path / "report.html").exists()


def test_without_anybody_to_compare_with_only_sums_are_told(run: Run, tmp_path: Path) -> None:
    found = days(Habits(effect=0.2), SPAN, {CHANGE: np.ones(BUCKETS, np.bool_)})
    everybody = ROLLOUT._replace(waves=(ROLLOUT.waves[0]._replace(arm=Arm()),))
    path = exported(tmp_path / "panel.parquet", found, everybody)
    told = json.loads(run("adaptation", "report", NEW, "--panel", str(path), "--json").stdout)
    assert told["adaptation"]["verdict"] == "insufficient data"
    assert not told["event_study"]["has_control"]
    assert told["adaptation"]["terms"]["adaptation"] is None


def test_the_placebo_band_rests_on_days_that_are_older_than_the_panel(run: Run, tmp_path: Path) -> None:
    first = CHANGE - 80
    found = days(Habits(users=300, effect=0.4), range(first, CHANGE + 7), {CHANGE: np.ones(BUCKETS, np.bool_)})
    everybody = rollout(Wave(ROLLOUT.effective_ms, Arm()), free_since_ms=at_ms(first - 1))
    live, looks = Course(UTC_ZONE), []
    for day in found:
        begun = [everybody] if day >= CHANGE else []
        looks += [of_analysis(APP, each, []) for each in live.step(Days(found), begun, day)]
    recent = {day: found[day] for day in found if day >= CHANGE - 20}
    about = About(APP, "UTC", [everybody], [placebo.pack(each) for each in live.placebos])
    write(tmp_path / "panel.parquet", about, Days(recent))
    told = json.loads(run("adaptation", "report", NEW, "--panel", "panel.parquet", "--json").stdout)["adaptation"]
    assert told == msgspec.to_builtins(looks[-1])
    assert told["placebo"]["days"] > 56
    assert told["verdict"] == "not identified"


@pytest.mark.parametrize("users", [0, 1, 5])
def test_with_hardly_anybody_the_verdict_is_insufficient_data_in_every_form(
    run: Run, tmp_path: Path, users: int
) -> None:
    nobody = {day: of_rows(day, [], 10, lost=False) for day in SPAN}
    path = exported(tmp_path / "panel.parquet", days(Habits(users=users), SPAN) if users else nobody)
    options = ["adaptation", "report", NEW, "--panel", str(path)]
    assert json.loads(run(*options, "--json").stdout)["adaptation"]["verdict"] == "insufficient data"
    result = run(*options, "--html", "report.html")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{NEW}: insufficient data")
    assert "insufficient data" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such"], f"'no-such' is no rollout of {APP}; there are: {NEW}"),
        ([OLD], f"'{OLD}' is no rollout"),
        ([NEW, "--day", iso(LAST + 1)], f"{iso(LAST + 1)} is none of the complete days of the panel"),
        ([NEW, "--day", iso(CHANGE - 1)], f"the first whole day of {NEW} is {iso(CHANGE)}: there is no look before"),
        ([NEW, "--app", "other/production"], f"is a panel of {APP}, not of other/production"),
    ],
)
def test_what_there_is_no_report_of_is_said_in_one_line(run: Run, panel: Path, arguments: list[str], told: str) -> None:
    result = run("adaptation", "report", *arguments, "--panel", str(panel))
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert told in line


def test_a_deployment_that_lasted_no_whole_day_is_told(run: Run, tmp_path: Path) -> None:
    brief = ROLLOUT._replace(end_ms=ROLLOUT.effective_ms + 60_000, ended_by="rollback")
    path = exported(tmp_path / "panel.parquet", days(Habits(users=20), SPAN), brief)
    result = run("adaptation", "report", NEW, "--panel", str(path))
    assert result.exit_code == 1
    assert f"{NEW} was not in force for a whole local day" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["report", NEW],
        ["report", NEW, "--panel", "missing.parquet"],
        ["report", NEW, "--app", "no-environment"],
        ["report", NEW, "--app", APP, "--day", "yesterday"],
        ["report", NEW, "--app", APP, "--html", "no/such/folder.html"],
        ["report", NEW, "--app", APP, "--replayed", "missing.jsonl"],
        ["export", "panel.parquet"],
        ["export", "no/such/panel.parquet", "--app", APP],
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(run: Run, arguments: list[str]) -> None:
    assert run("adaptation", *arguments).exit_code == 2


def test_a_file_that_is_no_panel_ends_with_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "panel.parquet").write_text("day\n")
    result = run("adaptation", "report", NEW, "--panel", "panel.parquet")
    assert result.exit_code == 2
    assert "cannot be read as Parquet" in result.stderr
