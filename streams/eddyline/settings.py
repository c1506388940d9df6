"""Every setting, in one struct: from ``eddyline.toml``, then from ``EDDYLINE_*`` variables, which win.

``[kafka] bootstrap`` is ``EDDYLINE_KAFKA_BOOTSTRAP`` in the environment. A secret may be given as the path of a file
that holds it: ``EDDYLINE_PRIVACY_PEPPER_FILE``. An unknown key or variable is an error that names it and its place.
``docs/settings.md`` is generated from this file, and a test holds the two together.
"""

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from eddyline.errors import RefusedToStart

PREFIX = "EDDYLINE_"
NOT_SETTINGS = ("EDDYLINE_CONFIG", "EDDYLINE_TEST_")
"""Variables that start so are not settings: the path of the file itself, and what only the test suite reads."""

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0, le=31_536_000)]
Topic = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9._-]{1,249}$(?!\n)")]
"""A ``$`` alone would allow a newline at the end."""
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f/]*$(?!\n)")]
"""No slash, since an app is written ``application/environment``."""


class Discreet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table with secrets: shown to people or in a log, it says only whether they are set."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        section = type(self).__name__.lower()
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        hidden = {name: "***" for name, value in shown.items() if value and f"{section}.{name}" in SECRETS}
        return list((shown | hidden).items())


class Kafka(Discreet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the brokers are, and how a connection is secured. Fields are documented in :data:`HELP`."""

    bootstrap: str = "127.0.0.1:9092"
    group_prefix: str = "eddyline"
    session_timeout_seconds: Seconds = 30.0
    replication_factor: Annotated[int, Meta(ge=1, le=9)] = 1
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: str = ""
    ssl_ca_location: str = ""
    ssl_certificate_location: str = ""
    ssl_key_location: str = ""
    ssl_key_password: str = ""
    ssl_endpoint_identification_algorithm: Literal["https", "none"] = "https"
    allow_plaintext_sasl: bool = False


class Topics(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Names and partition counts of the topics."""

    prompts: Topic = "prompts"
    responses: Topic = "responses"
    shadow_responses: Topic = "shadow-responses"
    feedback: Topic = "feedback"
    deployments: Topic = "deployments"
    observations: Topic = "eddyline.observations.v1"
    partials: Topic = "eddyline.partials.v1"
    scores: Topic = "eddyline.scores.v1"
    drift: Topic = "eddyline.drift.v1"
    adaptation: Topic = "eddyline.adaptation.v1"
    alerts: Topic = "eddyline.alerts.v1"
    dead_letters: Topic = "eddyline.dlq.v1"
    input_partitions: Annotated[int, Meta(ge=1, le=1024)] = 4
    observations_partitions: Annotated[int, Meta(ge=1, le=256)] = 16
    partials_partitions: Annotated[int, Meta(ge=1, le=256)] = 4


class Redis(Discreet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where state is kept."""

    url: str = "redis://127.0.0.1:6379/0"
    username: str = ""
    password: str = ""
    ssl_ca_location: str = ""
    ssl_certificate_location: str = ""
    ssl_key_location: str = ""
    timeout_seconds: Seconds = 10.0
    patience_seconds: Annotated[float, Meta(ge=0, le=31_536_000)] = 300.0
    allow_volatile: bool = False


class Privacy(Discreet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How users are pseudonymised."""

    pepper: str = ""


class Encoder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The encoder bundle and how it is run."""

    bundle: str = ""
    threads: Annotated[int, Meta(ge=0, le=256)] = 0
    cache_texts: Annotated[int, Meta(ge=0, le=10_000_000)] = 100_000


class Events(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is accepted, and what is assumed where an event says nothing."""

    app: Name = "default"
    environment: Name = "production"
    max_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000)] = 1_000_000
    max_future_seconds: Seconds = 300.0
    dead_letter_bytes: Annotated[int, Meta(ge=1_000, le=900_000)] = 65_536


