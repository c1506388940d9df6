"""Libraries that only an extra of the package installs, imported when they are needed."""

from importlib import import_module
from types import ModuleType

from eddyline.errors import RefusedToStart


def need(module: str, extra: str) -> ModuleType:
    """Return a module.

    Raises:
        RefusedToStart: it is not installed; the message names the extra that it comes with.

    >>> need("a_module_that_nobody_has", "backtest")
    Traceback (most recent call last):
    eddyline.errors.RefusedToStart: a_module_that_nobody_has is not installed: install the extra 'eddyline[backtest]'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        package = module.partition(".")[0]
        raise RefusedToStart(f"{package} is not installed: install the extra 'eddyline[{extra}]'") from None
