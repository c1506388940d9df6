"""Style shifts: how often each style feature holds in a window's gated prompts, and how often in its reference.

They say *how* prompts changed where the distances say that they did, in words: prompts that ask for JSON, 3 % -> 19 %.
"""

import math

from eddyline import features
from eddyline.cells import Sums
from eddyline.outputs.decimals import DECIMALS
from eddyline.outputs.drift import StyleShift
from eddyline.references import Reference


def shifts(reference: Reference, gated: Sums) -> dict[str, StyleShift]:
    """Return the shift of every feature that a prompt of the window or of the reference has, by name.

    Nothing without a gated prompt, and nothing of an eval set that was imported without the style of its items.
    """
    theirs = reference.sums
    if not gated.n or not theirs.n or not reference.styled:
        return {}
    counts = zip(features.NAMES, gated.features.tolist(), theirs.features.tolist(), strict=False)
    return {name: shift(now, gated.n, before, theirs.n) for name, now, before in counts if now or before}


def shift(with_it: int, n: int, with_it_before: int, m: int) -> StyleShift:
    """Return the shift of a feature that ``with_it`` of ``n`` prompts have, ``with_it_before`` of ``m`` before.

    >>> shift(6, 20, 30, 1000)
    StyleShift(share=0.3, reference=0.03, null=0.033265)
    """
    null = expected_difference(with_it + with_it_before, n, m)
    return StyleShift(*(round(number, DECIMALS) for number in (with_it / n, with_it_before / m, null)))


def expected_difference(with_it: int, n: int, m: int) -> float:
    """Return how far the shares of ``n`` and ``m`` prompts are apart on average when chance alone splits them.

    Of the N = n + m prompts together ``with_it`` have the feature. The variance of the difference over all ways to
    split them is T(N - T) / (nm(N - 1)), exactly; the mean magnitude of a normal number is sqrt(2 / pi) of its standard
    deviation.
    """
    both = n + m
    return math.sqrt(2 / math.pi) * math.sqrt(with_it * (both - with_it) / (n * m * (both - 1)))
