"""What the worker costs beside the encoder: CPU seconds per text through Kafka against the raw encoder's, in one run.

    python benchmarks/worker.py [--texts N] [--repeats K] [--out FILE]

Everything is CPU time of processes, taken side by side on the same texts, medians of several repeats: on a shared
machine the wall clock says little. The broker is Apache Kafka where Java and Maven are found, else the embedded one;
its own CPU is not counted. Texts come from the demo corpus, made distinct so that no cache helps.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from tokenizers import Tokenizer

from eddyline.demo import corpus
from eddyline.demo.servers import apache_kafka, embedded_broker, kafka_available, redis_server
from eddyline.encoders.configured import build_encoder, bundle_dir
from eddyline.kafka import topics
from eddyline.settings import Settings, load_settings

START_MS = 1_793_577_600_000
STEP_MS = 250
Environ = dict[str, str]


def texts_of_length(tokens: int, count: int) -> list[str]:
    """Return ``count`` distinct prompts of ``tokens`` tokens, give or take a fifth."""
    tokenizer = Tokenizer.from_file(str(bundle_dir(Settings()) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    prompts = [prompt for intent in corpus.load() for prompt in intent.prompts]
    found: list[str] = []
    for number in range(10**7):
        words = f"{number} {prompts[number % len(prompts)]} {prompts[(7 * number + 3) % len(prompts)]}".split()
        text = " ".join(words[: max(2, round(tokens * 0.75))])
        if abs(len(tokenizer.encode(text).ids) - tokens) <= tokens / 5:
            found.append(text)
        if len(found) == count:
            return found
    raise AssertionError


def raw_cpu(texts: Sequence[str]) -> float:
    """Return the CPU seconds that the encoder alone takes for the texts, in batches as the worker makes them."""
    settings = load_settings(None, {"EDDYLINE_ENCODER_CACHE_TEXTS": "0"})
    with build_encoder(settings) as encoder:
        encoder.encode(texts[:50])
        before = time.process_time()
        for at in range(0, len(texts), settings.worker.batch_records):
            encoder.encode(texts[at : at + settings.worker.batch_records])
        return time.process_time() - before


def events(texts: Sequence[str], start_ms: int = START_MS) -> list[dict[str, Any]]:
    """Return one prompt an event; 500 users share the stream, four events a second of event time."""
    return [
        {
            "id": f"e{start_ms}-{n}",
            "ts": start_ms + n * STEP_MS,
            "prompt": text,
            "user": f"u{n % 500}",
            "deployment": "v1",
        }
        for n, text in enumerate(texts)
    ]


class Stack:
    """Servers, topics with a prefix of their own, and workers whose CPU is read."""

    def __init__(self, bootstrap: str, redis_url: str, prefix: str, **changes: str) -> None:
        names = ("prompts", "responses", "shadow_responses", "feedback", "deployments", "observations", "partials")
        named = {f"EDDYLINE_TOPICS_{name.upper()}": f"{prefix}.{name}" for name in (*names, "scores", "drift")}
        self.environ: Environ = {
            **named,
            "EDDYLINE_TOPICS_DEAD_LETTERS": f"{prefix}.dlq",
            "EDDYLINE_KAFKA_BOOTSTRAP": bootstrap,
            "EDDYLINE_KAFKA_GROUP_PREFIX": prefix,
            "EDDYLINE_KAFKA_SESSION_TIMEOUT_SECONDS": "6",
            "EDDYLINE_REDIS_URL": redis_url,
            "EDDYLINE_PRIVACY_PEPPER": "a pepper for benchmarks",
            "EDDYLINE_WINDOWS_CLOCK": "log",
            "EDDYLINE_WINDOWS_IDLE_SECONDS": "3",
            **{f"EDDYLINE_{name.upper()}": value for name, value in changes.items()},
        }
        self.settings = load_settings(None, self.environ)
        topics.create(self.settings)

    def produce(self, found: Sequence[dict[str, Any]]) -> None:
        """Write prompts."""
        producer = Producer({"bootstrap.servers": self.settings.kafka.bootstrap, "linger.ms": 20})
        for event in found:
            while True:
                try:
                    producer.produce(self.settings.topics.prompts, json.dumps(event).encode(), event["user"].encode())
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.flush()

    @contextmanager
    def worker(self, *stages: str, cpus: str | None = None) -> Iterator[psutil.Process]:
        """Run a worker of these stages, on these processors."""
        pin = ["taskset", "-c", cpus] if cpus else []
        chosen = [argument for stage in stages for argument in ("--stage", stage)]
        command = [*pin, sys.executable, "-m", "eddyline", "worker", *chosen]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("EDDYLINE_")}
        with subprocess.Popen(
            command, env=environ | self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as child:
            try:
                yield psutil.Process(child.pid)
            finally:
                child.terminate()
                child.wait(60)

    def committed(self, stage: str, topic: str) -> int:
        """Return how many records of a topic a stage has finished."""
        group = f"{self.settings.kafka.group_prefix}-{stage}"
        consumer = Consumer({"bootstrap.servers": self.settings.kafka.bootstrap, "group.id": group})
        try:
            count = len(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
            found = consumer.committed([TopicPartition(topic, at) for at in range(count)], timeout=10)
            return sum(max(0, at.offset) for at in found)
        finally:
            consumer.close()

    def end(self, topic: str) -> int:
        """Return how many records a topic holds."""
        consumer = Consumer({"bootstrap.servers": self.settings.kafka.bootstrap, "group.id": "bench"})
        try:
            count = len(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
            return sum(consumer.get_watermark_offsets(TopicPartition(topic, at), timeout=10)[1] for at in range(count))
        finally:
            consumer.close()


def cpu(process: psutil.Process) -> float:
    """Return the CPU seconds of a process so far."""
    times = process.cpu_times()
    return times.user + times.system


def wait(done: Callable[[], bool], seconds: float = 600) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.2)


def started(process: psutil.Process) -> float:
    """Return the CPU seconds that a worker has used once it has loaded everything and waits for its partitions."""
    before = -1.0
    while cpu(process) > before:
        before = cpu(process)
        time.sleep(0.5)
    return before


def warm(stack: Stack, process: psutil.Process) -> None:
    """Wait until the worker has finished a few records of an earlier day, so that starting is not measured."""
    stack.produce(events([f"warm up {n}" for n in range(50)], START_MS - 86_400_000))
    wait(lambda: stack.committed("encode", stack.settings.topics.prompts) >= 50)
    time.sleep(2)
    cpu(process)


def end_to_end(make: Callable[..., Stack], texts: Sequence[str]) -> float:
    """Return the worker's CPU seconds for the texts through Kafka, all three stages in one process, no cache."""
    stack = make(encoder_cache_texts="0", encoder_threads="1")
    with stack.worker() as process:
        warm(stack, process)
        before = cpu(process)
        stack.produce(events(texts))
        wait(lambda: stack.committed("encode", stack.settings.topics.prompts) >= 50 + len(texts))
        wait(
            lambda: (
                stack.committed("fold", stack.settings.topics.observations)
                >= stack.end(stack.settings.topics.observations) - 200
            )
        )
        return cpu(process) - before


