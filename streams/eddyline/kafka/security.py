"""How a connection to Kafka is secured: what cannot work, or must not, is refused before anything is sent.

The settings have the names of librdkafka's properties, so for librdkafka they are only handed on.
"""

import ssl

from eddyline.errors import RefusedToStart
from eddyline.settings import Kafka
from eddyline.tls import Files, client_context

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
EXPOSED = (
    "shows the password, or what it can be guessed from, to anyone on the way: use SASL_SSL, "
    "or accept it with EDDYLINE_KAFKA_ALLOW_PLAINTEXT_SASL=true"
)
OF_SASL = ("sasl_mechanism", "sasl_username", "sasl_password")
OF_TLS = ("ssl_ca_location", "ssl_certificate_location", "ssl_key_location", "ssl_key_password")


def protocol(kafka: Kafka) -> str:
    """Return the protocol in capitals: librdkafka takes both."""
    return kafka.security_protocol.upper()


def uses_sasl(kafka: Kafka) -> bool:
    """Whether clients say who they are by user and password."""
    return protocol(kafka).startswith("SASL_")


def uses_tls(kafka: Kafka) -> bool:
    """Whether connections are encrypted."""
    return protocol(kafka).endswith("SSL")


def fault(kafka: Kafka) -> str | None:
    """Return why these settings cannot work or must not, in one line that names no secret, or None."""
    sasl, tls = uses_sasl(kafka), uses_tls(kafka)
    missing = [name for name in OF_SASL if sasl and not getattr(kafka, name)]
    unused = [name for names, used in ((OF_SASL, sasl), (OF_TLS, tls)) if not used for name in names]
    unused = [name for name in unused if getattr(kafka, name)]
    chosen = f"kafka.security_protocol = {protocol(kafka)}"
    rules = (
        (protocol(kafka) not in PROTOCOLS, f"{chosen}: it must be one of {', '.join(PROTOCOLS)}"),
        (bool(unused), f"kafka.{', kafka.'.join(unused)}: set, but {chosen} does not use it"),
        (bool(missing), f"{chosen} needs kafka.{', kafka.'.join(missing)}"),
        (
            sasl and kafka.sasl_mechanism not in MECHANISMS,
            f"kafka.sasl_mechanism = {kafka.sasl_mechanism} is not supported: choose one of {', '.join(MECHANISMS)}",
        ),
        (sasl and not tls and not kafka.allow_plaintext_sasl, f"{chosen} {EXPOSED}"),
    )
    return next((message for broken, message in rules if broken), None)


def check(kafka: Kafka) -> ssl.SSLContext | None:
    """Return the TLS of connections, None where there is none.

    Raises:
        RefusedToStart: the settings contradict each other, or a file cannot be used; the message names which.
    """
    if problem := fault(kafka):
        raise RefusedToStart(problem)
    if not uses_tls(kafka):
        return None
    files = Files(
        "kafka", kafka.ssl_ca_location, kafka.ssl_certificate_location, kafka.ssl_key_location, kafka.ssl_key_password
    )
    return client_context(files, check_hostname=kafka.ssl_endpoint_identification_algorithm == "https")


def properties(kafka: Kafka) -> dict[str, str]:
    """Return the properties of librdkafka; what is not set is left to it.

    Raises:
        RefusedToStart: see :func:`check`.
    """
    tls = check(kafka) is not None
    names = (*OF_SASL, *OF_TLS, *(["ssl_endpoint_identification_algorithm"] if tls else []))
    # ``sasl.mechanism`` and the others: one dot after each word.
    given = {name.replace("_", "."): getattr(kafka, name) for name in names if getattr(kafka, name)}
    return {"security.protocol": protocol(kafka), **given}
