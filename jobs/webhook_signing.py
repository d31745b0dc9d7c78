"""Signs what is sent to a webhook as Standard Webhooks has it, version 1 of its symmetric signatures."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime


def signed_headers(message_id: str, body: bytes, secrets: Sequence[bytes], *, at: datetime) -> dict[str, str]:
    """Return the headers that go with ``body``: one signature for each secret that is good at this moment."""
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
