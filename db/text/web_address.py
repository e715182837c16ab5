"""Addresses that a reader may be sent to. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

_NO_HOST = frozenset(" <>\"'\\^`{|}%")  # forbidden in a host (https://url.spec.whatwg.org/#forbidden-host-code-point)


def web_address(url: object) -> str | None:
    """The URL if a reader may be sent there: absolute, http or https. Anything else (javascript:, data:) is None."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url.strip())
        hostname = parts.hostname
    except ValueError:
        return None
    sound = hostname and hostname.isprintable() and not _NO_HOST.intersection(hostname)
    return url.strip() if parts.scheme in ("http", "https") and sound else None
