"""Check addresses before they become links in pages, feeds, mails and webhooks. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from db.text.sanitise import UNSEEN

MAX_ADDRESS_CHARS = 4_000
_NO_HOST = frozenset(" <>\"'\\^`{|}%")  # forbidden in a host (https://url.spec.whatwg.org/#forbidden-host-code-point)


def web_address(url: object) -> str | None:
    """Return the URL if it may be a link, else None; `<`, `>` and `"` in it are percent-encoded.

    It must be absolute, http or https, with a host and without a user name or password, at most 4,000 characters long,
    and hold no blank, control character or character that turns or hides text.
    """
    if not isinstance(url, str):
        return None
    url = url.strip()
    if len(url) > MAX_ADDRESS_CHARS or not url.isprintable() or " " in url or UNSEEN.search(url):
        return None
    try:
        parts = urlsplit(url)
        hostname, port = parts.hostname, parts.port  # reading the port raises ValueError if it is not a number
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or port == 0:
        return None
    if not hostname or _NO_HOST.intersection(hostname):
        return None
    return url.replace("<", "%3C").replace(">", "%3E").replace('"', "%22")
