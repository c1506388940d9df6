"""What a prompt does: it asks, it orders, it hands out a role. English words; question marks of any script."""

import re

from eddyline.features.feature import Feature, listed, opens, says
from eddyline.features.reading import Reading

_QUESTION_MARK = re.compile(r"[?\uff1f\u061f](?!\w)")
_OPENS_A_QUESTION = opens(
    """
    what, what's, whats, who, who's, whose, whom, which, where, where's, why, how, how's, is, are, was, were, do,
    does, did, can, could, would, will, should, am, has, have
    """,
)
_FIRST_WORD = re.compile(
    r"(?:^|[.!?\n])[^\w.!?\n]*+(?:\d{1,2}[.)] ?)?+"
    r"(?:please |now |then |also |and |so |just |kindly |first |ok |okay )?+([a-z]++)",
)
_VERBS = frozenset(
    listed(
        """
        act, add, analyse, analyze, answer, apply, arrange, assess, assist, assume, book, brainstorm, build,
        calculate, call, cancel, categorize, change, check, choose, cite, classify, clean, combine, come, compare,
        complete, compose, compute, consider, convert, correct, craft, create, debug, define, delete, derive,
        describe, design, detect, determine, develop, discuss, do, draft, draw, edit, elaborate, enhance, evaluate,
        examine, execute, expand, explain, explore, extract, fill, find, finish, fix, follow, format, formulate,
        generate, get, give, go, help, highlight, identify, ignore, imagine, implement, improve, include, insert,
        let, let's, list, look, make, match, modify, move, name, optimise, optimize, organise, organize, outline,
        output, paraphrase, perform, pick, plan, play, predict, prepare, pretend, print, proofread, propose, prove,
        provide, put, rank, rate, read, recommend, refactor, remind, remove, rephrase, replace, reply, respond,
        return, review, revise, rewrite, run, say, schedule, search, see, select, send, set, shorten, show,
        simplify, simulate, sing, solve, start, stop, suggest, summarise, summarize, take, teach, tell, think,
        transform, translate, try, turn, update, use, verify, wake, walk, write
        """,
    ),
)


def _asks(reading: Reading) -> bool:
    return _QUESTION_MARK.search(reading.text) is not None or _OPENS_A_QUESTION(reading)


def _orders(reading: Reading) -> bool:
    return not _VERBS.isdisjoint(_FIRST_WORD.findall(reading.lower))


FEATURES = (
    Feature("question", "has a question mark or opens as a question does", "ask a question", _asks),
    Feature("imperative", "has a sentence that starts with a verb of command", "give an order", _orders),
    Feature(
        "role_play",
        "gives the model a role, or asks it to imagine one",
        "give the model a role",
        says(
            """
            act as, acting as, act like, act in the role, behave like, behave as, play the role, role play,
            roleplay, pretend, imagine you, imagine that you, take on the role, persona, you are a, you are an,
            you are the, you are my, you're a, you're an, you will be a, you are now, assume the role, serve as,
            you will act, your role, simulate a, simulate an
            """,
        ),
    ),
)
