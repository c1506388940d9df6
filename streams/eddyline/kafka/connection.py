"""How brokers are reached, for both client libraries."""

from eddyline.settings import Settings


def client_config(settings: Settings) -> dict[str, str | int | float | bool]:
    """Return the part of a librdkafka configuration that every client shares."""
    return {"bootstrap.servers": settings.kafka.bootstrap, "client.id": "eddyline", "log.connection.close": False}


def faust_broker(settings: Settings) -> list[str]:
    """Return the brokers as Faust takes them."""
    return [f"kafka://{broker.strip()}" for broker in settings.kafka.bootstrap.split(",")]
