"""Which texts share a run of the model: equal lengths only, so that nothing is padded.

Padding would change the last bits of a vector (the order of a sum) and cost most of the work of short texts. Larger
runs are slower, not faster: at 512 tokens the activations of a layer still fit into a core's cache.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

MAX_TOKENS_PER_RUN = 512


def equal_length_runs(lengths: Sequence[int], max_tokens: int = MAX_TOKENS_PER_RUN) -> Iterator[list[int]]:
    """Split the indices of ``lengths`` into runs of equal length and at most ``max_tokens``, the longest first.

    A single text that is longer than ``max_tokens`` is a run of its own.

    >>> list(equal_length_runs([3, 5, 3, 3], max_tokens=6))
    [[1], [0, 2], [3]]
    """
    longest_first = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    for length, group in groupby(longest_first, key=lengths.__getitem__):
        indices = list(group)
        size = max(1, max_tokens // length)
        for start in range(0, len(indices), size):
            yield indices[start : start + size]
