"""A bundle: the files that make an encoder, and the manifest that pins every one of them by its sha256."""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

from eddyline.errors import RefusedToStart

MANIFEST = "manifest.toml"
MODEL = "model-int8.onnx"
TOKENIZER = "tokenizer.json"
PROJECTION = "projection.npy"
GOLDEN = "golden.json"
RANGES = "ranges.npy"
WHITENING = "whitening.npy"
"""What the drift detector sees of a vector; no part of the space, since it changes no vector."""

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, msgspec.Meta(gt=0)]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the weights come from and under which licence they are here."""

    model: str
    revision: str
    package: str
    licence: str
    weights_sha256: Sha256


class Truncation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a long text is read: its head and its tail, half of the room each."""

    policy: Literal["head+tail"]
    max_tokens: Count
    """Tokens of a text, ``[CLS]`` and ``[SEP]`` included."""
    max_characters: Count
    """A longer text loses its middle before it is tokenised, so that its cost is bounded."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of ``manifest.toml``."""

    name: str
    dimension: Count
    components: Count
    pooling: Literal["mean"]
    quantisation: Literal["int8/400"]
    golden_build_id: str
    """The ``build_id`` that the golden vectors were made with."""
    source: Source
    truncation: Truncation
    files: dict[str, Sha256]


class Bundle(NamedTuple):
    """A manifest and the checked content of the files that it names."""

    manifest: Manifest
    files: Mapping[str, bytes]

    @property
    def space_id(self) -> str:
        """What must be equal for two vectors to be compared, written ``<name>:<12 hexadecimal digits>``."""
        manifest, truncation = self.manifest, self.manifest.truncation
        parts = [
            *(manifest.files[name] for name in (MODEL, TOKENIZER, PROJECTION)),
            manifest.pooling,
            f"{truncation.policy}/{truncation.max_tokens}/{truncation.max_characters}",
            manifest.quantisation,
        ]
        fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return f"{manifest.name}:{fingerprint[:12]}"


def read_bundle(directory: Path) -> Bundle:
    """Read a bundle and check every file of it; what is used later are the very bytes that were checked.

    Raises:
        RefusedToStart: a file is missing, unreadable or not the one the manifest names.
    """
    manifest = _manifest(directory / MANIFEST)
    missing = {MODEL, TOKENIZER, PROJECTION, GOLDEN, WHITENING} - manifest.files.keys()
    if missing:
        raise RefusedToStart(f"{directory / MANIFEST} names no sha256 for {', '.join(sorted(missing))}")
    return Bundle(manifest, {name: _checked(directory / name, sha) for name, sha in manifest.files.items()})


def _manifest(path: Path) -> Manifest:
    try:
        return msgspec.convert(tomllib.loads(_content(path).decode()), Manifest)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RefusedToStart(f"{path} is not the manifest of an encoder bundle: {error}") from error


def _checked(path: Path, expected: str) -> bytes:
    content = _content(path)
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise RefusedToStart(
            f"{path} is not the file the manifest names (sha256 {actual[:12]}, expected {expected[:12]}): restore it"
        )
    return content


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedToStart(f"the encoder bundle is incomplete: {path} cannot be read: {error.strerror}") from error
