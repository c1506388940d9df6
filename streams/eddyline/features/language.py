"""Whether a prompt is in another language than English: a cheap guess from script and function words.

A text is taken as not English when three of ten letters or more are outside the Latin script, or else when it has more
different function words of German, Dutch, Spanish, Portuguese, French, Italian, Polish, Turkish, Indonesian or Swedish
than of English. So a Latin text in a language that is not listed, or of one to three words without a function word,
counts as English; so does foreign text inside a longer English instruction, unless it prevails.
The guess is for shares over many prompts, not for the routing of one.
"""

import re

from eddyline.features.feature import Feature, listed
from eddyline.features.reading import Reading

_NON_LATIN_SHARE = 0.3
_LETTER = re.compile(r"[^\W\d_]")
_NON_LATIN_LETTER = re.compile(r"[^\W\d_\u0041-\u024f\u1e00-\u1eff]")

_ENGLISH = frozenset(
    listed(
        """
        the, a, an, of, to, and, in, is, are, was, be, been, for, on, with, that, this, these, those, it, its,
        it's, as, at, by, from, or, if, not, but, i, i'm, my, me, you, your, we, our, they, their, he, she, his,
        her, what, which, who, how, why, when, where, can, could, would, should, will, do, does, did, don't, have,
        has, had, there, any, some, all, about, into, than, then, so, no, please, tell, give, show, write, make,
        need, want, get
        """,
    ),
)
# Words that mean something in English as well (van, per, mit, hat ...) are left out on purpose.
_FOREIGN = frozenset(
    listed(
        """
        der, das, und, ist, ich, nicht, ein, eine, einen, einem, einer, für, auf, von, zu, wie, sie, wir, du, mir,
        mein, meine, dem, den, auch, sich, oder, aber, wenn, kann, bitte, sind, wird, habe, über, nach, bei, aus,
        wo, wer, warum, het, een, niet, ik, voor, deze, zijn, maar, wat, waar, je, mijn, naar, kan, wordt, heeft,
        los, una, unos, que, qué, por, para, cómo, como, es, está, mi, su, más, pero, cuál, dónde, cuándo, quién,
        puedes, não, um, uma, você, meu, minha, mais, isso, são, em, ao, pelo, fazer, qual, le, les, des, une, est,
        ne, pas, pour, dans, avec, vous, nous, mes, ce, cette, qui, quoi, comment, pourquoi, où, aux, il, lo, gli,
        della, dello, degli, che, di, sono, un, uno, mio, mia, questo, questa, perché, quale, cosa, nie, jest, się,
        jak, czy, mam, moje, proszę, przez, dla, bir, ve, için, çok, ile, benim, bana, yang, untuk, dengan, dari,
        ini, itu, saya, apa, bagaimana, adalah, tidak, och, att, det, som, en, är, jag, inte, hur, vad, på
        """,
    ),
)


def _is_not_english(reading: Reading) -> bool:
    if not reading.text.isascii() and _is_not_latin(reading.text):
        return True
    return len(_FOREIGN & reading.vocabulary) > len(_ENGLISH & reading.vocabulary)


def _is_not_latin(text: str) -> bool:
    outside = len(_NON_LATIN_LETTER.findall(text))
    return outside > 0 and outside >= _NON_LATIN_SHARE * len(_LETTER.findall(text))


FEATURES = (
    Feature("non_english", "seems to be in another language than English", "are not in English", _is_not_english),
)
