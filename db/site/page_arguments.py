"""Say which arguments of an address a page did not read. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from db.site.wording import SiteWording
from db.text.sanitise import one_line

MAX_NOTES = 5
MAX_SHOWN_CHARACTERS = 60  # of a name or a value
DATE_NAMES = frozenset({"from", "to", "since", "until", "after", "date", "desde", "hasta"})


def describe_unread(
    arguments: Mapping[str, Sequence[str]],
    *,
    reads: Collection[str] = (),
    refused: Collection[str] = (),
    wrong_language: str = "",
    wording: SiteWording,
) -> list[str]:
    """Return a sentence for each argument that the page did not read, MAX_NOTES at most.

    reads: names that the page knows. refused: those of them whose value it could not read. wrong_language: a value of
    `lang` that is no language of the pages.
    """
    notes = [wording("arguments.refused", argument=_shown(f"lang={wrong_language}"))] if wrong_language else []
    has_date = False
    for name, values in arguments.items():
        if len(notes) >= MAX_NOTES:
            break
        if name in refused:
            notes.append(wording("arguments.refused", argument=_shown(f"{name}={values[0]}")))
        elif name not in reads:
            notes.append(wording("arguments.unknown", argument=_shown(name)))
            has_date |= name in DATE_NAMES
        elif len(values) > 1:
            notes.append(wording("arguments.repeated", argument=_shown(name), value=_shown(values[0])))
    if (has_date or "period" in refused) and "period" in reads:
        notes.append(wording("arguments.period"))
    return notes


def _shown(text: str) -> str:
    return one_line(text, MAX_SHOWN_CHARACTERS)
