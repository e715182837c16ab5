"""Names that mean something else too count only where the text has a witness for the meaning that the topic wants.

Trujillo is a city of Peru, of Spain and of Venezuela; MMG is a miner and an insurer; Chancay is a port, a town and an
old culture. A topic file lists such names as `doubtful`, and what decides as `witness`. Without a witness a name is
left out, or stands for the side that the concept's `alone` says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from db.text.folding import fold
from pipelines.relevance.name_matcher import MatchedLine, NameMatch, TopicName

if TYPE_CHECKING:
    from pipelines.relevance.topic import Topic


def settle_doubtful(
    lines: Sequence[MatchedLine], *, topic: Topic, home: str, language: str | None
) -> list[MatchedLine]:
    """Return the lines with each doubtful name as it is meant in this text, or without it.

    `home` is the side that the outlet is at home on, or "".
    """
    hits = [hit.name for _, _, found in lines for hit in found if hit.name.role == "concept"]
    doubtful = {name for name in hits if name.is_doubtful}
    if not doubtful:
        return list(lines)
    sides = _sides(name for name in hits if name.strong and not name.is_doubtful) | {home}
    company = doubtful | {name for name in hits if name.is_faint}
    abroad = set(_beside_other_countries(lines))
    unsure = {
        name
        for name in doubtful
        if not _is_witnessed(name, sides) and (name in abroad or not _has_company(name, company))
    }
    if not unsure:
        return list(lines)
    found = (hit for _, line, _ in lines for hit in topic.witnesses.find(line, language=language))
    words = {owner for hit in found for owner in hit.name.owner.split()}  # a word may be a witness for many
    meant = {
        name: dataclasses.replace(name, side=name.alone, is_doubtful=False)
        for name in unsure
        if name.owner not in words
    }
    return [(place, line, list(_settled(hits, meant))) for place, line, hits in lines]


def _settled(found: Iterable[NameMatch], meant: Mapping[TopicName, TopicName]) -> Iterator[NameMatch]:
    for hit in found:
        name = meant.get(hit.name, hit.name)
        if name.side:
            yield hit if name is hit.name else NameMatch(name, hit.start, hit.end)


def _sides(names: Iterable[TopicName]) -> set[str]:
    sides = {name.side for name in names}
    return sides | {"a", "b"} if "both" in sides else sides


def _is_witnessed(name: TopicName, sides: set[str]) -> bool:
    return any(side in sides for side in name.witnessed_by)


def _beside_other_countries(lines: Iterable[MatchedLine]) -> Iterator[TopicName]:
    """Yield the names in whose sentence a third country is named, such as Barranca in "Barranca, Colombia"."""
    for _, _, hits in lines:
        if any(hit.name.role == "country" for hit in hits):
            yield from (hit.name for hit in hits)


def _has_company(name: TopicName, names: Iterable[TopicName]) -> bool:
    """Return True if another doubtful or faint name of the same side is in the text: San Borja, or a surname there."""
    return name.side != "both" and any(
        other.side == name.side and fold(other.text) != fold(name.text) for other in names
    )
