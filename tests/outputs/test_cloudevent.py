"""The envelope of what leaves: CloudEvents 1.0, the same bytes whenever the same thing is described."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.outputs.examples import END, START, adapted, quiet, score_of

from eddyline.outputs.cloudevent import Output, identifier, rfc3339
from eddyline.outputs.score import score_id

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


OUTPUTS = pytest.mark.parametrize("output", [quiet(), score_of(), adapted()], ids=["drift", "score", "adaptation"])


@OUTPUTS
def test_the_sdk_reads_what_leaves(output: Output) -> None:
    headers = {name: value for name, value in output.headers if value is not None}
    event = from_structured(KafkaMessage(headers, output.key, output.value), JSONFormat())
    assert event.get_specversion() == "1.0"
    assert event.get_data() == orjson.loads(output.value)["data"]


@OUTPUTS
def test_the_attributes_keep_the_rules_of_cloudevents(output: Output) -> None:
    event = orjson.loads(output.value)
    attributes = {name: value for name, value in event.items() if name != "data"}
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in attributes)
    assert all(isinstance(value, str) and value for value in attributes.values())
    assert event["specversion"] == "1.0"
    assert re.fullmatch("[0-9a-f]{64}", event["id"])
    assert re.fullmatch("/eddyline/(encode|judge)", event["source"])
    assert re.fullmatch(r"io\.eddyline\.[a-z]+(\.[a-z]+)*\.v[0-9]+", event["type"])
    assert RFC_3339.fullmatch(event["time"])
    assert event["datacontenttype"] == "application/json"
    assert event["dataschema"] == "urn:eddyline:schema:" + event["type"].removeprefix("io.eddyline.")


@OUTPUTS
def test_the_headers_repeat_the_attributes_and_name_the_format(output: Output) -> None:
    headers = dict(output.headers)
    assert len(headers) == len(output.headers)
    assert headers.pop("content-type") == b"application/cloudevents+json; charset=UTF-8"
    event = orjson.loads(output.value)
    expected = {f"ce_{name}": event[name].encode() for name in event if name not in {"data", "datacontenttype"}}
    assert headers == expected


def test_a_drift_event_is_keyed_by_app_and_speaks_for_the_end_of_its_window() -> None:
    output = quiet()
    assert output.key == b"chat/production"
    assert orjson.loads(output.value)["time"] == rfc3339(END)


def test_a_score_event_is_keyed_by_request_and_speaks_for_its_response() -> None:
    output = score_of()
    assert output.key == b"r1"
    assert orjson.loads(output.value)["time"] == rfc3339(START)


def test_an_adaptation_event_is_keyed_by_app_and_speaks_for_the_end_of_its_day() -> None:
    output = adapted()
    assert output.key == b"chat/production"
    assert orjson.loads(output.value)["time"] == rfc3339(END)


@pytest.mark.parametrize("make", [quiet, score_of, adapted])
def test_the_same_thing_described_again_is_the_same_bytes(make: Callable[[], Output]) -> None:
    assert make() == make()


def test_ids_of_different_scores_differ() -> None:
    ids = {
        score_id("r1", "relevance", "1", None),
        score_id("r2", "relevance", "1", None),
        score_id("r1", "refusal", "1", None),
        score_id("r1", "relevance", "2", None),
        score_id("r1", "relevance", "1", "next"),
        score_id("r1", "relevance", "1", None, "1795248000000"),
    }
    assert len(ids) == 6


def test_parts_of_an_id_do_not_run_into_one_another() -> None:
    assert identifier("ab", "c") != identifier("a", "bc")


def test_an_id_is_the_sha256_of_its_parts() -> None:
    assert identifier("a", "b") == hashlib.sha256(b"a\0b").hexdigest()


@given(st.integers(946_684_800_000, 4_102_444_800_000))
def test_a_time_survives_the_way_to_text_and_back(time_ms: int) -> None:
    text = rfc3339(time_ms)
    assert RFC_3339.fullmatch(text)
    assert round(datetime.fromisoformat(text).timestamp() * 1000) == time_ms
