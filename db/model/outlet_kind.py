"""Whether a state speaks through an outlet: one rule for pages, mail and charts."""

from __future__ import annotations

STATE_OWNERSHIP = "state"
UNKNOWN_OWNERSHIP = "unknown"
PUBLIC_OWNERSHIP = "public"
OWNERSHIPS = (STATE_OWNERSHIP, "private", "nonprofit", PUBLIC_OWNERSHIP, UNKNOWN_OWNERSHIP)
# A state speaks through these kinds even if the ownership does not say "state": CEPAL, a commission of governments, is
# "public", and the directory does not know the owner of some state media.
STATE_KINDS = ("state-media", "government")
NEWS_KINDS = ("agency", "press", "regional")  # these kinds are called state media if a state owns them


def speaks_for_state(kind: str | None, ownership: str | None) -> bool:
    """Return True if a state speaks through the outlet; pages and mail say so beside its headlines."""
    return ownership == STATE_OWNERSHIP or kind in STATE_KINDS


def is_state_media(kind: str | None, ownership: str | None) -> bool:
    """Return True if an outlet is media of a state: a news agency or newspaper, but no ministry or institute."""
    return kind == "state-media" or (ownership == STATE_OWNERSHIP and kind in NEWS_KINDS)


def kind_says_owner(kind: str | None, ownership: str | None) -> bool:
    """Return True if the kind already says who owns the outlet, so that pages and mail leave its ownership out.

    State media and government bodies that are "public" are not said to be public-service media.
    """
    return kind in STATE_KINDS and ownership in (STATE_OWNERSHIP, PUBLIC_OWNERSHIP)