def stages(make: Callable[..., Stack], redis_url: str, count: int) -> dict[str, float]:
    """Return CPU µs per event of each stage alone, the encoder answering from its cache, and bytes of state."""
    stack, empty = make(encoder_threads="1"), make(encoder_threads="1")
    repeated = [f"the same question, number {n % 200}" for n in range(count)]
    found: dict[str, float] = {}
    with stack.worker("encode") as process:
        warm(stack, process)
        before = cpu(process)
        stack.produce(events(repeated))
        wait(lambda: stack.committed("encode", stack.settings.topics.prompts) >= 50 + count)
        found["encode_shell_us_per_event"] = (cpu(process) - before) / count * 1e6
    for stage, topic in (("fold", stack.settings.topics.observations), ("judge", stack.settings.topics.partials)):
        with empty.worker(stage) as process:
            starting = started(process)
        records = stack.end(topic)
        with stack.worker(stage) as process:
            wait(lambda: stack.committed(stage, topic) >= records)  # noqa: B023 - called at once
            found[f"{stage}_us_per_event"] = (cpu(process) - starting) / count * 1e6
            found[f"{stage}_records"] = records
    client = redis.Redis.from_url(redis_url)
    sizes = [int(client.memory_usage(key, samples=0) or 0) for key in client.scan_iter("eddyline:{fold:*")]
    found["fold_state_bytes_per_event"] = sum(sizes) / count
    client.flushall()
    return found


