"""The Redis keys. Names of apps and deployments are quoted, so a colon separates parts only."""

from urllib.parse import quote


def window(app: str, deployment: str, size_seconds: int, start_ms: int) -> str:
    """Return the key of a closed cell; ``start_ms`` is shown in seconds."""
    return f"eddyline:window:{_quoted(app, deployment)}:{size_seconds}:{start_ms // 1000}"


def rolling(app: str, deployment: str, span: str) -> str:
    """Return the key of a rolling centroid; ``span`` is ``1h`` or ``24h``."""
    return f"eddyline:rolling:{_quoted(app, deployment)}:{span}"


def day(app: str, day: str) -> str:
    """Return the key of the sums of a local day."""
    return f"eddyline:day:{_quoted(app)}:{day}"


def join(digest: str) -> str:
    """Return the key under which the halves of one request meet."""
    return f"eddyline:join:{digest}"


def circuit(topic: str, partition: int) -> str:
    """Return the key of a source's open circuit. Names of topics hold no colon."""
    return f"eddyline:circuit:{topic}:{partition}"


def state(stage: str, partition: int) -> str:
    """Return the key of a partition's state. Braces keep it in one slot of a cluster."""
    return f"eddyline:{{{stage}:{partition}}}"


def position(topic: str, partition: int) -> str:
    """Return the key of what encode knows of an input partition."""
    return f"eddyline:{{encode:{topic}:{partition}}}"


def _quoted(*names: str) -> str:
    return ":".join(quote(name, safe="/ ") for name in names)
