"""What judge remembers has a bound: so many deployments at a time, and none that has been silent for long."""

from collections.abc import Iterable
from random import Random
from typing import Any

import numpy as np
import orjson
import pytest
from tests import observed
from tests.watched import WATCHED

from eddyline import cells, partials, references, timeline
from eddyline.judge import Judge, JudgePolicy
from eddyline.outputs.cloudevent import Output
from eddyline.partials import Announced, Closed, Partial, WindowPartial
from eddyline.pastdays import KEPT_DAYS
from eddyline.settings import Judge as JudgeSettings
from eddyline.settings import Settings
from eddyline.windows import DAY_MS, HOUR_MS

WINDOW_MS = 300_000
START_MS = 20_000 * DAY_MS
KEEP_DAYS = 2
POLICY = JudgePolicy.of(
    Settings(judge=JudgeSettings(min_reference=1, min_window=1, max_deployments=3, keep_deployments_days=KEEP_DAYS)),
    WATCHED,
)
APP = "chat/production"


class Kept:
    """A judge, what it said, and what it stored."""

    def __init__(self) -> None:
        self.judge, self.fields = Judge(POLICY, 0), dict[str, bytes]()
        self.outputs = list[Output]()

    def apply(self, *found: Partial) -> None:
        """Apply partials, and store what changed."""
        for partial in found:
            self.outputs += self.judge.apply(partials.pack(partial))
        changes = self.judge.take_changes()
        left = {name: value for name, value in self.fields.items() if name not in changes.drops}
        self.fields = left | changes.fields

    def window(self, start_ms: int, deployments: Iterable[str], *, app: str = APP, folds: int = 1) -> None:
        """Let a window with a prompt of each deployment pass; fold partitions share them out."""
        for number, deployment in enumerate(deployments):
            self.apply(_partial(start_ms, deployment, app, number % folds))
        self.close(start_ms + WINDOW_MS, folds)

    def close(self, until_ms: int, folds: int = 1) -> None:
        """Let all fold partitions say how far they are."""
        self.apply(*(Closed(fold, folds, until_ms, 0) for fold in range(folds)))

    def restart(self) -> None:
        """Put the judge together again from its fields."""
        self.judge = Judge.restore(POLICY, 0, self.fields)

    def references(self) -> list[tuple[str, str]]:
        """Return kind and id of the references of all drift events that have one."""
        return [(found["kind"], found["id"]) for data in self.events() if (found := data["reference"])]

    def events(self) -> list[dict[str, Any]]:
        """Return the data of all drift events so far."""
        return [orjson.loads(output.value)["data"] for output in self.outputs]

    def stored_of(self, name: str) -> set[str]:
        """Return the kinds of the fields that hold something of an app or a deployment."""
        return {
            field[0]
            for field, value in self.fields.items()
            if name in field or (field.startswith("a:") and name.encode() in value)
        }


def _partial(start_ms: int, deployment: str, app: str = APP, fold: int = 0) -> WindowPartial:
    vectors = observed.unit_vectors(3, np.random.default_rng(len(deployment)))
    cell = observed.cell(vectors, prefix=f"{deployment}{start_ms}{fold}-")
    return WindowPartial(fold, app, start_ms, deployment, "space", cells.pack(cell))


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_deployments_beyond_the_limit_are_mixed_and_none_of_their_prompts_is_missing(kept: Kept) -> None:
    names = [f"v{number:03d}" for number in range(100)]
    kept.window(START_MS, names)
    found = [(data["deployment"], data["deployment_source"], data["n"]) for data in kept.events()]
    assert kept.events()[0]["reason"] == "the app has more deployments than are told apart"
    assert found == [(None, "mixed", 3 * 97)] + [(name, "attribute", 3) for name in names[:3]]


@pytest.mark.parametrize("seed", range(3))
def test_which_deployments_are_told_apart_depends_on_the_set_of_them_alone(kept: Kept, seed: int) -> None:
    names = [f"v{number:03d}" for number in range(20)]
    kept.window(START_MS, names, folds=1)
    other, shuffled = Kept(), Random(seed).sample(names, len(names))
    other.window(START_MS, shuffled, folds=4)
    assert [(data["deployment"], data["n"]) for data in other.events()] == [
        (data["deployment"], data["n"]) for data in kept.events()
    ]


def test_a_new_deployment_takes_the_place_of_the_one_that_has_been_silent_for_longest(kept: Kept) -> None:
    policy = POLICY._replace(apps=POLICY.apps._replace(keep_deployments_ms=30 * DAY_MS))
    kept.judge = Judge(policy, 0)
    for day, names in enumerate([["v1", "v2"], ["v2", "v3"], ["v3"], ["v3", "v4"]]):
        kept.window(START_MS + day * DAY_MS, names)
    assert kept.judge.summary()["apps"] == {APP: ["v2", "v3", "v4"]}
    assert kept.stored_of("v1") == set()
    kept.window(START_MS + 3 * DAY_MS + WINDOW_MS, ["v5"])
    kept.window(START_MS + 3 * DAY_MS + 2 * WINDOW_MS, ["v6"])
    assert kept.judge.summary()["apps"] == {APP: ["v3", "v4", "v5"]}
    assert kept.events()[-1]["deployment_source"] == "mixed"


def test_prompts_that_name_no_deployment_are_mixed_with_those_beyond_the_limit(kept: Kept) -> None:
    kept.window(START_MS, ["", "v1", "v2", "v3", "v4"])
    assert [data["n"] for data in kept.events() if data["deployment_source"] == "mixed"] == [6]
    assert not [data for data in kept.events() if data["deployment_source"] == "none"]


