"""Texts for calibration are drawn by a rule that knows no order and no chance."""

import gzip
import json
from pathlib import Path

from eddyline.encoders.build.texts import draw, smallest, texts_of


def test_prompts_and_responses_are_texts_and_empty_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "p", "response": "r"}\n{"prompt": null, "response": ""}\n{"text": "t", "label": "l"}\n')
    assert list(texts_of(path)) == ["p", "r", "t"]


def test_the_order_and_the_number_of_lines_do_not_show() -> None:
    texts = [f"text {i}" for i in range(30)]
    assert smallest(texts, 5) == smallest([*reversed(texts), *texts], 5)
    assert len(set(smallest(texts, 5))) == 5


def test_so_many_are_drawn_of_every_file(tmp_path: Path) -> None:
    plain, zipped = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text("".join(json.dumps({"text": f"a{i}"}) + "\n" for i in range(9)))
    zipped.write_bytes(gzip.compress(b'{"text": "b"}\n'))
    drawn = draw([plain, zipped], 4)
    assert [text[0] for text in drawn] == ["a"] * 4 + ["b"]
