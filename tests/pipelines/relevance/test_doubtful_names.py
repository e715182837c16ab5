"""Names that mean something else too: they count with a witness, and without one they stand for less or nothing."""

from __future__ import annotations

import pytest

from db.text.folding import fold
from pipelines.page import OutletProfile
from pipelines.relevance.evidence import read_sentences
from pipelines.relevance.name_matcher import required_capitals
from pipelines.relevance.rule import judge
from pipelines.relevance.topic import load_topic
from tests.fixtures.small_topic import SMALL_TOPIC
from tests.pipelines.relevance.test_topic import write

TOPIC = load_topic("china_peru")


def sides(title: str, text: str, *, language: str = "es", home: str = "") -> tuple[int, int, int]:
    sentences = read_sentences(title, text, language=language, topic=TOPIC, home=home)
    return sum(s.a for s in sentences), sum(s.b for s in sentences), sum(s.both for s in sentences)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("El presidente recibió en Miraflores a los gobernadores de Mérida y Táchira.", "es"),
        ("La UPC de Barcelona ensaya un satélite pequeño.", "es"),
        ("Rimac shows a faster electric hypercar.", "en"),
        ("El alcalde del Cosco inauguró el mercado.", "es"),
        ("MMG writes home and motor insurance in five states.", "en"),
        ("胡宁市的学校下周开学。", "zh"),
        ("演员藤森出席了首映礼。", "zh"),
        ("农民在地里播种小米和高粱。", "zh"),
        ("钱凯老师的课很受欢迎。", "zh"),
    ],
)
def test_without_a_witness_a_doubtful_name_stands_for_no_side(text, language):
    assert sides("", text, language=language) == (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("En Miraflores y en otros distritos de Lima no habrá agua.", "es", (0, 2, 0)),
        ("Cosco moverá más contenedores.", "es", (1, 0, 0)),
        ("MMG restarted the mine.", "en", (1, 0, 0)),
        ("秘鲁胡宁大区出产咖啡。", "zh", (0, 2, 0)),
        ("小米手机销量上升。", "zh", (1, 0, 0)),
        ("货轮停靠钱凯，装上蓝莓。", "zh", (0, 0, 1)),
    ],
)
def test_a_witness_tells_what_is_meant(text, language, expected):
    assert sides("", text, language=language) == expected


def test_at_home_a_doubtful_place_needs_no_witness():
    assert sides("", "Vecinos de Trujillo piden agua.") == (0, 0, 0)
    assert sides("", "Vecinos de Trujillo piden agua.", home="b") == (0, 1, 0)


def test_a_name_of_both_sides_stands_for_its_town_alone():
    assert sides("", "La policía halló dos motos robadas en Chancay.") == (0, 1, 0)
    assert sides("", "El buque dejó dos grúas en Chancay.") == (0, 0, 1)


def test_a_utility_that_a_chinese_group_owns_stands_for_the_relation_as_a_business():
    assert sides("", "Luz del Sur cortará la luz el domingo en Lurín.", home="b") == (0, 2, 0)
    assert sides("", "Luz del Sur repartirá utilidades entre sus accionistas.") == (0, 0, 1)


def test_no_doubtful_name_is_hidden_by_a_sure_one():
    sure = {(fold(name.text), required_capitals(name.text)) for name in TOPIC.matcher.names if not name.is_doubtful}
    doubtful = [name for name in TOPIC.matcher.names if name.is_doubtful]
    assert [name.text for name in doubtful if (fold(name.text), required_capitals(name.text)) in sure] == []


def test_two_doubtful_places_of_one_side_are_witnesses_of_each_other():
    assert sides("", "Los buses unen San Borja con Surquillo.") == (0, 2, 0)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Trujillo, en la provincia de Cáceres, abrió su mercado. Hubo soles y nubes.", 0),  # a weak name is a word
        ("En Barranca, Colombia, sirven chicha.", 0),  # another country stands beside it
        ("En Barranca sirven chicha.", 1),
        ("En Barranca sirven chicha. En Colombia no.", 1),
    ],
)
def test_a_custom_or_surname_is_company_unless_another_country_stands_beside(text, number):
    assert sides("", text) == (0, number, 0)


@pytest.mark.slow
def test_another_topic_lists_its_own_doubtful_names(tmp_path):
    text = SMALL_TOPIC + (
        '[[concept]]\nid = "places"\nkind = "place"\nside = "b"\n'
        'doubtful = { es = ["Los Ríos"] }\nwitness = { es = ["Valdivia"] }\n'
    )
    topic = load_topic(write(tmp_path, text))
    outlet = OutletProfile(id="x", name="X", country="XX")
    for line, found in (("China compra en Los Ríos", False), ("China compra en Los Ríos, cerca de Valdivia", True)):
        judged = judge(line, line, language="es", topic=topic, outlet=outlet)
        assert ("places" in {mention.concept for mention in judged.mentions}) is found
