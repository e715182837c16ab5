"""The words that the reading room uses for what the database keeps as codes, in the reader's language."""

from __future__ import annotations

from db.site.wording import SiteWording

_STATE_KINDS = ("state-media", "government")


def is_state(kind: str | None, ownership: str | None) -> bool:
    """Whether a reader must be told that a state speaks: said in words beside every headline."""
    return ownership == "state" or kind in _STATE_KINDS


def describe_standing(kind: str | None, ownership: str | None, wording: SiteWording) -> str:
    """Kind and ownership in words, without saying "state" twice."""
    words = [wording.word("kinds", kind)] if kind else []
    if kind not in _STATE_KINDS and ownership in ("state", "public", "nonprofit"):
        words.append(wording.word("ownerships", ownership))
    return wording.listed(words)
