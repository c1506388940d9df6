"""How Redis is reached: what the clients are given, and what is refused."""

from typing import Any

import pytest
import redis

from eddyline.errors import RefusedToStart
from eddyline.settings import Redis
from eddyline.store.connection import is_refusal, open_client

PASSWORD = "correct horse battery staple"  # noqa: S105 - of these tests only
TLS = "rediss://redis.example:6380/3"


def given(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of any setting
    """Return what a connection is made with."""
    with open_client(redis.Redis.from_url, Redis(**fields)) as client:
        found: dict[str, Any] = client.connection_pool.connection_kwargs
        return found


def refusal(**fields: Any) -> str:  # noqa: ANN401
    """Return why settings are refused: in one line, without the password."""
    with pytest.raises(RefusedToStart) as caught:
        open_client(redis.Redis.from_url, Redis(**fields))
    message = str(caught.value)
    assert "\n" not in message
    assert PASSWORD not in message
    return message


def test_user_and_password_may_be_outside_the_url() -> None:
    found = given(url=TLS, username="eddyline", password=PASSWORD)
    assert (found["username"], found["password"], found["db"]) == ("eddyline", PASSWORD, 3)


def test_user_and_password_may_be_in_the_url() -> None:
    found = given(url="redis://eddyline:secret@redis.example/0")
    assert (found["username"], found["password"]) == ("eddyline", "secret")


def test_a_host_name_is_checked_with_tls() -> None:
    assert given(url=TLS)["ssl_check_hostname"] is True


def test_files_and_time_outs_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.store.connection.client_context", lambda files: files)
    files = {"ssl_ca_location": "ca", "ssl_certificate_location": "certificate", "ssl_key_location": "key"}
    found = given(url=TLS, timeout_seconds=2.5, **files)
    assert (found["ssl_ca_certs"], found["ssl_certfile"], found["ssl_keyfile"]) == ("ca", "certificate", "key")
    assert found["socket_timeout"] == found["socket_connect_timeout"] == 2.5


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"url": f"redis://:{PASSWORD}@host:port/0"}, "redis.url is not a URL"),
        ({"url": f"http://:{PASSWORD}@host/0"}, "redis.url is not a URL"),
        ({"url": f"redis://:{PASSWORD}@host/0", "password": PASSWORD}, "redis.url names a user or password"),
        ({"url": TLS, "username": "eddyline"}, "redis.username needs redis.password"),
        ({"url": "redis://host/0", "ssl_ca_location": "ca.pem"}, "redis.url is not rediss://"),
        ({"url": TLS, "ssl_ca_location": "/nowhere/ca.pem"}, "redis.ssl_ca_location = /nowhere/ca.pem: No such file"),
        ({"url": TLS, "ssl_key_location": "a.key"}, "redis.ssl_key_location: set both, or none"),
    ],
)
def test_what_cannot_work_is_refused_by_the_name_of_its_setting(fields: dict[str, str], said: str) -> None:
    assert said in refusal(**fields)


def test_only_what_does_not_pass_by_itself_is_a_refusal() -> None:
    assert is_refusal(redis.AuthenticationError("wrong password"))
    assert not is_refusal(redis.ConnectionError("connection refused"))
