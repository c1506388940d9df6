"""Deployments that nobody announced: inferred from how many prompts name them."""

import msgspec
import numpy as np
import pytest
from tests import observed
from tests.watched import WATCHED

from eddyline import cells, partials
from eddyline.apps import App, AppPolicy
from eddyline.changes import Journal
from eddyline.events import Arm
from eddyline.judge import Judge, JudgePolicy
from eddyline.partials import Announced, Closed, WindowPartial
from eddyline.settings import Judge as JudgeSettings
from eddyline.settings import Settings
from eddyline.windows import DAY_MS

WINDOW_MS = 300_000
START_MS = 20_000 * DAY_MS
NAME = "chat/production"
POLICY = AppPolicy(WINDOW_MS, 1, 1, 1, 4, 30 * DAY_MS, 20)


class Kept:
    """An app whose story is stored after every window."""

    def __init__(self) -> None:
        self._journal = Journal()
        self.app = App(NAME, POLICY, self._journal)
        self.story = b""

    def window(self, number: int, *, end_days: int = 0, **prompts: int) -> bool:
        """Let a window pass in which so many prompts name each deployment."""
        start = START_MS + end_days * DAY_MS + number * WINDOW_MS
        self.app.expire(start)
        room = self.app.admit(prompts, start)
        for deployment in prompts.keys() & self.app.first_seen.keys():
            self.app._note_last(deployment, start)
        self.store()
        return room

    def announce(self, deployment: str, effective_ms: int, action: str = "deploy") -> None:
        self.app.announce(Announced(f"{deployment} {effective_ms}", NAME, deployment, effective_ms, action, Arm()))
        self.store()

    def store(self) -> None:
        self.story = self._journal.take().fields.get(f"a:{NAME}", self.story)

    def restart(self) -> None:
        """Go on from what is stored."""
        self.app = App(NAME, POLICY, self._journal)
        self.app.restore("a", [], self.story)

    @property
    def inferred(self) -> dict[str, int]:
        """Number of the window that each inferred deployment began with."""
        return {name: (at - START_MS) // WINDOW_MS for name, at in self.app.timeline.inferred.items()}


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.mark.parametrize(("prompts", "inferred"), [(9, {}), (10, {"v1": 0})])
def test_a_deployment_counts_from_its_first_window_once_enough_prompts_name_it(
    kept: Kept, prompts: int, inferred: dict[str, int]
) -> None:
    kept.window(0, v1=10)
    assert kept.inferred == {}
    kept.window(7, v1=prompts)
    assert kept.inferred == inferred


def test_counts_outlive_a_restart(kept: Kept) -> None:
    for number in range(4):
        kept.window(number, v1=5, v2=1)
        kept.restart()
    assert kept.inferred == {"v1": 0}


def test_a_deployment_is_inferred_once(kept: Kept) -> None:
    for number in range(5):
        kept.window(number, v1=30)
    before = kept.story
    kept.window(5, v1=30)
    assert kept.story == before
    assert kept.inferred == {"v1": 0}


def test_windows_without_prompts_of_users_count_for_nothing(kept: Kept) -> None:
    for number in range(30):
        kept.window(number, v1=0)
    assert kept.inferred == {}


def test_what_was_announced_is_not_inferred(kept: Kept) -> None:
    kept.announce("v1", START_MS + DAY_MS)
    kept.window(0, v1=100)
    assert kept.inferred == {}


def test_what_was_only_rolled_back_to_is_inferred_all_the_same(kept: Kept) -> None:
    kept.announce("v1", START_MS, "rollback")
    kept.window(0, v1=100)
    assert kept.inferred == {"v1": 0}


def test_what_was_forgotten_and_comes_again_is_not_inferred_again(kept: Kept) -> None:
    kept.window(0, v1=30, v2=30)
    for days in range(10, 50, 10):
        kept.window(0, end_days=days, v2=1)
    assert "v1" not in kept.app.first_seen
    kept.window(1, end_days=50, v1=30)
    assert kept.inferred == {"v1": 0, "v2": 0}


def test_with_its_last_deployment_an_app_forgets_what_was_inferred(kept: Kept) -> None:
    kept.window(0, v1=30)
    kept.app.expire(START_MS + 31 * DAY_MS)
    assert kept.inferred == {}
    assert kept.app.drop_if_empty()


def test_no_more_is_remembered_than_deployments_are_told_apart(kept: Kept) -> None:
    for number in range(40):
        room = kept.window(0, end_days=3 * number, **{f"v{number:02d}": 30, f"w{number:02d}": 3})
        assert room
    assert list(kept.inferred) == [f"v{number:02d}" for number in range(36, 40)]
    assert len(kept.app._counted) <= 4


def test_what_there_is_no_room_for_is_not_counted_and_what_is_known_is(kept: Kept) -> None:
    kept.window(0, b=1, c=1, d=1, e=1)
    assert not kept.window(1, a=100, e=19)
    assert kept.inferred == {"e": 0}


def test_a_story_of_before_anything_was_inferred_is_read(kept: Kept) -> None:
    kept.window(0, v1=10)
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(kept.story)[:3])
    assert len(old) < len(kept.story)
    kept.story = old
    kept.restart()
    kept.window(1, v1=20)
    assert kept.inferred == {"v1": 0}


def test_judge_counts_the_prompts_of_all_partitions_of_a_window() -> None:
    settings = Settings(judge=JudgeSettings(inferred_after_prompts=6))
    judge = Judge(JudgePolicy.of(settings, WATCHED), 0)
    cell = observed.cell(observed.unit_vectors(3, np.random.default_rng(1)), prefix="p")
    for start, folds in ((START_MS, 1), (START_MS + WINDOW_MS, 2)):
        for fold in range(folds):
            for deployment in ("", "v1" if folds == 1 else "v2"):
                judge.apply(partials.pack(WindowPartial(fold, NAME, start, deployment, "space", cells.pack(cell))))
    for fold in range(2):
        judge.apply(partials.pack(Closed(fold, 2, START_MS + DAY_MS, 0)))
    assert judge._apps[NAME].timeline.inferred == {"v2": START_MS + WINDOW_MS}
