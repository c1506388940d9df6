"""What tests of several folders share."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import hypothesis
import pytest

from eddyline.demo import servers

hypothesis.settings.register_profile("eddyline", deadline=None)
hypothesis.settings.load_profile("eddyline")
"""A busy machine is no fault of the code; tests that promise a time state it themselves."""


@pytest.fixture(scope="session")
def apache_kafka() -> Callable[[Path], AbstractContextManager[servers.Broker]]:
    """Give the function that runs Apache Kafka in a directory, or skip with the reason why it cannot run here.

    With ``EDDYLINE_TEST_REQUIRE_KAFKA=1`` in the environment the test fails instead, so that CI cannot skip it unseen.
    """
    reason = servers.kafka_available()
    if reason is not None:
        give_up = pytest.fail if os.environ.get("EDDYLINE_TEST_REQUIRE_KAFKA") == "1" else pytest.skip
        give_up(f"Apache Kafka cannot run: {reason}")
    return servers.apache_kafka
