"""The traffic is what the plan says: the same every time, in order, and with the planted shares."""

import math
from collections import Counter, defaultdict

import msgspec
import pytest

from eddyline.assignment import bucket
from eddyline.demo.corpus import NEW_TOPIC, Language, load
from eddyline.demo.plan import Plan
from eddyline.demo.traffic import Asked, traffic
from eddyline.windows import DAY_MS, HOUR_MS

PLAN = Plan()
SIGMAS = 4


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    """Give the traffic of the default plan."""
    return traffic(PLAN)


@pytest.fixture(scope="module")
def since(asked: list[Asked]) -> list[Asked]:
    """Give what was asked once the new deployment was in effect."""
    return [prompt for prompt in asked if prompt.time_ms >= PLAN.effective_ms]


@pytest.fixture(scope="module")
def without() -> list[Asked]:
    """Give the traffic of the same people in a world where the new deployment never comes."""
    return traffic(msgspec.structs.replace(PLAN, deployed=False))


def assert_share(successes: int, n: int, share: float) -> None:
    """Assert that so many of ``n`` independent draws are what ``share`` allows: 4 standard deviations."""
    assert n > 100
    assert abs(successes - n * share) <= SIGMAS * math.sqrt(n * share * (1 - share))


def test_the_same_plan_gives_the_same_traffic(asked: list[Asked]) -> None:
    assert traffic(Plan()) == asked


def test_another_seed_gives_other_traffic(asked: list[Asked]) -> None:
    other = traffic(Plan(seed=1))
    assert [prompt.prompt for prompt in other[:50]] != [prompt.prompt for prompt in asked[:50]]


def test_four_weeks_are_20_to_23_thousand_prompts_in_order(asked: list[Asked]) -> None:
    assert 20_000 <= len(asked) <= 23_000
    assert len({prompt.id for prompt in asked}) == len(asked)
    keys = [(prompt.time_ms, prompt.id) for prompt in asked]
    assert keys == sorted(keys)
    assert PLAN.start_ms <= keys[0][0]
    assert keys[-1][0] < PLAN.end_ms


def test_a_session_has_one_to_four_prompts_about_one_thing(asked: list[Asked]) -> None:
    sessions = defaultdict(list)
    for prompt in asked:
        sessions[prompt.session].append(prompt)
    assert {len(session) for session in sessions.values()} == {1, 2, 3, 4}
    assert all(len({prompt.intent for prompt in session}) == 1 for session in sessions.values())


