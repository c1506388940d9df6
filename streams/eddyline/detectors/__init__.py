"""Drift detectors with a stated false-alarm rate, on the sums of closed windows: pure, exact where it matters.

Read :mod:`~eddyline.detectors.watch` first: the state machine of one app. Below it the e-detector
(:mod:`~eddyline.detectors.edetector`) bets on each window, with the witness on embeddings
(:mod:`~eddyline.detectors.witness`) and on counts (:mod:`~eddyline.detectors.betting`), against the season-matched
baseline (:mod:`~eddyline.detectors.baseline`); all wealth is one process (:mod:`~eddyline.detectors.process`).
Once a day another one asks whether users moved away from the eval set (:mod:`~eddyline.detectors.evaldrift`).
What they promise, and on which assumption, is in docs/method.md.
"""
