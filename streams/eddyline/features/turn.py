"""How a prompt relates to the turns before it: another try, or more of the same. English words."""

from eddyline.features.feature import Feature, opens, says
from eddyline.features.reading import Reading

_ASKS_AGAIN = says(
    """
    try again, once again, redo, regenerate, retry, start over, do it again, rewrite it, one more time,
    that's wrong, that is wrong, this is wrong, that's not right, that is not right, not correct, incorrect,
    that's not what, that is not what, not what i, i meant, i said, i asked, you forgot, you missed, you didn't,
    you did not, your answer, your last, your previous, you made a mistake, still wrong, didn't work, did not work,
    doesn't work, does not work, still not, still doesn't, same error
    """,
)
_STARTS_AGAIN = opens("no, nope, wrong, again, not, actually, instead, sorry")


def _tries_again(reading: Reading) -> bool:
    return _ASKS_AGAIN(reading) or _STARTS_AGAIN(reading)


FEATURES = (
    Feature(
        "retry", "corrects the answer before it or asks for another try", "correct the answer before them", _tries_again
    ),
    Feature(
        "continuation",
        "opens as the next step of a conversation: continue, more, and, now ...",
        "go on from the turn before them",
        opens(
            """
            continue, go on, keep going, carry on, proceed, more, next, and, also, now, then, but, ok, okay, yes,
            yeah, sure, great, perfect, thanks, thank you, what about, how about, what else, anything else,
            another, one more, so
            """,
        ),
    ),
)
