"""What a department is told: a CloudEvents 1.0 body, signed as Standard Webhooks asks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping

from api.storage import Parcel, now
from classifier.signals import SIGNALS

OVERLAP: Final = timedelta(days=1)
"""So long after a rotation the secret before signs too."""

CONTENT_TYPE: Final = "application/cloudevents+json"


def message(parcel: Parcel) -> tuple[str, bytes]:
    """The id and the body of what is to be told; both are the same however often it is sent.

    Returns
    -------
    id : str
    body : bytes
        A CloudEvent in JSON. ``type`` is complaint.assigned (to an owner or co-department), complaint.reassigned (to
        the owner until now), or complaint. and an event.
    """
    complaint, decision, event = parcel.complaint, parcel.decision, parcel.event
    department = parcel.webhook["department"]
    if event is not None:
        kind, at = event["event"], event["recorded_at"]
    else:
        mine = department == decision["department"] or department in (decision["co_departments"] or ())
        kind, at = ("assigned" if mine else "reassigned"), decision["decided_at"]
    identifier = f"msg_{parcel.webhook['webhook_id']}_{parcel.outbox['number']}"
    told: dict[str, Any] = {
        "specversion": "1.0",
        "id": identifier,
        "source": "/v1/complaints",
        "type": f"complaint.{kind}",
        "time": _moment(at),
        "subject": complaint["complaint_id"],
        "datacontenttype": "application/json",
        "data": {
            "complaint_id": complaint["complaint_id"],
            "department": decision["department"],
            "co_departments": decision["co_departments"] or [],
            "role": "owner"
            if department == decision["department"]
            else "co-department"
            if kind == "assigned"
            else None,
            **{name: decision[name] for name in ("reason", "queue", "priority", "trace")},
            **{name: _moment(decision[name]) for name in ("first_response_due", "resolution_due", "statutory_due")},
            "category": parcel.prediction["category"],
            "confidence": parcel.prediction["confidence"],
            "signals": [{"code": code, "zh": SIGNALS[code][0]} for code, _, _ in parcel.prediction["signals"] or ()],
            **{name: complaint[name] for name in ("text", "channel", "region", "branch", "product", "amount")},
            "event": None if event is None else _event(event),
        },
    }
    return identifier, json.dumps(told, ensure_ascii=False).encode()


def secret(key: bytes, webhook_id: str, generation: int) -> str:
    """The secret of a webhook, ``whsec_`` and base64, derived from the service's key: nothing of it is kept.

    Examples
    --------
    >>> secret(b"k", "1a2b3c4d", 1) == secret(b"k", "1a2b3c4d", 2)
    False
    """
    derived = hmac.new(key, f"webhook\0{webhook_id}\0{generation}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(derived).decode()


def signed(key: bytes, webhook: RowMapping, identifier: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of a message: its id, the moment it is sent, and its signatures (Standard Webhooks 1.0).

    Parameters
    ----------
    key : bytes
        The service's.
    webhook : mapping
        Its row.
    identifier : str
    body : bytes
    at : datetime
        With its time zone.
    """
    generations = [webhook["generation"]]
    if webhook["rotated_at"] is not None and now() - webhook["rotated_at"] < OVERLAP:
        generations.append(webhook["generation"] - 1)
    stamp = str(int(at.timestamp()))
    told = f"{identifier}.{stamp}.".encode() + body
    signatures = (signature(secret(key, webhook["webhook_id"], generation), told) for generation in generations)
    return {
        "content-type": CONTENT_TYPE,
        "webhook-id": identifier,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def signature(secret: str, told: bytes) -> str:
    """The signature of id, moment and body, with dots between (Standard Webhooks 1.0, symmetric)."""
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), told, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _event(event: RowMapping) -> dict[str, Any]:
    kept = {name: event[name] for name in ("event", "actor", "note", "approver", "satisfaction")}
    return kept | {"happened_at": _moment(event["happened_at"]), "due": _moment(event["due"])}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