def test_memory_of_an_app_does_not_grow_with_the_names_of_its_deployments(kept: Kept) -> None:
    few = Kept()
    for day in range(8):
        for each, names in ((kept, 60), (few, 30)):
            each.window(START_MS + day * DAY_MS, [f"build-{day}-{number:02d}" for number in range(names)])
    assert sum(map(len, kept.fields.values())) < 1.2 * sum(map(len, few.fields.values()))


def test_a_silent_deployment_is_forgotten_with_all_its_fields(kept: Kept) -> None:
    kept.window(START_MS, ["old", "new"])
    assert kept.stored_of("old") >= {"a", "o", "w"}
    for day in range(1, KEEP_DAYS + 2):
        kept.window(START_MS + day * DAY_MS, ["new"])
    assert kept.stored_of("old") == set()
    assert kept.stored_of("new") >= {"a", "o", "w", "h"}


def test_a_deployment_with_windows_is_never_forgotten(kept: Kept) -> None:
    for quarter in range(8 * KEEP_DAYS):
        kept.window(START_MS + quarter * DAY_MS // 4, ["v1"])
    story = kept.judge.summary()["apps"]
    assert story == {APP: ["v1"]}
    assert set(kept.references()) == {("history", f"{START_MS}-{START_MS + DAY_MS}")}


def test_an_app_without_windows_is_forgotten_while_others_go_on(kept: Kept) -> None:
    kept.window(START_MS, ["v1"], app="gone/production")
    for day in range(1, KEEP_DAYS + 2):
        kept.window(START_MS + day * DAY_MS, ["v1"])
    assert kept.stored_of("gone/production") == {"d"}
    for day in (KEPT_DAYS, KEPT_DAYS + 1):
        kept.window(START_MS + day * DAY_MS, ["v1"])
    assert kept.stored_of("gone/production") == set()
    assert kept.judge.summary()["apps"] == {APP: ["v1"]}


@pytest.mark.parametrize("often", [True, False])
def test_forgetting_does_not_depend_on_how_often_marks_come(kept: Kept, often: bool) -> None:  # noqa: FBT001
    """A deployment comes back later than it is remembered: it is new, whether or not a mark came in between."""
    kept.window(START_MS, ["back", "other"])
    back_ms = START_MS + (KEEP_DAYS + 3) * DAY_MS
    if often:
        for hour in range(1, (KEEP_DAYS + 3) * 24):
            kept.close(START_MS + hour * DAY_MS // 24)
    kept.window(back_ms, ["back"])
    kept.window(back_ms + DAY_MS, ["back"])
    assert kept.judge.summary()["apps"] == {APP: ["back"]}
    assert kept.references()[-1] == ("history", f"{back_ms}-{back_ms + DAY_MS}")


def test_a_restored_judge_forgets_the_same(kept: Kept) -> None:
    other = Kept()
    for day, names in enumerate([["a", "b"], ["b"], ["b", "c", "d"], ["b"], ["d", "e"], ["b", "e"]]):
        for each in (kept, other):
            each.window(START_MS + day * DAY_MS, names)
        other.restart()
    assert other.outputs == kept.outputs
    assert other.fields == kept.fields


def _imported(id_: int, effective_ms: int) -> Partial:
    vectors = observed.unit_vectors(2, np.random.default_rng(id_))
    return references.to_import(
        app=APP,
        ids=["a", "b"],
        vectors=vectors,
        flags=np.zeros(2, np.uint32),
        space_id="space",
        build_id="build",
        effective_ms=effective_ms,
    )


def test_an_eval_set_is_dropped_when_another_one_has_followed_it(kept: Kept) -> None:
    kept.apply(*(_imported(number, START_MS + number * WINDOW_MS) for number in range(10)))
    kept.window(START_MS + 5 * WINDOW_MS, ["v1"])
    stored = [name for name in kept.fields if name.startswith("e:")]
    assert len(stored) == 4
    kept.restart()
    kept.window(START_MS + 6 * WINDOW_MS, ["v1"])
    assert [kind for kind, _ in kept.references()] == ["evalset", "evalset"]


def test_an_app_with_an_eval_set_keeps_it_while_it_is_silent(kept: Kept) -> None:
    kept.apply(_imported(1, START_MS))
    kept.window(START_MS, ["v1"])
    kept.close(START_MS + (KEPT_DAYS + 1) * DAY_MS)
    assert {name[0] for name in kept.fields} == {"v", "p", "e", "a"}


def test_of_announcements_the_newest_are_kept() -> None:
    story = timeline.Timeline()
    count = timeline.MOST_ANNOUNCEMENTS + 50
    for number in Random(1).sample(range(count), count):
        story.add(Announced(f"id{number:05d}", APP, f"v{number}", START_MS + number, "deploy"))
    assert [at.effective_ms - START_MS for at in story.announcements] == list(range(50, count))
    assert story.in_force(START_MS + count) == f"v{count - 1}"


def test_what_a_crash_kept_of_a_forgotten_deployment_is_deleted_after_it(kept: Kept) -> None:
    kept.window(START_MS, ["v1"])
    before = dict(kept.fields)
    for hours in range(0, 24 * (KEEP_DAYS + 1), 6):
        kept.window(START_MS + WINDOW_MS + hours * HOUR_MS, ["v2"])
    assert kept.stored_of("v1") == set()
    # The checkpoint that forgot it was written, what it left behind was not deleted.
    kept.fields = before | kept.fields
    assert kept.stored_of("v1") >= {"w", "o"}
    kept.restart()
    kept.apply()
    assert kept.stored_of("v1") == set()
