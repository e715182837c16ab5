"""Which changes of a revision are worth an alert, and how they are described."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.news.revisions import compare_versions
from db.text.sanitise import one_line
from pipelines.alerts.matching.revision_changes import MAX_CHANGE_CHARS, MAX_CHANGES, describe_changes


@pytest.mark.parametrize(
    ("old", "new", "described"),
    [
        ("El costo es US$3.5 billion, dicen.", "El costo es US$4.2 billion, dicen.", "US$3.5 → 4.2 billion"),
        (
            "Costará 3,5 mil millones de dólares.",
            "Costará 4,2 mil millones de dólares.",
            "3,5 → 4,2 mil millones de dólares",
        ),
        ("中国企业投资35亿美元建设钱凯港。", "中国企业投资42亿美元建设钱凯港。", "35亿美元 → 42亿美元"),
        ("It cost 900 million dollars.", "It cost 1.2 billion dollars.", "900 million dollars → 1.2 billion dollars"),
        ("Hubo 2 buques más.", "Hubo 3 buques más.", "2 → 3 buques"),
        ("Rige la ley 31.953.", "Rige la ley 31.954.", "31.953 → 31.954"),
        ("El tren tiene 20% de avance.", "El tren tiene 35% de avance.", "20% → 35%"),
        ("Murieron 3 personas, 5 siguen graves.", "Murieron 4 personas, 7 siguen graves.", "3 → 4 personas; 5 → 7"),
        ("The port opens in 2026.", "The port opens in 2027.", "2026 → 2027"),
        ("Abrió ayer.", "Abrió ayer.\nDará 45 empleos y US$ 20 millones.", "+ 45 empleos; + US$20 millones"),
        ("Dará 45 empleos y luz.\nAbrió ayer.", "Abrió ayer.", "− 45 empleos"),
        ("Fue en Lima, dijo ayer Rosa Quispe.", "Fue en Lima, dijo ayer Rosa Mamani.", "Rosa Quispe → Rosa Mamani"),
        ("Hubo gente.", "Hubo gente. Según contó el ministro José Pérez, habrá más.", "+ José Pérez"),
        ("Hubo gente.", "Hubo gente. Lo dijo María de la Cruz. De la Cruz, ayer, no.", "+ María de la Cruz"),
    ],
)
def test_changed_figures_have_their_units_and_changed_names_are_complete(old: str, new: str, described: str) -> None:
    assert describe_changes(compare_versions("Chancay", old, "Chancay", new)) == described


@pytest.mark.parametrize(
    ("old", "new", "described"),
    [
        ("El puerto abre", "El puerto cierra", "“El puerto abre” → “El puerto cierra”"),
        ("Chancay: 3.5 millones", "Chancay: 4.2 millones", "3.5 → 4.2 millones"),
        ("Chancay abre", "CHANCAY ABRE!", None),
        ("En vivo 14:30", "En vivo 15:10", None),
        ("钱凯港开港", "钱凯港停运", "“钱凯港开港” → “钱凯港停运”"),
    ],
)
def test_a_headline_is_described_if_its_words_changed(old: str, new: str, described: str | None) -> None:
    assert describe_changes(compare_versions(old, "El puerto.", new, "El puerto.")) == described


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("El puerto abre pronto.", "El puerto abre ya."),
        ("22/11/2026 14:30\nEl puerto abre.", "23/11/2026 15:10\nEl puerto abre."),
        ("Actualizado el 22 de noviembre de 2026\nAbre.", "Actualizado el 23 de noviembre de 2026\nAbre."),
        ("Updated: Nov 22, 2026, 14:30\nIt opens.", "Updated: Nov 23, 2026, 09:05\nIt opens."),
        ("更新时间：2026-11-22 14:30\n港口开放。", "更新时间：2026-11-23 09:05\n港口开放。"),
        ("Hace 3 horas\nAbre.", "Hace 5 horas\nAbre."),
        ("Hay 40 camas, 50 mesas.\nY 50 sillas, 40 días.", "Hay 50 camas, 40 mesas.\nY 40 sillas, 50 días."),
    ],
)  # fmt: skip
def test_changed_words_and_update_times_are_not_described(old: str, new: str) -> None:
    assert describe_changes(compare_versions("Chancay", old, "Chancay", new)) is None


def test_the_description_of_a_rewritten_text_is_limited() -> None:
    new = "\n".join(f"Dijo Ana Prado{chr(97 + n)} que son {n * 37 + 11} toneladas." for n in range(26))
    described = describe_changes(compare_versions("a", "Otra cosa.", "b", new))
    assert described is not None
    assert described.endswith(" …")
    assert described.count("; ") == MAX_CHANGES - 1


TEXTS = st.text(max_size=120) | st.lists(
    st.sampled_from(
        ["3.5", "4,2", "billion", "mil millones", "亿", "José", "Pérez", "de", "14:30", "US$", "\n", ".", "x"]
    )
).map(" ".join)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_any_two_versions_give_one_line_or_none(title: str, text: str, title2: str, text2: str) -> None:
    described = describe_changes(compare_versions(title, text, title2, text2))
    if described is not None:
        assert one_line(described, 10_000) == described
        assert 0 < len(described) <= MAX_CHANGES * (MAX_CHANGE_CHARS + 2) + 2
    assert describe_changes(compare_versions(title, text, title, text)) is None
