"""The repository as a place to live in: its commands, documents, locks and container files say what is true."""

import ast
import functools
import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from eddyline.cli import main
from eddyline.settings import load_settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*/*.md")])
PEERS = ROOT / "benchmarks/drift/peers/requirements.txt"
LOCKS = [ROOT / "requirements/runtime.txt", ROOT / "requirements/dev.txt", PEERS]
MAKE_TARGETS = {"setup", "demo", "test", "integration", "chaos", "check", "bench", "help"}

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"\beddyline((?: (?!FILE)[a-z]+)+)")
MAKE = re.compile(r"\bmake ([a-z]+)\b")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".cfg", ".sh", ".svg", ""}
# In pieces, so that this file does not hold what it forbids.
REGISTRIES = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmmirror", "com"),
    ("docker", "io"),
    ("ghcr", "io"),
    ("quay", "io"),
    ("repo1?", "maven", "(?:apache\\.)?org"),
    ("crates", "io"),
    ("golang", "org"),
    ("anaconda", "org"),
]
HOSTS = "|".join(r"\.".join(parts) for parts in REGISTRIES)
REGISTRY_HOSTS = re.compile(rf"\b(?:{HOSTS})\b")
MACHINE_PATHS = re.compile(r"(?<![\w.$~/-])/(?:home|root|work|Users|opt/wheels)/[\w.-]+")


def read(path: Path) -> str:
    return path.read_text("utf-8")


def verbs(name: str) -> tuple[str, ...]:
    """Return the sub-commands of a verb, none for a plain one."""
    context = click.Context(main)
    command = main.get_command(context, name)
    return tuple(command.list_commands(context)) if isinstance(command, click.Group) else ()


def is_command(words: list[str]) -> bool:
    """Whether words such as ``topics create`` are a command; what follows a plain verb is its argument."""
    if words[0] not in main.list_commands(click.Context(main)):
        return False
    known = verbs(words[0])
    return not known or (len(words) > 1 and words[1] in known)


def tracked() -> list[Path]:
    """Return what is committed or about to be: nothing that .gitignore names."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [path for name in found.split("\0") if name and (path := ROOT / name).is_file()]


@functools.cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(read(ROOT / "docker-compose.yml"))
    return loaded


def own_services() -> list[tuple[str, dict[str, Any]]]:
    """Return the services that run our image."""
    return [(name, service) for name, service in compose()["services"].items() if "build" in service]


# Commands


def test_every_promised_target_exists_and_explains_itself() -> None:
    explained = set(re.findall(r"^([a-z]+):.*## \S", read(ROOT / "Makefile"), re.MULTILINE))
    assert explained >= MAKE_TARGETS


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / ".ci/run"], ids=lambda p: p.name)
def test_a_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), re.MULTILINE))
    named = set(MAKE.findall("\n".join(re.findall(r"`[^`\n]+`|^ *(?:step \w+ .*|make .*)$", read(path), re.MULTILINE))))
    assert named
    assert named <= targets


def test_the_programs_of_ci_can_be_executed() -> None:
    assert all((ROOT / ".ci" / name).stat().st_mode & 0o111 for name in ("run", "setup"))


@pytest.mark.parametrize("name", ["run", "setup"])
def test_the_programs_of_ci_stop_at_the_first_error(name: str) -> None:
    assert "\nset -euo pipefail\n" in read(ROOT / ".ci" / name)


# Documents


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(FENCE.sub("", read(document))) if "://" not in link]
    broken = [link for link in links if not (document.parent / link.partition("#")[0]).exists()]
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_anchor_names_a_heading(document: Path) -> None:
    for link in LINK.findall(FENCE.sub("", read(document))):
        target, _, anchor = link.partition("#")
        if anchor and "://" not in link:
            path = document.parent / target if target else document
            assert anchor in headings(path), link


def headings(path: Path) -> set[str]:
    """Return the anchors of a document: headings in lower case, spaces as hyphens, without punctuation."""
    found = re.findall(r"^#+ (.+)$", FENCE.sub("", read(path)), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_document_is_one_of_the_command_line(document: Path) -> None:
    text = read(document)
    shells = "\n".join(re.findall(r"^```sh$(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    quoted = "\n".join(re.findall(r"`(eddyline [^`\n]+)`", text))
    commands = [words.split() for words in COMMAND.findall(f"{shells}\n{quoted}")]
    assert [words for words in commands if not is_command(words)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_in_a_document_is_a_setting(document: Path) -> None:
    for name in sorted(set(re.findall(r"\bEDDYLINE_[A-Z_]+[A-Z]\b", read(document)))):
        assert is_setting(name), name


def is_setting(name: str) -> bool:
    """Whether the settings know a variable: an unknown one is refused by name, a wrong value is not our question."""
    try:
        load_settings(None, {name: str(ROOT / "LICENSE") if name.endswith("_FILE") else "1"})
    except Exception as error:  # noqa: BLE001 - only one message matters
        return "no such setting" not in str(error)
    return True


def test_every_word_of_the_glossary_is_explained_once_and_in_order() -> None:
    words = re.findall(r"^\| ([a-z][a-z ]+) \|", read(ROOT / "docs/glossary.md"), re.MULTILINE)[1:]
    assert len(words) == len(set(words))
    assert words == sorted(words)


# What is committed


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_line_of_a_lock_is_an_exact_version_with_its_hashes(lock: Path) -> None:
    text = re.sub(r"^\s*#.*$", "", read(lock), flags=re.MULTILINE)
    requirements = [entry for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]
    exact = re.compile(r"[\w.\[\]-]+==[\w.!+]+(?: *;[^-]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [entry[:80] for entry in requirements if not exact.fullmatch(entry)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_host(lock: Path) -> None:
    assert "://" not in read(lock)
    assert not re.search(r"^\s*--(?!hash)", read(lock), re.MULTILINE)


def test_what_runs_is_what_is_tested() -> None:
    runtime, dev = (set(re.findall(r"^([\w.-]+==\S+)", read(lock), re.MULTILINE)) for lock in LOCKS if lock != PEERS)
    assert runtime <= dev


@pytest.mark.parametrize("pattern", [REGISTRY_HOSTS, MACHINE_PATHS], ids=["registry host", "path of a machine"])
def test_no_file_names_a(pattern: re.Pattern[str]) -> None:
    texts = (path for path in tracked() if path.suffix in TEXT_SUFFIXES and path.name != "tokenizer.json")
    found = {str(path.relative_to(ROOT)): match.group() for path in texts if (match := pattern.search(read(path)))}
    assert not found


# Containers


def test_every_service_runs_a_pinned_image() -> None:
    for name, service in compose()["services"].items():
        _, _, tag = service["image"].partition(":")
        assert re.match(r"\d+\.\d+\.\d+", tag), name
    for image in re.findall(r"^FROM (\S+)", read(ROOT / "Dockerfile"), re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+", image), image


@pytest.mark.parametrize(("name", "service"), own_services(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_container_runs_a_command_with_known_settings(name: str, service: dict[str, Any]) -> None:
    assert is_command(service["command"]), name
    for variable in service.get("environment", {}):
        assert is_setting(variable), variable


def test_the_worker_is_asked_where_it_answers() -> None:
    worker = compose()["services"]["worker"]
    settings = load_settings(None, {"EDDYLINE_WORKER_HTTP_PORT": worker["environment"]["EDDYLINE_WORKER_HTTP_PORT"]})
    *_, program = worker["healthcheck"]["test"]
    assert f"http://{settings.worker.http_bind}:{settings.worker.http_port}/readyz" in program
    ast.parse(program)


def test_the_settings_of_the_worker_are_accepted(tmp_path: Path) -> None:
    pepper = tmp_path / "pepper"
    pepper.write_text("a pepper of the test\n")
    environment = dict(compose()["services"]["worker"]["environment"])
    settings = load_settings(None, environment | {"EDDYLINE_PRIVACY_PEPPER_FILE": str(pepper)})
    assert settings.privacy.pepper == "a pepper of the test"
    assert settings.kafka.bootstrap == "kafka:19092"


def test_the_pepper_reaches_containers_as_a_file_that_is_never_sent_to_the_engine() -> None:
    worker = compose()["services"]["worker"]
    assert worker["environment"]["EDDYLINE_PRIVACY_PEPPER_FILE"] == f"/run/secrets/{worker['secrets'][0]}"
    secret = Path(compose()["secrets"]["pepper"]["file"])
    kept = [line[1:] for line in read(ROOT / ".dockerignore").splitlines() if line.startswith("!")]
    assert "*" in read(ROOT / ".dockerignore").splitlines()
    assert secret.name not in kept
    assert f"/{secret.name}" in read(ROOT / ".gitignore").splitlines()


def test_kafka_advertises_an_address_that_the_worker_is_given() -> None:
    services = compose()["services"]
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert f"://{services['worker']['environment']['EDDYLINE_KAFKA_BOOTSTRAP']}" in advertised


def test_redis_keeps_what_it_is_given() -> None:
    command = " ".join(compose()["services"]["redis"]["command"])
    assert "--appendonly yes --appendfsync everysec --maxmemory-policy noeviction" in command


def test_what_a_service_waits_for_exists_and_can_come_true() -> None:
    services = compose()["services"]
    for service in services.values():
        for other, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in services[other], other


def test_the_image_is_built_from_files_that_exist_and_are_sent_to_the_engine() -> None:
    kept = {line[1:] for line in read(ROOT / ".dockerignore").splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", read(ROOT / "Dockerfile"), re.MULTILINE)
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert Path(source).parts[0] in kept, source


def test_the_image_installs_the_hashed_lock_and_does_not_run_as_root() -> None:
    dockerfile = read(ROOT / "Dockerfile")
    assert "--require-hashes -r requirements/runtime.txt" in dockerfile
    assert re.search(r"^USER (?!root)\w+$", dockerfile.rpartition("FROM ")[2], re.MULTILINE)


def test_docker_compose_accepts_the_file() -> None:
    command = ["docker", "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    try:
        subprocess.run([*command[:2], "version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no docker compose here")
    subprocess.run(command, check=True, capture_output=True)
