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
MARKS = ("ce_specversion", "ce_id", "ce_source", "ce_type")
"""One of them is enough to tell that a binary envelope was meant."""
STRUCTURED = "application/cloudevents+json"
ANY_ENVELOPE = "application/cloudevents"


def text_headers(headers: tuple[tuple[str, bytes | None], ...]) -> dict[str, str]:
    """Return the headers that hold UTF-8 text, names in lower case; of a repeated one the last."""
    found = {}
    for name, value in headers:
        try:
            if value is not None:
                found[name.lower()] = value.decode()
        except UnicodeDecodeError:
            continue
    return found


def check_format(headers: Mapping[str, str]) -> None:
    """Refuse an envelope in another format than JSON, before anything tries to read it as JSON.

    Raises:
        DeadLetter: ``unknown_envelope``.
    """
    declared = _content_type(headers)
    if declared.startswith(ANY_ENVELOPE) and declared != STRUCTURED:
        raise DeadLetter("unknown_envelope", "of CloudEvents, only single events in the JSON format are read")


def unwrap(headers: Mapping[str, str], fields: object) -> object:
    """Return the native fields: those in the envelope if there is one, else ``fields`` as they are.

    The content type decides. Without one that names an envelope, ``ce_`` headers make a binary event, and a value that
    states a ``specversion`` is a structured one.

    Raises:
        DeadLetter: ``bad_json``, ``unknown_version``, ``invalid_field:<attribute>``.
    """
    if _content_type(headers) == STRUCTURED:
        return _from_structured(fields)
    if any(mark in headers for mark in MARKS):
        attributes = {name.removeprefix("ce_"): value for name, value in headers.items() if name.startswith("ce_")}
        return _native(attributes, fields)
    if isinstance(fields, dict) and "specversion" in fields:
        return _from_structured(fields)
    return fields


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _from_structured(fields: object) -> dict[str, Any]:
    if not isinstance(fields, dict):
        raise DeadLetter("bad_json", "a CloudEvent must be a JSON object")
    return _native(fields, fields.get("data"))


def _native(attributes: Mapping[str, Any], data: object) -> dict[str, Any]:
    if attributes.get("specversion") != SPEC_VERSION:
        raise DeadLetter("unknown_version", "the CloudEvents specversion must be 1.0")
    for name in REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise DeadLetter(f"invalid_field:{name}", f"a CloudEvent needs the attribute {name}")
    if not isinstance(data, dict):
        raise DeadLetter("invalid_field:data", "the data of the CloudEvent must be a JSON object")
    inherited = {"id": event_id(attributes["source"], attributes["id"]), "ts": attributes.get("time")}
    return inherited | {name: value for name, value in data.items() if value is not None}


def event_id(source: str, identifier: str) -> str:
    """Return one id for what CloudEvents identifies by source and id together: sha256 of both, in hex."""
    return hashlib.sha256(f"{source}\0{identifier}".encode()).hexdigest()
