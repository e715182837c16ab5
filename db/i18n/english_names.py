"""English names of countries and languages, which the query language accepts as well as codes."""

from __future__ import annotations

# country:Peru means country:PE, lang:spanish means lang:es.
COUNTRY_NAMES = {
    "AR": "Argentina", "AU": "Australia", "BO": "Bolivia", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland",
    "CL": "Chile", "CN": "China", "CO": "Colombia", "CR": "Costa Rica", "CU": "Cuba", "DE": "Germany",
    "EC": "Ecuador", "ES": "Spain", "EU": "European Union", "FR": "France", "GB": "United Kingdom",
    "HK": "Hong Kong", "IN": "India", "IT": "Italy", "JP": "Japan", "KR": "South Korea", "MO": "Macau",
    "MX": "Mexico", "NL": "Netherlands", "PA": "Panama", "PE": "Peru", "PY": "Paraguay", "QA": "Qatar",
    "RU": "Russia", "SG": "Singapore", "TW": "Taiwan", "US": "United States", "UY": "Uruguay", "VE": "Venezuela",
    "ZA": "South Africa",
}  # fmt: skip


LANGUAGE_NAMES = {"es": "Spanish", "en": "English", "zh": "Chinese", "pt": "Portuguese", "fr": "French", "de": "German"}
