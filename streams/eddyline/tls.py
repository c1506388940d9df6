"""TLS of a client: its files are read once at the start, so that a wrong one is refused by the name of its setting."""

import ssl
from pathlib import Path
from typing import NamedTuple

from eddyline.errors import RefusedToStart


class Files(NamedTuple):
    """Paths of PEM files; an empty one is not given. ``section`` is the table of the settings that they come from."""

    section: str
    ca: str
    certificate: str
    key: str
    key_password: str = ""


def client_context(files: Files, *, check_hostname: bool = True) -> ssl.SSLContext:
    """Return what a client needs: it trusts ``ca`` alone, or else the system's authorities.

    Raises:
        RefusedToStart: a file cannot be read or does not hold what it should, or two do not fit together.
    """
    if bool(files.certificate) != bool(files.key):
        message = f"{files.section}.ssl_certificate_location and {files.section}.ssl_key_location: set both, or none"
        raise RefusedToStart(message)
    if files.key_password and not files.key:
        message = f"{files.section}.ssl_key_password needs {files.section}.ssl_key_location"
        raise RefusedToStart(message)
    context = _trusting(files)
    context.check_hostname = check_hostname
    if files.certificate:
        _show(context, files)
    return context


def _trusting(files: Files) -> ssl.SSLContext:
    if not files.ca:
        return ssl.create_default_context()
    setting = f"{files.section}.ssl_ca_location"
    _check_readable(setting, files.ca)
    try:
        return ssl.create_default_context(cafile=files.ca)
    except ssl.SSLError:
        message = f"{setting} = {files.ca}: holds no certificate in PEM"
        raise RefusedToStart(message) from None


def _show(context: ssl.SSLContext, files: Files) -> None:
    _check_readable(f"{files.section}.ssl_certificate_location", files.certificate)
    _check_readable(f"{files.section}.ssl_key_location", files.key)
    try:
        # Without a password the library would ask for one on the terminal.
        context.load_cert_chain(files.certificate, files.key, files.key_password)
    except ssl.SSLError:
        names = f"{files.section}.ssl_certificate_location = {files.certificate} and ssl_key_location = {files.key}"
        message = f"{names}: not a certificate and its key in PEM, or the password of the key is another"
        raise RefusedToStart(message) from None


def _check_readable(setting: str, path: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        message = f"{setting} = {path}: {error.strerror}"
        raise RefusedToStart(message) from None
