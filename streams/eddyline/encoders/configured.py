"""The encoder that the settings ask for."""

import logging
import os
from pathlib import Path

from eddyline.detectors.whitening import Space, Whitening
from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.bundle import WHITENING, read_bundle
from eddyline.errors import RefusedToStart
from eddyline.settings import Settings

log = logging.getLogger(__name__)


def build_encoder(settings: Settings) -> OnnxEncoder:
    """Open the configured encoder bundle and check it against its golden vectors.

    Raises:
        RefusedToStart: the bundle is not what its manifest says, or does not work here.
    """
    threads = settings.encoder.threads or len(os.sched_getaffinity(0))
    encoder = open_encoder(bundle_dir(settings), threads=threads, cache_size=settings.encoder.cache_texts)
    check = encoder.verify()
    log.info("encoder %s, build %s: %s", encoder.space_id, encoder.build_id, check)
    return encoder


def read_space(settings: Settings) -> Space:
    """Return the embedding space of the configured encoder bundle, without opening its model.

    Raises:
        RefusedToStart: the bundle is not what its manifest says.
    """
    bundle = read_bundle(bundle_dir(settings))
    return Space(bundle.space_id, Whitening.read(bundle.files[WHITENING], bundle.manifest.dimension))


def bundle_dir(settings: Settings) -> Path:
    """Return the folder of the encoder bundle: the configured one, else the one that comes with Eddyline.

    Raises:
        RefusedToStart: there is none.
    """
    if settings.encoder.bundle:
        return Path(settings.encoder.bundle)
    package = Path(__file__).parent.parent
    for folder in (package / "models", package.parent.parent / "models"):
        if (found := folder / "minilm-l6-v2").is_dir():
            return found
    message = "no encoder bundle comes with this installation: set encoder.bundle to its folder"
    raise RefusedToStart(message)
