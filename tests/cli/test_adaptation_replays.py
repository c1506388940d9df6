"""Scores of replayed prompts in files: all lines are good, or nothing is split."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.stages import TiledEncoder

from eddyline.cli.adaptation.replays import Fault, parse, read_splits
from eddyline.errors import EddylineError
from eddyline.protocols import Encoder

GOOD = """
{"part": "before", "id": "p1", "user": "u1", "scorer": "thumbs", "value": 0.5}
{"part": "before", "id": "p2", "user": "u2", "scorer": "thumbs", "value": 1}
{"part": "replayed", "id": "p1", "scorer": "thumbs", "value": 0.75, "more": true}

{"part": "replayed", "id": "p2", "scorer": "thumbs", "value": 1.25}
{"part": "after", "id": "p1", "user": "u1", "scorer": "thumbs", "value": 2}
{"part": "before", "id": "p1", "value": 0}
{"part": "replayed", "id": "p1", "value": 0.1}
{"part": "after", "id": "q", "value": 0.3}
"""


@contextmanager
def no_encoder() -> Iterator[Encoder]:
    raise AssertionError("scores alone need no encoder")
    yield


@contextmanager
def tiled() -> Iterator[Encoder]:
    yield TiledEncoder()


def faults(*lines: str) -> list[Fault]:
    return parse(line.encode() for line in lines)[1]


def test_scores_are_split_by_scorer(tmp_path: Path) -> None:
    (tmp_path / "scores.jsonl").write_text(GOOD)
    found = read_splits(tmp_path / "scores.jsonl", no_encoder)
    assert list(found) == ["score", "thumbs"]
    assert (found["thumbs"].model.value, found["thumbs"].adaptation.value) == (0.25, 1.0)
    assert (found["score"].model.value, found["score"].adaptation.value) == pytest.approx((0.1, 0.2))


def test_texts_are_scored_by_the_built_in_scorers(tmp_path: Path) -> None:
    refused = '{"part": "%s", "id": "p%d", "prompt": "How?", "response": "I cannot help with that."}\n'
    answered = '{"part": "%s", "id": "p%d", "prompt": "How?", "response": "How?"}\n'
    lines = [refused % ("before", at) for at in range(70)] + [answered % ("replayed", at) for at in range(70)]
    (tmp_path / "texts.jsonl").write_text("".join(lines) + refused % ("after", 0))
    found = read_splits(tmp_path / "texts.jsonl", tiled)
    assert list(found) == ["refusal", "relevance"]
    assert (found["refusal"].model.value, found["refusal"].adaptation.value) == (-1.0, 1.0)
    assert found["relevance"].replayed == pytest.approx(1.0)
    assert found["relevance"].paired == 70


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "truncated"),
        ("[]", "object"),
        ('{"part": "later", "id": "p", "value": 1}', "part"),
        ('{"part": "after", "value": 1}', "id"),
        ('{"part": "after", "id": "", "value": 1}', "id"),
        ('{"part": "after", "id": "p"}', "a value, or a prompt and a response"),
        ('{"part": "after", "id": "p", "prompt": "x"}', "a value, or a prompt and a response"),
        ('{"part": "after", "id": "p", "value": 1, "prompt": "x", "response": "y"}', "a value, or a prompt"),
        ('{"part": "after", "id": "p", "scorer": "s", "prompt": "x", "response": "y"}', "names none"),
        ('{"part": "after", "id": "p", "value": NaN}', "malformed"),
        ('{"part": "after", "id": "p", "value": 1e999}', "range"),
        ('{"part": "after", "id": "p", "value": 1001}', "1000"),
        ('{"part": "replayed", "id": "p", "value": 1}', "no line of before"),
        ('{"part": "after", "id": "\\ud800", "value": 1}', "surrogate|escape|utf"),
    ],
)
def test_a_bad_line_is_told_by_its_number(line: str, reason: str) -> None:
    ((number, told),) = faults("", '{"part": "after", "id": "fine", "value": 1}', line)
    assert number == 3
    assert re.search(reason, told), told


def test_the_same_score_twice_is_a_fault() -> None:
    line = '{"part": "after", "id": "p", "value": 1}'
    other = '{"part": "after", "id": "p", "scorer": "score", "value": 2}'
    assert faults(line, other) == [Fault(2, "the same as line 1")]
    texts = '{"part": "after", "id": "p", "prompt": "x", "response": "y"}'
    assert faults(texts, line.replace("}", ', "scorer": "refusal"}')) == [Fault(2, "the same as line 1")]
    assert faults(texts, line) == []


def test_a_prompt_replayed_for_another_scorer_is_not_paired() -> None:
    before = '{"part": "before", "id": "p", "scorer": "a", "value": 1}'
    assert [fault.number for fault in faults(before, before.replace('"a"', '"b"').replace("before", "replayed"))] == [2]


def test_one_bad_line_and_nothing_is_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(GOOD + "{\n" * 30)
    with pytest.raises(EddylineError, match="30 lines are bad, so nothing was split"):
        read_splits(path, no_encoder)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 20
    assert told[0].startswith(f"{path}:11: ")


@pytest.mark.parametrize("content", ['{"part": "before", "id": "p", "value": 1}', ""])
def test_a_part_that_is_missing_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "scores.jsonl").write_text(content)
    with pytest.raises(EddylineError, match=r"scores\.jsonl: "):
        read_splits(tmp_path / "scores.jsonl", no_encoder)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(EddylineError, match="No such file"):
        read_splits(tmp_path / "missing", no_encoder)
