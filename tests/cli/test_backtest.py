"""``eddyline backtest``, with the real encoder: a planted change is found, and nothing before it."""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.backtest import shop

from eddyline.demo import corpus
from eddyline.demo.corpus import NEW_TOPIC
from eddyline.features.reading import read
from eddyline.windows import HOUR_MS

from .conftest import Run

HOURLY = {"EDDYLINE_WINDOWS_SIZE_SECONDS": "3600", "EDDYLINE_DRIFT_APPS": "1"}
CHANGE = f"--change={shop.CHANGE}=trade-in"
PROMPT = {"id": "r1", "ts": "2026-11-01T09:00:00Z", "app": "support", "user": "u1", "prompt": "Where is my order?"}


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Give a file with a prompt and a line that is no event."""
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(PROMPT) + "\nnot json\n")
    return path


def test_a_planted_change_is_found_whatever_the_history_is_kept_in(run: Run, tmp_path: Path) -> None:
    prompts = list(shop.prompts(seed=1))
    lines, rows = tmp_path / "history.jsonl", tmp_path / "history.parquet"
    lines.write_text("".join(json.dumps(prompt) + "\n" for prompt in prompts))
    times = pa.array([prompt["ts"] for prompt in prompts], pa.timestamp("ms", "UTC"))
    parquet.write_table(pa.Table.from_pylist(prompts).drop_columns("ts").append_column("ts", times), rows)
    results = [
        run("backtest", str(lines), "--topic", "prompts", CHANGE, "--terms", "--plot=backtest.png", "--json", **HOURLY),
        run("backtest", str(rows), CHANGE, "--terms", "--metrics", "--json", **HOURLY),
    ]
    assert [result.exit_code for result in results] == [0, 0], results[0].output
    of_lines, of_rows = (json.loads(result.stdout) for result in results)
    assert of_lines == of_rows | {"metrics": []}
    is_found(of_lines, prompts)
    is_named(of_lines, prompts)
    is_compared(of_rows)
    assert (tmp_path / "backtest.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def is_found(told: dict[str, Any], prompts: list[dict[str, Any]]) -> None:
    """Check that the only alarm came on the day of the change, and that its delay is what the prompts say."""
    (app,), (alarm,) = told["apps"], told["apps"][0]["alarms"]
    (delay,) = app["delays"]
    assert (app["app"], app["days"], app["n"], app["early_alarms"]) == ("shop/production", 17, len(prompts), 0)
    assert [at["state"] for at in app["states"]] == ["learning", "provisional", "watching", "alarm"]
    assert (alarm["alert"], alarm["end_ms"]) == ("TrafficDrift", None)
    assert alarm["moved"]["styles"] or alarm["moved"]["region"]
    assert shop.CHANGE_MS < alarm["begin_ms"] < shop.CHANGE_MS + 24 * HOUR_MS
    assert (delay["name"], delay["outcome"], delay["alarm_ms"]) == ("trade-in", "found", alarm["begin_ms"])
    assert delay["hours"] == (alarm["begin_ms"] - shop.CHANGE_MS) / HOUR_MS
    assert delay["gated_n"] == sum(shop.CHANGE_MS <= prompt["ts"] < alarm["begin_ms"] for prompt in prompts)
    assert 0 < app["early_allowed"] < app["early_days"] / 300


def is_named(told: dict[str, Any], prompts: list[dict[str, Any]]) -> None:
    """Check that the alarm's terms are words of the new topic, each of so many users as wrote it since."""
    (alarm,) = told["apps"][0]["alarms"]
    since = [prompt for prompt in prompts if alarm["begin_ms"] - 12 * HOUR_MS <= prompt["ts"] < alarm["begin_ms"]]
    assert 1 <= len(alarm["terms"]) <= 5
    for term in alarm["terms"]:
        users = {prompt["user"] for prompt in since if term["term"] in read(prompt["prompt"]).vocabulary}
        assert term["users"] == len(users) >= 5
        assert term["before"] < 0.1 < term["now"] == pytest.approx(len(users) / len(since), abs=1e-6)
    assert "trade" in {term["term"] for term in alarm["terms"]}
    (topic,) = (intent for intent in corpus.load() if intent.intent == NEW_TOPIC)
    assert {term["term"] for term in alarm["terms"]} <= read(" ".join(topic.prompts[: shop.TEXTS])).vocabulary


def is_compared(told: dict[str, Any]) -> None:
    """Check that the classical metrics see the change too, all but some single components."""
    (pair,) = told["metrics"]
    assert (pair["app"], pair["name"]) == ("shop/production", "trade-in")
    assert (pair["reference_day"], pair["day"]) == ("2026-09-16", "2026-09-23")
    assert (pair["reference_n"], pair["n"]) == (shop.USERS_A_DAY, shop.USERS_A_DAY)
    above = {at["metric"] for at in pair["values"] if at["value"] > at["null_upper"]}
    assert above >= {"psi", "jensen_shannon", "energy", "domain_classifier_auc"}


def test_people_get_tables_and_are_told_of_what_could_not_be_understood(run: Run, history: Path) -> None:
    result = run(
        "backtest", str(history), "--topic", "prompts", "--change", "2026-11-01T00:00:00Z", "--metrics", "--terms"
    )
    assert result.exit_code == 0, result.output
    for said in (
        "support/production",
        "no alarms",
        " outside ",
        "too few for metrics",
        "records that could not be understood: 1;",
    ):
        assert said in result.stdout


def test_an_eval_set_is_what_distances_are_from(run: Run, history: Path, tmp_path: Path) -> None:
    (tmp_path / "eval.txt").write_text("Where is my parcel?\nI forgot my password\n")
    options = ["--topic", "prompts", "--reference", "eval.txt", "--app", "support/production"]
    result = run("backtest", str(history), *options, "--plot", "with.svg", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["dead_letters"] == {"bad_json": 1}
    assert (tmp_path / "with.svg").read_text().startswith("<?xml")


def test_a_history_without_a_prompt_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    result = run("backtest", "empty.jsonl")
    assert (result.exit_code, result.stdout) == (0, "no window closed: there is no prompt in this history\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["history.jsonl", "--from-kafka"],
        ["history.jsonl", "--topic", "nowhere"],
        ["history.jsonl", "--since", "2026-11-01T00:00:00Z"],
        ["history.jsonl", "--change", "yesterday"],
        ["history.jsonl", "--change", "2026-11-01"],
        ["history.jsonl", "--metrics"],
        ["history.jsonl", "--plot", "plot.jpeg"],
        ["history.jsonl", "--plot", "nowhere/plot.png"],
        ["history.jsonl", "--app", "support/production"],
        ["--from-kafka", "--topic", "prompts"],
        ["--from-kafka", "--since", "then"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("history")
def test_options_that_do_not_fit_are_wrong_use(run: Run, arguments: list[str]) -> None:
    assert run("backtest", *arguments).exit_code == 2


@pytest.mark.parametrize(("module", "arguments"), [("matplotlib", ["--plot", "a.png"]), ("pyarrow", [])])
def test_without_the_extra_one_line_names_it_before_any_work(
    run: Run, history: Path, monkeypatch: pytest.MonkeyPatch, module: str, arguments: list[str]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr("eddyline.cli.recording.build_encoder", lambda _: pytest.fail("the work began"))
    file = history.rename(history.with_suffix(".parquet")) if module == "pyarrow" else history
    result = run("backtest", str(file), "--topic", "prompts", *arguments)
    assert result.exit_code == 2
    assert result.stderr == f"eddyline: {module} is not installed: install the extra 'eddyline[backtest]'\n"
