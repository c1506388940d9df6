"""The runtime reports to nobody."""

import os
import subprocess
import sys
from pathlib import Path


def test_loading_the_runtime_leaves_no_telemetry_session_behind(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run(
        [sys.executable, "-c", "import eddyline.encoders"], env=environ | {"TMPDIR": str(tmp_path)}, check=True
    )
    assert list(tmp_path.iterdir()) == []
