"""The errors of Eddyline, sorted by what has to happen next.

* :class:`RefusedToStart`: the operator must change something first; the process ends with one line and exit code 2.
* :class:`DeadLetter`: this record can never be understood; it goes to the dead-letter topic and the stream goes on.
* :class:`Unavailable`: something outside is down. It is tried again in place for a while; if it lasts, the process ends
  and whoever supervises it starts it again, from its last checkpoint.
* :class:`Stale`: what the process holds in memory is not true any more; it ends and starts again from what is stored.
* :class:`Incomparable`: two things come from different encoders, or are too small; there is no number to give.
"""


class EddylineError(Exception):
    """Base of every error that Eddyline raises on purpose."""


class RefusedToStart(EddylineError):
    """Starting would break a promise. The message says what is wrong and what to do, in one line."""


class DeadLetter(EddylineError):
    """A record that cannot be understood.

    ``reason`` is a stable code for machines (``bad_json``, ``too_large``, ``invalid_field:prompt`` ...), the message is
    for people and never holds text of a prompt or a response.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unavailable(EddylineError):
    """A broker or a store did not answer as it should; trying again later may succeed."""


class Stale(EddylineError):
    """Memory does not fit what is stored, or what arrives: it must be thrown away. Trying again cannot succeed."""


class Fenced(Stale):
    """Another worker owns this partition now, or the store lost writes."""


class Hole(Stale):
    """The next record is not the next offset: records are missing between what is applied and what arrived."""


class Incomparable(EddylineError):
    """Two summaries were made in different embedding spaces, or are too small to say anything."""
