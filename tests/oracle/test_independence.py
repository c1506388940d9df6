"""The oracle shares nothing with what it checks."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ALLOWED = {f"eddyline.{name}" for name in ("detectors", "features", "encoders", "scorers", "settings")}
"""What has tests of its own, and the settings, which are no computation."""
FORMS = {f"eddyline.{name}" for name in ("cells", "daysums", "references")}
"""What a detector takes sums in; only :mod:`tests.oracle.watched` hands any over."""
MODULES = [path for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_")]


def imported(path: Path) -> Iterator[str]:
    """Return every module that a file imports, and every name that it may import as a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import"
            package = node.module or ""
            yield from [f"{package}.{alias.name}" for alias in node.names] if package == "eddyline" else [package]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_of_the_oracle_imports_no_stage(path: Path) -> None:
    ours = {".".join(name.split(".")[:2]) for name in imported(path) if name.split(".")[0] == "eddyline"}
    assert ours <= (ALLOWED | FORMS if path.stem == "watched" else ALLOWED)
    tests = {name for name in imported(path) if name.split(".")[0] == "tests"}
    assert all(name.startswith("tests.oracle") for name in tests)
    assert not {"importlib", "runpy"} & set(imported(path))


def test_the_modules_of_the_oracle_are_found() -> None:
    assert len(MODULES) > 5
