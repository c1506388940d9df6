"""Fuzz decode, encode, fold and judge for a while: ``python -m tests.fuzz --seconds 3600 --seed 1``.

Sessions are numbered; one that died is run again by ``--seed S --session N``. Ends with 1 if any died.
"""

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

import psutil
from tests.encoding import DigestEncoder
from tests.fuzz import session

from eddyline.encoders import open_encoder
from eddyline.encoders.configured import bundle_dir
from eddyline.protocols import Encoder

REAL_EVERY = 100
"""Every so many sessions go through the real tokenizer and encoder, which take most of their time."""
REPORT_SECONDS = 60.0
WARM_SHARE = 0.1
"""Share of the time after which memory must not grow any more."""
MOST_GROWTH = 64 << 20
MOST_DEATHS = 20


@dataclass
class Found:
    """What a run came to."""

    sessions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    deaths: dict[str, str] = field(default_factory=dict)
    """By the place where it was raised, the first session that died there and its last words."""
    rss_warm: int = 0
    rss_end: int = 0

    def run(self, seed: int, number: int, encoder: Encoder) -> None:
        """Run one session and take down what it came to."""
        self.sessions += 1
        try:
            self.outcomes += session.run(f"{seed}-{number}", encoder)
        except Exception as error:  # noqa: BLE001 - whatever a stage lets out is what is looked for
            at = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} at {at.filename.rpartition('/')[2]}:{at.lineno}"
            self.deaths.setdefault(place, f"--session {number}: {str(error)[:200]}")

    def line(self) -> str:
        """Return the numbers as a line of JSON."""
        facts = {
            "sessions": self.sessions,
            "records": self.sessions * session.RECORDS,
            "rss_mb": [self.rss_warm >> 20, self.rss_end >> 20],
            "codes": len(self.outcomes),
            "deaths": self.deaths,
        }
        return json.dumps(facts)

    @property
    def failed(self) -> bool:
        """Whether something died, or memory grew."""
        return bool(self.deaths) or self.rss_end - self.rss_warm > MOST_GROWTH


def say(line: object) -> None:
    """Write a line at once: a run takes an hour."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fuzz(seed: int, seconds: float, fake: Encoder, real: Encoder) -> Found:
    """Run sessions for so many seconds."""
    found, process = Found(), psutil.Process()
    began = reported = time.monotonic()
    while (now := time.monotonic()) < began + seconds and len(found.deaths) < MOST_DEATHS:
        found.run(seed, found.sessions, fake if found.sessions % REAL_EVERY else real)
        found.rss_end = process.memory_info().rss
        if now < began + WARM_SHARE * seconds:
            found.rss_warm = max(found.rss_warm, found.rss_end)
        if now > reported + REPORT_SECONDS:
            reported = now
            say(f"{now - began:.0f} s {found.line()}")
    return found


def main() -> int:
    """Run the fuzzer, or one session again."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--session", type=int)
    arguments = parser.parse_args()
    real = open_encoder(bundle_dir(session.SETTINGS), threads=1, cache_size=1000)
    if arguments.session is not None:
        number = arguments.session
        encoder = DigestEncoder() if number % REAL_EVERY else real
        say(session.run(f"{arguments.seed}-{number}", encoder))
        return 0
    found = fuzz(arguments.seed, arguments.seconds, DigestEncoder(), real)
    for code, n in sorted(found.outcomes.items()):
        say(f"{n:10d} {code}")
    say(f"seed {arguments.seed} {found.line()}")
    return int(found.failed)


if __name__ == "__main__":
    sys.exit(main())
