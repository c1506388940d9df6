"""Buckets of users: what routers compute is what Eddyline computes."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.assignment import BUCKETS, bucket

PAGE = (Path(__file__).parents[1] / "docs/operations.md").read_text("utf-8")
USERS = ["u-123", "", "Zoë", "用户", "a" * 500, "line\nbreak"]


def snippet(language: str) -> str:
    """Return the code of the page that defines a function ``bucket``."""
    (found,) = [code for code in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if "bucket(user" in code]
    code: str = found
    return code


@pytest.fixture(scope="module")
def in_python() -> Callable[[str], int]:
    names: dict[str, Callable[[str], int]] = {}
    exec(snippet("python").partition("old =")[0], names)  # noqa: S102 - the page is ours
    return names["bucket"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_python_of_the_page_computes_buckets(in_python: Callable[[str], int], user: str) -> None:
    assert in_python(user) == bucket(user)


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node here")
def test_the_javascript_of_the_page_computes_buckets() -> None:
    code = snippet("javascript") + f"\nconsole.log({USERS!r}.map(bucket).join(' '));"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)  # noqa: S607 - any node
    assert [int(found) for found in done.stdout.split()] == [bucket(user) for user in USERS]


def test_the_page_says_what_the_command_prints() -> None:
    assert f"`eddyline deploy bucket u-123` prints {bucket('u-123')}" in PAGE


def test_buckets_are_alike_in_size() -> None:
    """Of 100,000 users a bucket has 100, give or take chance: chi-squared with 999 degrees of freedom."""
    counts = np.bincount([bucket(f"user-{number}") for number in range(100_000)], minlength=BUCKETS)
    assert len(counts) == BUCKETS
    assert 850 < ((counts - 100) ** 2 / 100).sum() < 1150
