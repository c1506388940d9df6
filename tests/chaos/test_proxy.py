"""The proxy does what it is told: a fault suite that breaks nothing would prove nothing."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest
from tests.chaos.proxy import Fault, Proxy

from eddyline.demo.servers.ports import free_port

PATIENCE_S = 0.4


class Echo(socketserver.BaseRequestHandler):
    """Sends back what comes."""

    def handle(self) -> None:
        try:
            while data := self.request.recv(65_536):
                self.request.sendall(data)
        except OSError:
            return


class EchoServer(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    daemon_threads = True


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Give a proxy before a server that echoes."""
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Proxy(server.server_address[1], seed=1) as proxy:
            yield proxy
        server.shutdown()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), PATIENCE_S)


def echoed(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    found = b""
    while len(found) < len(data) and (chunk := connection.recv(65_536)):
        found += chunk
    return found


def test_bytes_pass_unchanged_and_in_order(proxy: Proxy) -> None:
    data = bytes(range(256)) * 4000
    with connect(proxy) as connection:
        connection.settimeout(5)
        thread = threading.Thread(target=connection.sendall, args=(data,))
        thread.start()
        found = b""
        while len(found) < len(data):
            found += connection.recv(65_536)
        thread.join()
    assert found == data


def test_latency_is_added_in_each_direction(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.disturb(Fault(latency_s=0.1))
        start = time.monotonic()
        assert echoed(connection, b"hello") == b"hello"
        assert time.monotonic() - start >= 0.2


def test_a_black_hole_accepts_and_answers_nothing(proxy: Proxy) -> None:
    proxy.black_hole()
    with connect(proxy) as connection, pytest.raises(TimeoutError):
        echoed(connection, b"hello")


def test_a_connection_that_has_lost_bytes_is_reset_when_the_network_is_mended(proxy: Proxy) -> None:
    with connect(proxy) as lossy, connect(proxy) as quiet:
        assert echoed(quiet, b"before") == b"before"
        proxy.black_hole()
        lossy.sendall(b"lost")
        time.sleep(0.1)
        proxy.mend()
        with pytest.raises(ConnectionResetError):
            echoed(lossy, b"after")
        assert echoed(quiet, b"after") == b"after"


def test_refusing_ends_old_connections_and_takes_no_new_ones(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert echoed(connection, b"before") == b"before"
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            echoed(connection, b"after")
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    proxy.mend()
    with connect(proxy) as connection:
        assert echoed(connection, b"again") == b"again"


def test_resets_come_at_the_given_rate_and_by_the_seed(proxy: Proxy) -> None:
    proxy.disturb(Fault(reset_rate=0.1))
    survived = 0
    for _ in range(200):
        with connect(proxy) as connection:
            try:
                survived += echoed(connection, b"hello") == b"hello"
            except OSError:
                continue
    # Two chunks a connection: 0.9 * 0.9 of 200 is 162; five standard deviations are 28.
    assert 134 <= survived <= 190


def test_closing_all_leaves_the_door_open(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert echoed(connection, b"before") == b"before"
        proxy.close_all()
        with pytest.raises(ConnectionResetError):
            echoed(connection, b"after")
    with connect(proxy) as connection:
        assert echoed(connection, b"again") == b"again"


def test_a_server_that_is_away_is_away_through_the_proxy_too() -> None:
    def ask(proxy: Proxy) -> None:
        with connect(proxy) as connection:
            connection.recv(1)

    with Proxy(free_port()) as proxy, pytest.raises(ConnectionResetError):
        ask(proxy)
