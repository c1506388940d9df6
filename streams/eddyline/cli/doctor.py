"""``eddyline doctor``."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import click
from rich.text import Text

from eddyline.circuit import OpenCircuit
from eddyline.cli.dlq.entries import read_entries
from eddyline.cli.dlq.source import named
from eddyline.cli.positions import Position, positions
from eddyline.cli.screen import printable, show, show_json
from eddyline.cli.verbs import FOUND_A_PROBLEM, json_option, with_settings
from eddyline.encoders import open_encoder
from eddyline.encoders.configured import bundle_dir
from eddyline.errors import EddylineError
from eddyline.kafka import topics
from eddyline.privacy import Pseudonyms
from eddyline.settings import Settings
from eddyline.store.redis import check_configured

LAGGING_SECONDS = 60.0
"""A queue that its first record has waited in for longer is a finding."""

State = Literal["ok", "warning", "wrong", "skipped"]
COLOURS: dict[State, str] = {"ok": "green", "warning": "yellow", "wrong": "bold red", "skipped": "dim"}


class Finding(NamedTuple):
    """One line of the report: what was looked at, how it is, and where something is wrong also what to do."""

    check: str
    state: State
    message: str


Check = Callable[[Settings], Iterator[Finding]]


@click.command()
@json_option
@with_settings
def verb(settings: Settings, *, as_json: bool) -> None:
    """Check everything that a worker needs, a line each: what is wrong, and what to do. Ends with 1 if anything is."""
    found = []
    for finding in findings(settings):
        found.append(finding)
        if not as_json:
            show(line(finding))
    if as_json:
        show_json([finding._asdict() for finding in found])
    if any(finding.state == "wrong" for finding in found):
        click.get_current_context().exit(FOUND_A_PROBLEM)


def line(finding: Finding) -> Text:
    """Return a finding as a line for people."""
    state = Text(f"{finding.state:8}", COLOURS[finding.state])
    return Text.assemble(state, f"{finding.check:9}", printable(finding.message))


def findings(settings: Settings) -> Iterator[Finding]:
    """Run all checks, one after the other; one that fails hides none but those that need it."""
    wrong: set[str] = set()
    for name, (check, needs) in CHECKS.items():
        if missing := [other for other in needs if other in wrong]:
            yield Finding(name, "skipped", f"needs {' and '.join(missing)}")
            continue
        for finding in _run(name, check, settings):
            if finding.state == "wrong":
                wrong.add(name)
            yield finding


def _run(name: str, check: Check, settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except EddylineError as error:
        yield Finding(name, "wrong", str(error))


def _privacy(settings: Settings) -> Iterator[Finding]:
    Pseudonyms(settings.privacy.pepper)
    yield Finding("privacy", "ok", "user ids become pseudonyms")


def _broker(settings: Settings) -> Iterator[Finding]:
    count = len(topics.partition_counts(settings))
    yield Finding("broker", "ok", f"Kafka at {settings.kafka.bootstrap} answers, {count} topics")


def _topics(settings: Settings) -> Iterator[Finding]:
    faults = topics.faults(settings)
    for fault in faults:
        yield Finding("topics", "wrong", fault)
    if not faults:
        yield Finding("topics", "ok", f"all {len(topics.wanted(settings))} are as they should be")


def _redis(settings: Settings) -> Iterator[Finding]:
    warning = asyncio.run(check_configured(settings))
    url = urlsplit(settings.redis.url)
    where = f"{url.hostname}:{url.port or 6379}"
    yield Finding("redis", "warning", warning) if warning else Finding("redis", "ok", f"{where} keeps what it is given")


def _encoder(settings: Settings) -> Iterator[Finding]:
    with open_encoder(bundle_dir(settings), threads=1, cache_size=0) as encoder:
        check = encoder.verify()
        where = f"{encoder.space_id} on {encoder.build_id}"
    if check.exact:
        yield Finding("encoder", "ok", f"{where} reproduces its golden vectors to the bit")
    else:
        close = f"{where} comes close to its golden vectors (cosine {check.least_cosine:.5f}), not to the bit"
        yield Finding("encoder", "ok", f"{close}: comparisons with vectors of another machine are flagged")


def _lag(settings: Settings) -> Iterator[Finding]:
    now_ms = time.time_ns() // 1_000_000
    found = positions(settings)
    for stage in dict.fromkeys(at.stage for at in found):
        yield from stage_findings(stage, [at for at in found if at.stage == stage], now_ms)


def stage_findings(stage: str, found: list[Position], now_ms: int) -> Iterator[Finding]:
    """Return what is to be said of where a stage stands: every fault, and one line about its queue."""
    for fault in filter(None, (at.fault for at in found)):
        yield Finding("lag", "wrong", fault)
    records = sum(max(0, at.lag) for at in found)
    seconds = max((at.lag_seconds(now_ms) or 0.0 for at in found), default=0.0)
    if seconds > LAGGING_SECONDS:
        todo = f"is a worker running? If so, start more: 'eddyline worker --stage {stage}'"
        yield Finding("lag", "wrong", f"{stage} is {records} records and {seconds:.0f} s behind: {todo}")
    else:
        yield Finding("lag", "ok", f"{stage} is {records} records and {seconds:.1f} s behind")


def _circuits(settings: Settings) -> Iterator[Finding]:
    entries = read_entries(settings)
    for source, entry in entries.items():
        why = entry.reason if isinstance(entry, OpenCircuit) else "reading on was asked for, and waits for a worker"
        yield Finding("circuits", "wrong", f"nothing is read from {named(source)}: {why}; see 'eddyline dlq circuits'")
    if not entries:
        yield Finding("circuits", "ok", "no input is paused")


CHECKS: dict[str, tuple[Check, tuple[str, ...]]] = {
    "privacy": (_privacy, ()),
    "broker": (_broker, ()),
    "topics": (_topics, ("broker",)),
    "redis": (_redis, ()),
    "encoder": (_encoder, ()),
    "lag": (_lag, ("broker", "topics", "redis")),
    "circuits": (_circuits, ("broker", "topics", "redis")),
}
"""All checks, in the order in which their causes come, each with those that it needs."""
