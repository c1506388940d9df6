"""How a prompt speaks to the model: courtesy, person, care. English words, a few of German, Spanish and French."""

import re

from eddyline.features.feature import Feature, opens, says
from eddyline.features.reading import Reading

_EXCLAMATION = re.compile(r"[!\uff01](?![=\w\[])")


def _exclaims(reading: Reading) -> bool:
    return _EXCLAMATION.search(reading.text) is not None


def _starts_in_lower_case(reading: Reading) -> bool:
    return reading.text.lstrip()[:1].islower()


FEATURES = (
    Feature(
        "politeness",
        "says please or thanks",
        "say please or thanks",
        says(
            """
            please, pls, plz, kindly, thanks, thank you, thx, appreciate, grateful, would you mind, bitte, danke,
            por favor, gracias, s'il te plaît, s'il vous plaît, merci
            """,
        ),
    ),
    Feature(
        "greeting",
        "opens with a greeting",
        "open with a greeting",
        opens(
            """
            hi, hello, hey, hiya, greetings, dear, good morning, good afternoon, good evening, hallo, guten tag,
            guten morgen, hola, buenos días, buenas, bonjour, salut, 你好, 您好
            """,
        ),
    ),
    Feature(
        "first_person",
        "speaks of its writer: I, my, we ...",
        "speak of their writer",
        says(
            """
            i, i'm, im, i've, i'd, i'll, me, my, mine, myself, we, we're, we've, we'd, we'll, our, ours
            """,
        ),
    ),
    Feature("exclamation", "has an exclamation mark", "have an exclamation mark", _exclaims),
    Feature("lower_case", "starts with a letter in lower case", "start in lower case", _starts_in_lower_case),
)