class Dlq(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What dead letters hold, and how many are too many."""

    payload: Literal["copy", "pointer"] = "copy"
    quota_bytes: Annotated[int, Meta(ge=0)] = 67_108_864
    max_run: Annotated[int, Meta(ge=0)] = 1_000
    max_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.9
    ratio_over: Annotated[int, Meta(ge=1, le=1_000_000)] = 2_000


class Windows(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Event time: windows, lateness, days."""

    size_seconds: Annotated[int, Meta(ge=1, le=3600)] = 300
    grace_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 120
    clock: Literal["live", "log"] = "live"
    idle_seconds: Seconds = 30.0
    timezone: str = "UTC"
    dedupe_seconds: Annotated[int, Meta(ge=60, le=604_800)] = 3600


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a prompt meets its response, its shadow responses and its feedback."""

    ttl_seconds: Annotated[int, Meta(ge=1, le=604_800)] = 3600


class Judge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a window has something to say, and how long results are kept."""

    min_window: Positive = 20
    min_reference: Positive = 100
    keep_windows_hours: Positive = 48
    keep_hours_days: Positive = 14
    max_deployments: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    keep_deployments_days: Annotated[int, Meta(ge=2, le=3650)] = 30
    inferred_after_prompts: Positive = 20
    keep_days: Positive = 42


class Drift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often an alarm may be false."""

    false_alarms_a_year: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    apps: Annotated[int, Meta(ge=1, le=1_000_000)] = 10


class Panel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The users whose daily rows are kept."""

    users: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    keep_days: Positive = 90


class Worker(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How work is cut."""

    batch_records: Annotated[int, Meta(ge=1, le=10_000)] = 200
    batch_wait_seconds: Seconds = 0.1
    tick_seconds: Seconds = 1.0
    checkpoint_seconds: Seconds = 1.0
    stall_seconds: Seconds = 300.0
    http_bind: str = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=0, le=65_535)] = 0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings. Sections are tables of ``eddyline.toml``."""

    kafka: Kafka = Kafka()
    topics: Topics = Topics()
    redis: Redis = Redis()
    privacy: Privacy = Privacy()
    encoder: Encoder = Encoder()
    events: Events = Events()
    dlq: Dlq = Dlq()
    windows: Windows = Windows()
    join: Join = Join()
    judge: Judge = Judge()
    drift: Drift = Drift()
    panel: Panel = Panel()
    worker: Worker = Worker()


HELP: dict[str, str] = {
    "kafka.bootstrap": "Brokers to ask first, `host:port`, separated by commas.",
    "kafka.group_prefix": "Consumer groups are `<prefix>-encode`, `<prefix>-fold` and `<prefix>-judge`.",
    "kafka.session_timeout_seconds": "A worker that is silent for so long loses its partitions to another.",
    "kafka.replication_factor": "For the topics that `eddyline topics create` makes; 3 in production.",
    "kafka.security_protocol": "`PLAINTEXT`, `SSL`, `SASL_SSL`; `SASL_PLAINTEXT` needs `allow_plaintext_sasl`.",
    "kafka.sasl_mechanism": "`SCRAM-SHA-512`, `SCRAM-SHA-256` or `PLAIN`.",
    "kafka.sasl_username": "The user of SASL.",
    "kafka.sasl_password": "Secret: the password of SASL.",
    "kafka.ssl_ca_location": "PEM file of the authorities that sign the brokers' certificates; empty: the system's.",
    "kafka.ssl_certificate_location": "PEM file of a client certificate, where the brokers ask for one.",
    "kafka.ssl_key_location": "PEM file of its key.",
    "kafka.ssl_key_password": "Secret: the password of that key, if it has one.",
    "kafka.ssl_endpoint_identification_algorithm": "`none`: a broker's certificate may be for another host name.",
    "kafka.allow_plaintext_sasl": "Let SASL go over a connection without TLS, where anyone on the way reads along.",
    "topics.prompts": "Input: prompts, with or without their response.",
    "topics.responses": "Input: responses, joined to their prompt by `request_id`.",
    "topics.shadow_responses": "Input: what a candidate model answered to the same prompt.",
    "topics.feedback": "Input: what users or reviewers said of a response, as a number.",
    "topics.deployments": "Input: announcements of deployments.",
    "topics.observations": "Internal: between encode and fold.",
    "topics.partials": "Internal: between fold and judge.",
    "topics.scores": "Output: one event per response and scorer.",
    "topics.drift": "Output: one event per closed window and deployment.",
    "topics.adaptation": "Output: how the users of every deployment changed, once a day.",
    "topics.alerts": "Output: what somebody should know now, when it begins and when it is over.",
    "topics.dead_letters": "Output: what could not be understood, with its reason.",
    "topics.input_partitions": "Partitions that `topics create` gives an input topic that does not exist yet.",
    "topics.observations_partitions": "Decides which partition owns a user: fixed once the topic exists.",
    "topics.partials_partitions": "Decides which partition owns an app: fixed once the topic exists.",
    "redis.url": "Redis 7.0 or newer; `rediss://` for TLS. A password may be in the URL.",
    "redis.timeout_seconds": "A call that takes longer counts as failed, and is tried again.",
    "redis.patience_seconds": "How long a worker tries again in place, with back-off, before it ends with 1.",
    "redis.username": "The ACL user, if the URL names none.",
    "redis.password": "Secret: its password, or without a user that of `requirepass`, if the URL holds none.",
    "redis.ssl_ca_location": "PEM file of the authority that signs Redis's certificate, if not one of the system's.",
    "redis.ssl_certificate_location": "PEM file of a client certificate, where Redis asks for one.",
    "redis.ssl_key_location": "PEM file of its key, without a password.",
    "redis.allow_volatile": "Start although Redis has no persistence or may evict keys: for a trial only.",
    "privacy.pepper": "Secret: the key under which user and session ids become pseudonyms; at least 16 characters.",
    "encoder.bundle": "Folder of the encoder bundle; empty means the one that comes with Eddyline.",
    "encoder.threads": "Threads that call the encoder; 0 means one per core.",
    "encoder.cache_texts": "Texts whose vectors are remembered, about 0.6 kB each.",
    "events.app": "The application of an event that names none.",
    "events.environment": "The environment of an event that names none.",
    "events.max_bytes": "A larger record goes to the dead letters without being decoded.",
    "events.max_future_seconds": "An event whose time is further ahead of the clock goes to the dead letters.",
    "events.dead_letter_bytes": "Of a larger record, dead letters keep so many bytes, its length and its sha256.",
    "dlq.payload": "`copy`: a dead letter holds the record. `pointer`: only where it is; the input topic keeps it.",
    "dlq.quota_bytes": "Of one partition and hour of its records; beyond it dead letters are pointers. 0: no quota.",
    "dlq.max_run": "So many dead letters in a row from one partition, and it is paused until `dlq resume`. 0: never.",
    "dlq.max_ratio": "The same for this share of its last `dlq.ratio_over` records. 1: never.",
    "dlq.ratio_over": "Records of a partition over which that share is taken.",
    "windows.size_seconds": "Length of a tumbling window; must divide an hour.",
    "windows.grace_seconds": "How long a window stays open for stragglers, in event time.",
    "windows.clock": "`live`: a quiet source follows the clock. `log`: event time alone counts (backfill, demo).",
    "windows.idle_seconds": "A source that is read to its end and silent for so long does not hold windows open.",
    "windows.timezone": "Where a day begins: an IANA name.",
    "windows.dedupe_seconds": "Horizon, in event time, within which a repeated event id is dropped.",
    "join.ttl_seconds": "How long a half waits for the other.",
    "judge.min_window": "Gated prompts below which a window says `insufficient_data`.",
    "judge.min_reference": "Gated prompts below which a history is not yet a reference.",
    "judge.keep_windows_hours": "Time to live of closed windows in Redis.",
    "judge.keep_hours_days": "Time to live of closed hours in Redis.",
    "judge.max_deployments": "How many an app may have told apart; a silent one makes room, else new ones are mixed.",
    "judge.keep_deployments_days": "A deployment without a window for so long is forgotten, with its reference.",
    "judge.inferred_after_prompts": "So many prompts name a deployment that nobody announced, and it counts as one.",
    "judge.keep_days": "Time to live of whole days, their sums and a sample, in Redis.",
    "drift.false_alarms_a_year": "The budget: how many false drift alarms a year all apps together may raise at most.",
    "drift.apps": "How many apps share the budget; with more of them, it is exceeded in proportion.",
    "panel.users": "The panel is this many users, those with the smallest hash.",
    "panel.keep_days": "Time to live of panel rows in Redis.",
    "worker.batch_records": "Most records that encode takes at once.",
    "worker.batch_wait_seconds": "Longest that a record waits for its batch to fill.",
    "worker.tick_seconds": "How often encode tells every observations partition how far its sources are.",
    "worker.checkpoint_seconds": "How often fold and judge write their state.",
    "worker.stall_seconds": "A worker that stands still for so long in a partition with records to read ends.",
    "worker.http_bind": "Address on which the worker answers probes and Prometheus; anyone who reaches it may ask.",
    "worker.http_port": "Port of `/healthz`, `/readyz`, `/metrics` and `/version`; 0 opens none.",
}
SECRETS = frozenset({"kafka.sasl_password", "kafka.ssl_key_password", "privacy.pepper", "redis.password", "redis.url"})


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read settings from the file at ``path`` (if any) and from ``environ``.

    Raises:
        RefusedToStart: the file cannot be read, or a key, variable or value is wrong; the message names it.
    """
    tables = _read_file(path) if path else {}
    for name in sorted(environ):
        if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS):
            section, field, text = _variable(name, environ[name])
            if isinstance(table := tables.setdefault(section, {}), dict):
                table[field] = text
    try:
        settings = msgspec.convert(tables, Settings, strict=False)
    except msgspec.ValidationError as error:
        where = f"{path} and {PREFIX}* variables" if path else f"{PREFIX}* variables"
        message = f"settings ({where}): {_without_secret(str(error))}"
        raise RefusedToStart(message) from None
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Check what one field cannot say alone.

    Raises:
        RefusedToStart: two settings do not fit together, or a name is unknown.
    """
    if 3600 % settings.windows.size_seconds:
        message = f"windows.size_seconds = {settings.windows.size_seconds}: it must divide an hour (3600)"
        raise RefusedToStart(message)
    try:
        ZoneInfo(settings.windows.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"windows.timezone = {settings.windows.timezone!r}: no such IANA time zone"
        raise RefusedToStart(message) from None
    names = [name for name in msgspec.structs.astuple(settings.topics) if isinstance(name, str)]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        message = f"topics: {', '.join(repeated)} is the name of two of them"
        raise RefusedToStart(message)


def variable(path: str) -> str:
    """Name of the environment variable of a setting: ``kafka.bootstrap`` -> ``EDDYLINE_KAFKA_BOOTSTRAP``."""
    return PREFIX + path.replace(".", "_").upper()


def settings_page() -> str:
    """Return what ``docs/settings.md`` holds; ``python -m eddyline.settings`` prints it."""
    return f"""\
# Settings

Every setting is a key of `eddyline.toml` (`bootstrap` in the table `[kafka]` is `kafka.bootstrap`) or a variable, which
wins. An unknown key or variable is refused by its name. A secret is better given as the path of a file that holds it:
{", ".join(f"`{variable(path)}_FILE`" for path in sorted(SECRETS))}.

{settings_table()}"""


def settings_table() -> str:
    """Return the reference of all settings as a Markdown table."""
    lines = ["| setting | variable | default | meaning |", "|---|---|---|---|"]
    for section in msgspec.structs.fields(Settings):
        for field in msgspec.structs.fields(section.type):
            path = f"{section.name}.{field.name}"
            default = msgspec.json.encode(field.default).decode()
            lines.append(f"| `{path}` | `{variable(path)}` | `{default}` | {HELP[path]} |")
    return "\n".join(lines) + "\n"


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        message = f"settings file {path}: {error.strerror}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"settings file {path}: {error}"
    raise RefusedToStart(message)


def _variable(name: str, text: str) -> tuple[str, str, str]:
    """Split a variable into section, field and value; reads the file of a ``_FILE`` variable."""
    for section in msgspec.structs.fields(Settings):
        head = f"{PREFIX}{section.name.upper()}_"
        if not name.startswith(head):
            continue
        fields = {field.name for field in msgspec.structs.fields(section.type)}
        field = name.removeprefix(head).lower()
        if field in fields:
            return section.name, field, text
        secret = field.removesuffix("_file")
        if f"{section.name}.{secret}" in SECRETS:
            return section.name, secret, _read_secret(name, text)
    message = f"environment variable {name}: no such setting (see docs/settings.md)"
    raise RefusedToStart(message)


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}: cannot read {path}: {error}"
        raise RefusedToStart(message) from None


def _without_secret(message: str) -> str:
    """Validation messages name types and paths, never values; keep the first line only."""
    return message.splitlines()[0]


if __name__ == "__main__":
    sys.stdout.write(settings_page())
