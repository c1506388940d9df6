"""Settings: file and environment, and every mistake refused by its name without telling a secret."""

from pathlib import Path

import msgspec
import pytest
from rich.pretty import pretty_repr

from eddyline.errors import RefusedToStart
from eddyline.settings import (
    HELP,
    SECRETS,
    Privacy,
    Settings,
    Topics,
    check,
    load_settings,
    settings_page,
    settings_table,
    variable,
)

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
PATHS = [
    f"{section.name}.{field.name}"
    for section in msgspec.structs.fields(Settings)
    for field in msgspec.structs.fields(section.type)
]
SECRET = "correct horse battery staple"  # noqa: S105 - of this test only


@pytest.fixture
def load(tmp_path: Path) -> "Load":
    """Give a function that loads a file with this text and these variables."""
    return Load(tmp_path / "eddyline.toml")


class Load:
    """Loads settings from text and variables."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, text: str = "", /, **environ: str) -> Settings:
        self.path.write_text(text, "utf-8")
        return load_settings(self.path, environ)

    def refusal(self, text: str = "", /, **environ: str) -> str:
        """Return why it is refused."""
        with pytest.raises(RefusedToStart) as caught:
            self(text, **environ)
        assert "\n" not in str(caught.value)
        return str(caught.value)


def test_without_a_file_and_without_variables_defaults_hold() -> None:
    assert load_settings(None, {}) == Settings()


def test_variables_win_over_the_file_and_the_file_over_defaults(load: Load) -> None:
    text = '[kafka]\nbootstrap = "file:1"\ngroup_prefix = "file"\n[windows]\nsize_seconds = 60\n'
    settings = load(text, EDDYLINE_KAFKA_BOOTSTRAP="environment:1")
    assert (settings.kafka.bootstrap, settings.kafka.group_prefix) == ("environment:1", "file")
    assert (settings.windows.size_seconds, settings.windows.grace_seconds) == (60, 120)


@pytest.mark.parametrize("path", PATHS)
def test_every_setting_has_a_variable_that_reaches_it(load: Load, path: str) -> None:
    section, field = path.split(".")
    default = getattr(getattr(Settings(), section), field)
    changed = {
        "windows.clock": "log",
        "kafka.ssl_endpoint_identification_algorithm": "none",
        "dlq.payload": "pointer",
        "dlq.max_ratio": "0.5",
        "windows.timezone": "Europe/Berlin",
        "windows.size_seconds": "600",
    }
    text = changed.get(path) or {bool: "true", int: "1234", float: "12.5", str: "other"}[type(default)]
    if path in ("kafka.replication_factor", "encoder.threads") or path.endswith("_partitions"):
        text = "7"
    value = getattr(getattr(load(**{variable(path): text}), section), field)
    assert str(value).lower() == text.lower()
    assert value != default


def test_numbers_and_booleans_are_read_from_variables(load: Load) -> None:
    settings = load(EDDYLINE_REDIS_ALLOW_VOLATILE="true", EDDYLINE_WINDOWS_IDLE_SECONDS="2.5")
    assert settings.redis.allow_volatile is True
    assert settings.windows.idle_seconds == 2.5


@pytest.mark.parametrize("name", ["EDDYLINE_NOPE", "EDDYLINE_KAFKA_NOPE", "EDDYLINE_TOPICS_PROMPTS_FILE", "EDDYLINE_"])
def test_an_unknown_variable_is_refused_by_its_name(load: Load, name: str) -> None:
    assert name in load.refusal(**{name: "1"})


@pytest.mark.parametrize("text", ["nope = 1", "[nope]\na = 1", "[kafka]\nnope = 1", "[kafka.nope]\na = 1"])
def test_an_unknown_key_is_refused_by_its_name_and_its_file(load: Load, text: str) -> None:
    message = load.refusal(text)
    assert "`nope`" in message
    assert str(load.path) in message


def test_variables_that_are_no_settings_are_left_alone(load: Load) -> None:
    assert load(EDDYLINE_CONFIG="x", EDDYLINE_TEST_ANYTHING="1", PATH="/bin", EDDY="1") == Settings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kafka = 5", "kafka"),
        ("[kafka]\nreplication_factor = 0", "kafka.replication_factor"),
        ("[kafka]\nbootstrap = 5", "kafka.bootstrap"),
        ("[topics]\nscores = 'a b'", "topics.scores"),
        ("[topics]\nscores = 'a\\n'", "topics.scores"),
        ('[topics]\nscores = "a\\n"', "topics.scores"),
        ("[topics]\nobservations_partitions = 1000", "topics.observations_partitions"),
        ("[events]\napp = 'a/b'", "events.app"),
        ("[events]\nenvironment = ''", "events.environment"),
        ("[events]\nmax_bytes = 1", "events.max_bytes"),
        ("[windows]\nclock = 'sundial'", "windows.clock"),
        ("[windows]\nsize_seconds = 7", "windows.size_seconds"),
        ("[windows]\nidle_seconds = nan", "windows.idle_seconds"),
        ("[windows]\nidle_seconds = inf", "windows.idle_seconds"),
        ("[windows]\ntimezone = 'Mars/Olympus'", "windows.timezone"),
        ("[windows]\ntimezone = '../../etc/passwd'", "windows.timezone"),
        ("[windows]\ntimezone = ''", "windows.timezone"),
        ("[worker]\nbatch_records = 2.5", "worker.batch_records"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(load: Load, text: str, named: str) -> None:
    assert named in load.refusal(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kafka.replication_factor", "three"),
        ("redis.allow_volatile", "yes"),
        ("windows.idle_seconds", "nan"),
        ("events.max_bytes", "-1"),
    ],
)
def test_a_wrong_variable_is_refused_by_the_name_of_its_field(load: Load, path: str, value: str) -> None:
    assert path in load.refusal(**{variable(path): value})


def test_a_variable_does_not_hide_a_section_that_is_no_table(load: Load) -> None:
    assert "kafka" in load.refusal("kafka = 5", EDDYLINE_KAFKA_BOOTSTRAP="a:1")


@pytest.mark.parametrize("text", ["[kafka", "a = ", "\x00", "[a]\n[a]"])
def test_a_file_that_is_no_toml_is_refused_by_its_name(load: Load, text: str) -> None:
    assert str(load.path) in load.refusal(text)


def test_a_file_that_is_not_utf8_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "eddyline.toml"
    path.write_bytes(b"a = '\xff'")
    with pytest.raises(RefusedToStart, match=r"eddyline\.toml"):
        load_settings(path, {})


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart, match=r"missing\.toml: No such file"):
        load_settings(tmp_path / "missing.toml", {})


def test_a_directory_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart, match="Is a directory"):
        load_settings(tmp_path, {})


def test_two_topics_of_one_name_are_refused() -> None:
    with pytest.raises(RefusedToStart, match="prompts is the name of two"):
        check(Settings(topics=Topics(scores="prompts")))


def test_a_secret_may_be_in_a_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "pepper").write_text(SECRET + "\n", "utf-8")
    settings = load(EDDYLINE_PRIVACY_PEPPER_FILE=str(tmp_path / "pepper"))
    assert settings.privacy.pepper == SECRET


def test_a_secret_file_that_cannot_be_read_is_refused_by_its_name(load: Load, tmp_path: Path) -> None:
    assert "EDDYLINE_PRIVACY_PEPPER_FILE" in load.refusal(EDDYLINE_PRIVACY_PEPPER_FILE=str(tmp_path / "none"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + SECRET.encode("utf-16-le"))
    assert "EDDYLINE_PRIVACY_PEPPER_FILE" in load.refusal(EDDYLINE_PRIVACY_PEPPER_FILE=str(tmp_path / "binary"))


@pytest.mark.parametrize(
    "text",
    [
        f"[privacy]\npepper = ['{SECRET}']",
        f"[privacy]\npepper = '{SECRET}'\nnope = 1",
        f"[privacy]\npepper = '{SECRET}'\n[windows]\nsize_seconds = 7",
        f"[privacy]\npepper = '{SECRET}",
    ],
)
def test_a_refusal_never_tells_a_secret(load: Load, text: str) -> None:
    assert SECRET not in load.refusal(text)


@pytest.mark.parametrize("path", sorted(SECRETS))
def test_a_secret_is_not_shown_by_the_settings_that_hold_it(load: Load, path: str) -> None:
    settings = load(**{variable(path): SECRET})
    for shown in (repr(settings), str(settings), f"{settings}", pretty_repr(settings)):
        assert SECRET not in shown
        assert "***" in shown
        assert "bootstrap='127.0.0.1:9092'" in shown


def test_what_is_no_secret_is_shown_and_a_missing_secret_is_not_pretended() -> None:
    assert repr(Privacy()) == "Privacy(pepper='')"
    assert repr(Privacy(pepper=SECRET)) == "Privacy(pepper='***')"


def test_every_setting_whose_name_says_so_is_a_secret() -> None:
    assert {path for path in PATHS if path.endswith(("password", "pepper", "token", "secret"))} <= SECRETS


def test_every_setting_is_explained_and_nothing_else() -> None:
    assert set(HELP) == set(PATHS)
    assert set(PATHS) >= SECRETS
    assert all(help_.endswith(".") for help_ in HELP.values())


def test_the_table_shows_every_setting_with_its_variable_and_no_secret() -> None:
    table = settings_table()
    assert all(f"`{path}` | `{variable(path)}`" in table for path in PATHS)
    assert Privacy().pepper == ""


def test_no_two_settings_share_a_variable() -> None:
    assert len({variable(path) for path in PATHS}) == len(PATHS)


def test_the_page_is_what_the_settings_say() -> None:
    assert PAGE.read_text("utf-8") == settings_page(), "run python -m eddyline.settings > docs/settings.md"
