"""What the live stages would have said of a history: alarms, how long after planted changes, and a plot.

Nothing that runs live is computed anew: a report is a pure function of the drift events and alerts that come
out of the stages.
"""
