"""Leave out names that mean a person, a street or another country's office, by what stands beside them.

"El «Chino» Ríos" is a nickname, "calle Lima" a street, and the foreign ministry in 秘鲁外交部 is Peru's. A surname
that is a syllable elsewhere needs a person: "señora Lin". One that is a word elsewhere ("Su", "Song") is doubtful and
needs a title wherever it stands. Names of any topic are read so; no name of a topic stands here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from db.text.folding import fold
from pipelines.relevance.name_matcher import TITLE, MatchedLine, NameMatch

_PLACES = frozenset({"place", "country"})
_BEFORE = 14  # characters before a name that are read
_STREET_BEFORE = re.compile(
    r"(?:^|[\s(])(?:calle|avenida|av\.|avda\.|jr\.|jirón|jiron|psje\.|pasaje|plaza|plazuela|óvalo|urb\.)\s$",
    re.IGNORECASE,
)
_STREET_AFTER = re.compile(
    r"\s(?:Street|St\.|Avenue|Ave\.|Road|Rd\.|Boulevard|Blvd|Square)(?!\w)"
    r"|(?:路|大道|大街|街)(?=[0-9一二三四五六七八九十号口段，。、；]|$)"
)
_QUOTE_BEFORE = re.compile(r"[«“\"'‘](?:[Ee]l |[Ll]a )?$")
_QUOTE_AFTER = re.compile(r"\s?[»”\"'’]")
_HE_BEFORE = re.compile(r"(?:^|[\s«“\"'‘(])(?:[Ee]l|[Dd]el|[Aa]l)\s$")
_SHE_BEFORE = re.compile(r"(?:^|[\s«“\"'‘(])[Ll]a\s$")
_SURNAME_AFTER = re.compile(r"(?:\s?[»”\"'’])?\s([A-ZÁÉÍÓÚÑ][a-záéíóúñü]{2,20})")
# What may follow a country's name with a capital: "la China Popular".
_ADJECTIVES = frozenset(
    {"popular", "comunista", "imperial", "continental", "nacionalista", "socialista", "moderna", "roja"}
)
_GIVEN_NAME_AFTER = re.compile(r"\s[A-Z][a-z]{1,9}(?![\w-])")
_SHORT_WORD = 3  # letters of a word that may be small in a headline in title case
_TITLE_GAP = 2  # characters between a title and a surname: "Mr. Lin"
_LINK_AFTER = re.compile(r"\s(?:de|del|de la|of|of the)\s$")


def drop_namesakes(
    lines: Sequence[MatchedLine], *, language: str | None, demonyms: frozenset[str]
) -> list[MatchedLine]:
    """Return the lines without nicknames, streets and offices of others among the names in them.

    `demonyms` are folded Spanish words such as "chino".
    """
    nicknames = _find_nicknames(lines, demonyms) if language == "es" else {}
    people = _find_people(lines)
    return [
        (place, line, [hit for hit in _named_people(found, people) if not _is_namesake(line, hit, nicknames)])
        for place, line, found in ((place, line, list(_own_offices(line, found))) for place, line, found in lines)
    ]


def _is_namesake(line: str, hit: NameMatch, nicknames: dict[str, set[str]]) -> bool:
    if hit.name.kind in _PLACES and _is_street(line, hit):
        return True
    if not nicknames or not line[hit.start].isupper():
        return False
    folded = fold(line[hit.start : hit.end])
    if folded not in nicknames:
        return False
    before = line[max(0, hit.start - _BEFORE) : hit.start]
    surname = _SURNAME_AFTER.match(line, hit.end)
    return (
        bool(_HE_BEFORE.search(before) or _SHE_BEFORE.search(before) or _QUOTE_BEFORE.search(before))
        or folded.endswith("o")  # as a demonym it would have a small letter
        or (surname is not None and fold(surname[1]) in nicknames[folded])
    )


def _named_people(hits: Sequence[NameMatch], people: frozenset[str]) -> Iterator[NameMatch]:
    """Yield the names without surnames that name no person."""
    ends = _title_ends(hits)
    for hit in hits:
        if not _needs_person(hit) or (_has_title(hit, ends) if hit.name.is_doubtful else fold(hit.name.text) in people):
            yield hit


def _needs_person(hit: NameMatch) -> bool:
    """Return True for surnames that are words or syllables elsewhere ("Lin", "Song"); faint ones are known alone."""
    return hit.name.kind == "surname" and not hit.name.is_faint


def _find_people(lines: Iterable[MatchedLine]) -> frozenset[str]:
    """Return the folded surnames that stand behind a title ("señora Lin") or before a given name ("Lin Hui") once."""
    people: set[str] = set()
    for place, line, hits in lines:
        surnames = [hit for hit in hits if _needs_person(hit)]
        ends = _title_ends(hits) if surnames else frozenset()
        has_capitals = bool(surnames) and place == "title" and _is_title_case(line)
        people.update(
            fold(hit.name.text)
            for hit in surnames
            if _has_title(hit, ends) or (not has_capitals and _GIVEN_NAME_AFTER.match(line, hit.end))
        )
    return frozenset(people)


def _title_ends(hits: Iterable[NameMatch]) -> frozenset[int]:
    return frozenset(hit.end for hit in hits if hit.name.role == TITLE)


def _has_title(hit: NameMatch, ends: frozenset[int]) -> bool:
    """Return True for a name behind a title, whose end is one of `ends`."""
    return any(hit.start - gap in ends for gap in range(1, _TITLE_GAP + 1))


def _is_title_case(headline: str) -> bool:
    """Return True if most longer words have a capital ("Lin Wins the Open"): what follows a surname may be any word."""
    words = [word for word in headline.split() if len(word) > _SHORT_WORD]
    return 2 * sum(word[0].isupper() for word in words) > len(words)


def _is_street(line: str, hit: NameMatch) -> bool:
    if _STREET_AFTER.match(line, hit.end):
        return True
    return line[hit.start].isupper() and bool(_STREET_BEFORE.search(line[max(0, hit.start - _BEFORE) : hit.start]))


def _find_nicknames(lines: Iterable[MatchedLine], demonyms: frozenset[str]) -> dict[str, set[str]]:
    """Return the demonyms that are a person's nickname in this Spanish text, with the surnames that follow them.

    A demonym has a small letter in Spanish: "el Chino" with a capital is a person, and so is what stands in quotation
    marks. "La China" may be the country, unless a surname follows.
    """
    found: dict[str, set[str]] = {}
    for _, line, hits in lines:
        for hit in hits:
            word = line[hit.start : hit.end]
            if fold(word) not in demonyms or not word.istitle():
                continue
            before = line[max(0, hit.start - _BEFORE) : hit.start]
            surname = _SURNAME_AFTER.match(line, hit.end)
            is_surname = surname is not None and surname[1].lower() not in _ADJECTIVES
            is_quoted = _QUOTE_BEFORE.search(before) and _QUOTE_AFTER.match(line, hit.end)
            is_he = word.endswith("o") and _HE_BEFORE.search(before)
            if is_quoted or is_he or (is_surname and _SHE_BEFORE.search(before)):
                found.setdefault(fold(word), set()).update({fold(surname[1])} if surname else ())
    return found


def _own_offices(line: str, hits: Sequence[NameMatch]) -> Iterator[NameMatch]:
    """Yield the names without those of offices that another side or country is said to have: 智利外交部."""
    for number, hit in enumerate(hits):
        if hit.name.strong or hit.name.kind != "institution" or hit.name.role != "concept":
            yield hit
            continue
        before = hits[number - 1] if number else None
        after = hits[number + 1] if number + 1 < len(hits) else None
        is_theirs = before is not None and hit.start - before.end <= 1 and _is_other(before, hit)
        is_of_theirs = (
            after is not None and _is_other(after, hit) and bool(_LINK_AFTER.fullmatch(line, hit.end, after.start))
        )
        if not is_theirs and not is_of_theirs:
            yield hit


def _is_other(owner: NameMatch, hit: NameMatch) -> bool:
    if owner.name.role == "country":
        return True
    return owner.name.role == "concept" and owner.name.side in {"a", "b"} and owner.name.side != hit.name.side
