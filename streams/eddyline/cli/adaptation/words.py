"""Numbers of a report in words. Changes of shares are told in points, hundredths of the share."""

from eddyline.outputs.adaptation import Estimate

NOTHING = "-"
LEAST_PROBABILITY = 0.001
"""That is told as a number: what 999 draws can tell from nothing."""


def points(change: float) -> str:
    """Return a change of a share.

    >>> points(0.0912), points(-0.004), points(-0.0001)
    ('+9.1', '-0.4', '0.0')
    """
    rounded = round(100 * change, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"


def interval(estimate: Estimate | None) -> str:
    """Return the ends of an interval of a change.

    >>> interval(Estimate(0.09, 0.05, 0.13))
    '+5.0 to +13.0'
    """
    return NOTHING if estimate is None else f"{points(estimate.low)} to {points(estimate.high)}"


def share(value: float | None) -> str:
    """Return a share.

    >>> share(0.213), share(None)
    ('21.3 %', '-')
    """
    return NOTHING if value is None else f"{100 * value:.1f} %"


def probability(value: float | None) -> str:
    """Return a probability.

    >>> probability(0.0412), probability(0.00002), probability(None)
    ('0.041', '< 0.001', '-')
    """
    if value is None:
        return NOTHING
    return f"{value:.3f}" if value >= LEAST_PROBABILITY else f"< {LEAST_PROBABILITY}"


def number(value: float | None) -> str:
    """Return a number of three digits.

    >>> number(0.03127), number(-4.0), number(None)
    ('0.0313', '-4', '-')
    """
    return NOTHING if value is None else f"{value:.3g}"


def span(first: int, last: int) -> str:
    """Return a range of counts.

    >>> span(0, 0), span(3, 5)
    ('0', '3 to 5')
    """
    return str(first) if first == last else f"{first} to {last}"
