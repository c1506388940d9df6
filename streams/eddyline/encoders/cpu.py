"""The features of the processor that decide which integer kernels the model runs on."""

import platform
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_DECISIVE = ("avx2", "avx_vnni", "avx512bw", "avx512_vnni", "amx_int8", "asimddp", "i8mm", "sve")


def decisive_features(cpuinfo: str) -> tuple[str, ...]:
    """Name the features in the text of ``/proc/cpuinfo`` that select a kernel, in a fixed order.

    >>> decisive_features("flags : fpu avx2 avx512_vnni")
    ('avx2', 'avx512_vnni')
    """
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    flags = next((value for key, _, value in lines if key.strip().lower() in {"flags", "features"}), "").split()
    return tuple(name for name in _DECISIVE if name in flags)


def cpu_id() -> str:
    """Describe this processor, like ``x86_64+avx2+avx512_vnni``; where it cannot be read, the architecture alone."""
    try:
        cpuinfo = _CPUINFO.read_text()
    except OSError:
        cpuinfo = ""
    return "+".join((platform.machine(), *decisive_features(cpuinfo)))
