"""CloudEvents 1.0 over Kafka: structured and binary envelopes around native events.

Source: CloudEvents 1.0.2, Kafka protocol binding 1.0.2 (sections 3.2 and 3.3). Batches are not defined for Kafka.
The binding is ours because it has to survive what a public library need not: headers that are null, repeated or not
UTF-8, keys that are bytes, times that are absent.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from eddyline.errors import DeadLetter

SPEC_VERSION = "1.0"
REQUIRED = ("id", "source", "type")
STRUCTURED = "application/cloudevents+json"
ANY_ENVELOPE = "application/cloudevents"


def text_headers(headers: tuple[tuple[str, bytes | None], ...]) -> dict[str, str]:
    """Return the headers that are UTF-8 text, names in lower case; of a repeated one the last."""
    found = {}
    for name, value in headers:
        try:
            found[name.lower()] = (value or b"").decode()
        except UnicodeDecodeError:
            continue
    return found


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether the attributes are in the headers and the value is the data itself."""
    return "ce_specversion" in headers


def is_structured(headers: Mapping[str, str], fields: object) -> bool:
    """Whether the value is the envelope: the content type says so or, without one, its fields do."""
    content_type = headers.get("content-type", "")
    if content_type.startswith(ANY_ENVELOPE):
        return True
    return isinstance(fields, dict) and "specversion" in fields and "type" in fields


def from_structured(headers: Mapping[str, str], fields: object) -> dict[str, Any]:
    """Return the native fields inside a structured envelope.

    Raises:
        DeadLetter: ``unknown_version``, ``unknown_envelope``, ``invalid_field:<attribute>``.
    """
    content_type = headers.get("content-type", STRUCTURED)
    if content_type.startswith(ANY_ENVELOPE) and not content_type.startswith(STRUCTURED):
        reason, message = "unknown_envelope", "of CloudEvents, only the JSON format is read"
        raise DeadLetter(reason, message)
    if not isinstance(fields, dict):
        reason, message = "bad_json", "a CloudEvent must be a JSON object"
        raise DeadLetter(reason, message)
    return _native(fields, fields.get("data"))


def from_binary(headers: Mapping[str, str], data: object) -> dict[str, Any]:
    """Return the native fields of a binary event, ``data`` being its decoded value.

    Raises:
        DeadLetter: ``unknown_version``, ``invalid_field:<attribute>``.
    """
    attributes = {name.removeprefix("ce_"): value for name, value in headers.items() if name.startswith("ce_")}
    return _native(attributes, data)


def _native(attributes: Mapping[str, Any], data: object) -> dict[str, Any]:
    if attributes.get("specversion") != SPEC_VERSION:
        reason, message = "unknown_version", "the CloudEvents specversion must be 1.0"
        raise DeadLetter(reason, message)
    for name in REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            reason, message = f"invalid_field:{name}", f"a CloudEvent needs the attribute {name}"
            raise DeadLetter(reason, message)
    if not isinstance(data, dict):
        reason, message = "invalid_field:data", "the data of the CloudEvent must be a JSON object"
        raise DeadLetter(reason, message)
    return {"id": event_id(attributes["source"], attributes["id"]), "ts": attributes.get("time")} | data


def event_id(source: str, identifier: str) -> str:
    """Return one id for what CloudEvents identifies by source and id together: sha256 of both, in hex."""
    return hashlib.sha256(f"{source}\0{identifier}".encode()).hexdigest()
