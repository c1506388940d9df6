"""Output events as lines."""

import orjson
import pytest
from tests.outputs.examples import adapted

from eddyline.cli.lines import json_line, line
from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.outputs.alert import state_gap
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.dead_letter import dead_letter
from eddyline.outputs.drift import Drift, MeanScore, MetricValue, ReferenceFacts, drift_output, window
from eddyline.outputs.score import Score, score_output

START = 1_795_248_000_000
TEXT = "my card number is 4111"


def record(output: Output, timestamp_ms: int = START) -> Record:
    return Record(output.topic, 0, 7, output.value, output.key, output.headers, timestamp_ms)


def a_drift(**changes: object) -> Record:
    fields: dict[str, object] = {
        "app": "support/production",
        "deployment": "2026.11.1",
        "deployment_source": "attribute",
        "window": window(START, START + 300_000),
        "n": 412,
        "gated_n": 97,
        "unnamed": 0,
        "late": 0,
        "truncated": 0,
        "tools": 0,
        "completeness": 1.0,
        "space_id": "minilm:1",
        "reference": ReferenceFacts("history", "h", 1200),
        "metrics": {"centroid_distance": MetricValue(0.0412, 0.0051)},
        "styles": {},
        "watch": None,
        "eval_set": None,
        "scores": {"relevance": MeanScore(0.71, 0.01, 400)},
        "state": "quiet",
        "reason": None,
        "flags": [],
    } | changes
    return record(drift_output("drift", Drift(**fields), START, START + 300_000))  # type: ignore[arg-type]


def a_score(**changes: object) -> Record:
    fields: dict[str, object] = {
        "app": "support/production",
        "deployment": "2026.11.1",
        "candidate": None,
        "request_id": "r1",
        "ts": "2026-11-21T08:00:01.000Z",
        "scorer": "relevance",
        "scorer_version": "1",
        "value": 0.71,
        "sample_rate": 1.0,
        "space_id": "minilm:1",
    } | changes
    return record(score_output("scores", "id", START, Score(**fields)))  # type: ignore[arg-type]


def a_dead_letter(value: bytes = TEXT.encode(), keep: int = 1000) -> Record:
    bad = Record("prompts", 3, 1234, value)
    error = DeadLetter("bad_json", "not JSON: expected value at byte 0")
    return record(dead_letter("dlq", bad, error, stage="encode", producer="eddyline", keep=keep))


def test_a_drift_event_is_one_line_with_what_it_says() -> None:
    assert line("drift", a_drift()).plain == (
        "2026-11-21T08:00-08:05  support/production  2026.11.1  n 412 (97 users)  centroid 0.0412 (0.0051)"
        "  relevance 0.710  quiet"
    )


def test_a_drift_event_that_says_little_says_why() -> None:
    event = a_drift(
        deployment=None,
        deployment_source="mixed",
        metrics={"centroid_cosine": MetricValue(None, None)},
        scores={},
        state="insufficient_data",
        reason="fewer than 20 users",
        flags=["build_differs"],
        completeness=0.875,
    )
    assert line("drift", event).plain.endswith(
        "  (mixed)  n 412 (97 users)  cosine -  insufficient_data: fewer than 20 users  build_differs  complete 87.5%"
    )


def test_a_score_is_one_line() -> None:
    expected = "2026-11-21T08:00:01.000Z  support/production  2026.11.1  relevance 0.710  r1"
    assert line("scores", a_score()).plain == expected


def test_a_score_of_a_shadow_response_names_its_candidate() -> None:
    assert "2026.11.1 / 2026.12.0-rc1 in shadow" in line("scores", a_score(candidate="2026.12.0-rc1")).plain


def test_a_dead_letter_says_where_it_was_and_why_but_not_what_was_written() -> None:
    plain = line("dead-letters", a_dead_letter()).plain
    assert plain == "2026-11-21T08:00:00.000Z  prompts-3@1234  bad_json  not JSON: expected value at byte 0  22 bytes"
    assert TEXT not in plain


def test_a_dead_letter_that_was_cut_tells_its_true_length() -> None:
    assert line("dead-letters", a_dead_letter(b"x" * 5000, keep=100)).plain.endswith("5000 bytes")


def test_an_alert_says_that_it_began_or_is_over_and_what_it_is() -> None:
    alert = record(state_gap("alerts", "fold", ("eddyline.observations.v1", 3), START, over=False))
    what = "StateGap  Records of eddyline.observations.v1-3 were gone before fold could read them"
    assert line("alerts", alert).plain == f"2026-11-21T08:00:00.000Z  firing  {what}"


def test_an_adaptation_event_says_its_verdict_and_its_sentence() -> None:
    plain = line("adaptation", record(adapted())).plain
    assert plain.startswith("2026-11-20  chat/production  v2  adapted  Users of v2 now ask for a format in 31 % of ")
    assert plain.endswith("  staying rates differ between the arms (p = 0.004)")


def test_no_event_can_steer_the_terminal() -> None:
    steering = "r1\x1b]0;owned\x07\x1b[2J\nnext"
    lines = [
        line("scores", a_score(request_id=steering, app=steering, scorer=steering)),
        line("drift", a_drift(deployment=steering, flags=[steering])),
        line("dead-letters", Record("dlq", 0, 1, b"", headers=(("dlq.message", steering.encode()),))),
    ]
    assert all(text.plain.isprintable() for text in lines)


@pytest.mark.parametrize("kind", ["drift", "scores", "alerts", "adaptation"])
@pytest.mark.parametrize("value", [b"not json", b"[]", b'{"data": 1}', None])
def test_what_is_no_event_is_said_to_be_none(kind: str, value: bytes | None) -> None:
    text = line(kind, Record("drift", 1, 9, value)).plain
    assert text.startswith("drift-1@9 is no event of Eddyline: ")


def test_the_json_of_an_event_is_the_event() -> None:
    event = a_drift()
    assert json_line("drift", event).encode() == event.value


def test_the_json_of_a_dead_letter_has_its_place_its_headers_and_its_bytes() -> None:
    found = orjson.loads(json_line("dead-letters", a_dead_letter(b"\xff\x00")))
    assert (found["topic"], found["partition"], found["offset"]) == ("dlq", 0, 7)
    assert found["headers"]["dlq.offset"] == "1234"
    assert found["value_base64"] == "/wA="
