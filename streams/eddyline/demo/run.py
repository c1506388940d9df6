"""The demonstration from beginning to end: servers, topics, a worker, days of traffic, a summary, and nothing left."""

import secrets
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from rich.console import Console

from eddyline.demo import servers
from eddyline.demo.child import Worker, running_worker
from eddyline.demo.expected import Expected
from eddyline.demo.feeder import Feeder
from eddyline.demo.listener import Listener
from eddyline.demo.milestones import milestones
from eddyline.demo.plan import Plan
from eddyline.demo.screen import Counts, Screen, open_screen
from eddyline.demo.sender import Sender
from eddyline.demo.signals import Stopped, stopped_by_signals
from eddyline.demo.story import Story
from eddyline.demo.summary import summary
from eddyline.demo.traffic import Asked, traffic
from eddyline.demo.wire import Message, messages
from eddyline.errors import Unavailable
from eddyline.kafka import topics
from eddyline.settings import Kafka, Privacy, Redis, Settings, Topics, Windows
from eddyline.settings import Worker as WorkerSettings
from eddyline.windows import DAY_MS, HOUR_MS

BrokerKind = Literal["embedded", "kafka"]
START_TIMEOUT_S = 120.0
QUIET_TIMEOUT_S = 45.0
"""When nothing more comes out for so long, nothing more will."""
MOST_BEHIND = 1_500
"""Responses without a score, above which event time stands still until the worker has caught up."""
LISTEN_S = 0.05
GRACE_S = 2.0
"""Time of the clock that an event may be late, turned into event time."""


def run_demo(
    *, seconds: float = 120.0, days: int = 28, broker: BrokerKind = "embedded", console: Console | None = None
) -> int:
    """Run ``days`` of event time in about ``seconds``; return 0, or 1 if the worker died or outputs are missing.

    Ctrl-C and SIGTERM stop everything that was started; the code is then that of a shell: 130, 143.

    Raises:
        RefusedToStart: a server program is not installed.
    """
    screen = console or Console()
    try:
        with stopped_by_signals(), TemporaryDirectory(prefix="eddyline-demo-") as home, ExitStack() as stack:
            return _run(Plan(days=days), seconds, broker, Path(home), stack, screen)
    except Stopped as stopped:
        screen.print(f"stopped by {stopped}: everything that was started has ended")
        return stopped.code
    except Unavailable as error:
        screen.print(f"the demo failed: {error}", markup=False, highlight=False)
        return 1


def _run(plan: Plan, seconds: float, broker: BrokerKind, home: Path, stack: ExitStack, console: Console) -> int:
    console.print("starting a broker, a Redis and a worker ...", style="dim")
    speed = plan.days * DAY_MS / 1000 / seconds
    settings = _servers(broker, home, stack, speed)
    worker = stack.enter_context(running_worker(settings, home))
    asked, story = traffic(plan), Story()
    listener = stack.enter_context(Listener(settings, story))
    feeder = Feeder(Sender(settings).send, messages(plan, asked), plan.start_ms, speed)
    show = _Show(plan, asked, story, Expected.of(plan, asked, HOUR_MS), feeder)
    with open_screen(console, plan) as screen:
        show.run(worker, listener, screen)
    missing = show.missing()
    console.print(summary(plan, asked, story, show.counts(), missing))
    return int(bool(missing))


def _servers(broker: BrokerKind, home: Path, stack: ExitStack, speed: float) -> Settings:
    """Start the servers, create the topics, return the settings that everything shares."""
    redis = stack.enter_context(servers.redis_server(home))
    run = servers.embedded_broker if broker == "embedded" else servers.apache_kafka
    kafka = stack.enter_context(run(home))
    settings = demo_settings(kafka.bootstrap, redis.url, speed)
    topics.create(settings)
    return settings


