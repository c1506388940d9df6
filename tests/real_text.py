"""Real text for the tests: public data sets as gzipped JSON lines, where they are on this machine."""

import gzip
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = "EDDYLINE_TEST_DATA"
"""Variable with the folder of the data sets; without it, a folder ``data`` next to the repository is looked for."""


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of a data set, or skip the test because it is not on this machine."""
    with gzip.open(_find(f"{name}.jsonl.gz"), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def by_domain(name: str) -> dict[str, list[str]]:
    """Return the prompts of a labelled data set by their domain."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows(name):
        found[row["meta"]["domain"]].append(row["prompt"])
    return dict(found)


def _find(file: str) -> Path:
    folders = [Path(os.environ[FOLDER])] if FOLDER in os.environ else [*ROOT.parent.glob("*/data")]
    found = next((folder / file for folder in folders if (folder / file).is_file()), None)
    if found is None:
        pytest.skip(f"{file} is not on this machine: set {FOLDER} to its folder")
    return found
