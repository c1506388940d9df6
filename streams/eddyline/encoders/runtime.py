"""onnxruntime, with its telemetry off.

The official builds report to their maker by default. The switch is read once, when the library is loaded: before that
it must be set, so everybody here imports the library from this module.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

__all__ = ["onnxruntime"]
