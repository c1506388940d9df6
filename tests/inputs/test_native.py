"""Native events: what is read, what is assumed, what is refused."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from eddyline.errors import DeadLetter
from eddyline.events import Arm, Deployment, Event, Feedback, Kind, Prompt, Response, Supplied
from eddyline.inputs.native import nfc

NOW_MS = 1_795_248_000_000
TS = "2026-11-21T08:00:00Z"
SMALLEST: dict[Kind, dict[str, Any]] = {
    "prompts": {"ts": TS, "prompt": "hello"},
    "responses": {"request_id": "r1", "ts": TS, "response": "hi"},
    "shadow-responses": {"request_id": "r1", "ts": TS, "response": "hi", "candidate": "next"},
    "feedback": {"request_id": "r1", "ts": TS, "name": "thumbs", "value": 1},
    "deployments": {"app": "chat", "deployment": "v2", "effective_at": TS},
}
OPTIONAL: dict[Kind, tuple[str, ...]] = {
    "prompts": ("id", "app", "environment", "deployment", "user", "session", "turn", "response", "scores"),
    "responses": ("scores",),
    "shadow-responses": ("scores",),
    "feedback": (),
    "deployments": ("environment", "action", "model", "arm", "id"),
}
REQUIRED = [(kind, name) for kind, fields in SMALLEST.items() for name in fields]
Read = Callable[..., Event | None]
Reason = Callable[..., str]


def test_a_prompt_keeps_every_field_that_it_has(read: Read) -> None:
    event = read(
        {
            "id": "r1",
            "ts": TS,
            "prompt": "hello",
            "app": "chat",
            "environment": "staging",
            "deployment": "v1",
            "user": "u",
            "session": "s",
            "turn": "tool",
            "response": "hi",
            "scores": [{"name": "toxicity", "value": 0.25}],
        }
    )
    assert event == Prompt(
        id="r1",
        time_ms=NOW_MS,
        app="chat/staging",
        prompt="hello",
        deployment="v1",
        user="u",
        session="s",
        turn="tool",
        response="hi",
        scores=(Supplied("toxicity", 0.25),),
    )


def test_what_a_prompt_does_not_say_is_assumed_and_its_place_is_its_id(read: Read) -> None:
    assert read(SMALLEST["prompts"]) == Prompt(
        id="tp:in:3:14", time_ms=NOW_MS, app="default/production", prompt="hello", turn="user"
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("responses", Response(request_id="r1", time_ms=NOW_MS, response="hi")),
        ("shadow-responses", Response(request_id="r1", time_ms=NOW_MS, response="hi", candidate="next")),
        ("feedback", Feedback(request_id="r1", time_ms=NOW_MS, name="thumbs", value=1.0)),
        ("deployments", Deployment(app="chat/production", time_ms=NOW_MS, deployment="v2", id="tp:in:3:14")),
    ],
)
def test_the_smallest_event_of_every_kind_is_read(read: Read, kind: Kind, expected: Event) -> None:
    assert read(SMALLEST[kind], kind) == expected


@pytest.mark.parametrize("kind", list(SMALLEST))
def test_a_null_field_is_an_absent_one(read: Read, kind: Kind) -> None:
    nulls = dict.fromkeys(OPTIONAL[kind])
    assert read(SMALLEST[kind] | nulls, kind) == read(SMALLEST[kind], kind)


@pytest.mark.parametrize("kind", list(SMALLEST))
def test_unknown_fields_are_ignored_even_ten_thousand_of_them(read: Read, kind: Kind) -> None:
    extra = {f"x{k}": {"deep": [k]} for k in range(10_000)}
    assert read(SMALLEST[kind] | extra, kind) == read(SMALLEST[kind], kind)


@pytest.mark.parametrize(("kind", "name"), REQUIRED)
def test_a_required_field_that_is_missing_is_named(reason: Reason, kind: Kind, name: str) -> None:
    without = {field: value for field, value in SMALLEST[kind].items() if field != name}
    assert reason(without, kind) == f"invalid_field:{name}"


@pytest.mark.parametrize(("kind", "name"), REQUIRED)
def test_a_required_field_that_is_null_is_named(reason: Reason, kind: Kind, name: str) -> None:
    assert reason(SMALLEST[kind] | {name: None}, kind) == f"invalid_field:{name}"


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("prompt", 7, "prompt"),
        ("prompt", ["hello"], "prompt"),
        ("id", "", "id"),
        ("id", "x" * 513, "id"),
        ("id", 5, "id"),
        ("app", "", "app"),
        ("app", "a/b", "app"),
        ("app", "a\x00b", "app"),
        ("app", "a\n", "app"),
        ("app", "x" * 129, "app"),
        ("environment", "a/b", "environment"),
        ("deployment", "", "deployment"),
        ("deployment", "a\x1fb", "deployment"),
        ("deployment", "a\n", "deployment"),
        ("deployment", "x" * 201, "deployment"),
        ("user", {}, "user"),
        ("session", 1.5, "session"),
        ("turn", "assistant", "turn"),
        ("response", False, "response"),
        ("scores", {}, "scores"),
        ("scores", [1], "scores[]"),
        ("scores", [{"name": "a", "value": 1}, {"name": "b"}], "scores[].value"),
        ("scores", [{"name": "a", "value": 1e4}], "scores[].value"),
        ("scores", [{"name": "a", "value": True}], "scores[].value"),
        ("scores", [{"name": "", "value": 1}], "scores[].name"),
        ("scores", [{"name": "a", "value": 1}] * 33, "scores"),
    ],
)
def test_a_wrong_field_is_named_by_a_stable_path(reason: Reason, field: str, value: object, path: str) -> None:
    assert reason(SMALLEST["prompts"] | {field: value}) == f"invalid_field:{path}"


@pytest.mark.parametrize("value", ["1", None, True, [1], 1e300, -1000.5])
def test_feedback_that_is_no_sensible_number_is_refused(reason: Reason, value: object) -> None:
    assert reason(SMALLEST["feedback"] | {"value": value}, "feedback") == "invalid_field:value"


@pytest.mark.parametrize(
    ("wire", "arm"),
    [
        ({"kind": "all"}, Arm()),
        ({"kind": "canary", "share": 0.1}, Arm("canary", 0.1)),
        ({"kind": "holdout", "share": 0.2, "first": 950}, Arm("holdout", 0.2, 950)),
    ],
)
def test_an_announcement_says_whom_it_is_for(read: Read, wire: dict[str, object], arm: Arm) -> None:
    event = read(SMALLEST["deployments"] | {"arm": wire}, "deployments")
    assert isinstance(event, Deployment)
    assert event.arm == arm


def test_a_deployment_may_be_announced_a_year_ahead_and_no_more(reason: Reason) -> None:
    announced = SMALLEST["deployments"]
    assert reason(announced | {"effective_at": "2027-11-20T00:00:00Z"}, "deployments") == "accepted"
    assert reason(announced | {"effective_at": "2027-11-25T00:00:00Z"}, "deployments") == "future_timestamp"


@pytest.mark.parametrize("text", ["secret", "my 'secret' is\n42", 'a "secret"', "missing required field `secret`"])
def test_neither_message_nor_reason_repeats_what_was_written(read: Read, text: str) -> None:
    with pytest.raises(DeadLetter) as caught:
        read(SMALLEST["prompts"] | {"turn": text})
    assert caught.value.reason == "invalid_field:turn"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\x00", "<script>alert(1)</script>", "🙂" * 50, "مرحبا بالعالم", "a\u200b\u200db", "x\r\ny\u2028z"],
)
def test_any_text_is_a_prompt(read: Read, text: str) -> None:
    event = read(SMALLEST["prompts"] | {"prompt": text})
    assert isinstance(event, Prompt)
    assert event.prompt == text


def test_texts_are_normalised_so_that_equal_looking_texts_are_equal(read: Read) -> None:
    event = read(SMALLEST["prompts"] | {"prompt": "cafe\u0301", "response": "u\u0308ber"})
    assert isinstance(event, Prompt)
    assert (event.prompt, event.response) == ("café", "über")


def test_normalising_word_by_word_is_normalising_the_whole() -> None:
    text = "e\u0301 \u0301e\t\u1100\u1161\u11a8 \u2000\u212b a\u0315\u0300 \u0915\u093c\n" * 50
    assert nfc(text) == unicodedata.normalize("NFC", text)
