"""Where a report takes an app's panel from: what judge has stored, or an exported file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from eddyline.adaptation import placebo
from eddyline.adaptation.panel import Panel
from eddyline.cli.stored import read_states
from eddyline.encoders.configured import read_space
from eddyline.errors import EddylineError
from eddyline.judge import Judge, JudgePolicy
from eddyline.partials import partition_of
from eddyline.recorded import panel as panels
from eddyline.recorded.panel import About
from eddyline.settings import Settings


class Source(NamedTuple):
    """An app's panel, and what was rolled out to its users."""

    about: About
    panel: Panel

    @property
    def zone(self) -> ZoneInfo:
        """Where a day begins."""
        return ZoneInfo(self.about.timezone)


def stored(settings: Settings, app: str) -> Source:
    """Return what judge has stored of an app. Only reads: a worker that runs notices nothing.

    Raises:
        EddylineError: it has no complete day of it.
        Unavailable: Redis does not answer.
    """
    partition = partition_of(app, settings.topics.partials_partitions)
    states = read_states(settings, "judge", [partition])
    if partition in states:
        judge = Judge.restore(JudgePolicy.of(settings, read_space(settings)), partition, states[partition].fields)
        panel = judge.panels.of(app)
        if panel.known():
            placebos = [placebo.pack(found) for found in judge.placebos(app)]
            about = About(app, settings.windows.timezone, judge.rollouts(app, sys.maxsize), placebos)
            return Source(about, panel)
    raise EddylineError(f"judge has no panel of {app} yet: the first is there when a local day is complete")


@contextmanager
def exported(path: Path, app: str | None) -> Iterator[Source]:
    """Open an exported file; ``app`` is whose it has to be.

    Raises:
        EddylineError: it is of another app, or has no day.
        RefusedToStart: it cannot be read.
    """
    with panels.reading(path) as file:
        if app not in (None, file.about.app):
            raise EddylineError(f"{path} is a panel of {file.about.app}, not of {app}")
        if not file.known():
            raise EddylineError(f"{path} has no day")
        yield Source(file.about, file)
