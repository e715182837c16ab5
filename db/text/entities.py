"""Resolve the character references of HTML. Pure."""

from __future__ import annotations

import html
import re

# Python refuses to read numbers of more than 4,300 digits, and html.unescape passes that on. No character has a number
# of more than seven digits; zeros before it are allowed.
_ENDLESS = re.compile(r"&#0*+[0-9]{20}[0-9]*+;?|&#[xX]0*+[0-9a-fA-F]{20}[0-9a-fA-F]*+;?")


def unescape_entities(text: str) -> str:
    """Resolve named and numeric references; a number that no character has becomes U+FFFD. Never raises."""
    return html.unescape(_ENDLESS.sub("\ufffd", re.sub(r"&#0{20}0*+", "&#0", text)))
