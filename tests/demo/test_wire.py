"""What is sent: records that decode, in order, never later than grace allows, and a few that are broken."""

from collections import Counter

import orjson
import pytest

from eddyline.demo.plan import Plan
from eddyline.demo.traffic import Asked, traffic
from eddyline.demo.wire import Message, messages
from eddyline.errors import DeadLetter
from eddyline.events import Arm, Deployment, Event, Record
from eddyline.inputs import Defaults, decode
from eddyline.windows import DAY_MS, HOUR_MS

PLAN = Plan(users=150, days=2)


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    """Give a small traffic."""
    return traffic(PLAN)


@pytest.fixture(scope="module")
def sent(asked: list[Asked]) -> list[Message]:
    """Give its records."""
    return messages(PLAN, asked)


def decoded(message: Message) -> Event | None:
    record = Record(message.kind, 0, 0, message.value)
    defaults = Defaults("default", "production", 300_000)
    return decode(record, message.kind, max_bytes=1_000_000, defaults=defaults, now_ms=PLAN.end_ms + HOUR_MS)


def broken(message: Message) -> bool:
    try:
        return decoded(message) is None
    except DeadLetter:
        return True


def test_records_are_the_same_every_time_and_in_order(asked: list[Asked], sent: list[Message]) -> None:
    assert messages(PLAN, asked) == sent
    assert [message.sent_ms for message in sent] == sorted(message.sent_ms for message in sent)


def test_every_record_but_the_broken_ones_decodes(sent: list[Message]) -> None:
    assert sum(broken(message) for message in sent) == PLAN.broken
    assert all(broken(message) == message.key.startswith("broken-") for message in sent)


def test_nothing_is_sent_before_it_happens_or_a_grace_later(sent: list[Message]) -> None:
    events = [(message, decoded(message)) for message in sent if not message.key.startswith("broken-")]
    delays = [message.sent_ms - event.time_ms for message, event in events if event and message.kind != "deployments"]
    assert min(delays) == 0
    assert 0 < max(delays) < 120_000


def test_the_deployment_is_announced_a_day_ahead_for_all_but_the_first_buckets(sent: list[Message]) -> None:
    [announcement] = [message for message in sent if message.kind == "deployments"]
    event = decoded(announcement)
    assert isinstance(event, Deployment)
    assert (event.app, event.deployment) == ("support/production", PLAN.new)
    assert event.time_ms == PLAN.effective_ms == announcement.sent_ms + DAY_MS
    assert event.arm == Arm("holdout", PLAN.holdout, 0)


def test_every_prompt_gets_one_response_in_its_event_or_alone(asked: list[Asked], sent: list[Message]) -> None:
    kinds = Counter(message.kind for message in sent if not message.key.startswith("broken-"))
    assert kinds["prompts"] == len(asked)
    assert kinds["responses"] == sum(prompt.separate for prompt in asked)
    assert kinds["shadow-responses"] == sum(prompt.shadow is not None for prompt in asked)
    assert kinds["feedback"] == sum(prompt.thumbs is not None for prompt in asked)
    assert sum(message.answers for message in sent) == len(asked)


def test_some_responses_are_on_the_wire_before_their_prompt(asked: list[Asked], sent: list[Message]) -> None:
    prompts = {orjson.loads(m.value)["id"]: m.sent_ms for m in sent if m.kind == "prompts" and "broken" not in m.key}
    alone = [orjson.loads(m.value) | {"sent": m.sent_ms} for m in sent if m.kind == "responses" and m.answers]
    overtaken = sum(response["sent"] < prompts[response["request_id"]] for response in alone)
    assert 0.1 < overtaken / len(alone) < 0.3
    assert len(alone) == sum(prompt.separate for prompt in asked)
