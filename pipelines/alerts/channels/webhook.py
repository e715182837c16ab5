"""Post messages to a signed webhook (Standard Webhooks 1.0.0, https://www.standardwebhooks.com).

The address is `signed+https://KEY@host/path`; KEY is `whsec_` and the base64 of 24 to 64 random bytes. The signature
proves to the receiver that a message comes from this desk and was not changed; the id shows whether the receiver has it
already. With two keys, separated by a comma, each message carries two signatures, so that a receiver can change its key
without losing messages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from ssl import SSLContext
from typing import Any
from urllib.parse import unquote

import httpx

from pipelines.alerts.errors import SendError
from pipelines.alerts.messages.digest import AlertMessage

SCHEMA_PATH = Path(__file__).parent / "webhook.schema.json"
PAYLOAD_VERSION = 1  # fields may be added without a new version, but not removed
# A key ends at the first "@", which base64 does not use; "/" and "+" need no escape.
_ADDRESS = re.compile(r"signed\+(?P<scheme>https?)://(?P<keys>[A-Za-z0-9+/=_,%-]+)@(?P<rest>[^\s#]+)", re.IGNORECASE)
_ADDRESS_HELP = (
    "its secret is no address of a signed webhook: write signed+https://KEY@host/path, "
    "KEY being whsec_ and the base64 of 24 to 64 random bytes"
)

# They log addresses, whose path may be a secret; the SendErrors below say what an operator needs.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedWebhook:
    """The URL of a signed webhook, and the keys that sign its messages."""

    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)


def is_signed_webhook(address: str) -> bool:
    """Whether an address has the scheme of a signed webhook."""
    return address[:7].lower() == "signed+"


def parse_webhook_address(address: str) -> SignedWebhook:
    """Parse the address of a signed webhook. Raises SendError, which quotes no part of it, if its form is wrong."""
    found = _ADDRESS.fullmatch(address.strip())
    if not found:
        raise SendError(_ADDRESS_HELP)
    keys = tuple(_decode_key(unquote(key)) for key in found["keys"].split(","))
    try:
        url = httpx.URL(f"{found['scheme'].lower()}://{found['rest']}")
    except httpx.InvalidURL:
        raise SendError(_ADDRESS_HELP) from None
    if not url.host or url.userinfo:
        raise SendError(_ADDRESS_HELP)
    return SignedWebhook(url=str(url), keys=keys)


def build_payload(message: AlertMessage) -> bytes:
    """Return the message as JSON (UTF-8) that follows webhook.schema.json."""
    # A notice and a briefing have only text.
    content = message.facts or {"text": message.text_without_files or message.text}
    payload = {
        "type": f"alerts.{message.kind}",
        "timestamp": message.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {
            "version": PAYLOAD_VERSION,
            "digest": message.token,
            "desk": message.desk,
            "subject": message.subject,
            **content,
        },
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def sign_body(body: bytes, *, token: str, keys: Sequence[bytes], at: int) -> dict[str, str]:
    """Return the headers that sign a body at a time (seconds since 1970). Pure."""
    signed = b".".join([token.encode("ascii"), str(at).encode("ascii"), body])
    signatures = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii") for key in keys]
    return {
        "webhook-id": token,  # the digest's token, the same at each attempt
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


async def post_message(hook: SignedWebhook, message: AlertMessage, *, limit: float) -> None:
    """Post a message within `limit` seconds.

    Only the status of the response counts: its body is not read, and a redirect is not followed.

    Raises SendError if the receiver did not accept the message; it is `final` after status 410 (Gone).
    """
    body = build_payload(message)
    headers = sign_body(body, token=message.token, keys=hook.keys, at=int(time.time()))
    headers |= {"content-type": "application/json", "user-agent": "Vigia"}
    try:
        async with (
            httpx.AsyncClient(verify=_load_tls_context(), timeout=limit, follow_redirects=False) as client,
            client.stream("POST", hook.url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except httpx.TimeoutException:
        raise SendError("the webhook gave no answer in time", unreachable=True) from None
    except httpx.RemoteProtocolError:
        raise SendError("the webhook's answer is no HTTP, or broke off", unreachable=True) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Name only the type: the text of these errors may hold the address.
        raise SendError(f"no connection to the webhook ({type(error).__name__})", unreachable=True) from None
    if status == httpx.codes.GONE:
        raise SendError("the webhook is gone (it answered 410); take it out of the subscription", final=True)
    if 300 <= status < 400:
        raise SendError(f"the webhook redirects (it answered {status}); redirects are not followed")
    if not 200 <= status < 300:
        raise SendError(f"the webhook did not take the message: it answered {status}")


def load_schema() -> dict[str, Any]:
    """Return the JSON Schema of the payload."""
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text("utf-8"))
    return schema


@lru_cache(maxsize=1)
def _load_tls_context() -> SSLContext:
    """Return the TLS context, cached because reading all certificates takes longer than a delivery."""
    return httpx.create_ssl_context()


def _decode_key(text: str) -> bytes:
    encoded = text.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (ValueError, binascii.Error):
        raise SendError(_ADDRESS_HELP) from None
    if not 24 <= len(key) <= 64:
        raise SendError(_ADDRESS_HELP)
    return key
