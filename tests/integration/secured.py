"""Kafka and Redis as people secure them: TLS, SASL, client certificates, and a user who may do what the docs say."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import redis
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from tests.certificates import KEY_PASSWORD, Authority, Certificate
from tests.integration.running import Installation

from eddyline.demo import servers
from eddyline.demo.servers.ports import free_port
from eddyline.settings import Topics

USER, PASSWORD = "eddyline", "open sesame, said the worker"
PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
LISTENERS = ("SASL", "TLS", "OPEN")
PROPERTIES = """\
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,TLS:SSL,OPEN:SASL_PLAINTEXT
inter.broker.listener.name=PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.tls.ssl.client.auth=required
listener.name.tls.ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
SASL = """\
listener.name.{name}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.{name}.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required user_{user}="{password}";
listener.name.{name}.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.{name}.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
"""
MODULES = "org.apache.kafka.common.security"


class SecuredKafka(NamedTuple):
    """A broker whose plain listener is the administrator's; all others want to know who asks."""

    broker: servers.Broker
    addresses: Mapping[str, str]
    authority: Authority
    client: Certificate

    def sasl(self, mechanism: str, password: str = PASSWORD) -> dict[str, object]:
        """Return the settings of a user over TLS."""
        return {
            "kafka_bootstrap": self.addresses["SASL"],
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": mechanism,
            "kafka_sasl_username": USER,
            "kafka_sasl_password": password,
            "kafka_ssl_ca_location": self.authority.ca,
        }

    def client_certificate(self) -> dict[str, object]:
        """Return the settings of a client certificate whose key has a password."""
        return {
            "kafka_bootstrap": self.addresses["TLS"],
            "kafka_security_protocol": "SSL",
            "kafka_ssl_ca_location": self.authority.ca,
            "kafka_ssl_certificate_location": self.client.certificate,
            "kafka_ssl_key_location": self.client.encrypted_key,
            "kafka_ssl_key_password": KEY_PASSWORD,
        }

    def allow_documented(self, installation: Installation) -> None:
        """Let the user do what the documentation says, and nothing else."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 0})
        wanted = set(_documented_acls(installation))
        for future in admin.create_acls(list(wanted)).values():
            future.result()
        # None is any; the stubs do not know it.
        everything = AclBindingFilter(
            ResourceType.ANY,
            None,  # type: ignore[arg-type]
            ResourcePatternType.ANY,
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        # The broker says yes before its authorizer has heard of them.
        for _ in range(100):
            if wanted <= set(admin.describe_acls(everything).result()):
                return
            time.sleep(0.1)
        message = "the rights of the user have not arrived"
        raise AssertionError(message)


class SecuredRedis(NamedTuple):
    """A Redis that wants a certificate from every client of its TLS port; the plain one is the administrator's."""

    server: servers.RedisServer
    address: str
    authority: Authority
    client: Certificate

    def settings(self, installation: Installation, password: str = PASSWORD) -> dict[str, object]:
        """Return the settings with which the documented user works on the database of ``installation``."""
        database = installation.settings.redis.url.rpartition("/")[2]
        return {
            "redis_url": f"{self.address}/{database}",
            "redis_username": USER,
            "redis_password": password,
            "redis_ssl_ca_location": self.authority.ca,
            "redis_ssl_certificate_location": self.client.certificate,
            "redis_ssl_key_location": self.client.key,
        }

    def unused_rights(self) -> set[str]:
        """Return the commands that the documented user may use and nobody has."""
        with redis.Redis(port=self.server.port) as admin:
            used = {name.removeprefix("cmdstat_") for name in admin.info("commandstats")}
        return {word[1:] for word in documented_redis_user() if word.startswith("+")} - used

    def refusals(self) -> list[object]:
        """Return what the documented user wanted and was not allowed."""
        with redis.Redis(port=self.server.port) as admin:
            log: list[dict[str, object]] = admin.acl_log()
        return [entry for entry in log if entry["username"] == USER and entry["reason"] != "auth"]


@contextmanager
def secured_kafka(home: Path) -> Iterator[SecuredKafka]:
    """Run Apache Kafka with all listeners, and the user."""
    authority = Authority(home / "kafka-authority")
    own, client = authority.issue("broker"), authority.issue(USER)
    keystore = home / "keystore.pem"
    keystore.write_text(own.key.read_text() + own.certificate.read_text())
    addresses = {name: f"127.0.0.1:{free_port()}" for name in LISTENERS}
    properties = PROPERTIES.format(keystore=keystore, truststore=authority.ca) + "".join(
        SASL.format(name=name, modules=MODULES, user=USER, password=PASSWORD) for name in ("sasl", "open")
    )
    listeners = [f"{name}://{address}" for name, address in addresses.items()]
    with servers.apache_kafka(home, listeners=listeners, properties=properties) as broker:
        _add_user(broker)
        yield SecuredKafka(broker, addresses, authority, client)


def _add_user(broker: servers.Broker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
        user = UserScramCredentialUpsertion(USER, ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
        for future in admin.alter_user_scram_credentials([user]).values():
            future.result()


@contextmanager
def secured_redis(home: Path) -> Iterator[SecuredRedis]:
    """Run Redis with TLS and the documented user."""
    authority = Authority(home / "redis-authority")
    own, client = authority.issue("redis"), authority.issue("a client")
    port = str(free_port())
    tls = ("--tls-port", port, "--tls-ca-cert-file", str(authority.ca), "--tls-auth-clients", "yes")
    files = ("--tls-cert-file", str(own.certificate), "--tls-key-file", str(own.key))
    with servers.redis_server(home, options=(*tls, *files)) as server, redis.Redis(port=server.port) as admin:
        admin.execute_command(*[word.replace("PASSWORD", PASSWORD) for word in documented_redis_user()])
        yield SecuredRedis(server, f"rediss://127.0.0.1:{port}", authority, client)


def documented_redis_user() -> list[str]:
    """Return the words of the documented ACL SETUSER."""
    return next(line for line in PAGE.splitlines() if line.startswith("ACL SETUSER")).split()


def documented_topics() -> dict[str, list[str]]:
    """Return what the documentation lets a worker do with each topic, by its default name."""
    return {name: rights for kind, names, rights in _rows() if kind == "topics" for name in names}


def _rows() -> Iterator[tuple[str, Sequence[str], list[str]]]:
    for kind, names, rights in re.findall(r"^\| (topics|groups) (.+?) \| (.+?) \|$", PAGE, re.MULTILINE):
        yield kind, re.findall(r"`([^`]+)`", names), rights.split(", ")


def _documented_acls(installation: Installation) -> Iterator[AclBinding]:
    own = dict(
        zip(msgspec.structs.astuple(Topics()), msgspec.structs.astuple(installation.settings.topics), strict=True)
    )
    for name, rights in documented_topics().items():
        for right in rights:
            yield _acl(ResourceType.TOPIC, own[name], ResourcePatternType.LITERAL, right)
    prefix = f"{installation.settings.kafka.group_prefix}-"
    for right in next(rights for kind, _, rights in _rows() if kind == "groups"):
        yield _acl(ResourceType.GROUP, prefix, ResourcePatternType.PREFIXED, right)


def _acl(kind: ResourceType, name: str, pattern: ResourcePatternType, right: str) -> AclBinding:
    operation = AclOperation[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", right).upper()]
    return AclBinding(kind, name, pattern, f"User:{USER}", "*", operation, AclPermissionType.ALLOW)
