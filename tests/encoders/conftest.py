"""The bundle of the repository, a copy of it to damage, an encoder, and generated texts of realistic lengths."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from eddyline.encoders import OnnxEncoder, open_encoder
from eddyline.encoders.bundle import Bundle, read_bundle

SYLLABLES = ("ka", "lo", "mi", "re", "su", "ten", "dar", "vo", "pri", "sta", "un", "ing", "er", "what", "how", "the")
RARE = ("naïve", "Größe", "заказ", "退款", "注文", "😂", "👩‍💻", "x=[1,2];", "https://a.example/b?c=1", "\n", "429")


@pytest.fixture(scope="session")
def bundle_dir() -> Path:
    """Locate the bundle of the repository."""
    return Path(__file__).parents[2] / "models" / "minilm-l6-v2"


@pytest.fixture(scope="session")
def bundle(bundle_dir: Path) -> Bundle:
    """Read the bundle of the repository."""
    return read_bundle(bundle_dir)


@pytest.fixture(scope="session")
def encoder(bundle_dir: Path) -> Iterator[OnnxEncoder]:
    """Open an encoder without a cache, on the calling thread."""
    with open_encoder(bundle_dir, threads=1, cache_size=0) as opened:
        yield opened


@pytest.fixture
def damaged(bundle_dir: Path, tmp_path: Path) -> Path:
    """Copy the bundle by symbolic links, so that a test may replace one of its files."""
    for path in bundle_dir.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


@pytest.fixture(scope="session")
def generated_texts() -> list[str]:
    """Generate about 2,000 distinct texts, most of them short, some of more than 256 tokens."""
    source = random.Random(20_260_101)
    return list(dict.fromkeys(_text(source) for _ in range(2_000)))


def _text(source: random.Random) -> str:
    words = min(600, max(1, round(source.lognormvariate(1.8, 0.9))))
    return " ".join(_word(source) for _ in range(words))


def _word(source: random.Random) -> str:
    if source.random() < 0.04:
        return source.choice(RARE)
    return "".join(source.choice(SYLLABLES) for _ in range(source.choice((1, 1, 2, 3))))
