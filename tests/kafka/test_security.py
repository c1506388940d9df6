"""What a connection to Kafka may be, in the words of both client libraries, and what is refused."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from faust.auth import SASLCredentials, SSLCredentials
from tests.certificates import KEY_PASSWORD, Authority, Certificate

from eddyline.errors import RefusedToStart
from eddyline.kafka.credentials import credentials
from eddyline.kafka.security import check, properties
from eddyline.settings import Kafka

PASSWORD = "correct horse battery staple"  # noqa: S105 - of these tests only
USER = {"sasl_mechanism": "SCRAM-SHA-256", "sasl_username": "somebody", "sasl_password": PASSWORD}
SASL = {"security_protocol": "SASL_SSL", **USER}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give an authority."""
    return Authority(tmp_path_factory.mktemp("certificates") / "authority")


@pytest.fixture(scope="module")
def client(authority: Authority) -> Certificate:
    """Give a client's certificate."""
    return authority.issue("a client")


def kafka(**fields: Any) -> Kafka:  # noqa: ANN401 - of any setting
    """Return settings; paths are text there."""
    given: dict[str, Any] = {name: str(value) if isinstance(value, Path) else value for name, value in fields.items()}
    return Kafka(**given)


def refusal(**fields: Any) -> str:  # noqa: ANN401
    """Return why settings are refused: in one line, without the password."""
    with pytest.raises(RefusedToStart) as caught:
        check(kafka(**fields))
    message = str(caught.value)
    assert "\n" not in message
    assert PASSWORD not in message
    return message


def test_without_settings_a_connection_is_plain() -> None:
    assert properties(Kafka()) == {"security.protocol": "PLAINTEXT"}
    assert credentials(Kafka()) is None


def test_user_and_password_reach_both_libraries(authority: Authority) -> None:
    settings = kafka(**SASL, ssl_ca_location=authority.ca)
    assert properties(settings) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": "somebody",
        "sasl.password": PASSWORD,
        "ssl.ca.location": str(authority.ca),
        "ssl.endpoint.identification.algorithm": "https",
    }
    given = credentials(settings)
    assert isinstance(given, SASLCredentials)
    assert (given.mechanism.value, given.username, given.password) == ("SCRAM-SHA-256", "somebody", PASSWORD)
    assert given.protocol.value == "SASL_SSL"
    assert PASSWORD not in repr(given)


def test_a_client_certificate_reaches_both_libraries(authority: Authority, client: Certificate) -> None:
    settings = kafka(
        security_protocol="SSL",
        ssl_ca_location=authority.ca,
        ssl_certificate_location=client.certificate,
        ssl_key_location=client.encrypted_key,
        ssl_key_password=KEY_PASSWORD,
    )
    assert properties(settings)["ssl.key.password"] == KEY_PASSWORD
    given = credentials(settings)
    assert isinstance(given, SSLCredentials)
    assert [found["subject"] for found in given.context.get_ca_certs()] == [((("commonName", "an authority"),),)]


@pytest.mark.parametrize(("algorithm", "checked"), [("https", True), ("none", False)])
def test_certificates_are_always_checked_and_host_names_unless_told_otherwise(algorithm: str, *, checked: bool) -> None:
    context = check(kafka(security_protocol="SSL", ssl_endpoint_identification_algorithm=algorithm))
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, checked)


def test_sasl_without_tls_is_refused_unless_it_is_allowed() -> None:
    assert "EDDYLINE_KAFKA_ALLOW_PLAINTEXT_SASL=true" in refusal(**USER, security_protocol="SASL_PLAINTEXT")
    allowed = kafka(**USER, security_protocol="SASL_PLAINTEXT", allow_plaintext_sasl=True)
    assert properties(allowed)["security.protocol"] == "SASL_PLAINTEXT"
    assert isinstance(credentials(allowed), SASLCredentials)


@pytest.mark.parametrize("mechanism", ["GSSAPI", "OAUTHBEARER", "scram"])
def test_a_mechanism_that_is_not_supported_is_refused_by_its_name(mechanism: str) -> None:
    message = refusal(**SASL | {"sasl_mechanism": mechanism})
    assert f"kafka.sasl_mechanism = {mechanism} is not supported" in message


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"security_protocol": "TLS"}, "kafka.security_protocol = TLS: it must be one of PLAINTEXT, SSL"),
        (USER, "kafka.sasl_password: set, but kafka.security_protocol = PLAINTEXT does not use it"),
        ({**USER, "security_protocol": "SSL"}, "= SSL does not use it"),
        ({"ssl_ca_location": "ca.pem"}, "kafka.ssl_ca_location: set, but kafka.security_protocol = PLAINTEXT"),
        ({"security_protocol": "SASL_SSL"}, "needs kafka.sasl_mechanism, kafka.sasl_username, kafka.sasl_password"),
        (SASL | {"sasl_username": ""}, "needs kafka.sasl_username"),
        (SASL | {"sasl_password": ""}, "needs kafka.sasl_password"),
        (SASL | {"ssl_certificate_location": "a.pem"}, "kafka.ssl_key_location: set both, or none"),
        (SASL | {"ssl_key_location": "a.key"}, "kafka.ssl_key_location: set both, or none"),
        (SASL | {"ssl_ca_location": "/nowhere/ca.pem"}, "kafka.ssl_ca_location = /nowhere/ca.pem: No such file"),
        (SASL | {"ssl_ca_location": "/"}, "kafka.ssl_ca_location = /: Is a directory"),
        (SASL | {"ssl_ca_location": __file__}, "holds no certificate in PEM"),
        (SASL | {"ssl_key_password": "x"}, "kafka.ssl_key_password needs kafka.ssl_key_location"),
    ],
)
def test_what_cannot_work_is_refused_by_the_name_of_its_setting(fields: dict[str, str], said: str) -> None:
    assert said in refusal(**fields)


@pytest.mark.parametrize("password", ["", "another"])
def test_a_key_whose_password_is_another_is_refused_and_nobody_is_asked_for_it(
    client: Certificate, password: str
) -> None:
    files = {"ssl_certificate_location": client.certificate, "ssl_key_location": client.encrypted_key}
    assert "the password of the key is another" in refusal(**SASL, **files, ssl_key_password=password)


def test_a_key_of_another_certificate_is_refused(authority: Authority, client: Certificate) -> None:
    files = {"ssl_certificate_location": authority.ca, "ssl_key_location": client.key}
    assert "not a certificate and its key" in refusal(**SASL, **files)
