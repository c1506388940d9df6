"""Eddyline: a streaming processor that shows how deploying a model changes its users' prompts, while it happens.

Read :mod:`eddyline.encode`, :mod:`eddyline.fold` and :mod:`eddyline.judge` first: the three pure stages.
"""

if __name__ != "eddyline":
    message = f"import this package as 'eddyline', not as {__name__!r}: its source root is the folder 'streams'"
    raise ImportError(message)

__version__ = "0.1.0"
