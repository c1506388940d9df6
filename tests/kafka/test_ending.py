"""A worker that does not end by itself is ended."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("code", [0, 1])
def test_a_process_that_hangs_ends_with_the_code_it_was_given(code: int) -> None:
    hanging = f"from eddyline.kafka.ending import end_within; end_within(0.1, {code}); __import__('time').sleep(100)"
    ended = subprocess.run([sys.executable, "-c", hanging], timeout=60, check=False, capture_output=True)
    assert ended.returncode == code
    assert b"has not ended by itself within 0.1 s" in ended.stderr


def test_a_process_that_ends_in_time_is_left_alone() -> None:
    quick = "from eddyline.kafka.ending import end_within; end_within(30, 1)"
    assert subprocess.run([sys.executable, "-c", quick], timeout=20, check=False).returncode == 0
