"""Pseudonyms: who a user is never leaves encode."""

import hashlib
import hmac

from eddyline.errors import RefusedToStart

MIN_PEPPER = 16


class Pseudonyms:
    """Turns user and session ids into 16-byte pseudonyms with HMAC-SHA256 under a secret key (the pepper).

    A plain hash of an id can be undone by guessing ids; without the pepper this cannot.
    """

    def __init__(self, pepper: str) -> None:
        """Take the key.

        Raises:
            RefusedToStart: the pepper is shorter than 16 characters.
        """
        if len(pepper) < MIN_PEPPER:
            message = (
                "privacy.pepper is missing or shorter than 16 characters: "
                "put a long random text into a file and set EDDYLINE_PRIVACY_PEPPER_FILE to its path"
            )
            raise RefusedToStart(message)
        self._keyed = hmac.new(pepper.encode(), digestmod=hashlib.sha256)

    def of(self, kind: str, text: str) -> bytes:
        """Return the pseudonym of ``text``, 16 bytes; ``kind`` (``user``, ``session``) keeps equal ids apart."""
        mac = self._keyed.copy()
        mac.update(f"{kind}\0{text}".encode(errors="surrogatepass"))
        return mac.digest()[:16]
