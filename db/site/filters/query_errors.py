"""What the query language says of a query, in the reader's language: its sentences are matched and said again."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache

from db.site.wording import SiteWording


@lru_cache
def _said() -> list[tuple[re.Pattern[str], dict[str, str]]]:
    """Each sentence as a pattern, with what it is in the other languages."""
    table = tomllib.loads((SiteWording.folder / "queries.toml").read_text("utf-8"))["said"]
    return [(re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(it["en"])), re.DOTALL), it) for it in table]


def translate_message(sentence: str, wording: SiteWording) -> str:
    """A sentence of the query language, or a part of one, in this language; as it is where nobody translated it."""
    if wording.language == "en":
        return sentence
    for pattern, it in _said():
        if match := pattern.fullmatch(sentence):
            return it[wording.language].format(**match.groupdict())
    return sentence


def describe_mistake(message: str, hint: str, wording: SiteWording) -> str:
    """A mistake with its remedy as one sentence, with its full stop."""
    parts = [translate_message(part, wording) for part in (message, hint) if part]
    text = wording("signs.semicolon").join(parts)
    return text if text.endswith(("?", "？")) else text + wording("signs.stop")
