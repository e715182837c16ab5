"""Can a page matter at all? Asked of the raw page, before anything is extracted from it; wrong only towards yes."""

from __future__ import annotations

import html
import re

from pipelines.folding import INVISIBLE, clean, fold
from pipelines.items import OutletProfile
from pipelines.topic import Topic

_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


def may_matter(page: str | bytes, *, topic: Topic, outlet: OutletProfile, extra: str = "") -> bool:
    """False only if no text of this page (decoded HTML; `extra`: a title from elsewhere) could be judged on topic."""
    if isinstance(page, bytes):
        try:
            page = page.decode("utf-8")
        except UnicodeDecodeError:
            return True
    raw = html.unescape(html.unescape(f"{page}\n{extra}"))
    raw = (
        _ESCAPE.sub(lambda match: chr(int(match[1], 16)), raw)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )
    folded = "".join(fold(clean(_INVISIBLE.sub("", raw))).split())
    return topic.matcher.could_hold(
        (folded, "".join(_TAG.sub("", folded).split())),
        a=outlet.country in topic.a.countries,
        b=outlet.country in topic.b.countries,
    )
