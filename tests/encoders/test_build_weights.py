"""Weights: only the published files are read."""

from pathlib import Path

import pytest

from eddyline.encoders.build.weights import read_file, read_network
from eddyline.errors import RefusedToStart


def test_a_file_that_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(RefusedToStart, match=r"config\.json is not the published file"):
        read_network(tmp_path)


def test_a_missing_file_is_refused_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart, match=r"eddyline\.encoders\.build fetch"):
        read_file(tmp_path, "config.json")
