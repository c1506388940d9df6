"""Eval sets in files."""

from pathlib import Path

import pytest

from eddyline.cli.evalset import Item, parse, read_items
from eddyline.errors import EddylineError


def test_a_line_is_json_or_the_text_of_a_prompt() -> None:
    items, faults = parse([b'{"id": "q1", "prompt": "first", "more": 1}', b"", b"  second \r"])
    assert faults == []
    assert items == [Item("q1", "first"), Item("16367aacb67a4a01", "second")]


def test_an_item_without_an_id_gets_one_from_its_text() -> None:
    (left,), _ = parse([b'{"prompt": "a question"}'])
    (right,), _ = parse([b"a question"])
    assert left == right


def test_equal_texts_in_other_unicode_forms_are_the_same_item() -> None:
    items, faults = parse(["caf\u00e9".encode(), "cafe\u0301".encode()])
    assert len(items) == 1
    assert faults == [(2, "the same item as line 1")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"id": "q1"}', "prompt"),
        (b'{"prompt": 1}', "prompt"),
        (b'{"prompt": "x"', "truncated"),
        (b'{"prompt": "  "}', "empty"),
        (b'{"id": "' + b"x" * 201 + b'", "prompt": "x"}', "200"),
        (b"\xff\xfe", "utf-8"),
    ],
)
def test_a_bad_line_is_told_by_its_number(line: bytes, fault: str) -> None:
    items, ((number, message),) = parse([b"good", line])
    assert (len(items), number) == (1, 2)
    assert fault in message


def test_one_bad_line_refuses_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "eval.jsonl"
    path.write_text('first\n{"prompt": 1}\nfirst\n')
    with pytest.raises(EddylineError, match="nothing was imported, 2 of 3 lines are bad"):
        read_items(path)
    assert capsys.readouterr().err.splitlines() == [
        f"{path}:2: Expected `str`, got `int` - at `$.prompt`",
        f"{path}:3: the same item as line 1",
    ]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eval.txt"
    path.write_text("\n\n")
    with pytest.raises(EddylineError, match="no item"):
        read_items(path)
