"""Doctor without servers: what fails is a finding, and hides only what needs it."""

from collections.abc import Iterator

import pytest

from eddyline.cli import doctor
from eddyline.cli.doctor import Finding, findings, line
from eddyline.errors import Unavailable
from eddyline.settings import Settings


def fine(_: Settings) -> Iterator[Finding]:
    yield Finding("fine", "ok", "all is well")


def broken(_: Settings) -> Iterator[Finding]:
    yield Finding("broken", "ok", "the first half is well")
    message = "the second half is down"
    raise Unavailable(message)


def test_a_check_that_fails_hides_only_those_that_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = {"broken": (broken, ()), "needy": (fine, ("broken",)), "fine": (fine, ())}
    monkeypatch.setattr(doctor, "CHECKS", checks)
    assert list(findings(Settings())) == [
        Finding("broken", "ok", "the first half is well"),
        Finding("broken", "wrong", "the second half is down"),
        Finding("needy", "skipped", "needs broken"),
        Finding("fine", "ok", "all is well"),
    ]


def test_a_check_runs_after_what_it_needs() -> None:
    names = list(doctor.CHECKS)
    assert all(names.index(need) < names.index(name) for name, (_, needs) in doctor.CHECKS.items() for need in needs)


def test_a_finding_is_one_line() -> None:
    assert line(Finding("redis", "wrong", "it is\ndown")).plain == "wrong   redis    it is\ufffddown"
