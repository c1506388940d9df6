"""A stream full of junk: no stage fails, every record is accounted for, and good neighbours come out as if alone."""

import time
from collections.abc import Sequence

import numpy as np
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.watched import WATCHED

from eddyline import join
from eddyline.encode import Encode, Reading
from eddyline.events import Record
from eddyline.fold import Fold, FoldPolicy
from eddyline.judge import Judge, JudgePolicy
from eddyline.observations import Source
from eddyline.outputs.cloudevent import Output
from eddyline.privacy import Pseudonyms
from eddyline.protocols import Encoded
from eddyline.settings import Settings, Topics

NOW_MS = 1_795_248_000_000
SETTINGS = Settings(topics=Topics(observations_partitions=1, partials_partitions=1))
TOPICS = SETTINGS.topics
INPUTS = [TOPICS.prompts, TOPICS.responses, TOPICS.shadow_responses, TOPICS.feedback, TOPICS.deployments]
COUNTS = dict.fromkeys(INPUTS, 1)


class LengthEncoder:
    """Encodes a text as its length: enough where nobody looks at vectors."""

    space_id, build_id = "space", "build"

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Return rows that hold the length."""
        lengths = np.array([len(text.encode()) % 100 for text in texts], np.int8)
        vectors = np.repeat(lengths[:, None], 384, axis=1)
        return Encoded(vectors, vectors[:, :64].astype(np.int16), np.zeros(len(texts), np.bool_))


def _encode() -> Encode:
    return Encode(SETTINGS, LengthEncoder(), Pseudonyms("a pepper of sixteen or more"))


def _outputs(encode: Encode, reading: Reading, sources: list[Source]) -> list[Output]:
    pending: dict[str, dict[str, bytes]] = {}
    for half in reading.halves:
        pending.setdefault(half.request_id, {})[join.field_of(half)] = join.pack(half)
    present = [pending[half.request_id] for half in reading.halves]
    return encode.outputs(reading, present, sources, COUNTS)


def _play(stage: Fold | Judge, records: list[Output], topic: str, *, restarts: bool) -> list[Output]:
    """Apply the records of a topic; with ``restarts`` the state is stored and restored after each."""
    outputs, fields = [], dict[str, bytes]()
    for record in records:
        if record.topic == topic:
            outputs += stage.apply(record.value)
            changes = stage.take_changes()
            fields = {name: value for name, value in fields.items() if name not in changes.drops} | changes.fields
            if restarts:
                stage = _restored(stage, fields)
    return outputs


def _restored(stage: Fold | Judge, fields: dict[str, bytes]) -> Fold | Judge:
    if isinstance(stage, Fold):
        return Fold.restore(FoldPolicy.of(SETTINGS), 0, fields)
    return Judge.restore(JudgePolicy.of(SETTINGS, WATCHED), 0, fields)


def _through(values: Sequence[tuple[str, bytes | None]], *, restarts: bool = False) -> list[Output]:
    """Send values through all three stages to the end of input; return what comes out."""
    encode = _encode()
    records = [Record(topic, 0, offset, value) for offset, (topic, value) in enumerate(values)]
    reading = encode.read(records, NOW_MS)
    assert [place.offset for place in reading.places] == list(range(len(values)))
    assert len(reading.dead) == sum(n for name, n in reading.counts.items() if name.startswith("dlq:"))
    end = [Source(topic, 0, len(values), NOW_MS + 600_000, idle=True) for topic in INPUTS]
    found = _outputs(encode, reading, []) + encode.tick(end, COUNTS)
    partials = _play(Fold(FoldPolicy.of(SETTINGS), 0), found, TOPICS.observations, restarts=restarts)
    drift = _play(Judge(JudgePolicy.of(SETTINGS, WATCHED), 0), partials, TOPICS.partials, restarts=restarts)
    return [output for output in found if output.topic not in (TOPICS.observations, TOPICS.partials)] + drift


TEXT = st.text(min_size=1, max_size=12)
NASTY = st.sampled_from(
    [":", "|", "\u2028", "a:b", "a|b", "{x}", "<script>", "%2F", "e\u0301", " ", "@", "a@b", "\u20ac"]
)
CONTROL = st.sampled_from(["\x00", "\x1f", "a:b\x1fc", "/", "a\n"])
TIMES = st.integers(NOW_MS - 900_000, NOW_MS)
REQUIRED = {
    "ts": TIMES,
    "effective_at": TIMES,
    "prompt": st.text(max_size=12) | CONTROL,
    "response": st.text(max_size=12) | CONTROL,
    "request_id": st.sampled_from(["r1", "r2"]) | NASTY | CONTROL,
    "app": st.sampled_from(["chat"]) | NASTY,
    "deployment": st.sampled_from(["v1", "v2"]) | NASTY,
    "candidate": st.sampled_from(["v2"]) | NASTY,
    "name": st.sampled_from(["thumbs"]) | NASTY,
    "value": st.floats(-1000, 1000),
}
OPTIONAL = {
    "id": st.sampled_from(["r1", "r2"]) | NASTY | CONTROL,
    "environment": st.sampled_from(["production"]) | NASTY,
    "user": TEXT | CONTROL,
    "session": TEXT | CONTROL,
    "action": st.sampled_from(["deploy", "rollback", "retire"]),
    "turn": st.sampled_from(["user", "tool"]),
    "scores": st.lists(st.fixed_dictionaries({"name": NASTY, "value": st.floats(-1000, 1000)}), max_size=2),
}
EVENTS = st.fixed_dictionaries(REQUIRED, optional=OPTIONAL)
"""Accepted on every input topic: each takes the fields that it knows."""
UNTOLD = EVENTS.map(lambda event: {name: value for name, value in event.items() if name != "deployment"})
ODD = st.fixed_dictionaries({}, optional=REQUIRED | dict.fromkeys(OPTIONAL, NASTY | CONTROL))
VALUES = (EVENTS | UNTOLD | ODD).map(orjson.dumps) | st.binary(max_size=30) | st.none()
STREAMS = st.lists(st.tuples(st.sampled_from(INPUTS), VALUES), max_size=15)


@settings(max_examples=150)
@given(STREAMS)
def test_no_stage_fails_whatever_arrives(values: list[tuple[str, bytes | None]]) -> None:
    for output in _through(values):
        if output.topic != TOPICS.dead_letters:
            orjson.loads(output.value)


@settings(max_examples=150)
@given(STREAMS)
def test_names_of_any_characters_survive_a_restart_of_fold_and_judge(values: list[tuple[str, bytes | None]]) -> None:
    assert _through(values, restarts=True) == _through(values)


def test_good_neighbours_of_junk_come_out_as_if_alone() -> None:
    good: list[tuple[str, bytes | None]] = [
        (TOPICS.prompts, orjson.dumps({"id": f"r{k}", "ts": NOW_MS - k * 1000, "prompt": "x" * k, "response": "y"}))
        for k in range(20)
    ]
    junk = [b"", None, b"{", b"\xff", b"[" * 100_000, b'{"prompt": 1}', b"x" * 2_000_000, b"null"]
    mixed = [value for k, value in enumerate(good) for value in ((TOPICS.prompts, junk[k % len(junk)]), value)]
    letters = [output for output in _through(mixed) if output.topic == TOPICS.dead_letters]
    assert len(letters) == sum(1 for k in range(20) if junk[k % len(junk)])
    alone = _through(good)
    assert {output.topic for output in alone} == {TOPICS.scores, TOPICS.drift}
    assert [output for output in _through(mixed) if output.topic != TOPICS.dead_letters] == alone


def test_a_topic_of_nothing_but_dead_letters_is_read_soon() -> None:
    values: list[tuple[str, bytes | None]] = [(TOPICS.prompts, b'{"prompt": %d}' % k) for k in range(5000)]
    started = time.process_time()
    assert len(_through(values)) == 5000
    assert time.process_time() - started < 5


def test_no_text_of_a_user_is_in_what_leaves() -> None:
    private = "the quick brown secret"
    event = {"id": "r1", "ts": NOW_MS, "prompt": private, "response": private, "user": private, "session": private}
    encode = _encode()
    reading = encode.read([Record(TOPICS.prompts, 0, 0, orjson.dumps(event))], NOW_MS)
    outputs = _outputs(encode, reading, [])
    assert outputs
    assert not any(b"secret" in output.value for output in outputs)
    assert not any(b"secret" in join.pack(half) for half in reading.halves)
