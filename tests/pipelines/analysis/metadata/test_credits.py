"""The source that an article credits for its text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.metadata.credits import find_credit

BODY = "El nuevo muelle recibió a su primer buque, un granelero de 180 metros que venía de la costa de Shandong."


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("LIMA/BEIJING, June 29 (Xinhua) -- The two ports signed an accord on Monday.", "Xinhua"),
        ("Lima, 14 nov (EFE).- El canciller viajará a Pekín la próxima semana.", "EFE"),
        ("PEKÍN (Reuters) - Las importaciones de cobre subieron en octubre.", "Reuters"),
        ("Reuters.- El precio del cobre cerró al alza este martes.", "Reuters"),
        ("LIMA, Nov 14 (AFP) — Fishermen gathered at the gates of the port.", "AFP"),
        ("Lima, nov. 14 (ANDINA). – La ministra inauguró la planta.", "Andina"),
        ("新华社利马11月12日电（记者 张三）秘鲁渔业部长12日表示，两国将扩大合作。", "Xinhua"),
        ("中新网11月14日电 据秘鲁媒体报道，当地时间13日，一座新码头开始试运行。", "China News Service"),
        ("据新华社北京8月3日电 有关部门公布了新的关税安排。", "Xinhua"),
        ("Por la tarde\n" + "Lima, 2 dic (EFE).- " + BODY, "EFE"),
        (BODY + "\nFuente: La República", "La República"),
        (BODY + "\n(Fuente: Gestión)", "Gestión"),
        (BODY + "\nSource: Xinhua News Agency", "Xinhua"),
        (BODY + "\n来源：中国新闻网", "China News Service"),
        (BODY + "\n来源：参考消息网 责任编辑：李四", "参考消息网"),
        (BODY + "\nReference(s):\nA port that joins two shores\ncgtn.com", "cgtn.com"),
        (BODY + "\nReference(s): https://www.cgtn.com/news/a.html", "cgtn.com"),
        (BODY + "\nNoticia tomada de: https://www.bbc.com/mundo/articles/x", "bbc.com"),
        (BODY + "\nThis article was produced by Reuters news agency. It has not been edited.", "Reuters"),
        (BODY + "\nEl presente artículo ha sido publicado originalmente en Diálogo Austral.", "Diálogo Austral"),
        (BODY + "\nCon información de Andina", "Andina"),
        (BODY + "\nEFE", "EFE"),
        (BODY + " La obra costó lo previsto, dijo el alcalde. (EFE)", "EFE"),
        ("--News Direct--\n" + BODY, "News Direct"),
    ],
)
def test_a_credit_for_the_text_is_read(text: str, whom: str) -> None:
    assert find_credit("El muelle recibe su primer buque", text) == whom


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "A crane lifts a container at the new terminal, Nov. 14, 2025. (Xinhua)\n" + BODY,
        BODY + "\nA crane lifts a container at the new terminal, Nov. 14, 2025. (Xinhua/Zhang San)",
        BODY + "\n(Xinhua)",
        "Foto: Andina\n" + BODY,
        BODY + "\n(Imagen: EFE)",
        BODY + "\nFoto: Reuters",
        BODY + "\nFuente: INEI",
        BODY + "\nFuente: Sunat. Elaboración propia",
        "Según la agencia Reuters, el buque salió el lunes. " + BODY,
        "El alcalde dijo a EFE que la obra sigue en marcha. " + BODY,
        "Las fuentes consultadas por este diario piden cautela. " + BODY,
        "La Cordillera Andina - una barrera de piedra - separa las dos cuencas.",
        BODY + "\nfuente de agua para la ciudad durante siglos",
        BODY + "\nSource Countries Weigh Their Options",
        "新华社大楼附近的居民表示，道路施工影响出行。",
        "",
    ],
)
def test_a_photo_a_quotation_or_a_table_is_no_credit(text: str) -> None:
    assert find_credit("El muelle recibe su primer buque", text) is None


@pytest.mark.parametrize(
    ("authors", "whom"),
    [
        (["Agencia EFE"], "EFE"),
        (["Por Agencia EFE"], "EFE"),
        (["Redacción EFE"], "EFE"),
        (["Xinhua"], "Xinhua"),
        (["AFP / Rosa Quispe"], "AFP"),
        (["Ana Reuters"], None),
        (["Efraín Andina Quispe"], None),
        (["Redacción"], None),
        ([], None),
    ],
)
def test_an_agency_as_the_author_is_a_credit(authors: list[str], whom: str | None) -> None:
    assert find_credit("El muelle recibe su primer buque", BODY, authors) == whom


@given(st.text(max_size=400), st.lists(st.text(max_size=40), max_size=3))
def test_find_credit_never_raises_and_returns_a_short_name_or_none(text: str, authors: list[str]) -> None:
    whom = find_credit("x", text, authors)
    assert whom is None or 1 < len(whom) <= 300
