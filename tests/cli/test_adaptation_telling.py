"""A report at a terminal: the verdict first, then what it rests on, and what it does not see."""

import msgspec
import orjson
import pytest
from tests.cli.reported import HOSTILE, bare, hostile, whole, without_control

from eddyline.cli.adaptation.report import Report, as_json, course
from eddyline.cli.adaptation.telling import show_report
from eddyline.outputs.adaptation import Adaptation


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> "Tell":
    return Tell(capsys)


class Tell:
    """Gives what is printed of a report, by lines."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, report: Report) -> list[str]:
        show_report(report)
        return [line.rstrip() for line in self._capsys.readouterr().out.splitlines()]


def test_the_verdict_comes_first_then_the_sentence_and_what_limits_it(told: Tell) -> None:
    lines = told(whole())
    assert lines[0] == "v2: adapted"
    assert lines[1].startswith("Users of v2 now ask for a format in 31 % of conversations")
    assert lines[2] == "! staying rates differ between the arms (p = 0.004)"
    assert lines[3] == "? not identified: how newcomers would have written without it: they have no before"


def test_every_part_is_told_with_its_interval(told: Tell) -> None:
    lines = [" ".join(line.split()) for line in told(whole())]
    for line in (
        "with the deployment 812 612",
        "format_instruction ask for a format 21.0 % +9.0 +5.0 to +13.0",
        "adaptation +8.5 +4.5 to +12.5 78.0 % within users, because of the deployment",
        "mix +0.6 -0.8 to +2.0 -4.0 % who came or left anyway",
        "sequential 0.020 one of the two, with daily looks allowed for",
        "exogenous - users changed anyway",
        "11 to 20 210 +8.5 +5.5 to +11.5",
        "Half of it is reached after 4.6 prompts (2.4 to 9.1).",
        "72 0 ± 2.1 no",
        "2026-11-12 adapting",
        "Examples: req-17, req-18",
    ):
        assert line in lines


def test_a_replay_split_is_told_per_scorer_with_who_it_rests_on(told: Tell) -> None:
    lines = [" ".join(line.split()) for line in told(whole())]
    assert "Replayed: relevance" in lines
    assert any(line.startswith("model effect 0.2 0.2 to 0.2 the same prompts") for line in lines)
    assert "Means: 0.1 before, 0.3 replayed, 0.9 after. Prompts: 3 of 3 users before, 3 of 3 after." in lines
    assert "1 prompts of before were not replayed and are left out." in lines


def test_where_nothing_could_be_estimated_only_that_is_said(told: Tell) -> None:
    lines = told(bare())
    assert lines[0] == "v2: insufficient data"
    assert not {"Users", "Features", "Tests", "Effect by exposure", "Around the deployment"} & set(lines)
    assert all("nan" not in line.lower() and "None" not in line for line in lines)


def test_without_a_control_parts_are_not_identified_and_it_is_said_why(told: Tell) -> None:
    lines = [" ".join(line.split()) for line in told(without_control())]
    assert "adaptation not identified - - within users, because of the deployment" in lines
    assert "within +10.0 +7.0 to +13.0 - adaptation and exogenous together" in lines
    assert any("There is no control" in line and "no upper bound" in line for line in lines)
    assert not any("against the control" in line for line in lines)


def test_no_name_can_steer_the_terminal(told: Tell) -> None:
    assert all(line.isprintable() for line in told(hostile()))


def test_the_course_is_the_first_look_and_every_change_of_verdict() -> None:
    def look(day: str, verdict: str) -> Adaptation:
        return msgspec.structs.replace(whole().found, day=day, verdict=verdict)

    looks = [look("1", "none detected"), look("2", "none detected"), look("3", "adapting"), look("4", "none detected")]
    assert [said.day for said in course(looks)] == ["1", "3", "4"]
    assert course([]) == []


def test_the_json_of_a_report_has_the_event_and_all_that_is_beside_it() -> None:
    found = orjson.loads(orjson.dumps(as_json(hostile())))
    assert list(found) == ["adaptation", "course", "event_study", "replayed"]
    assert found["adaptation"]["features"][0]["effect"] == {"value": 0.09, "low": 0.05, "high": 0.13}
    assert found["event_study"]["days"][0]["first"] == "2027-01-05"
    assert found["event_study"]["days"][14]["effect"] is None
    assert found["replayed"][HOSTILE]["model"]["value"] == pytest.approx(0.2)
    assert as_json(bare())["event_study"] is None
