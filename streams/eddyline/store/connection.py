"""How Redis is reached, for its blocking and its asynchronous client."""

import ssl
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import redis.exceptions

from eddyline.errors import RefusedToStart
from eddyline.settings import Redis
from eddyline.tls import Files, client_context

C = TypeVar("C")
REFUSALS = (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError, ssl.SSLCertVerificationError)


def open_client(from_url: Callable[..., C], settings: Redis, **options: object) -> C:
    """Return a client made by ``from_url``, ``redis.Redis.from_url`` or its asynchronous twin, which takes ``options``.

    Nothing is sent yet.

    Raises:
        RefusedToStart: the URL is none, the settings contradict each other, or a file cannot be used.
    """
    try:
        url = urlsplit(settings.url)
        _check(settings, scheme=url.scheme, has_user=bool(url.username or url.password))
        return from_url(settings.url, **_options(settings, tls=url.scheme == "rediss"), **options)
    except ValueError:
        # The parser's own message is not repeated: it may quote a part of the password.
        message = "redis.url is not a URL like redis://host:6379/0"
        raise RefusedToStart(message) from None


def _check(settings: Redis, *, scheme: str, has_user: bool) -> None:
    files = Files("redis", settings.ssl_ca_location, settings.ssl_certificate_location, settings.ssl_key_location)
    rules = (
        (
            has_user and bool(settings.username or settings.password),
            "redis.url names a user or password: leave out redis.username and redis.password",
        ),
        (bool(settings.username) and not settings.password, "redis.username needs redis.password"),
        (any(files[1:]) and scheme != "rediss", "redis.ssl_*: set, but redis.url is not rediss://, so there is no TLS"),
    )
    for broken, message in rules:
        if broken:
            raise RefusedToStart(message)
    if scheme == "rediss":
        client_context(files)


def _options(settings: Redis, *, tls: bool) -> dict[str, object]:
    given: dict[str, object] = {
        "socket_timeout": settings.timeout_seconds,
        "socket_connect_timeout": settings.timeout_seconds,
        "username": settings.username or None,
        "password": settings.password or None,
    }
    if not tls:
        return given
    return given | {
        "ssl_ca_certs": settings.ssl_ca_location or None,
        "ssl_certfile": settings.ssl_certificate_location or None,
        "ssl_keyfile": settings.ssl_key_location or None,
        "ssl_check_hostname": True,
    }


def is_refusal(error: BaseException | None) -> bool:
    """Whether Redis refuses the user or his wish, or its certificate is not trusted: that does not pass."""
    while error is not None:
        if isinstance(error, REFUSALS):
            return True
        error = error.__cause__ or error.__context__
    return False
