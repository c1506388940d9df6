"""What a worker says of itself to whoever asks whether it can work."""

import json
import urllib.error
import urllib.request


def ready(port: int) -> bool:
    """Whether a worker says that it can work."""
    return readiness(port)[0] == 200


def readiness(port: int) -> tuple[int, dict[str, str]]:
    """Return the answer of /readyz; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, {}
