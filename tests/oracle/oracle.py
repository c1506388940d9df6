"""Everything that must come out of a log, computed from the log and the documentation.

Nothing of the stages is used: only the encoder, the style features and the scorers, which have tests of their own. It
keeps whole lists where the stages keep sums, and calculates with exact fractions where they calculate with doubles.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.oracle import mismatch, stored
from tests.oracle.envelope import event, rfc3339
from tests.oracle.judged import Judge, Whole, wholes_of
from tests.oracle.log import read
from tests.oracle.mismatch import Mismatch
from tests.oracle.references import Evalset, Reference, from_evalset
from tests.oracle.rules import Rules
from tests.oracle.scored import Score, scores_of
from tests.oracle.seen import rows_of, see
from tests.oracle.watched import Facts, Watched, facts_of
from tests.oracle.windows import panel_of, whole_days_of, windows_of

from eddyline.encoders import OnnxEncoder
from eddyline.encoders.configured import read_space
from eddyline.settings import Settings


@dataclass(frozen=True)
class Truth:
    """What must come out."""

    drift: dict[str, bytes]
    """Events by id."""
    scores: dict[str, bytes]
    dead: Counter[str]
    """Dead letters by reason."""
    results: stored.Values
    """What Redis must hold of finished results."""

    def mismatches(
        self,
        *,
        drift: Mapping[str, bytes],
        scores: Mapping[str, bytes],
        dead: Mapping[str, int],
        results: Mapping[str, Mapping[str, bytes]],
    ) -> list[Mismatch]:
        """Compare with what came out: events by id, dead letters by reason, hashes of Redis by key and field."""
        found = mismatch.of_events("drift", self.drift, drift) + mismatch.of_events("score", self.scores, scores)
        found += mismatch.differences("dead letters", self.dead, dead)
        theirs = stored.decode(results)
        for key in sorted(self.results.keys() | theirs.keys()):
            ours = self.results.get(key, mismatch.MISSING)
            found += mismatch.differences(key, ours, theirs.get(key, mismatch.MISSING))
        return found


def truth(
    lines: Iterable[tuple[str, Any]], rules: Rules, encoder: OnnxEncoder, evalsets: Sequence[Evalset] = ()
) -> Truth:
    """Return what must come out of ``lines``, (input topic, JSON value), when nothing is late or past a horizon."""
    log = read(lines, rules)
    rows = rows_of(log, encoder)
    prompts = [see(prompt, rows) for prompt in log.prompts]
    scores = scores_of(log, rows)
    windows = windows_of(prompts, scores, rules)
    wholes = wholes_of(windows, log.deployments, rules)
    imported: defaultdict[str, list[tuple[int, Reference]]] = defaultdict(list)
    for one in evalsets:
        imported[one.app].append((one.effective_ms, from_evalset(one, encoder)))
    whitening = read_space(Settings()).whitening
    watched = facts_of(windows, Watched(rules, encoder.space_id, whitening, imported))
    results = stored.cells(wholes, rules, encoder.build_id) | stored.rolling(wholes, rules, encoder.space_id)
    results |= stored.days(whole_days_of(windows, rules, log.newest), rules, encoder.space_id)
    return Truth(
        drift=_drift(wholes, rules, encoder.space_id, imported, watched),
        scores={score.id: _score(score, encoder.space_id) for score in scores},
        dead=log.dead,
        results=results | stored.panel(panel_of(prompts, rules, log.newest)),
    )


def _drift(
    wholes: Sequence[Whole],
    rules: Rules,
    space_id: str,
    imported: Mapping[str, Sequence[tuple[int, Reference]]],
    watched: Mapping[tuple[str, int], Facts],
) -> dict[str, bytes]:
    by_app: defaultdict[str, list[Whole]] = defaultdict(list)
    for whole in wholes:
        by_app[whole.app].append(whole)
    found: dict[str, bytes] = {}
    for app, mine in by_app.items():
        found |= Judge(rules, space_id, imported.get(app, ()), watched).judge(mine)
    return found


def _score(score: Score, space_id: str) -> bytes:
    time = rfc3339(score.at)
    data = {
        "app": score.prompt.app,
        "deployment": score.prompt.deployment or None,
        "candidate": score.candidate,
        "request_id": score.prompt.id,
        "ts": time,
        "scorer": score.scorer,
        "scorer_version": score.version,
        "value": score.value / 10_000,
        "sample_rate": 1.0,
        "space_id": space_id,
    }
    return event("score.v1", score.id, score.at, data)
