"""``eddyline adaptation report``."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from eddyline.adaptation import looks
from eddyline.cli.adaptation.html import html as page
from eddyline.cli.adaptation.options import local_date, writable
from eddyline.cli.adaptation.recomputing import recompute
from eddyline.cli.adaptation.replays import read_splits
from eddyline.cli.adaptation.report import as_json as told_as_json
from eddyline.cli.adaptation.source import Source, exported, stored
from eddyline.cli.adaptation.telling import show_report
from eddyline.cli.app_name import AppName
from eddyline.cli.recording import EXISTING
from eddyline.cli.screen import progress_bar, show_json
from eddyline.cli.verbs import json_option, with_settings
from eddyline.encoders.configured import build_encoder
from eddyline.errors import RefusedToStart
from eddyline.settings import Settings

WRITTEN = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("deployment")
@click.option("--app", type=AppName(), help="The app, like support/production; needed without --panel.")
@click.option("--panel", type=EXISTING, help="An exported panel, in place of what judge has stored.")
@click.option("--day", callback=local_date, metavar="YYYY-MM-DD", help="The last day to look at; without it the last.")
@click.option("--html", type=WRITTEN, callback=writable, help="Write the report to this file, as one page with plots.")
@click.option("--replayed", type=EXISTING, help="Scores of replayed prompts: what the model did, and what its users.")
@json_option
@with_settings
def verb(  # noqa: PLR0913 - one for each option
    settings: Settings,
    *,
    deployment: str,
    app: str | None,
    panel: Path | None,
    day: int | None,
    html: Path | None,
    replayed: Path | None,
    as_json: bool,
) -> None:
    """Say how users changed because of DEPLOYMENT: what changed, how sure that is, and what cannot be told.

    Every daily look is computed anew from the app's panel, by the functions that the pipeline runs at midnight.

    A line of --replayed is {"part": "before" | "replayed" | "after", "id": ..., "value": ...}, with "user" and "scorer"
    where they are known; or "prompt" and "response" in place of "value", which the built-in scorers score.
    """
    if app is None and panel is None:
        raise click.UsageError("say --app, or --panel")
    splits = read_splits(replayed, partial(build_encoder, settings)) if replayed else {}
    with _source(settings, app, panel) as source:
        with progress_bar("looking", len(source.panel.known())) as done:
            report, rollout = recompute(source, deployment, day, done)
        change = looks.local_date(rollout.effective_ms, source.zone)
    report = report._replace(splits=splits)
    if html:
        _write(html, page(report, change))
    if as_json:
        show_json(told_as_json(report))
    else:
        show_report(report)


@contextmanager
def _source(settings: Settings, app: str | None, panel: Path | None) -> Iterator[Source]:
    if panel:
        with exported(panel, app) as source:
            yield source
    else:
        yield stored(settings, app or "")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise RefusedToStart(f"{path}: {error.strerror}") from None
