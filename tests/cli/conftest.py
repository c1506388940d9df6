"""The command as a user types it, and servers of its own for the tests that need them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eddyline.cli import main
from eddyline.demo import servers

PEPPER = "a pepper for tests only"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs ``eddyline ARGUMENTS`` in an empty folder, with only the given variables."""
    for name in [name for name in os.environ if name.startswith("EDDYLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(main, arguments, env={"EDDYLINE_PRIVACY_PEPPER": PEPPER, **variables})

    return invoke


@pytest.fixture(scope="module")
def servers_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run a broker and a Redis; give the variables that lead to them."""
    home = tmp_path_factory.mktemp("servers")
    with servers.embedded_broker(home) as broker, servers.redis_server(home) as redis:
        yield {"EDDYLINE_KAFKA_BOOTSTRAP": broker.bootstrap, "EDDYLINE_REDIS_URL": redis.url}


@pytest.fixture
def live(run: Run, servers_environment: dict[str, str]) -> Callable[..., Result]:
    """Give a function that runs ``eddyline ARGUMENTS`` against those servers."""

    def invoke(*arguments: str, **variables: str) -> Result:
        return run(*arguments, **servers_environment, **variables)

    return invoke
