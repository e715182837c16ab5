"""The words that the reading room uses for what the database keeps as codes."""

from __future__ import annotations

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

KINDS = {
    "state-media": "state media",
    "agency": "news agency",
    "press": "press",
    "regional": "regional press",
    "think-tank": "think tank",
    "research": "research",
    "trade-press": "trade press",
    "government": "government",
    "association": "association",
    "aggregator": "aggregator",
}

OWNERSHIPS = {
    "state": "state-owned",
    "private": "privately owned",
    "nonprofit": "non-profit",
    "public": "public service",
    "unknown": "ownership unknown",
}

VERDICTS = {"relevant": "relevant", "borderline": "borderline"}

COPY_KINDS = {
    "exact": "same text",
    "near": "nearly the same text",
    "excerpt": "an excerpt",
    "extended": "with additions",
}

PLACES = {"title": "headline", "lead": "opening", "body": "text"}

CONCEPT_KINDS = {
    "country": "countries", "person": "people", "company": "companies", "project": "projects", "place": "places",
    "institution": "institutions", "port": "ports", "mine": "mines",
}  # fmt: skip


def spoken(table: dict[str, str], code: str | None, *, unknown: str = "unknown") -> str:
    """The word for a code; a code that is new to us stands for itself."""
    return table.get(code, code) if code else unknown


def is_state(kind: str | None, ownership: str | None) -> bool:
    """Whether a reader must be told that a state speaks: said in words beside every headline."""
    return ownership == "state" or kind in ("state-media", "government")


def standing(kind: str | None, ownership: str | None) -> str:
    """Kind and ownership in words, without saying "state" twice."""
    if kind in ("state-media", "government"):
        return KINDS[kind]
    words = [spoken(KINDS, kind)] if kind else []
    if ownership in ("state", "public", "nonprofit"):
        words.append(OWNERSHIPS[ownership])
    return ", ".join(words)
