"""``python -m eddyline.encoders.build``: the steps from published weights to a bundle."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from eddyline.encoders.build import assemble, projection, ranges, weights
from eddyline.encoders.build.calibration import calibrate
from eddyline.encoders.build.graph import build
from eddyline.encoders.build.precision import Float32
from eddyline.encoders.build.texts import PROMPTS, draw
from eddyline.encoders.build.whitening import whitening
from eddyline.encoders.bundle import TOKENIZER
from eddyline.encoders.tokens import HeadTailTokenizer
from eddyline.errors import RefusedToStart

_Step = Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step, by default that of the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.step(options)
    except RefusedToStart as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _fetch(options: argparse.Namespace) -> None:
    """Download the published weights and check them."""
    weights.fetch(options.weights)


def _calibrate(options: argparse.Namespace) -> None:
    """Measure the ranges of the activations over texts."""
    network = weights.read_network(options.weights)
    tokenizer = HeadTailTokenizer(weights.read_file(options.weights, TOKENIZER), assemble.TRUNCATION)
    seen = calibrate(network, tokenizer, draw(options.texts, options.per_file))
    options.out.write_bytes(ranges.pack(seen, network.config))


def _int8(options: argparse.Namespace) -> None:
    """Build the int8 model from ranges: the same ranges give the same bytes."""
    options.out.write_bytes(assemble.int8_model(options.weights, options.ranges.read_bytes()))


def _fp32(options: argparse.Namespace) -> None:
    """Build the float32 model, of standard operators only."""
    model = build(weights.read_network(options.weights), Float32())
    options.out.write_bytes(model.SerializeToString(deterministic=True))


def _projection(options: argparse.Namespace) -> None:
    """Compute the projection from the int8 vectors of texts."""
    model = assemble.int8_model(options.weights, options.ranges.read_bytes())
    vectors = assemble.encode(options.weights, model, draw(options.texts, options.per_file))
    options.out.write_bytes(projection.pack(projection.principal_components(vectors, assemble.COMPONENTS)))


def _whitening(options: argparse.Namespace) -> None:
    """Compute the whitening from the int8 vectors of prompts."""
    model = assemble.int8_model(options.weights, options.ranges.read_bytes())
    vectors = assemble.encode(options.weights, model, draw(options.texts, options.per_file, PROMPTS))
    options.out.write_bytes(projection.pack(whitening(vectors, assemble.COMPONENTS)))


def _bundle(options: argparse.Namespace) -> None:
    """Complete the bundle in a folder that holds ranges.npy, projection.npy and whitening.npy."""
    assemble.write_bundle(options.weights, options.directory, options.directory.resolve().name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eddyline.encoders.build", description=__doc__)
    steps = parser.add_subparsers(required=True, metavar="STEP")
    for run, arguments in _ARGUMENTS.items():
        step = steps.add_parser(run.__name__.strip("_"), help=run.__doc__, description=run.__doc__)
        step.set_defaults(step=run)
        step.add_argument("weights", type=Path, help="folder of the published weights")
        for name in arguments:
            step.add_argument(name, type=Path, help=_HELP[name])
        if run in _READ_TEXTS:
            step.add_argument("--per-file", type=int, required=True, help="so many texts of each file")
            step.add_argument("--texts", type=Path, nargs="+", required=True, help="JSON lines, may be gzipped")
    return parser


_ARGUMENTS: dict[_Step, tuple[str, ...]] = {
    _fetch: (),
    _calibrate: ("out",),
    _int8: ("ranges", "out"),
    _fp32: ("out",),
    _projection: ("ranges", "out"),
    _whitening: ("ranges", "out"),
    _bundle: ("directory",),
}
_READ_TEXTS = {_calibrate, _projection, _whitening}
_HELP = {
    "ranges": "ranges.npy, as calibrate writes it",
    "out": "the file to write",
    "directory": "folder of the bundle; its name is the name of the encoder",
}

if __name__ == "__main__":
    sys.exit(main())