def scaling(make: Callable[..., Stack], texts: Sequence[str]) -> dict[str, float]:
    """Return texts per second of one encode worker on two cores, and of two on one core each."""
    plans = {"one_worker_two_cores": ("2", ["0,1"]), "two_workers_one_core_each": ("1", ["0", "1"])}
    return {
        name: _rate(make(encoder_cache_texts="0", encoder_threads=threads), cpus, texts)
        for name, (threads, cpus) in plans.items()
    }


def _rate(stack: Stack, cpus: Sequence[str], texts: Sequence[str]) -> float:
    with ExitStack() as workers:
        processes = [workers.enter_context(stack.worker("encode", cpus=each)) for each in cpus]
        warm(stack, processes[0])
        time.sleep(4)  # until the partitions are shared out
        stack.produce(events(texts))
        began = time.monotonic()
        wait(lambda: stack.committed("encode", stack.settings.topics.prompts) >= 50 + len(texts))
        return len(texts) / (time.monotonic() - began)


def machine() -> dict[str, str]:
    """Return what the numbers were taken on."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": str(os.cpu_count()), "python": platform.python_version(), "os": platform.platform()}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run everything and return the results."""
    broker_of = embedded_broker if kafka_available() else apache_kafka
    with tempfile.TemporaryDirectory() as name, redis_server(Path(name)) as redis_, broker_of(Path(name)) as broker:
        made = iter(range(10**6))

        def make(**changes: str) -> Stack:
            return Stack(broker.bootstrap, redis_.url, f"bench{next(made)}", **changes)

        results: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat(), "machine": machine()}
        results["broker"] = broker_of.__name__
        for label, tokens in (("short_11_tokens", 11), ("prompts_40_tokens", 40)):
            texts = texts_of_length(tokens, arguments.texts)
            pairs = [(raw_cpu(texts), end_to_end(make, texts)) for _ in range(arguments.repeats)]
            results[label] = {
                "raw_us_per_text": round(statistics.median(raw for raw, _ in pairs) / len(texts) * 1e6, 1),
                "worker_us_per_text": round(statistics.median(all_ for _, all_ in pairs) / len(texts) * 1e6, 1),
                "raw_over_worker": [round(raw / all_, 3) for raw, all_ in pairs],
                "median_raw_over_worker": round(statistics.median(raw / all_ for raw, all_ in pairs), 3),
            }
            print(label, json.dumps(results[label]), flush=True)
        each = [stages(make, redis_.url, 10 * arguments.texts) for _ in range(arguments.repeats)]
        results["stages"] = {name: round(statistics.median(one[name] for one in each), 2) for name in each[0]}
        print("stages", json.dumps(results["stages"]), flush=True)
        texts = texts_of_length(11, arguments.texts)
        rates = [scaling(make, texts) for _ in range(arguments.repeats)]
        results["scaling_texts_per_second"] = {
            name: round(statistics.median(r[name] for r in rates)) for name in rates[0]
        }
        print("scaling", json.dumps(results["scaling_texts_per_second"]), flush=True)
        return results


def main() -> None:
    """Run the benchmark and write its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "worker.json")
    arguments = parser.parse_args()
    results = run(arguments)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    print(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
