"""Other people's detectors, each as its documentation says to use it, on gated prompts in the order of time.

Each learns from quiet prompts, and then says at which of the following ones it alarms.
"""

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Prompts(NamedTuple):
    """``n`` gated prompts."""

    vectors: NDArray[np.float32]
    """``(n, 384)``"""
    distance: NDArray[np.float64]
    """``(n,)``: to the mean of the quiet prompts, less its mean there, in standard deviations."""
    style: NDArray[np.int64]
    """``(n,)``: 1 with the feature that may be planted."""
    day: NDArray[np.int64]
    """``(n,)``"""


class Peer(Protocol):
    """A detector that has learned what is quiet."""

    def alarms(self, prompts: Prompts) -> Iterator[int]:
        """Begin as learned, and yield the place of each prompt at which an alarm is raised."""

    def size(self) -> int:
        """Return the bytes of what it keeps for one app."""


class River:
    """River's univariate detectors: one on the distance, one on the feature; either alarms."""

    def __init__(self, quiet: Prompts, make: Callable[[], Any]) -> None:
        self._learned = (make(), make())
        for _ in _either(self._learned, quiet):
            pass

    def alarms(self, prompts: Prompts) -> Iterator[int]:
        """Both forget by themselves after an alarm."""
        return _either(copy.deepcopy(self._learned), prompts)

    def size(self) -> int:
        """Return their size as Python writes them."""
        return len(pickle.dumps(self._learned))


def _either(detectors: tuple[Any, Any], prompts: Prompts) -> Iterator[int]:
    for at, values in enumerate(zip(prompts.distance.tolist(), prompts.style.tolist(), strict=True)):
        for detector, value in zip(detectors, values, strict=True):
            detector.update(value)
        if any(detector.drift_detected for detector in detectors):
            yield at


class OnlineMmd:
    """Alibi Detect's MMDDriftOnline on vectors.

    Its thresholds are quantiles of a bootstrap, so a run of ``length`` prompts without a false alarm takes more than
    ``length`` bootstraps; a year of prompts is out of reach.
    """

    WINDOW, REFERENCE = 50, 1000

    def __init__(self, quiet: Prompts, length: int) -> None:
        import tensorflow as tf  # noqa: PLC0415 - takes seconds, and only this peer needs it
        from alibi_detect.cd import MMDDriftOnline  # noqa: PLC0415 - the same

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.random.set_seed(1)
        chosen = np.random.default_rng(1).choice(len(quiet.vectors), self.REFERENCE, replace=False)
        settings = {"window_size": self.WINDOW, "n_bootstraps": 2 * length, "verbose": False}
        self._detector = MMDDriftOnline(quiet.vectors[chosen], ert=length, backend="tensorflow", **settings)

    def alarms(self, prompts: Prompts) -> Iterator[int]:
        """It is told to begin again after an alarm."""
        self._detector.reset_state()
        for at, vector in enumerate(prompts.vectors):
            if self._detector.predict(vector)["data"]["is_drift"]:
                yield at
                self._detector.reset_state()

    def size(self) -> int:
        """Return the size of the reference and of its kernel matrix."""
        return int(4 * self.REFERENCE * (self.REFERENCE + 384))


class Evidently:
    """Evidently's value drift of a day against the quiet days, at its own thresholds; either column alarms.

    A day is judged when it is over. A day that follows a drifted one is no new alarm.
    """

    def __init__(self, quiet: Prompts) -> None:
        from evidently import DataDefinition, Report  # noqa: PLC0415 - takes seconds, and only this peer needs it
        from evidently.metrics import ValueDrift  # noqa: PLC0415 - the same

        self._definition = DataDefinition(numerical_columns=["distance"], categorical_columns=["style"])
        self._report = Report([ValueDrift(column=name) for name in ("distance", "style")])
        self._quiet = self._data(quiet, slice(None))

    def alarms(self, prompts: Prompts) -> Iterator[int]:
        """Yield the last prompt of a day."""
        drifted = False
        for day in np.unique(prompts.day):
            places = np.flatnonzero(prompts.day == day)
            metrics = self._report.run(self._data(prompts, places), self._quiet).dict()["metrics"]
            before, drifted = drifted, any(found["value"] >= found["config"]["threshold"] for found in metrics)
            if drifted and not before:
                yield int(places[-1])

    def size(self) -> int:
        """Return the size of the columns it compares with."""
        return int(self._quiet.as_dataframe().memory_usage(index=False).sum())

    def _data(self, prompts: Prompts, places: Any) -> Any:  # noqa: ANN401 - of a library without types
        import pandas as pd  # noqa: PLC0415 - comes with it
        from evidently import Dataset  # noqa: PLC0415 - the same

        columns = {"distance": prompts.distance[places], "style": prompts.style[places]}
        return Dataset.from_pandas(pd.DataFrame(columns), data_definition=self._definition)


def _adwin(delta: float) -> Callable[[Prompts], Peer]:
    def made(quiet: Prompts) -> Peer:
        from river.drift import ADWIN  # noqa: PLC0415 - each peer is measured without the others

        return River(quiet, lambda: ADWIN(delta=delta))

    return made


def _page_hinkley(quiet: Prompts) -> Peer:
    from river.drift import PageHinkley  # noqa: PLC0415 - each peer is measured without the others

    return River(quiet, PageHinkley)


PEERS: dict[str, Callable[[Prompts], Peer]] = {
    "ADWIN 0.002": _adwin(0.002),
    "ADWIN 0.05": _adwin(0.05),
    "Page-Hinkley": _page_hinkley,
    "evidently": Evidently,
    "MMDDriftOnline": lambda quiet: OnlineMmd(quiet, 500),
}
"""By the name that they have in results; ADWIN with its own delta and with a larger one."""
