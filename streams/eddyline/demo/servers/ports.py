"""Free ports that stay free while a server is down."""

import socket
from pathlib import Path
from random import SystemRandom

LOWEST = 15_000
LOCAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, below the range that the system hands out to clients.

    Not port 0 of the kernel: it comes from the clients' range, so while the server is down any client may be given it,
    and a client that keeps reconnecting to it may even connect to itself. The server then cannot come back.
    """
    highest = int(LOCAL_RANGE.read_text().split()[0])
    return next(port for port in SystemRandom().sample(range(LOWEST, highest), highest - LOWEST) if is_free(port))


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Whether somebody listens on ``port`` of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
