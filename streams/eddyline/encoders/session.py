"""One onnxruntime session on one thread of the CPU: the numeric core of the encoder."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eddyline.encoders.cpu import cpu_id
from eddyline.encoders.runtime import onnxruntime
from eddyline.errors import RefusedToStart

PROVIDER = "CPUExecutionProvider"
_INPUTS = ["input_ids", "attention_mask"]


class Session:
    """A loaded model. Its :meth:`run` releases the interpreter lock and may be called from several threads.

    One session, one thread each run and a caller a core scales linearly, holds the weights once and does not spin;
    threads inside the session would do none of this. ``SkipLayerNormFusion`` is off because the fused kernel is slower.
    """

    def __init__(self, model: bytes, dimension: int) -> None:
        """Refuse to start (RefusedToStart) with a model that is not an encoder of ``dimension`` components."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model, options, providers=[PROVIDER], disabled_optimizers=["SkipLayerNormFusion"]
        )
        self._check(dimension)

    @cached_property
    def build_id(self) -> str:
        """What may flip last bits: ``onnxruntime/<version> <provider> <processor>``."""
        return f"onnxruntime/{onnxruntime.__version__} {PROVIDER} {cpu_id()}"

    def run(self, rows: list[list[int]]) -> NDArray[np.float32]:
        """Encode token ids ``(n, length)``, all of equal length, to unit vectors ``(n, dimension)``."""
        ids = np.array(rows, np.int64)
        vectors: NDArray[np.float32]
        (vectors,) = self._session.run(None, dict(zip(_INPUTS, (ids, np.ones_like(ids)), strict=True)))
        return vectors

    def _check(self, dimension: int) -> None:
        if self._session.get_providers() != [PROVIDER]:
            raise RefusedToStart(f"onnxruntime offers {self._session.get_providers()} instead of {PROVIDER} alone")
        inputs = [item.name for item in self._session.get_inputs()]
        outputs = [item.shape[-1] for item in self._session.get_outputs()]
        if inputs != _INPUTS or outputs != [dimension]:
            raise RefusedToStart(f"the encoder model maps {inputs} to {outputs}, expected {_INPUTS} to [{dimension}]")
