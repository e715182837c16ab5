"""The measures of a score: own side, frames, and what softens them."""

from __future__ import annotations

import pytest

from db.model.verdict import Verdict
from pipelines.page import OutletProfile
from pipelines.relevance.evidence import read_sentences
from pipelines.relevance.measures import find_home, measure, names_both_sides
from pipelines.relevance.prefilter import may_be_relevant
from pipelines.relevance.rule import WEIGHTS, judge
from pipelines.relevance.topic import load_topic

TOPIC = load_topic("china_peru")
OUTLETS = {code: OutletProfile(id="o", name="Outlet", country=code) for code in ("CN", "PE", "XX")}


def measures(title: str, text: str, *, language: str = "es", country: str = "XX") -> dict[str, float]:
    outlet = OUTLETS[country]
    sentences = read_sentences(title, text, language=language, topic=TOPIC, home=find_home(outlet, TOPIC))
    return measure(sentences, topic=TOPIC, outlet=outlet)


def verdict(title: str, text: str, *, language: str, country: str) -> Verdict | None:
    return judge(title, text, language=language, topic=TOPIC, outlet=OUTLETS[country]).verdict


def test_every_weight_is_that_of_a_measure_and_each_is_from_0_to_1():
    found = measures("Perú y China firman", "Perú y China firmaron un acuerdo de copa.")
    assert set(WEIGHTS) <= set(found)
    assert all(0 <= value <= 1 for value in found.values())


@pytest.mark.parametrize("country", ["CN", "XX"])
def test_what_happens_in_peru_alone_is_off_topic_at_an_outlet_of_china_and_elsewhere(country):
    title, text = "秘鲁北部山体滑坡", "秘鲁北部一条公路因山体滑坡中断。\n秘鲁交通部说，清理需要三天。"
    assert verdict(title, text, language="zh", country=country) is None


def test_what_happens_in_china_alone_is_off_topic_at_an_outlet_of_peru():
    title, text = (
        "China prueba un tren de levitación",
        "China probó en Shanghái un tren que flota.\nEl tren chino llegó a 600 km/h.",
    )
    assert verdict(title, text, language="es", country="PE") is None


def test_words_for_home_name_the_side_of_the_outlet():
    title, text = "秘鲁下调鱼粉产量", "秘鲁下调鱼粉产量，国内饲料厂开始抢货。\n国内港口的鱼粉报价上涨。"
    assert verdict(title, text, language="zh", country="CN") is not None
    assert verdict(title, text, language="zh", country="XX") is None


def test_a_notice_of_a_utility_is_framed_as_service():
    title, text = (
        "Luz del Sur: corte de luz este sábado",
        "Conoce las zonas afectadas por el mantenimiento programado de Luz del Sur.",
    )
    assert measures(title, text, country="PE")["leading frame"] == 1
    assert verdict(title, text, language="es", country="PE") is not Verdict.RELEVANT


def test_an_accord_softens_the_frame_of_sport_and_not_that_of_a_list():
    plain = measures("China y Perú en vóley", "China venció al Perú en el torneo y ganó la medalla.")
    accord = measures("China y Perú en vóley", "China y Perú firmaron un convenio para el torneo y la medalla.")
    assert accord["sport"] < plain["sport"] == 1
    assert accord["leading frame"] < plain["leading frame"]
    ranked = "China y Perú firmaron un acuerdo, según el ranking del índice global."
    assert measures("China y Perú", ranked)["leading frame"] == 1


@pytest.mark.parametrize(
    ("title", "text", "language", "country"),
    [
        (
            "La flota asiática vuelve frente a Paita",
            "La flota asiática pesca frente a Paita.",
            "es",
            "PE",
        ),
        ("Asian giant courts Peru", "The Asian giant offered Peru a loan for its railway.", "en", "XX"),
        ("世界第二大经济体与秘鲁", "世界第二大经济体是秘鲁最大的买家。", "zh", "XX"),
    ],
)
def test_other_words_for_a_side_are_read(title, text, language, country):
    outlet = OUTLETS[country]
    sentences = read_sentences(title, text, language=language, topic=TOPIC, home=find_home(outlet, TOPIC))
    assert names_both_sides(sentences, topic=TOPIC, outlet=outlet)
    assert may_be_relevant(f"<h1>{title}</h1><p>{text}</p>", topic=TOPIC, outlet=outlet)
    assert not any(sentence.a for sentence in sentences)


def gate(text: str, *, language: str = "es", country: str = "XX") -> bool:
    outlet = OUTLETS[country]
    sentences = read_sentences("", text, language=language, topic=TOPIC, home=find_home(outlet, TOPIC))
    return names_both_sides(sentences, topic=TOPIC, outlet=outlet)


@pytest.mark.parametrize(
    ("text", "names_both"),
    [
        ("El ingeniero Zhang habla mandarín. Los Mamani tienen una chacra.", True),
        ("El ingeniero Zhang habla mandarín en Lima.", True),
        ("El ingeniero Zhang trabaja en Lima.", False),  # a surname is anywhere
        ("Los ingenieros Zhang y Zhao trabajan en Lima.", False),  # and so are two
        ("Hablan mandarín en Lima.", False),
        ("Los Mamani tienen una chacra en Guangdong.", True),
        ("Los Mamani viven en Guangdong.", False),
    ],
)
def test_a_surname_and_a_custom_together_name_a_side(text, names_both):
    assert gate(text) is names_both
    if names_both:
        assert may_be_relevant(f"<title>x</title><p>{text}</p>", topic=TOPIC, outlet=OUTLETS["XX"])


def test_at_home_one_faint_name_is_enough():
    text = "En la chacra de don Teófilo paran los compradores de Ningbo."
    assert gate(text, country="PE")
    assert not gate(text, country="XX")


def test_settings_count_names_of_the_rarer_side_that_are_not_its_country():
    two = "De Ningbo a Xiamen, de Paita a Huaral."
    named = measures("", f"{two} China. Perú."), measures("", f"{two} China. Perú. Brasil.")
    assert named[0]["settings"] == named[0]["undisturbed"] > 0
    assert (named[1]["settings"], named[1]["undisturbed"]) == (named[0]["settings"], 0)
    assert measures("", "China y Perú firman. Perú y China celebran.")["settings"] == 0
    assert measures("", f"{two} Nada de Shanghái.")["settings"] == named[0]["settings"]


def test_a_weak_name_is_company_for_a_doubtful_one():
    assert gate("La nave dejó Olmos rumbo a Shanghái.") is False
    assert gate("La chacra de Olmos exporta a Shanghái.") is True


def test_a_long_feature_set_in_both_countries_needs_more_words_for_a_frame():
    words = "La cocina huele a plato recalentado."
    short = f"De Ningbo a Xiamen, de Paita a Huaral. {words}"
    long = short + " Nadie dijo nada." * 24
    elsewhere = f"Entre China y Perú. {words}"
    assert 0 < measures("", long)["frame"] < measures("", short)["frame"]
    assert measures("", elsewhere + " Nadie dijo nada." * 24)["frame"] == measures("", elsewhere)["frame"]
