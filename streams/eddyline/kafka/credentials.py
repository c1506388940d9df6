"""The secured connection in the words of Faust and aiokafka."""

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from eddyline.kafka import security
from eddyline.settings import Kafka


def credentials(kafka: Kafka) -> Credentials | None:
    """Return what a Faust app takes as ``broker_credentials``; None for a plain connection.

    Raises:
        RefusedToStart: see :func:`eddyline.kafka.security.check`.
    """
    context = security.check(kafka)
    if security.uses_sasl(kafka):
        return SASLCredentials(
            mechanism=kafka.sasl_mechanism,
            username=kafka.sasl_username,
            password=kafka.sasl_password,
            ssl_context=context,
        )
    return SSLCredentials(context) if context else None
