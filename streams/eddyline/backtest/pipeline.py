"""The stages in memory, for a report: of what leaves them, only what a report reads is kept."""

from collections import Counter

from eddyline import partials
from eddyline.backtest.daysamples import DaySamples
from eddyline.backtest.events import AppAlert, DriftEvent, read_alert, read_drift
from eddyline.outputs.cloudevent import Output
from eddyline.partials import WindowPartial
from eddyline.protocols import Encoder
from eddyline.replay import Pipeline
from eddyline.settings import Settings


class Backtest(Pipeline):
    """A pipeline for long histories: scores, most of the outputs, are let go, and so are the values of dead letters."""

    def __init__(self, settings: Settings, encoder: Encoder, now_ms: int, samples: DaySamples | None = None) -> None:
        """``samples`` takes in those of closed windows, if it is given."""
        super().__init__(settings, encoder, now_ms)
        self._samples = samples
        self.drift: list[DriftEvent] = []
        """In the order of writing: an app's windows one after the other."""
        self.alerts: list[AppAlert] = []
        self.dead: Counter[str] = Counter()
        """How many records could not be understood, by reason."""

    def _deliver(self, output: Output) -> None:
        if self._samples is not None and output.topic == self.settings.topics.partials:
            partial = partials.unpack(output.value)
            if isinstance(partial, WindowPartial):
                self._samples.add(partial)
        super()._deliver(output)

    def _keep(self, output: Output) -> None:
        topics = self.settings.topics
        if output.topic == topics.drift:
            self.drift.append(read_drift(output.value))
        elif output.topic == topics.alerts and (alert := read_alert(output.value)):
            self.alerts.append(alert)
        elif output.topic == topics.dead_letters:
            self.dead[(dict(output.headers)["dlq.reason"] or b"").decode()] += 1
