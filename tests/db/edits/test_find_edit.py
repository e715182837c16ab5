"""What an edit changed: forty made edits, and single rules."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from db.edits.find_edit import MAX_DETAIL_CHARACTERS, find_edit
from db.edits.misspelling import is_misspelling

MADE = tomllib.loads((Path(__file__).parent / "made_edits.toml").read_text("utf-8"))


def apply(text: str, changes: list[list[str]]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("edit", MADE["edit"], ids=lambda edit: f"{edit['of']}: {edit['what']}")
def test_a_made_edit_is_told_by_its_kinds_and_a_trifle_is_not(edit: dict[str, Any]) -> None:
    article = MADE["articles"][edit["of"]]
    text = article["text"].strip() + "\n"
    before = article["title"], apply(text, edit.get("from", [])).strip()
    after = (
        apply(article["title"], edit.get("title", [])),
        (apply(text, edit.get("replace", [])) + edit.get("append", "")).strip(),
    )
    assert before != after
    assert list(find_edit(before, after, language=edit["of"], country=article["country"]).kinds) == edit["kinds"]


def test_half_of_the_made_edits_are_trifles() -> None:
    assert [sum(bool(edit["kinds"]) is told for edit in MADE["edit"]) for told in (True, False)] == [20, 20]


@pytest.mark.parametrize(
    ("one", "other", "is_slip"),
    [
        ("exporaciones", "exportaciones", True),
        ("puetro", "puerto", True),
        ("traduccion", "traducccion", True),
        ("recivir", "recibir", True),
        ("exibicion", "exhibicion", True),
        ("importaciones", "exportaciones", False),
        ("legal", "ilegal", False),
        ("millones", "billones", False),
        ("puerto", "puertos", False),
        ("hombre", "hambre", False),
        ("aprobado", "aprobada", False),
        ("cobre", "cobro", False),
    ],
)
def test_only_a_slip_of_the_pen_is_a_misspelling(one: str, other: str, is_slip: bool) -> None:
    assert is_misspelling(one, other) is is_misspelling(other, one) is is_slip


@pytest.mark.parametrize(
    ("text", "has_notice"),
    [
        ("Corrección: el muelle mide 300 metros.", True),
        ("La obra sigue.\nFe de erratas\nEl muelle mide 300 metros.", True),
        ("Una versión anterior de esta nota decía que el muelle mide 400 metros.", True),
        ("Editor’s note: the pier is 300 metres long.", True),
        ("An earlier version of this article misstated the length of the pier.", True),
        ("Actualizado el 25 de noviembre de 2026, 08:15", True),
        ("更正：码头长300米。", True),
        ("本文已更新，码头长度有误。", True),
        ("最后更新：2026年11月25日 08:15", True),
        ("La corrección del precio del cobre siguió en la semana.", False),
        ("Publicado el 25 de noviembre de 2026", False),
        ("The correction in copper prices went on.", False),
        ("公司更新了设备。", False),
        ("本文此前将码头长度误写为400米。", True),
        ("The mayor said this report is public.", False),
        ("本文作者不误农时。", False),
        ("编者按：码头是秘鲁南部的大门。", False),
        ("Esta noticia llegó el día preciso.", False),
        ("En esta nota se precisa que el muelle mide 300 metros.", True),
    ],
)
def test_a_notice_of_a_correction_is_found_in_three_languages(text: str, has_notice: bool) -> None:
    assert find_edit(("Muelle", "Texto."), ("Muelle", text)).has_notice is has_notice


@pytest.mark.parametrize(
    ("before", "after", "has_notice"),
    [
        ("Actualizado el 25 de mayo, 08:15\nMide 300 m.", "Actualizado el 25 de mayo, 08:15\nMide 400 m.", False),
        ("Actualizado el 25 de mayo, 08:15\nMide 300 m.", "Actualizado el 25 de mayo, 09:40\nMide 400 m.", True),
        ("Mide 300 m.\nCorrección: abrió ayer.", "Mide 400 m.\nCorrección: abrió ayer.", False),
        ("Fe de erratas\nAbrió ayer.", "Fe de erratas\nAbrió ayer.\nMide 400 m.", True),
        ("本文已更新。码头长300米。", "本文已更新。码头长400米。", False),
    ],
)
def test_a_notice_of_an_earlier_edit_is_none_of_this_one(before: str, after: str, has_notice: bool) -> None:
    assert find_edit(("Muelle", before), ("Muelle", after)).has_notice is has_notice


def test_details_say_what_stood_there_and_what_stands_there_now() -> None:
    old = "La obra cuesta 1.300 millones de dólares.\nEl alcalde Luis Paredes pidió un informe a la empresa en marzo."
    new = "La obra cuesta 3.600 millones de dólares."
    edit = find_edit(("Muelle", old), ("Muelle nuevo", new), language="es", country="PE")
    assert [(it.kind, it.before, it.after) for it in edit.details] == [
        ("figures", "1.300 millones de dólares", "3.600 millones de dólares"),
        ("headline", "Muelle", "Muelle nuevo"),
        ("removed", old.splitlines()[1], ""),
    ]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("Cost $3.5 billion in all.", "Cost US$3.5bn in all.", ()),
        ("The port grew.", "BEIJING, April 12 (Xinhua) -- The port grew.", ("text",)),
        ("It fell on April 12.", "It fell on April 13.", ("figures",)),
        ("It rose -5% in May.", "It rose 5% in May.", ("figures",)),
        ("The port grew in May.", "The port grew in May 2026.", ("text",)),
        ("The port grew.", "The port grew.\nRead more: A pier for Ilo", ()),
        ("Two dead in Ilo", "Five dead in Ilo", ("figures",)),
    ],
)
def test_figures_are_changes_of_quantities(before: str, after: str, kinds: tuple[str, ...]) -> None:
    assert find_edit(("Pier", before), ("Pier", after), language="en", country="US").kinds == kinds


def test_the_name_of_the_outlet_behind_a_headline_is_a_trifle() -> None:
    assert find_edit(("Cae una grúa", "Texto."), ("Cae una grúa | El Faro", "Texto.")).kinds == ()


@pytest.mark.slow
def test_a_version_that_is_very_long_or_rewritten_is_told_within_bounded_work() -> None:
    edit = find_edit(("x", "uno dos. " * 30_000), ("x", "tres cuatro. " * 30_000))
    assert edit.kinds == ("text",)
    assert len(edit.details[0].before) == MAX_DETAIL_CHARACTERS
