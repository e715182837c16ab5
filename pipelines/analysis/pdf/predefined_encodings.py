"""Fonts whose letters are named by a predefined encoding (ISO 32000-1, 9.7.5.2) that pypdf does not know.

It takes their codes for UTF-16, which gives other letters. Each has a brother of the same characters that it knows.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PageObject

_BROTHERS = {  # they differ in how wide a letter is drawn, or in characters that were added later
    "/GBKp-EUC-H": "/GBK-EUC-H",
    "/GBKp-EUC-V": "/GBK-EUC-V",
    "/B5pc-H": "/ETen-B5-H",
    "/B5pc-V": "/ETen-B5-V",
    "/HKscs-B5-H": "/ETen-B5-H",
    "/HKscs-B5-V": "/ETen-B5-V",
}
_MAX_FONTS = 100  # of a page, and of each form that it draws
_MAX_FORMS = 50


def name_known_encodings(page: PageObject) -> None:
    """Give each font of a page, and of the forms that it draws, the name of an encoding that pypdf knows."""
    resources = _entry(page, "/Resources")
    forms = _entry(resources, "/XObject")
    drawn = [_entry(forms, name) for name in islice(forms, _MAX_FORMS)]
    for place in [resources, *(_entry(form, "/Resources") for form in drawn)]:
        fonts = _entry(place, "/Font")
        for name in islice(fonts, _MAX_FONTS):
            _rename(_entry(fonts, name))


def _rename(font: dict[Any, Any]) -> None:
    from pypdf.generic import NameObject  # noqa: PLC0415 - only who reads a PDF needs it

    brother = _BROTHERS.get(str(font.get("/Encoding")))
    if brother is not None:
        font[NameObject("/Encoding")] = NameObject(brother)


def _entry(place: dict[Any, Any], name: str) -> dict[Any, Any]:
    """Return a dictionary within one; an empty one if there is none."""
    value = place.get(name)
    found = value.get_object() if value is not None else None
    return found if isinstance(found, dict) else {}
