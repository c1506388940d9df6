"""Run one peer over recorded streams, in the peers' own environment, and print what it did as JSON.

    benchmarks/drift/peers/.venv/bin/python -m benchmarks.drift.peers.run "ADWIN 0.002" STREAM.npz ...

Called by benchmarks.drift.side_by_side. Nothing of Eddyline is imported.
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.drift.peers.detectors import PEERS, Peer, Prompts

LIBRARIES = ("alibi-detect", "evidently", "river", "tensorflow-cpu", "numpy")
INT8 = 127.0


def measure(peer_name: str, file: Path, first: int, last: int) -> dict[str, Any]:
    """Let a peer learn from the quiet days ``[first, last)`` of a stream, and watch what follows."""
    streams = _streams(file, first, last)
    quiet = streams.pop("quiet")
    learned, later = _days(quiet, first, last), _days(quiet, last, int(quiet.day.max()) + 1)
    before, started = _resident_mb(), time.process_time()
    peer = PEERS[peer_name](learned)
    fitted = time.process_time()
    alarms = len(list(peer.alarms(later)))
    spent = time.process_time() - fitted
    return {
        "days": int(later.day.max()) + 1 - last,
        "alarms": alarms,
        "found": {name: _first(peer, changed) for name, changed in streams.items()},
        "event_us": 1e6 * spent / len(later.day),
        "fit_seconds": fitted - started,
        "added_mb": _resident_mb() - before,
        "state_bytes": peer.size(),
    }


def _first(peer: Peer, changed: Prompts) -> int | None:
    return next(islice(peer.alarms(changed), 1), None)


def _streams(file: Path, first: int, last: int) -> dict[str, Prompts]:
    """Read a recording; distances are those to the mean of the quiet days ``[first, last)``."""
    stored = np.load(file)
    vectors = stored["vectors"].astype(np.float32) / INT8
    quiet = stored["quiet"]
    learned = vectors[quiet["prompt"][(quiet["day"] >= first) & (quiet["day"] < last)]]
    distance = np.sqrt(((vectors - learned.mean(axis=0)) ** 2).sum(axis=1))
    known = np.sqrt(((learned - learned.mean(axis=0)) ** 2).sum(axis=1))
    scaled = (distance - known.mean()) / known.std()

    def prompts(name: str) -> Prompts:
        rows = stored[name]
        return Prompts(vectors[rows["prompt"]], scaled[rows["prompt"]], rows["style"], rows["day"])

    return {name: prompts(name) for name in stored.files if name != "vectors"}


def _days(prompts: Prompts, first: int, last: int) -> Prompts:
    some = (prompts.day >= first) & (prompts.day < last)
    return Prompts(prompts.vectors[some], prompts.distance[some], prompts.style[some], prompts.day[some])


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _runs(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for file in options.files:
        yield measure(options.peer, file, options.first, options.last)


def main() -> None:
    """Print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--first", type=int, default=7, help="day from which a peer learns")
    parser.add_argument("--last", type=int, default=35, help="day on which it has learned")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    runs = list(_runs(options))
    versions = {name: version(name) for name in LIBRARIES}
    print(json.dumps({"runs": runs, "versions": versions}))


if __name__ == "__main__":
    main()
