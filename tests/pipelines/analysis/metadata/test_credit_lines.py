"""Lines that name who made an article."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.metadata.credit_lines import CreditedWork, is_name, read_credits, read_names, read_opening

LABELS = (
    "Escribe",
    "Texto",
    "Autora",
    "Redacción",
    "Informa desde Pekín",
    "Words",
    "Reported by",
    "文",
    "记者",
    "作者",
)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Texto: Ana Ruiz / Fotos: Luis Paz", ["Ana Ruiz"]),
        ("Fotos: Luis Paz. Texto: Ana Ruiz", ["Ana Ruiz"]),
        ("Texto y fotos: Ana Ruiz", ["Ana Ruiz"]),
        ("Texto: Ana Ruiz Fotos: Luis Paz", ["Ana Ruiz"]),
        ("Words: Mary Oduya | Photographs: Tom Reyes", ["Mary Oduya"]),
        ("Por Ana Ruiz y Luis Paz", ["Ana Ruiz", "Luis Paz"]),
        ("Escriben: Ana Ruiz, Luis Paz", ["Ana Ruiz", "Luis Paz"]),
        ("Por Ana Ruiz - ana.ruiz@diario.example", ["Ana Ruiz"]),
        ("Edición: Ana Ruiz", ["Ana Ruiz"]),
        ("Por Ministerio de Faros y Puertos", ["Ministerio de Faros y Puertos"]),
        ("By Ministry of Lighthouses and Harbours", ["Ministry of Lighthouses and Harbours"]),
        ("Por Dirección General de Pesca y Mareas, Ana Ruiz", ["Dirección General de Pesca y Mareas", "Ana Ruiz"]),
        ("Fotos: Luis Paz", []),
        ("记者：李文华　来源：江口日报", ["李文华"]),
        ("来源：江口日报　作者：李文华", ["李文华"]),
        ("作者丨李文华", ["李文华"]),
        ("文/李文华 图/王强", ["李文华"]),
        ("文｜李文华、王强", ["李文华", "王强"]),
        ("〔記者李文華／高雄報導〕", ["李文華"]),
        ("記者李文華/台北報導", ["李文華"]),
        ("记者李文华、王强／利马报道", ["李文华", "王强"]),
        ("〔李文華／台北—利馬報導〕", ["李文華"]),
        ("（江口社記者李文華台北20日電）", ["李文華"]),
        ("【記者王強高雄報導】", ["王強"]),
        ("本报记者 李文华 利马报道", ["李文华"]),
        ("江口社利马11月12日电（记者 李文华）", ["李文华"]),
        ("特派记者李文华/利马讯", ["李文华"]),
        ("文、圖／李文華", ["李文華"]),
        ("記者李文華 攝影/王強", ["李文華"]),
        ("〔財經頻道／綜合報導〕", []),
        ("本报评论员李文华", ["本报评论员李文华"]),
        ("查看评论", []),
        ("3 replies", []),
        ("Leave a reply", []),
        ("Ver los 4 comentarios", []),
        ("本报记者 李文华 王　强", ["李文华", "王强"]),
        ("江口社记者李文华", ["李文华"]),
        ("Ruiz Soto, Ana; Paz León, Luis Alberto", ["Ana Ruiz Soto", "Luis Alberto Paz León"]),
        ("Oduya, Mary; de la Cruz, Tom", ["Mary Oduya", "Tom de la Cruz"]),
        ("Ruiz, Ana", ["Ana Ruiz"]),
        ("Ana Ruiz, Luis Paz", ["Ana Ruiz", "Luis Paz"]),
        ("Ana Ruiz; Luis Paz", ["Ana Ruiz", "Luis Paz"]),
        ("Martin Luther King, Jr", ["Martin Luther King, Jr"]),
        ("4 comments", []),
        ("Comentarios (12)", []),
        ("Deja un comentario", []),
        ("https://diario.example/ana", []),
        ("2026-05-14 10:30", []),
        ("", []),
    ],
)
def test_names_are_read_without_labels(line: str, names: list[str]) -> None:
    assert read_names([line]) == names


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("mark", [": ", "：", " : "])
@pytest.mark.parametrize("name", ["Ana Ruiz Soto", "José Ñahui", "李文华"])
def test_what_stands_before_a_colon_is_no_part_of_a_name(label: str, mark: str, name: str) -> None:
    assert read_names([f"{label}{mark}{name}"]) == [name]


def test_several_values_with_the_surname_first_are_turned() -> None:
    assert read_names(["Ruiz Soto, Ana", "Paz León, Luis"]) == ["Ana Ruiz Soto", "Luis Paz León"]
    assert read_names(["Ana Ruiz, Lima"]) == ["Ana Ruiz", "Lima"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("〔記者李文華／高雄報導〕南方港口四月貨運量創新高。", ["李文華"]),
        ("江口社利马11月12日电（记者 李文华）南方港口货运量创新高。", ["李文华"]),
        ("【記者李文華、王強／台北報導】南方港口貨運量創新高。", ["李文華", "王強"]),
        ("（记者从交通部门获悉）南方港口货运量创新高。", []),
        ("南方港口（下称港口）四月货运量创新高，记者李文华说。", []),
        ("[PR] 南方港口", []),
        ("〔財經頻道／綜合報導〕南方港口貨運量創新高。", []),
    ],
)
def test_a_chinese_text_opens_with_its_writer(line: str, names: list[str]) -> None:
    assert read_opening(line) == names


def test_labels_tell_what_somebody_did() -> None:
    assert read_credits("Texto: Ana Ruiz / Fotos: Luis Paz") == [
        (CreditedWork.TEXT, "Ana Ruiz"),
        (CreditedWork.OTHER, "Luis Paz"),
    ]


@pytest.mark.slow
@given(st.text(max_size=200))
def test_no_line_raises_and_names_are_names(line: str) -> None:
    assert all(is_name(name) for name in read_names([line]))


@pytest.mark.parametrize(
    "line",
    [
        ": " * 50_000,
        "a, " * 50_000,
        "Ana " * 50_000,
        "/文" * 50_000,
        "(" * 100_000,
        "A, B; " * 30_000,
        "（记者" * 40_000,
        "／報" * 40_000,
    ],
)
def test_a_long_line_is_cut(line: str) -> None:
    before = time.process_time()
    read_names([line])
    read_opening(line)
    assert time.process_time() - before < 5
