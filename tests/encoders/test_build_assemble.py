"""Assembly: the manifest is readable TOML, and the committed model is what its ranges give."""

import os
import tomllib
from pathlib import Path

import msgspec
import pytest

from eddyline.encoders import open_encoder
from eddyline.encoders.build.__main__ import main
from eddyline.encoders.build.assemble import int8_model, to_toml
from eddyline.encoders.bundle import MANIFEST, MODEL, PROJECTION, RANGES, WHITENING, Bundle, Manifest, read_bundle

WEIGHTS = os.environ.get("EDDYLINE_TEST_WEIGHTS")
needs_weights = pytest.mark.skipif(
    not WEIGHTS, reason="EDDYLINE_TEST_WEIGHTS does not name the folder of the published weights"
)


def test_a_manifest_survives_being_written(bundle: Bundle) -> None:
    assert msgspec.convert(tomllib.loads(to_toml(bundle.manifest)), Manifest) == bundle.manifest


def test_the_committed_manifest_is_as_it_is_written(bundle: Bundle, bundle_dir: Path) -> None:
    assert (bundle_dir / MANIFEST).read_text(encoding="utf-8") == to_toml(bundle.manifest)


def test_a_refusal_ends_the_command_with_one_line_and_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fp32", str(tmp_path), str(tmp_path / "out.onnx")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@needs_weights
def test_the_committed_model_is_rebuilt_byte_for_byte_from_its_ranges(bundle: Bundle) -> None:
    assert int8_model(Path(str(WEIGHTS)), bundle.files[RANGES]) == bundle.files[MODEL]


@needs_weights
def test_a_bundle_is_completed_from_ranges_projection_and_whitening(bundle: Bundle, tmp_path: Path) -> None:
    directory = tmp_path / bundle.manifest.name
    directory.mkdir()
    for name in (RANGES, PROJECTION, WHITENING):
        (directory / name).write_bytes(bundle.files[name])
    assert main(["bundle", str(WEIGHTS), str(directory)]) == 0
    assert read_bundle(directory).space_id == bundle.space_id
    with open_encoder(directory, threads=1, cache_size=0) as encoder:
        assert encoder.verify().exact
