"""What is shown: a live view that fits its terminal, plain lines elsewhere, a summary that tells what is missing."""

import signal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.demo.adaptations import adaptation, event, terms_of

from eddyline.demo.child import environment
from eddyline.demo.expected import Expected
from eddyline.demo.milestones import milestones
from eddyline.demo.plan import Plan
from eddyline.demo.run import demo_settings
from eddyline.demo.screen import Counts, LiveScreen, PlainScreen, open_screen, view
from eddyline.demo.signals import Stopped, stopped_by_signals
from eddyline.demo.story import Moment, Story
from eddyline.demo.summary import summary
from eddyline.demo.traffic import traffic
from eddyline.settings import Kafka, Redis, Settings, load_settings
from eddyline.windows import DAY_MS, HOUR_MS

PLAN = Plan(users=30, days=2)
COUNTS = Counts(prompts=1_000, responses=990, joined=200, sent=1_300, elapsed_s=10.0, waiting="")


def told() -> Story:
    story = Story()
    found = adaptation("2026-10-18", "adapting", terms_of("format_instruction", 0.1, 0.2, 0.3, 0.4, half_width=0.1))
    story.add_adaptation(event(found), PLAN.end_ms)
    for number in range(40):
        story.add_dead_letter("bad_json", PLAN.start_ms + number * HOUR_MS)
    return story


@pytest.mark.parametrize(("width", "height"), [(100, 30), (80, 24), (200, 60), (60, 18)])
def test_the_live_view_fits_its_terminal(width: int, height: int) -> None:
    console = Console(file=StringIO(), width=width, height=height)
    lines = console.render_lines(view(PLAN, told(), PLAN.end_ms, COUNTS, width, height), pad=False)
    assert len(lines) <= height
    assert all(sum(segment.cell_length for segment in line) <= width for line in lines)


def test_the_live_view_tells_the_verdict_on_the_users_and_what_their_change_is_made_of() -> None:
    output = StringIO()
    Console(file=output, width=120).print(view(PLAN, told(), PLAN.end_ms, COUNTS, 120, 40))
    assert "users  adapting  Users changed." in output.getvalue()
    terms = "adaptation +10.0, selection +20.0, exogenous +30.0, mix +40.0 points of prompts that ask for a format"
    assert terms in output.getvalue()


def test_the_live_view_is_for_terminals_only() -> None:
    assert isinstance(open_screen(Console(file=StringIO(), force_terminal=True), PLAN), LiveScreen)
    assert isinstance(open_screen(Console(file=StringIO(), force_terminal=False), PLAN), PlainScreen)


def test_plain_lines_tell_every_moment_once_and_the_state_twice_a_day() -> None:
    output, story = StringIO(), Story()
    screen = PlainScreen(Console(file=output, width=100), PLAN)
    story.moments.append(Moment(PLAN.start_ms, "sent", "something"))
    for hours in range(48):
        screen.show(story, PLAN.start_ms + hours * HOUR_MS, COUNTS)
    lines = output.getvalue().splitlines()
    assert lines[0] == "Mon 05 Oct 00:00  sent: something"
    assert [line[:16] for line in lines[1:]] == ["Mon 05 Oct 12:00", "Tue 06 Oct 00:00", "Tue 06 Oct 12:00"]


def test_the_summary_says_what_is_missing() -> None:
    asked, output = traffic(PLAN), StringIO()
    missing = Expected.of(PLAN, asked, HOUR_MS).missing(Story())
    assert [line.partition(" ")[2] for line in missing] == [
        "scores are missing",
        "windows are missing",
        "prompts in windows are missing",
        "dead letters are missing",
        "adaptation events are missing",
    ]
    Console(file=output, width=100).print(summary(PLAN, asked, Story(), COUNTS, missing))
    assert f"Missing: {missing[0]}" in output.getvalue()


def test_milestones_are_in_order_and_begin_with_the_announcement() -> None:
    found = milestones(PLAN, traffic(PLAN))
    assert found == sorted(found)
    assert found[0] == Moment(PLAN.effective_ms - DAY_MS, "sent", f"deployment {PLAN.new} is announced")


def test_a_child_gets_exactly_the_settings_of_the_demo() -> None:
    settings = Settings(kafka=Kafka(bootstrap="127.0.0.1:1"), redis=Redis(allow_volatile=True))
    inherited = {"PATH": "/bin", "EDDYLINE_CONFIG": "/etc/eddyline.toml", "EDDYLINE_KAFKA_BOOTSTRAP": "production:9092"}
    variables = environment(settings, inherited)
    assert variables["PATH"] == "/bin"
    assert "EDDYLINE_CONFIG" not in variables
    assert load_settings(None, variables) == settings


@pytest.mark.parametrize("speed", [1.0, 20_160.0, 1_000_000.0])
def test_the_settings_of_the_demo_are_valid_at_any_speed(speed: float) -> None:
    settings = demo_settings("127.0.0.1:1", "redis://127.0.0.1:2/0", speed)
    assert load_settings(None, environment(settings, {})) == settings


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_disturb_the_end(number: signal.Signals, tmp_path: Path) -> None:
    before = signal.getsignal(number)

    def clean_up() -> None:
        signal.raise_signal(signal.SIGINT)
        (tmp_path / "done").touch()

    def stop() -> None:
        with stopped_by_signals():
            try:
                signal.raise_signal(number)
            finally:
                clean_up()

    with pytest.raises(Stopped) as stopped:
        stop()
    assert stopped.value.code == 128 + number
    assert (tmp_path / "done").exists()
    assert signal.getsignal(number) == before
