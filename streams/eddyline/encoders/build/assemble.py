"""Putting a bundle together: network, tokenizer, matrices, golden vectors, licence, and the manifest that pins them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline.encoders.build import projection, ranges, weights
from eddyline.encoders.build.golden_texts import GOLDEN_TEXTS
from eddyline.encoders.build.graph import build
from eddyline.encoders.build.int8 import Int8
from eddyline.encoders.bundle import (
    GOLDEN,
    MANIFEST,
    MODEL,
    PROJECTION,
    RANGES,
    TOKENIZER,
    WHITENING,
    Bundle,
    Manifest,
    Source,
    Truncation,
)
from eddyline.encoders.golden import golden_text
from eddyline.encoders.onnx import OnnxEncoder

COMPONENTS = 64
TRUNCATION = Truncation(policy="head+tail", max_tokens=256, max_characters=4096)
_SOURCE = Source(
    model=weights.MODEL,
    revision=weights.REVISION,
    package=weights.PACKAGE,
    licence=weights.LICENCE,
    weights_sha256=weights.FILES[weights.WEIGHTS],
)


def int8_model(weights_dir: Path, packed_ranges: bytes) -> bytes:
    """Build the int8 model; the same ranges give the same bytes."""
    network = weights.read_network(weights_dir)
    model = build(network, Int8(ranges.unpack(packed_ranges, network.config)))
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def encode(weights_dir: Path, model: bytes, texts: Sequence[str]) -> NDArray[np.int8]:
    """Encode ``texts`` with a model that has no bundle yet."""
    return _encoder(weights_dir, model).encode(texts).vectors


def write_bundle(weights_dir: Path, directory: Path, name: str) -> None:
    """Complete the bundle in ``directory``, which holds ranges, projection and whitening already."""
    given = {file: (directory / file).read_bytes() for file in (RANGES, PROJECTION, WHITENING)}
    copied = {file: weights.read_file(weights_dir, file) for file in (TOKENIZER, "LICENSE", "NOTICE")}
    model = int8_model(weights_dir, given[RANGES])
    encoder = _encoder(weights_dir, model)
    files = {MODEL: model, **copied, **given, GOLDEN: _golden(encoder)}
    for file, content in files.items():
        (directory / file).write_bytes(content)
    manifest = _manifest(name, files, encoder.build_id)
    (directory / MANIFEST).write_text(to_toml(manifest), encoding="utf-8")


def to_toml(manifest: Manifest) -> str:
    """Write ``manifest`` as TOML: plain values first, then a table for each group."""
    fields = msgspec.to_builtins(manifest)
    plain = {key: value for key, value in fields.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in fields.items() if isinstance(value, dict)}
    return _pairs(plain) + "".join(f"\n[{name}]\n{_pairs(table)}" for name, table in tables.items())


def _pairs(table: Mapping[str, object]) -> str:
    # A JSON string is a TOML string, and so is a quoted key.
    return "".join(f"{_key(key)} = {msgspec.json.encode(value).decode()}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() else f'"{key}"'


def _golden(encoder: OnnxEncoder) -> bytes:
    encoded = encoder.encode(GOLDEN_TEXTS)
    rows = zip(GOLDEN_TEXTS, encoded.vectors, encoded.truncated, strict=True)
    golden = [golden_text(text, vector, truncated=bool(truncated)) for text, vector, truncated in rows]
    return msgspec.json.format(msgspec.json.encode(golden), indent=1) + b"\n"


def _encoder(weights_dir: Path, model: bytes) -> OnnxEncoder:
    config = weights.read_network(weights_dir).config
    files = {
        MODEL: model,
        TOKENIZER: weights.read_file(weights_dir, TOKENIZER),
        PROJECTION: projection.pack(np.zeros((config.hidden_size, COMPONENTS), np.int16)),
        GOLDEN: b"[]",
    }
    return OnnxEncoder(Bundle(_manifest("unnamed", files, ""), files), threads=1, cache_size=0)


def _manifest(name: str, files: Mapping[str, bytes], build_id: str) -> Manifest:
    return Manifest(
        name=name,
        dimension=384,
        components=COMPONENTS,
        pooling="mean",
        quantisation="int8/400",
        golden_build_id=build_id,
        source=_SOURCE,
        truncation=TRUNCATION,
        files={file: hashlib.sha256(content).hexdigest() for file, content in sorted(files.items())},
    )
