"""What Apache Kafka needs to run: a Java, and its jars, fetched once by Maven and then kept."""

import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from eddyline.errors import RefusedToStart, Unavailable

VERSION = "4.1.1"
JARS = Path("~/.cache/eddyline").expanduser() / f"kafka-{VERSION}"
OLDEST_JAVA = 17

# slf4j-simple: without a logging backend the broker would fail without a word.
POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>eddyline</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def why_no_java() -> str | None:
    """Return why no Java can run Kafka here, or None if one can."""
    java = shutil.which("java")
    if java is None:
        return f"no java on the PATH; Apache Kafka {VERSION} needs Java {OLDEST_JAVA} or newer"
    version = _java_version(java)
    return None if version >= OLDEST_JAVA else f"java is version {version}, Apache Kafka {VERSION} needs {OLDEST_JAVA}"


def why_no_jars(jars: Path) -> str | None:
    """Return why the jars cannot be had, or None if they are in ``jars`` or Maven may fetch them."""
    if jars.is_dir() or shutil.which("mvn"):
        return None
    return f"no jars in {jars}, and no mvn on the PATH to fetch them"


def find_java() -> str:
    """Return the absolute path of ``java``.

    Raises:
        RefusedToStart: there is none, or too old a one.
    """
    reason, java = why_no_java(), shutil.which("java")
    if reason is not None or java is None:
        raise RefusedToStart(reason)
    return java


def kafka_jars(jars: Path) -> Path:
    """Return the directory ``jars``, filled by Maven if it is not there (54 MB). Several processes may call this.

    Raises:
        Unavailable: Maven failed; the message holds the end of what it said.
    """
    if jars.is_dir():
        return jars
    jars.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{jars.name}-", dir=jars.parent) as work:
        fetched = _fetch(Path(work))
        try:
            # The directory appears whole or not at all.
            fetched.rename(jars)
        except OSError:
            # Another process was faster; any other reason shows when it is read.
            if not jars.is_dir():
                raise
    return jars


def _fetch(work: Path) -> Path:
    pom, libs = work / "pom.xml", work / "libs"
    pom.write_text(POM)
    command = ["mvn", "-q", "-B", "-f", str(pom), COPY, f"-DoutputDirectory={libs}", "-DincludeScope=runtime"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"Maven cannot fetch Apache Kafka {VERSION}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise Unavailable(message)
    return libs


def _java_version(java: str) -> int:
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', said)
    return int(version[1]) if version else 0