def demo_settings(bootstrap: str, redis_url: str, speed: float) -> Settings:
    """Return the settings of the demo, in which event time is ``speed`` times as fast as the clock.

    A window is an hour, since a few hundred users write too little in five minutes. Whoever is late by a second of the
    clock is late by hours of event time, so grace is stretched too, to a day at most.
    """
    grace_seconds = min(max(120, int(GRACE_S * speed)), DAY_MS // 1000)
    return Settings(
        kafka=Kafka(bootstrap=bootstrap, group_prefix="eddyline-demo"),
        topics=Topics(observations_partitions=4, partials_partitions=1),
        redis=Redis(url=redis_url),
        privacy=Privacy(pepper=secrets.token_hex(16)),
        windows=Windows(size_seconds=HOUR_MS // 1000, grace_seconds=grace_seconds, clock="log", idle_seconds=6.0),
        worker=WorkerSettings(tick_seconds=0.25, checkpoint_seconds=0.5),
    )


class _Show:
    """The traffic on its way through the worker, and the audience."""

    def __init__(self, plan: Plan, asked: Sequence[Asked], story: Story, expected: Expected, feeder: Feeder) -> None:
        self._plan, self._story, self._expected, self._feeder = plan, story, expected, feeder
        self._milestones = deque(milestones(plan, asked))
        self._alone = frozenset(prompt.id for prompt in asked if prompt.separate)
        self._sent: Counter[str] = Counter()
        self._responses = 0
        self._begin_s = time.monotonic()
        self._waiting = "the worker is starting"

    def run(self, worker: Worker, listener: Listener, screen: Screen) -> None:
        """Feed and listen until everything is out, or nothing more comes.

        Raises:
            Unavailable: the worker or a server is gone.
        """
        self._start(worker, listener, screen)
        while not self._feeder.done:
            behind = self._behind() > MOST_BEHIND
            self._waiting = "waiting for the worker" if behind else ""
            self._feed(held=behind)
            self._turn(worker, listener, screen)
        self._waiting = "waiting for the last windows"
        news_s = time.monotonic()
        while self._expected.missing(self._story) and time.monotonic() - news_s < QUIET_TIMEOUT_S:
            if self._turn(worker, listener, screen):
                news_s = time.monotonic()

    def missing(self) -> list[str]:
        """Return which expected outputs have not come."""
        return self._expected.missing(self._story)

    def counts(self) -> Counts:
        """Return what was sent until now."""
        return Counts(
            prompts=self._sent["prompts"],
            responses=self._responses,
            joined=len(self._alone & self._story.scored),
            sent=self._sent.total(),
            elapsed_s=time.monotonic() - self._begin_s,
            waiting=self._waiting,
        )

    def _start(self, worker: Worker, listener: Listener, screen: Screen) -> None:
        """Send the first hour and wait until the worker scores it: only then does the clock of the demo run."""
        self._note(self._feeder.feed_until(self._plan.start_ms + HOUR_MS))
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._story.scored:
            self._turn(worker, listener, screen)
            if time.monotonic() > deadline:
                message = "\n".join([f"the worker scored nothing in {START_TIMEOUT_S:.0f} s:", *worker.tail()])
                raise Unavailable(message)
        self._begin_s = time.monotonic()

    def _turn(self, worker: Worker, listener: Listener, screen: Screen) -> int:
        """Listen for a moment, and show; return how many outputs came."""
        worker.check()
        found = listener.listen(LISTEN_S, self._feeder.now_ms)
        screen.show(self._story, self._feeder.now_ms, self.counts())
        return found

    def _feed(self, *, held: bool) -> None:
        self._note(self._feeder.feed(time.monotonic(), held=held))
        while self._milestones and self._milestones[0].time_ms <= self._feeder.now_ms:
            self._story.moments.append(self._milestones.popleft())

    def _note(self, sent: Sequence[Message]) -> None:
        self._sent.update(message.kind for message in sent)
        self._responses += sum(message.answers for message in sent)

    def _behind(self) -> int:
        return self._responses - len(self._story.scored)
