"""The words that the reading room uses for what the database keeps as codes, in the reader's language."""

from __future__ import annotations

from db.site.wording import Speech

# English names that the query language takes as well as codes: country:Peru, lang:spanish.
COUNTRIES = {
    "AR": "Argentina", "AU": "Australia", "BO": "Bolivia", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland",
    "CL": "Chile", "CN": "China", "CO": "Colombia", "CR": "Costa Rica", "CU": "Cuba", "DE": "Germany",
    "EC": "Ecuador", "ES": "Spain", "EU": "European Union", "FR": "France", "GB": "United Kingdom",
    "HK": "Hong Kong", "IN": "India", "IT": "Italy", "JP": "Japan", "KR": "South Korea", "MO": "Macau",
    "MX": "Mexico", "NL": "Netherlands", "PA": "Panama", "PE": "Peru", "PY": "Paraguay", "QA": "Qatar",
    "RU": "Russia", "SG": "Singapore", "TW": "Taiwan", "US": "United States", "UY": "Uruguay", "VE": "Venezuela",
    "ZA": "South Africa",
}  # fmt: skip
LANGUAGES = {"es": "Spanish", "en": "English", "zh": "Chinese", "pt": "Portuguese", "fr": "French", "de": "German"}

_OF_STATE = ("state-media", "government")


def is_state(kind: str | None, ownership: str | None) -> bool:
    """Whether a reader must be told that a state speaks: said in words beside every headline."""
    return ownership == "state" or kind in _OF_STATE


def standing(kind: str | None, ownership: str | None, speech: Speech) -> str:
    """Kind and ownership in words, without saying "state" twice."""
    words = [speech.word("kinds", kind)] if kind else []
    if kind not in _OF_STATE and ownership in ("state", "public", "nonprofit"):
        words.append(speech.word("ownerships", ownership))
    return speech.listed(words)
