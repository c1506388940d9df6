"""Wrong use, wrong configuration, errors, Ctrl-C: one line and an exit code."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from eddyline import __version__
from eddyline.cli import VERBS, main
from eddyline.cli.verbs import Verbs
from eddyline.errors import EddylineError, RefusedToStart, Unavailable

from .conftest import Run

NOBODY = {"EDDYLINE_REDIS_URL": "redis://:a-secret@127.0.0.1:1/0"}


def only_line(result: Result) -> str:
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").stdout == f"eddyline {__version__}\n"


def test_help_names_every_verb_and_imports_none_of_what_they_need() -> None:
    code = (
        "import sys; from eddyline.cli import main; main(['--help'], standalone_mode=False);"
        "print(sorted({'faust', 'onnxruntime', 'confluent_kafka', 'rich', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(f"\n  {name} " in done.stdout for name in VERBS)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "eddyline", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"eddyline {__version__}\n"


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help_that_needs_no_settings(run: Run, name: str) -> None:
    result = run(name, "--help", EDDYLINE_NO_SUCH_SETTING="1")
    assert result.exit_code == 0
    assert f"eddyline {name}" in result.stdout or f"main {name}" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-verb"],
        ["lag", "--no-such-option"],
        ["tail"],
        ["tail", "prompts"],
        ["tail", "drift", "--count", "0"],
        ["worker", "--stage", "no-such-stage"],
        ["state", "show", "encode"],
        ["state", "show", "fold", "-1"],
        ["reference", "import", "no-such-file", "--app", "a/b"],
        ["reference", "show", "--app", "no-environment"],
        ["replay", "--out", "out"],
        ["demo", "--broker", "pigeon"],
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_wrong_setting_is_one_line_and_2(run: Run) -> None:
    result = run("lag", EDDYLINE_KAFKA_BOOTSTRUP="x")
    assert result.exit_code == 2
    assert only_line(result).startswith("eddyline: environment variable EDDYLINE_KAFKA_BOOTSTRUP: no such setting")


def test_a_settings_file_that_is_missing_is_one_line_and_2(run: Run) -> None:
    result = run("--config", "missing.toml", "lag")
    assert result.exit_code == 2
    assert only_line(result) == "eddyline: settings file missing.toml: No such file or directory"


@pytest.mark.parametrize("how", ["in the folder", "by option", "by variable"])
def test_a_settings_file_is_read(run: Run, how: str, tmp_path: Path) -> None:
    name = "eddyline.toml" if how == "in the folder" else "other.toml"
    (tmp_path / name).write_text("[kafka]\nnonsense = 1\n")
    option = ["--config", name] if how == "by option" else []
    variable = {"EDDYLINE_CONFIG": name} if how == "by variable" else {}
    result = run(*option, "lag", **variable)
    assert result.exit_code == 2
    assert "nonsense" in only_line(result)


def test_variables_win_over_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "eddyline.toml").write_text('[topics]\ndrift = "from-the-file"\n')
    result = run("tail", "from-the-file", EDDYLINE_TOPICS_DRIFT="from-a-variable")
    assert result.exit_code == 2
    assert "'from-the-file' is none of" in result.stderr


def test_a_redis_that_is_down_is_one_line_and_1(run: Run) -> None:
    result = run("state", "show", **NOBODY)
    assert result.exit_code == 1
    assert only_line(result).startswith("eddyline: Redis: ")


@pytest.mark.parametrize("url", ["redis://:a-secret@127.0.0.1:1/0", "redis://:a-secret/word@127.0.0.1:1/0", "a-secret"])
def test_a_password_is_never_repeated(run: Run, url: str) -> None:
    result = run("state", "show", EDDYLINE_REDIS_URL=url)
    assert result.exit_code in {1, 2}
    assert "secret" not in only_line(result)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RefusedToStart("no"), 2),
        (Unavailable("no"), 1),
        (EddylineError("no"), 1),
    ],
)
def test_an_error_ends_with_the_code_of_its_kind(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: EddylineError, code: int
) -> None:
    monkeypatch.setattr("eddyline.kafka.topics.faults", raising(error))
    result = run("topics", "check")
    assert (result.exit_code, only_line(result)) == (code, "eddyline: no")


def test_an_error_of_many_lines_is_still_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.kafka.topics.faults", raising(Unavailable("it ended:\n  first\n  second\n")))
    assert only_line(run("topics", "check")) == "eddyline: it ended: first second"


def test_ctrl_c_ends_with_130_and_says_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eddyline.kafka.topics.faults", raising(KeyboardInterrupt()))
    result = run("topics", "check")
    assert (result.exit_code, result.output) == (130, "")


def test_what_the_worker_ends_with_is_what_the_command_ends_with(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from eddyline import worker  # noqa: PLC0415 - heavy

    asked: list[object] = []

    def run_worker(_: object, stages: object) -> int:
        asked.append(stages)
        return 1

    monkeypatch.setattr(worker, "run_worker", run_worker)
    assert run("worker").exit_code == 1
    assert run("worker", "--stage", "fold", "--stage", "judge").exit_code == 1
    assert asked == [("encode", "fold", "judge"), ("fold", "judge")]


def test_the_demo_gets_its_options_and_its_code_is_passed_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from eddyline.cli import demo  # noqa: PLC0415 - heavy

    asked: list[dict[str, object]] = []

    def run_demo(**options: object) -> int:
        asked.append(options)
        return 130

    monkeypatch.setattr(demo, "run_demo", run_demo)
    assert run("demo", "--days", "2", "--seconds", "30").exit_code == 130
    assert asked == [{"days": 2, "seconds": 30.0, "broker": "embedded"}]


def raising(error: BaseException) -> object:
    def fail(*_: object) -> object:
        raise error

    return fail


def test_verbs_are_listed_in_the_order_in_which_a_newcomer_needs_them() -> None:
    assert isinstance(main, Verbs)
    assert next(iter(VERBS)) == "demo"
