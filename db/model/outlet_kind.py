"""Kinds of outlets through which a state speaks: one answer for pages, mail and charts."""

from __future__ import annotations

STATE_OWNERSHIP = "state"
# A state speaks through these whoever owns them: a commission of governments (CEPAL) is "public", and of some
# state media the directory does not state the owner.
STATE_KINDS = ("state-media", "government")
NEWS_KINDS = ("agency", "press", "regional")  # called state media when a state owns them


def speaks_for_state(kind: str | None, ownership: str | None) -> bool:
    """Whether a reader must be told, beside every headline of the outlet, that a state speaks."""
    return ownership == STATE_OWNERSHIP or kind in STATE_KINDS


def is_state_media(kind: str | None, ownership: str | None) -> bool:
    """Whether an outlet is media of a state: a news agency or newspaper, but no ministry and no institute."""
    return kind == "state-media" or (ownership == STATE_OWNERSHIP and kind in NEWS_KINDS)
