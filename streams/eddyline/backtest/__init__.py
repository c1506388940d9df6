"""What the live stages would have said of a history: alarms, how long after planted changes, and a plot.

Nothing is computed anew: a report is a pure function of the drift events and alerts that the stages wrote.
"""

from eddyline.backtest.events import DriftEvent, TrafficDrift, read_drift, read_traffic_drift
from eddyline.backtest.pipeline import Backtest
from eddyline.backtest.report import Alarm, AppReport, Delay, Planted, Standing, report

__all__ = [
    "Alarm",
    "AppReport",
    "Backtest",
    "Delay",
    "DriftEvent",
    "Planted",
    "Standing",
    "TrafficDrift",
    "read_drift",
    "read_traffic_drift",
    "report",
]
