"""A bundle is read as it was published, or not at all."""

from pathlib import Path

import msgspec
import pytest

from eddyline.encoders.bundle import MANIFEST, MODEL, PROJECTION, TOKENIZER, Bundle, Truncation, read_bundle
from eddyline.errors import RefusedToStart

FILES = [
    "model-int8.onnx",
    "tokenizer.json",
    "projection.npy",
    "golden.json",
    "ranges.npy",
    "whitening.npy",
    "LICENSE",
    "NOTICE",
]


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of a link."""
    path.unlink()
    path.write_bytes(content)


def test_the_bundle_of_the_repository_names_all_of_its_files(bundle: Bundle, bundle_dir: Path) -> None:
    assert set(bundle.files) == set(FILES)
    assert {path.name for path in bundle_dir.iterdir()} == {*FILES, MANIFEST, "README.md"}


@pytest.mark.parametrize("name", FILES)
def test_a_bundle_is_refused_when_one_byte_of_a_file_differs(damaged: Path, name: str) -> None:
    content = bytearray((damaged / name).read_bytes())
    content[len(content) // 2] ^= 1
    replace(damaged / name, bytes(content))
    with pytest.raises(RefusedToStart, match=f"{name} is not the file the manifest names"):
        read_bundle(damaged)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_bundle_is_refused_when_a_file_is_missing(damaged: Path, name: str) -> None:
    (damaged / name).unlink()
    with pytest.raises(RefusedToStart, match=f"{name} cannot be read: No such file"):
        read_bundle(damaged)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('policy = "head+tail"', 'policy = "head"'),
        ('pooling = "mean"', 'pooling = "cls"'),
        ("dimension = 384", "dimension = 0"),
        ("dimension = 384", "dimension = 384\nsurprise = 1"),
        ("[files]", "[files"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(damaged: Path, old: str, new: str) -> None:
    text = (damaged / MANIFEST).read_text()
    assert old in text
    replace(damaged / MANIFEST, text.replace(old, new).encode())
    with pytest.raises(RefusedToStart, match="is not the manifest of an encoder bundle"):
        read_bundle(damaged)


def test_a_manifest_must_pin_every_file_that_is_used(damaged: Path) -> None:
    lines = (damaged / MANIFEST).read_text().splitlines()
    replace(damaged / MANIFEST, "\n".join(line for line in lines if PROJECTION not in line).encode())
    with pytest.raises(RefusedToStart, match=f"names no sha256 for {PROJECTION}"):
        read_bundle(damaged)


def test_a_refusal_is_one_line(damaged: Path) -> None:
    replace(damaged / TOKENIZER, b"{}")
    with pytest.raises(RefusedToStart) as refusal:
        read_bundle(damaged)
    assert "\n" not in str(refusal.value)


def test_the_space_is_named_by_what_changes_a_vector(bundle: Bundle) -> None:
    manifest = bundle.manifest
    changed = [
        *(_with_file(bundle, name) for name in (MODEL, TOKENIZER, PROJECTION)),
        bundle._replace(manifest=msgspec.structs.replace(manifest, truncation=Truncation("head+tail", 128, 4096))),
        bundle._replace(manifest=msgspec.structs.replace(manifest, truncation=Truncation("head+tail", 256, 9000))),
    ]
    assert len({bundle.space_id, *(other.space_id for other in changed)}) == 6
    assert all(other.space_id.startswith("minilm-l6-v2:") for other in changed)


def test_the_space_is_not_named_by_what_does_not_change_a_vector(bundle: Bundle) -> None:
    same = [_with_file(bundle, "LICENSE"), _with_file(bundle, "golden.json")]
    assert {other.space_id for other in same} == {bundle.space_id}


def _with_file(bundle: Bundle, name: str) -> Bundle:
    files = {**bundle.manifest.files, name: "0" * 64}
    return bundle._replace(manifest=msgspec.structs.replace(bundle.manifest, files=files))
