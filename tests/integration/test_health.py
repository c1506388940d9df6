"""A worker as its probes see it: alive, ready or not and why, counted; and it still ends in order."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil
import pytest
from tests.integration.running import Installation, Workers, running

from eddyline import __version__
from eddyline.demo import servers
from eddyline.demo.servers.ports import free_port
from eddyline.encoders import OnnxEncoder
from eddyline.telemetry import CATALOGUE

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60.0
SELDOM = 3600
"""No checkpoint and no tick meets the missing Redis before the probes do."""


class Site(NamedTuple):
    """A running worker with its HTTP port."""

    port: int
    installation: Installation
    redis: servers.RedisServer
    workers: Workers

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body; 0 while nobody answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, ConnectionError, TimeoutError):
            return 0, ""

    def ready(self) -> tuple[int, dict[str, Any]]:
        status, body = self.get("/readyz")
        return status, json.loads(body)["checks"] if body else {}

    def wait_for(self, status: int) -> dict[str, Any]:
        """Wait until ``/readyz`` answers so; return its checks."""
        self.workers.wait_until(lambda: self.ready()[0] == status, PATIENCE_SECONDS)
        return self.ready()[1]

    def samples(self) -> dict[str, float]:
        """Return every line of ``/metrics`` that is a sample."""
        lines = [line for line in self.get("/metrics")[1].splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@contextmanager
def site(embedded: servers.Broker, home: Path, **changes: object) -> Iterator[Site]:
    """Run a worker with its port open, on a Redis of its own."""
    port = free_port()
    with servers.redis_server(home) as redis:
        settings = {"worker_http_port": port, "windows_clock": "live", "worker_tick_seconds": SELDOM, **changes}
        installation = Installation(embedded, redis, home, **settings)
        workers = Workers(installation, 1)
        try:
            yield Site(port, installation, redis, workers)
        finally:
            workers.abandon()


def test_probes_answer_follow_redis_and_end_with_the_worker(
    embedded: servers.Broker, encoder: OnnxEncoder, tmp_path: Path
) -> None:
    with site(embedded, tmp_path) as running_site:
        _is_ready_and_known(running_site)
        _counts_what_it_reads(running_site, encoder)
        _says_that_redis_is_away_and_lives_on(running_site)
        running_site.workers.terminate(0)
        assert running_site.get("/healthz")[0] == 0


def _is_ready_and_known(site: Site) -> None:
    checks = site.wait_for(200)
    assert set(checks) == {
        "kafka",
        "redis",
        "encode.encoder",
        *(f"{stage}.{check}" for stage in ("encode", "fold", "judge") for check in ("assignment", "outputs", "store")),
    }
    assert set(checks.values()) == {"ok"}
    assert json.loads(site.get("/version")[1])["version"] == __version__
    assert site.get("/elsewhere")[0] == 404


def _counts_what_it_reads(site: Site, encoder: OnnxEncoder) -> None:
    now = int(time.time() * 1000)
    site.installation.produce(
        [("prompts", {"id": f"e{at}", "ts": now, "prompt": "where is it?", "user": "u"}) for at in range(3)]
        + [("prompts", b"not json"), ("responses", {"request_id": "e1", "ts": now, "response": "here"})]
    )
    added = 'eddyline_observations_total{result="added"}'
    site.workers.wait_until(lambda: site.samples().get(added, 0) >= 5, PATIENCE_SECONDS)
    found = site.samples()
    assert found['eddyline_records_total{result="accepted",stage="encode"}'] == 4
    assert found['eddyline_dlq_total{reason="bad_json"}'] == 1
    assert found["eddyline_join_halves_total"] == found["eddyline_join_joined_total"] == 1
    assert found["eddyline_event_age_seconds_count"] == 4
    assert found[f'eddyline_build_info{{python="{_python(site)}",version="{__version__}"}}'] == 1
    model = f'eddyline_model_info{{build_id="{encoder.build_id}",space_id="{encoder.space_id}"}}'
    assert found[model] == 1
    applied = [name for name in found if name.startswith('eddyline_state_applied_offset{partition="')]
    assert len(applied) == (4 * 4 + 1) + 4 + 2
    exposition = site.get("/metrics")[1]
    assert all(f"# TYPE {metric.name} {metric.kind}" in exposition for metric in CATALOGUE)


def _says_that_redis_is_away_and_lives_on(site: Site) -> None:
    site.redis.kill()
    checks = site.wait_for(503)
    assert checks["redis"] != "ok"
    assert {fault for name, fault in checks.items() if name != "redis" and "store" not in name} == {"ok"}
    assert site.get("/healthz") == (200, '{"ok": true, "checks": {"event_loop": "ok"}}')
    site.redis.start()
    site.wait_for(200)


def _python(site: Site) -> str:
    return str(json.loads(site.get("/version")[1])["python"])


def test_a_worker_whose_stage_is_stuck_ends_with_1(embedded: servers.Broker, tmp_path: Path) -> None:
    with site(embedded, tmp_path, worker_stall_seconds=4, redis_timeout_seconds=SELDOM) as stuck:
        stuck.wait_for(200)
        os.killpg(stuck.redis.pid, signal.SIGSTOP)
        prompt = {"id": "e", "ts": int(time.time() * 1000), "prompt": "where is it?", "user": "u"}
        stuck.installation.produce([("prompts", prompt)])
        assert stuck.workers._processes[0].wait(PATIENCE_SECONDS) == 1
        os.killpg(stuck.redis.pid, signal.SIGCONT)
        assert stuck.workers.said("stuck: encode has stood at offset 0 of") == 1


def test_without_a_port_nothing_listens(embedded: servers.Broker, tmp_path: Path) -> None:
    with servers.redis_server(tmp_path) as redis:
        installation = Installation(embedded, redis, tmp_path)
        with running(installation) as workers:
            workers.wait_until(lambda: workers.said("starting at offset") >= 6)
            assert _listening(workers) == []


def _listening(workers: Workers) -> list[int]:
    process = psutil.Process(workers._processes[0].pid)
    return [conn.laddr.port for conn in process.net_connections("tcp") if conn.status == psutil.CONN_LISTEN]
