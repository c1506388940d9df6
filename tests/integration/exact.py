"""What came out of an installation, held against what the oracle says of its input."""

import json
from collections import Counter
from collections.abc import Sequence

from tests.integration.running import Installation, Line, headers
from tests.oracle.mismatch import Mismatch, report
from tests.oracle.oracle import truth
from tests.oracle.rules import Rules
from tests.oracle.stored import panels_of

from eddyline.encoders import OnnxEncoder

HOURS = 36
"""Of event time: so that the day before a deployment becomes a reference."""
SETTINGS = {
    "windows_size_seconds": 1800,
    "judge_min_window": 4,
    "judge_min_reference": 40,
    # Silence must mean the end of the input, not a worker that is being started again ...
    "windows_idle_seconds": 12,
    # ... and what is read again after a crash must be in the horizon, though hours of event time pass in a minute.
    "windows_dedupe_seconds": 604_800,
}
RESULTS = ("window", "rolling", "day")
KEYS = {"drift": "app", "scores": "request_id"}


def assert_exact(kafka: Installation, lines: Sequence[Line], encoder: OnnxEncoder) -> None:
    """Compare all that came out with what ``lines`` say: every byte of every event, and all results in Redis."""
    expected = truth(lines, Rules.of(kafka.settings), encoder)
    events = {name: kafka.events(name) for name in KEYS}
    found = expected.mismatches(**events, dead=dead_letters(kafka), results=results(kafka))
    found += [mismatch for name in KEYS for mismatch in envelopes(kafka, name)]
    assert not found, report(found)


def dead_letters(kafka: Installation) -> Counter[str]:
    """Return the dead letters by reason, one for each place: what is read again dies again."""
    letters = [headers(message) for message in kafka.read("dead_letters")]
    places = {(each["dlq.topic"], each["dlq.partition"], each["dlq.offset"]): each["dlq.reason"] for each in letters}
    return Counter(reason.decode() for reason in places.values())


def results(kafka: Installation) -> dict[str, dict[str, bytes]]:
    """Return everything finished that Redis holds, by key and field."""
    found = {key: values for kind in RESULTS for key, values in hashes(kafka, f"eddyline:{kind}:*").items()}
    for fields in hashes(kafka, "eddyline:{judge:*}").values():
        found |= panels_of(fields)
    return found


def hashes(kafka: Installation, pattern: str) -> dict[str, dict[str, bytes]]:
    """Return what Redis holds under keys of a pattern, by key and field."""
    found: list[bytes] = list(kafka.redis.scan_iter(pattern, 1000))
    values: dict[str, dict[bytes, bytes]] = {key.decode(): kafka.redis.hgetall(key) for key in found}  # type: ignore[misc]
    return {key: {name.decode(): value for name, value in fields.items()} for key, fields in values.items()}


def envelopes(kafka: Installation, name: str) -> list[Mismatch]:
    """Return where the key or the headers of a record are not what its value says."""
    found = []
    for message in kafka.read(name):
        value = json.loads(message.value() or b"")
        attributes = {f"ce_{field}": text for field, text in value.items() if field not in ("data", "datacontenttype")}
        ours = (value["data"][KEYS[name]], attributes)
        given = {field: text.decode() for field, text in headers(message).items() if field.startswith("ce_")}
        theirs = ((message.key() or b"").decode(), given)
        found += [Mismatch(f"{name} {value['id']}", "key and headers", ours, theirs)] if ours != theirs else []
    return found
