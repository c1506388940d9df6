"""Encoders: texts to quantised vectors, with onnxruntime, from a bundle of hash-checked files."""

from pathlib import Path

from eddyline.encoders.bundle import read_bundle
from eddyline.encoders.golden import GoldenCheck
from eddyline.encoders.onnx import OnnxEncoder

__all__ = ["GoldenCheck", "OnnxEncoder", "open_encoder"]


def open_encoder(bundle_dir: Path, *, threads: int, cache_size: int) -> OnnxEncoder:
    """Open the encoder of a bundle; every file is checked against the manifest before it is used.

    Args:
        bundle_dir: the folder that holds ``manifest.toml``.
        threads: texts are encoded by so many threads at once, normally one a core.
        cache_size: so many repeated texts are answered from memory (about 1 kB each); 0 turns this off.

    Raises:
        RefusedToStart: a file is missing, unreadable or not the one the manifest names.
    """
    return OnnxEncoder(read_bundle(bundle_dir), threads=threads, cache_size=cache_size)
