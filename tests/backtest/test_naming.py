"""Alarms are named by what users wrote since and not before, from the texts of the history alone."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import pytest
from tests.backtest import shop
from tests.backtest.test_report import APP, UTC, alarm, at, event, hours, watch

from eddyline.backtest.events import AppAlert, DriftEvent
from eddyline.backtest.naming import MOST, named
from eddyline.backtest.prompts import read_prompts
from eddyline.backtest.report import Alarm, TermMove, report
from eddyline.events import Prompt, Record
from eddyline.moved.terms import USERS
from eddyline.outputs.drift import BaselineFacts
from eddyline.settings import Settings
from eddyline.windows import DAY_MS

DAYS = BaselineFacts("2026-09-07", "2026-09-13", 100.0, 0.1)
"""From hour 0 on; the next day begins at hour 168."""
ALARM = 200
EVERYDAY = ("where is my card", "what is my balance")


def said(hour: float, who: Iterable[int], text: str = "", **changes: str | None) -> list[Prompt]:
    """Return a prompt of each user, an everyday one unless a text is given."""
    fields: dict[str, Any] = {"time_ms": at(hour), "app": APP} | changes
    return [
        Prompt(**{"id": f"{hour}-{user}-{text}", "user": f"u{user}", "prompt": text or EVERYDAY[user % 2]} | fields)
        for user in who
    ]


BEFORE = [prompt for day in range(7) for prompt in said(24 * day + 9, range(300))]


def alarms(
    prompts: Iterable[Prompt], alerts: Iterable[AppAlert] = (), drift: Iterable[DriftEvent] = (), begin: int = ALARM
) -> list[Alarm]:
    """Return the alarms, by default one, with their terms."""
    drift = [*hours(2), event(begin - 1, watch("alarm", baseline=DAYS)), *drift]
    (found,) = named(report(drift, [*alarm(begin), *alerts], [], UTC), drift, prompts, UTC)
    return found.alarms


def told(now: Iterable[Prompt], before: Iterable[Prompt] = BEFORE, begin: int = ALARM) -> list[TermMove]:
    (found,) = alarms([*before, *now], begin=begin)
    assert found.terms is not None
    return found.terms


def words(now: Iterable[Prompt], before: Iterable[Prompt] = BEFORE, begin: int = ALARM) -> list[str]:
    return [found.term for found in told(now, before, begin)]


def test_a_word_of_five_users_is_told_with_its_shares_and_one_of_four_is_not() -> None:
    now = said(ALARM - 2, range(15)) + said(ALARM - 1, range(15, 20), "my visa")
    assert told(now) == [TermMove("visa", USERS, 0.0, 0.25)]
    assert told(now[:-1]) == []


def test_where_nothing_came_nothing_is_told() -> None:
    assert told(said(ALARM - 2, range(50))) == []


def test_at_most_five_are_told_the_surest_first() -> None:
    found = told(said(ALARM - 1, range(30), "one two three four five six") + said(ALARM - 1, range(30, 40), "six"))
    assert len(found) == MOST
    assert found[0].term == "six"


@pytest.mark.parametrize(
    ("hour", "expected"), [(ALARM - 13, []), (ALARM - 12, ["visa"]), (ALARM - 0.01, ["visa"]), (ALARM, [])]
)
def test_only_the_12_hours_before_an_alarm_are_now(hour: float, expected: list[str]) -> None:
    found = words(said(ALARM - 1, range(20)) + said(hour, range(20, 40), "visa"))
    assert found == expected


@pytest.mark.parametrize(("hour", "expected"), [(-1, ["visa"]), (0, []), (167, []), (168, ["visa"])])
def test_only_the_days_of_the_baseline_are_before(hour: float, expected: list[str]) -> None:
    then = said(hour, range(300, 350), "visa")
    assert words(said(ALARM - 1, range(20), "visa"), BEFORE + then) == expected


def test_what_is_shortly_before_an_alarm_after_midnight_is_not_before_too() -> None:
    now = said(166, range(300, 320), "visa")
    assert told(now, begin=170) == [TermMove("visa", 20, 0.0, 1.0)]


def test_who_writes_much_counts_once_on_each_side() -> None:
    """A word in every 20th prompt is no name, though of those who write 20 prompts now most write it."""
    now = [
        prompt
        for turn in range(20)
        for user in range(200)
        for prompt in said(ALARM - 6 + turn / 10, [user], "visa" if (turn + user) % 20 == 0 else "")
    ]
    before = [prompt for user in range(2_000) for prompt in said(9, [user], "visa" if user % 20 == 0 else "")]
    assert words(now, before) == []


def test_a_session_stands_in_for_a_user_and_without_either_a_prompt_counts_for_nothing() -> None:
    others, new = said(ALARM - 2, range(15)), said(ALARM - 1, range(15, 30), "visa")
    nobody = said(ALARM - 1, range(15, 30), "visa", user=None)
    sessions = [
        prompt for user in range(15) for prompt in said(ALARM - 1, [user], "visa", user=None, session=f"s{user}")
    ]
    assert told(others + nobody) == []
    assert told(others + sessions) == told(others + new)


def test_other_apps_are_not_heard() -> None:
    new = said(ALARM - 1, range(20), "visa", app="a/b")
    assert told(said(ALARM - 1, range(20)) + new) == []


def test_every_alarm_of_the_watch_has_its_own_terms_and_one_of_an_eval_set_none() -> None:
    second = event(ALARM + 47, watch("alarm", baseline=DAYS))
    evals = AppAlert("EvalProductionDrift", APP, at(ALARM), None)
    now = said(ALARM - 1, range(20), "visa") + said(ALARM + 47, range(20), "passport")
    found = alarms(BEFORE + now, [evals, *alarm(ALARM + 48)], [second])
    names = [None if one.terms is None else [term.term for term in one.terms] for one in found]
    assert [one.alert for one in found] == ["EvalProductionDrift", "TrafficDrift", "TrafficDrift"]
    assert names == [None, ["visa"], ["passport"]]


def test_without_an_alarm_no_text_is_read() -> None:
    def unread() -> Iterator[Prompt]:
        pytest.fail("the history was read")
        yield

    drift = hours(3)
    before = report(drift, [], [], UTC)
    assert named(before, drift, unread(), UTC) == before


# From records


def record(value: object, topic: str = "") -> Record:
    settings = Settings()
    return Record(topic or settings.topics.prompts, 0, 0, orjson.dumps(value))


def test_prompts_of_users_are_read_and_what_would_be_a_dead_letter_is_left_out() -> None:
    prompt = next(shop.prompts(seed=1))
    late = prompt | {"id": "late", "ts": shop.START_MS + 2 * DAY_MS}
    records = [record(prompt | {"turn": "tool"}), record({}), record(prompt), record(late), record(prompt, "elsewhere")]
    (found,) = read_prompts(records, Settings(), shop.START_MS + DAY_MS)
    assert (found.id, found.app, found.prompt) == (prompt["id"], "shop/production", prompt["prompt"])
