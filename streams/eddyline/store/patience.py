"""Trying again, in place, what fails for a reason that may pass: Redis away, full, read-only, loading."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay, wait_random_exponential

from eddyline.errors import Unavailable

log = logging.getLogger(__name__)
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
T = TypeVar("T")


class Patience:
    """Repeats a call that raises :class:`Unavailable`, with random exponential back-off, for a bounded time.

    Only what may be repeated is given to it: calls that write absolute values.
    """

    def __init__(self, seconds: float) -> None:
        """Try for ``seconds`` in all; 0 tries once."""
        self._seconds = seconds
        self.fault: str | None = None
        """Why a call is being repeated at this moment, if one is."""

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what ``call`` returns.

        Raises:
            Unavailable: the last try failed; any other error is raised at once.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Unavailable),
            stop=stop_after_delay(self._seconds),
            wait=wait_random_exponential(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS),
            before_sleep=self._note,
            reraise=True,
        )

        async def attempt() -> T:
            return await call()

        answer: T = await retrying(attempt)
        self.fault = None
        return answer

    def _note(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self.fault = f"{error} (tried {state.attempt_number} times)"
        log.warning("trying again: %s", self.fault)