def test_few_write_at_night_and_most_in_the_late_morning_and_the_evening(asked: list[Asked]) -> None:
    by_hour = Counter((prompt.time_ms // HOUR_MS) % 24 for prompt in asked)
    night = sum(by_hour[hour] for hour in range(1, 5)) / 4
    afternoon = sum(by_hour[hour] for hour in range(13, 17)) / 4
    assert night < 0.15 * by_hour[11]
    assert afternoon < 0.8 * min(by_hour[11], by_hour[18])


def test_activity_differs_between_users(asked: list[Asked]) -> None:
    counts = sorted(Counter(prompt.user.id for prompt in asked).values())
    busiest, median = counts[-len(counts) // 100], counts[len(counts) // 2]
    assert busiest > 4 * median


def test_an_eighth_of_the_users_write_german_or_spanish(asked: list[Asked]) -> None:
    users = {prompt.user.id: prompt.user for prompt in asked}.values()
    assert_share(sum(user.language != "en" for user in users), len(users), PLAN.german + PLAN.spanish)
    languages: tuple[Language, ...] = ("de", "es")
    texts = {language: {text for intent in load() for text in intent.phrasings(language)} for language in languages}
    assert all(prompt.prompt in texts[prompt.user.language] for prompt in asked if prompt.user.language != "en")


def test_users_have_favourite_topics(asked: list[Asked]) -> None:
    shares = [prompt.intent in prompt.user.favourites for prompt in asked if prompt.intent != NEW_TOPIC]
    assert sum(shares) / len(shares) > PLAN.favourite_share


def test_newcomers_arrive_every_day(asked: list[Asked]) -> None:
    first: dict[str, Asked] = {}
    for prompt in asked:
        first.setdefault(prompt.user.id, prompt)
    newcomers = [prompt for prompt in first.values() if prompt.user.joined_ms > PLAN.start_ms]
    assert all(prompt.time_ms >= prompt.user.joined_ms for prompt in newcomers)
    assert {(prompt.user.joined_ms - PLAN.start_ms) // DAY_MS for prompt in newcomers} == set(range(PLAN.days))


def test_partners_arrive_with_the_deployment_in_both_arms_and_most_are_terse(since: list[Asked]) -> None:
    partners = [user for user in {prompt.user.id: prompt.user for prompt in since}.values() if user.partner]
    english = [user for user in partners if user.language == "en"]
    assert min(user.joined_ms for user in partners) >= PLAN.effective_ms
    assert_share(sum(user.holdout for user in partners), len(partners), PLAN.holdout)
    assert_share(sum(user.habit > 0 for user in english), len(english), PLAN.partners_terse)


def test_users_leave_for_good(asked: list[Asked]) -> None:
    users = {prompt.user.id: prompt.user for prompt in asked}.values()
    anyway = [user for user in users if user.joined_ms == PLAN.start_ms and not user.fled]
    left = sum(user.left_ms < PLAN.end_ms for user in anyway)
    assert_share(left, len(anyway), 1 - math.exp(-PLAN.churn_a_day * PLAN.days))
    assert all(prompt.time_ms < prompt.user.left_ms for prompt in asked)


def test_terse_users_of_the_new_deployment_leave_when_it_comes(asked: list[Asked]) -> None:
    users = {prompt.user.id: prompt.user for prompt in asked}.values()
    there = [user for user in users if user.joined_ms < PLAN.effective_ms < user.left_ms]
    terse = [user for user in there if user.habit and not user.holdout]
    assert_share(sum(user.fled for user in terse), len(terse), PLAN.fleeing)
    assert not any(user.fled for user in users if not user.habit or user.holdout or user.partner)
    assert all(user.left_ms < PLAN.effective_ms + PLAN.fleeing_ms for user in users if user.fled)


def test_a_fifth_of_the_users_stay_with_the_old_deployment(asked: list[Asked], since: list[Asked]) -> None:
    users = {prompt.user.id: prompt.user for prompt in asked}.values()
    assert_share(sum(user.holdout for user in users), len(users), PLAN.holdout)
    assert all(user.holdout == (bucket(user.id) < 200) for user in users)
    assert all((prompt.deployment == PLAN.old) == prompt.user.holdout for prompt in since)


def test_nobody_has_the_new_deployment_before_it_takes_effect(asked: list[Asked]) -> None:
    before = [prompt for prompt in asked if prompt.time_ms < PLAN.effective_ms]
    assert {prompt.deployment for prompt in before} == {PLAN.old}
    assert not any(prompt.adapted or prompt.intent == NEW_TOPIC for prompt in before)


def test_exposure_counts_the_prompts_to_the_new_deployment(since: list[Asked]) -> None:
    counts: Counter[str] = Counter()
    for prompt in since:
        assert prompt.exposure == counts[prompt.user.id]
        counts[prompt.user.id] += prompt.deployment == PLAN.new


@pytest.mark.parametrize("exposure", [1, 2, 5, 10])
def test_users_adapt_with_exposure(since: list[Asked], exposure: int) -> None:
    exposed = [prompt for prompt in since if prompt.deployment == PLAN.new and prompt.exposure == exposure]
    english = [prompt for prompt in exposed if prompt.user.language == "en" and not prompt.terse]
    assert_share(sum(prompt.adapted for prompt in english), len(english), PLAN.adapted_share(exposure))


def test_half_of_the_adaptation_is_reached_after_the_half_life() -> None:
    assert PLAN.adapted_share(0) == 0
    assert PLAN.adapted_share(4) == pytest.approx(PLAN.adapted_ceiling / 2)


def test_adapted_and_terse_prompts_are_the_corpus_adapted_ones(asked: list[Asked]) -> None:
    adapted = {text for intent in load() for text in intent.adapted}
    assert all((prompt.prompt in adapted) == (prompt.adapted or prompt.terse) for prompt in asked)
    assert not any(prompt.adapted and prompt.terse for prompt in asked)


def test_only_terse_users_write_so_before_the_rush(asked: list[Asked]) -> None:
    before = [prompt for prompt in asked if prompt.time_ms < PLAN.effective_ms and prompt.user.habit]
    assert_share(sum(prompt.terse for prompt in before), len(before), PLAN.habit)
    assert not any(prompt.terse for prompt in asked if prompt.time_ms < PLAN.effective_ms and not prompt.user.habit)


@pytest.mark.parametrize("holdout", [True, False])
def test_the_rush_grows_alike_for_everybody(since: list[Asked], holdout: bool) -> None:  # noqa: FBT001 - an arm
    last_week = [prompt for prompt in since if prompt.time_ms >= PLAN.end_ms - 7 * DAY_MS]
    calm = [prompt for prompt in last_week if prompt.user.holdout == holdout and not prompt.user.habit]
    english = [prompt for prompt in calm if prompt.user.language == "en"]
    assert_share(sum(prompt.terse for prompt in english), len(english), 0.75 * PLAN.rush)


def test_without_the_deployment_the_holdout_does_exactly_the_same(asked: list[Asked], without: list[Asked]) -> None:
    own = [[prompt for prompt in world if prompt.user.holdout] for world in (asked, without)]
    assert own[0] == own[1]


def test_without_the_deployment_the_others_ask_the_same_in_other_words(
    asked: list[Asked], without: list[Asked]
) -> None:
    worlds = [{prompt.id: prompt for prompt in world if not prompt.user.fled} for world in (asked, without)]
    pairs = [(prompt, worlds[1][name]) for name, prompt in worlds[0].items()]
    assert all(
        (one.time_ms, one.intent, one.terse) == (other.time_ms, other.intent, other.terse) for one, other in pairs
    )
    assert all((one.prompt == other.prompt) != one.adapted for one, other in pairs)
    assert {other.deployment for other in without} == {PLAN.old}


def test_the_new_topic_is_everybodys(since: list[Asked]) -> None:
    sessions = {prompt.session: prompt for prompt in since}.values()
    for deployment in (PLAN.old, PLAN.new):
        own = [session.intent == NEW_TOPIC for session in sessions if session.deployment == deployment]
        assert_share(sum(own), len(own), PLAN.new_topic_share)


def test_the_new_deployment_answers_in_structure(asked: list[Asked]) -> None:
    structured = {text for intent in load() for text in intent.responses_structured}
    english = [prompt for prompt in asked if prompt.user.language == "en"]
    assert all((prompt.response in structured) == (prompt.deployment == PLAN.new) for prompt in english)


def test_responses_shadows_and_feedback_have_the_planned_shares(asked: list[Asked]) -> None:
    assert_share(sum(prompt.separate for prompt in asked), len(asked), PLAN.separate)
    assert_share(sum(prompt.shadow is not None for prompt in asked), len(asked), PLAN.shadowed)
    assert_share(sum(prompt.thumbs is not None for prompt in asked), len(asked), PLAN.feedback)


def test_users_like_the_new_deployment_better(asked: list[Asked]) -> None:
    for deployment, share in ((PLAN.old, PLAN.thumbs_up_old), (PLAN.new, PLAN.thumbs_up_new)):
        thumbs = [prompt.thumbs for prompt in asked if prompt.deployment == deployment and prompt.thumbs is not None]
        assert_share(sum(thumbs), len(thumbs), share)
