"""How brokers are reached, for both client libraries."""

from eddyline.settings import Settings


def client_config(settings: Settings) -> dict[str, str | int | float | bool]:
    """Return the part of a librdkafka configuration that every client shares."""
    # librdkafka would write straight to stderr, twenty lines a second; what matters is raised where it happens.
    return {"bootstrap.servers": settings.kafka.bootstrap, "client.id": "eddyline", "log_level": 0}


def faust_broker(settings: Settings) -> list[str]:
    """Return the brokers as Faust takes them."""
    return [f"kafka://{broker.strip()}" for broker in settings.kafka.bootstrap.split(",")]
