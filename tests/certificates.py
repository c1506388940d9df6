"""Certificates for 127.0.0.1, made by the openssl program: an authority, and what it signs."""

import subprocess
from pathlib import Path
from typing import NamedTuple

KEY_PASSWORD = "the key's own password"  # noqa: S105 - of these tests only


class Certificate(NamedTuple):
    """Paths of PEM files: a certificate, its key, and the same key encrypted with :data:`KEY_PASSWORD`."""

    certificate: Path
    key: Path
    encrypted_key: Path


class Authority:
    """An authority whose own certificate is ``ca``."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._home = home
        self.ca, self._key = home / "ca.pem", home / "ca.key"
        _request("an authority", self.ca, self._key)

    def issue(self, name: str) -> Certificate:
        """Return a certificate for ``name`` at 127.0.0.1."""
        made = Certificate(*(self._home / f"{name}.{kind}" for kind in ("pem", "key", "encrypted.key")))
        address = ("-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")
        _request(name, made.certificate, made.key, "-CA", str(self.ca), "-CAkey", str(self._key), *address)
        password = ("-passout", f"pass:{KEY_PASSWORD}")
        _openssl("pkey", "-aes256", "-in", str(made.key), "-out", str(made.encrypted_key), *password)
        return made


def _request(name: str, certificate: Path, key: Path, *options: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
    files = ("-out", str(certificate), "-keyout", str(key))
    _openssl("req", "-x509", "-days", "2", "-subj", f"/CN={name}", *curve, *files, *options)


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)  # noqa: S607 - as installed
    assert done.returncode == 0, done.stderr
