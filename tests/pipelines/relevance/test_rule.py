"""The relevance rule: what it reads, what it does not count, and how it fares on our own and on the shared texts."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.model.verdict import Verdict
from db.text.sentences import split_sentences
from pipelines.page import OutletProfile
from pipelines.relevance.evidence import dateline_length, read_sentences
from pipelines.relevance.rule import Judgement, explain_score, judge
from pipelines.relevance.topic import load_topic
from tests.fixtures.paths import SHARED

TOPIC = load_topic("china_peru")
NOWHERE = OutletProfile(id="o", name="Outlet", country="XX")
PERU = OutletProfile(id="p", name="Diario", country="PE")
OWN = tomllib.loads((Path(__file__).parent / "relevance_cases.toml").read_text("utf-8"))["case"]


def judged(title: str, text: str, language: str | None = "es", outlet: OutletProfile = NOWHERE) -> Judgement:
    return judge(title, text, language=language, topic=TOPIC, outlet=outlet)


def f1(pairs: list[tuple[bool, bool]]) -> float:
    right = sum(said and true for said, true in pairs)
    return 2 * right / max(1, sum(said for said, _ in pairs) + sum(true for _, true in pairs))


def test_the_reasons_are_the_sentences_and_concepts_that_decided():
    found = judged(
        "Cosco estrena grúas en el puerto de Chancay",
        "La naviera invirtió 80 millones.\nLos equipos llegaron de Shanghái al Perú en tres barcos.\nNada más.",
    )
    assert found.verdict is Verdict.RELEVANT
    assert [(reason.place, reason.concepts) for reason in found.reasons[:2]] == [
        ("title", ("cosco", "chancay-port")),
        ("lead", ("chinese-cities", "peru")),
    ]
    assert found.reasons[1].sentence == "Los equipos llegaron de Shanghái al Perú en tres barcos."
    assert all(0 < reason.weight <= 1 for reason in found.reasons)


def test_mentions_count_all_names_of_a_concept_together():
    found = judged("钱凯港开港", "錢凱港与Chancay port是同一个港口，位于秘鲁。", "zh")
    mentions = {mention.concept: mention for mention in found.mentions}
    assert (mentions["chancay-port"].count, mentions["chancay-port"].in_title) == (3, True)
    assert (mentions["peru"].count, mentions["peru"].in_title) == (1, False)


def test_an_article_that_never_says_china_is_found():
    found = judged(
        "Las Bambas reanuda despachos tras acuerdo con Velille",
        "MMG y los comuneros firmaron el acta en Chumbivilcas.\nLa mina producirá 400.000 toneladas este año.",
    )
    assert found.verdict is Verdict.RELEVANT


def test_both_countries_in_the_headline_of_a_match_report_are_not_the_relation():
    found = judged(
        "Perú cae ante China en el Mundial Sub-20 de vóley",
        "La selección peruana perdió en sets corridos.\nChina dominó el marcador desde el torneo pasado.",
    )
    assert found.verdict is None


def test_a_frame_does_not_hide_the_side_that_is_named_in_it():
    (sentence,) = read_sentences("", "La selección peruana juega mañana.", language="es", topic=TOPIC)
    assert sentence.b == 1
    assert sentence.signals == ("sport",)


def test_a_chinese_name_inside_other_words_names_no_side():
    (sentence,) = read_sentences(
        "", "广大发展中国家对秘书长的报告和其中秘书处的意见表示欢迎。", language="zh", topic=TOPIC
    )
    assert (sentence.a, sentence.b, sentence.both) == (0, 0, 0)
    (sentence,) = read_sentences("", "秘鲁称，中国对秘出口增长。", language="zh", topic=TOPIC)
    assert (sentence.a, sentence.b) == (1, 2)


def test_traditional_characters_count_as_simplified_ones():
    simplified = judged("中国与秘鲁签署协议", "中国与秘鲁在利马签署贸易协议，钱凯港将扩建。", "zh")
    traditional = judged("中國與秘魯簽署協議", "中國與秘魯在利馬簽署貿易協議，錢凱港將擴建。", "zh")
    assert traditional.score == simplified.score
    assert traditional.mentions == simplified.mentions


@pytest.mark.parametrize(
    ("title", "text", "language"),
    [
        ("Peru, Illinois, church sells china", "Peru is a town on the river. Chinese tea was served.", "en"),
        ("Lima plant closes", "LIMA, Ohio - The forge in Lima blamed China for the price of castings.", "en"),
        ("Old plates", "She took the fine china from Peru, Ind., to Chicago. Peru was proud.", "en"),
        ("Fernanda Lima apresenta", "Fernanda Lima viaja a China.", "es"),
    ],
)
def test_homonyms_do_not_stand_for_a_side(title, text, language):
    assert judged(title, text, language).verdict is None


def test_bylines_and_datelines_name_no_side():
    by_agency = read_sentences("", "LIMA, 4 nov (Xinhua) -- El alcalde inauguró un parque.", language="es", topic=TOPIC)
    assert (by_agency[0].a, by_agency[0].b) == (0, 0)
    chinese = read_sentences("", "新华社利马11月14日电（记者张三）市长为公园揭幕。", language="zh", topic=TOPIC)
    assert (chinese[0].a, chinese[0].b) == (0, 0)


@pytest.mark.parametrize(
    ("sentence", "dateline"),
    [
        ("LIMA, Feb 18, 2025 (Andean Wire) - Chinalco asked", "LIMA, Feb 18, 2025 (Andean Wire) - "),
        ("Lima, 4 mar (Andina).- El ministro", "Lima, 4 mar (Andina).- "),
        ("Lima, 3 de junio de 2025. La obra", "Lima, 3 de junio de 2025. "),
        ("PERU, Ind. - The string of lights", "PERU, Ind. - "),
        ("中新网北京1月2日电 记者", "中新网北京1月2日电 "),
        ("El presidente dijo - ayer - que no", ""),
        ("Chinalco asked for two more years", ""),
    ],
)
def test_datelines_are_distinguished_from_sentences(sentence, dateline):
    assert sentence[: dateline_length(sentence)] == dateline


def test_a_list_of_countries_weighs_little():
    (sentence,) = read_sentences(
        "", "El bloque incluye a Chile, México, Japón, Vietnam, Perú y China.", language="es", topic=TOPIC
    )
    assert sentence.is_list
    assert judged("Crece el bloque", sentence.text).verdict is None


def test_a_city_where_people_met_is_a_venue():
    (sentence,) = read_sentences("", "习近平在利马会见越南国家主席。", language="zh", topic=TOPIC)
    assert sentence.venue == "b"
    assert judged("习近平在利马会见越南国家主席", "习近平在利马会见越南国家主席。双方谈到铁路。", "zh").verdict is None


def test_a_name_with_capitals_needs_a_capital_in_the_text():
    assert judged("", "She sold china and lima beans.", "en").mentions == ()
    assert {m.concept for m in judged("", "China and Lima.", "en").mentions} == {"china", "lima"}
    assert judged("", "La empresa china.", "es").mentions != ()


def test_an_outlet_at_home_need_not_name_its_country():
    title, text = (
        "BYD abrirá seis locales",
        (
            "La marca invertirá 18 millones de soles.\nBYD traerá su camioneta híbrida antes de Fiestas Patrias.\n"
            "El distribuidor de BYD venderá repuestos en todo el país."
        ),
    )
    assert judged(title, text, outlet=PERU).score > judged(title, text).score
    assert judged(title, text).verdict is None


def test_every_text_that_is_kept_has_reasons():
    for case in OWN:
        outlet = OutletProfile(id="x", name="x", country=case.get("country", "XX"))
        found = judged(case["title"], case["text"], case["language"], outlet)
        assert found.verdict is None or (found.reasons and found.mentions), case["id"]


def test_explain_score_shows_measures_that_lower_the_score():
    title, text = "Perú cae ante China en vóley", "La selección peruana perdió el torneo.\nChina ganó la medalla."
    parts = dict(explain_score(title, text, language="es", topic=TOPIC, outlet=NOWHERE))
    assert parts["title"] > 0 > parts["sport"]
    assert parts["leading frame"] < 0


def test_an_empty_text_is_off_topic():
    assert judged("", "") == Judgement(score=0.0, verdict=None)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=800), st.sampled_from(["es", "en", "zh", "pt", None]))
def test_the_rule_never_raises_on_any_text(title, text, language):
    found = judged(title, text, language)
    assert 0 <= found.score <= 1


def test_our_own_cases_are_judged_well():
    cases = [case for case in OWN if case["label"] != "borderline"]
    pairs = []
    for case in cases:
        outlet = OutletProfile(id="x", name="x", country=case.get("country", "XX"))
        verdict = judged(case["title"], case["text"], case["language"], outlet).verdict
        pairs.append((verdict is Verdict.RELEVANT, case["label"] == "relevant"))
    assert f1(pairs) >= 0.93


@pytest.mark.skipif(not (SHARED / "relevance" / "texts.jsonl").is_file(), reason="../shared is not here")
def test_the_shared_texts_are_judged_well_in_every_group_and_quickly():
    rows = [json.loads(line) for line in (SHARED / "relevance" / "texts.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["label"] != "borderline"]
    started = time.process_time()
    said = [judged(row["title"], row["text"], row["language"]).verdict is Verdict.RELEVANT for row in rows]
    seconds = time.process_time() - started
    pairs = list(zip(said, (row["label"] == "relevant" for row in rows), strict=True))
    assert f1(pairs) >= 0.93
    for key, values in (("language", ("en", "es", "zh")), ("real", (True, False))):
        for value in values:
            group = [pair for pair, row in zip(pairs, rows, strict=True) if row[key] == value]
            assert f1(group) >= 0.90, (key, value)
    assert seconds / len(rows) < 0.008  # 1.3 ms measured; the rest is for a busy machine


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ('El Sr. Pérez dijo "sí." Luego salió.', ['El Sr. Pérez dijo "sí."', "Luego salió."]),
        ("EE.UU. subió 3.5 %. ¿Qué pasó? Nada.", ["EE.UU. subió 3.5 %.", "¿Qué pasó?", "Nada."]),
        ("The U.S. Senate met. It left.", ["The U.S. Senate met.", "It left."]),
        ("他说：“好。”然后走了。真的！", ["他说：“好。”", "然后走了。", "真的！"]),
        ("Una línea\n\n otra línea ", ["Una línea", "otra línea"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_expects(text, sentences):
    assert split_sentences(text) == sentences


@given(st.text(max_size=300))
def test_splitting_loses_nothing_but_space(text):
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
