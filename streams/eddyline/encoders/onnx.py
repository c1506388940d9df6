"""The encoder: the same text gives the same bits, alone, batched, cached, replayed, from however many threads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from eddyline.encoders.bundle import GOLDEN, MODEL, PROJECTION, TOKENIZER, Bundle
from eddyline.encoders.cache import Row, RowCache, digest
from eddyline.encoders.golden import LEAST_COSINE, GoldenCheck, compare, read_golden
from eddyline.encoders.runs import equal_length_runs
from eddyline.encoders.session import Session
from eddyline.encoders.tokens import HeadTailTokenizer
from eddyline.encoders.vectors import project, quantise, read_projection
from eddyline.errors import RefusedToStart
from eddyline.protocols import Encoded


class OnnxEncoder:
    """Implements :class:`eddyline.protocols.Encoder`; open one with :func:`eddyline.encoders.open_encoder`.

    Safe to share between threads. Close it, or use it as a context manager, to end its own threads.
    """

    def __init__(self, bundle: Bundle, *, threads: int, cache_size: int) -> None:
        """See :func:`eddyline.encoders.open_encoder`."""
        manifest, files = bundle.manifest, bundle.files
        self._tokenizer = HeadTailTokenizer(files[TOKENIZER], manifest.truncation)
        self._session = Session(files[MODEL], manifest.dimension)
        self._projection = read_projection(files[PROJECTION], manifest.dimension, manifest.components)
        self._golden = read_golden(files[GOLDEN])
        self._space_id = bundle.space_id
        self._cache = RowCache(cache_size)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encoder") if threads > 1 else None
        self._map = self._pool.map if self._pool else map

    @property
    def space_id(self) -> str:
        """What must be equal for two vectors to be compared: model files, pooling, truncation, quantisation."""
        return self._space_id

    @property
    def build_id(self) -> str:
        """What may flip last bits: runtime version, execution provider, CPU features."""
        return self._session.build_id

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Encode ``texts``; blocking and CPU-bound, safe to call from several threads.

        A text that occurs several times in ``texts`` or in the cache is encoded once. The vectors are read-only.
        """
        keys = [digest(text) for text in texts]
        rows = self._cache.known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in rows}
        fresh = dict(zip(missing, self._rows(list(missing.values())), strict=True))
        self._cache.remember(fresh)
        rows |= fresh
        return self._encoded([rows[key] for key in keys])

    def verify(self) -> GoldenCheck:
        """Encode the golden texts of the bundle, alone and batched, and compare; run it once before any real text.

        Returns:
            Whether this machine reproduces the bundle's vectors exactly, and if not, how close they are.

        Raises:
            RefusedToStart: batching changes a vector here, or the vectors are not those of this model.
        """
        tokens = self._tokenizer.tokenize([item.text for item in self._golden])
        ids = [item.ids for item in tokens]
        alone = np.concatenate([self._run([row]) for row in ids])
        if not np.array_equal(np.concatenate([alone, alone]), self._vectors(ids + ids)):
            raise RefusedToStart(f"{self.build_id} gives a text another vector in a batch than alone: use another")
        check = compare(self._golden, alone)
        as_truncated = [item.truncated for item in tokens] == [item.truncated for item in self._golden]
        if check.least_cosine < LEAST_COSINE or not as_truncated:
            raise RefusedToStart(
                f"{self.build_id} does not reproduce the golden vectors of {self._space_id} "
                f"(least cosine {check.least_cosine:.4f}, needed {LEAST_COSINE}): install the pinned onnxruntime"
            )
        return check

    def close(self) -> None:
        """End the threads of the encoder; it must not be used afterwards."""
        if self._pool:
            self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, texts: list[str]) -> list[Row]:
        tokens = self._tokenizer.tokenize(texts)
        vectors = self._vectors([item.ids for item in tokens])
        projected = project(vectors, self._projection)
        return [
            Row(vector.tobytes(), components.tobytes(), item.truncated)
            for vector, components, item in zip(vectors, projected, tokens, strict=True)
        ]

    def _vectors(self, ids: list[list[int]]) -> NDArray[np.int8]:
        runs = list(equal_length_runs([len(row) for row in ids]))
        batches = [[ids[index] for index in run] for run in runs]
        vectors = np.empty((len(ids), len(self._projection)), np.int8)
        for run, encoded in zip(runs, self._map(self._run, batches), strict=True):
            vectors[run] = encoded
        return vectors

    def _run(self, batch: list[list[int]]) -> NDArray[np.int8]:
        return quantise(self._session.run(batch))

    def _encoded(self, rows: list[Row]) -> Encoded:
        vectors = np.frombuffer(b"".join(row.vector for row in rows), np.int8)
        projected = np.frombuffer(b"".join(row.projected for row in rows), np.int16)
        truncated = np.array([row.truncated for row in rows], np.bool_)
        width, components = self._projection.shape
        return Encoded(vectors.reshape(-1, width), projected.reshape(-1, components), truncated)
