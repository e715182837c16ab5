"""A figure measures what the nearest cue in its clause says, of one concept, in one scope; in doubt nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.figures.find import find_figures
from db.model.figure import Figure
from pipelines.relevance.topic import load_topic


def read(text: str, language: str, country: str | None = "PE") -> list[Figure]:
    topic = load_topic("china_peru")
    named = topic.name_concepts(text, language)
    return list(
        topic.measures.measure_figures(
            find_figures(text, language, country), text, language, concepts=named, year="2026"
        )
    )


def measured(text: str, language: str) -> list[tuple[float | str | None, str]]:
    return [(figure.value, figure.measure) for figure in read(text, language)]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("es", "Murieron dos obreros y cinco quedaron heridos.", [(2, "killed"), (5, "injured")]),
        ("en", "The blast killed two workers and injured five, police said.", [(2, "killed"), (5, "injured")]),
        ("zh", "爆炸造成2名工人死亡、5人受伤。", [(2, "killed"), (5, "injured")]),
        ("es", "Cuatro pescadores siguen desaparecidos.", [(4, "missing")]),
        ("en", "The ship, which spilt 90 barrels of fuel, left.", [(90 * 0.158987294928, "spilt")]),
        ("es", "La multa fue de S/ 3 millones.", [(3e6, "fine")]),
        ("zh", "公司被处以300万索尔罚款。", [(3e6, "fine")]),
        ("en", "It fined the firm, a unit of a bank, 3 million soles for waste of the mine.", [(3e6, "fine")]),
        ("en", "The $3 million mine opened.", [(3e6, "cost")]),
        ("en", "Officers seized 12 containers.", [(12, "containers")]),
        ("zh", "海关查扣12个冷藏集装箱。", [(12, "containers")]),
        ("es", "El muelle está pintado de azul desde hace 3 semanas.", [(3 * 604800, "")]),
        ("es", "Volvieron 12 de los 40 contenedores.", [(12, ""), (40, "")]),
        ("zh", "船上9人中5人获救。", [(9, ""), (5, "rescued")]),
        ("es", "El huaico cobró la vida de 14 personas.", [(14, "killed")]),
        ("zh", "泥石流夺走14条生命。", [(14, "killed")]),
        ("en", "Six workers remain trapped underground.", [(6, "trapped")]),
        ("zh", "6名矿工被困井下。", [(6, "trapped")]),
        ("es", "El banco aprobó un financiamiento de S/ 3 millones.", [(3e6, "loan")]),
        ("en", "Lorries lined up in a queue of 3 km.", [(3000, "queue")]),
        ("es", "La fila de camiones tenía 3 kilómetros.", [(3000, "queue")]),
        ("en", "The train runs at 90 km per hour.", [(25, "")]),
        ("en", "The law passed with 78 votes in favour.", [(78, "votes-for")]),
        ("zh", "法案以78票赞成获得通过。", [(78, "votes-for")]),
        ("en", "There were 21 votes against.", [(21, "")]),
        ("en", "The fund agreed to buy 45% of the quarry.", [(45, "stake")]),
        ("es", "La firma adquirirá el 45 % de la cantera.", [(45, "stake")]),
        ("zh", "该公司收购采石场45%股权。", [(45, "stake")]),
        ("en", "The seller keeps 55% after the acquisition.", [(55, "")]),
        ("es", "China adquiere el 37 % de las exportaciones.", [(37, "share-of-exports")]),
        ("en", "Exports of berries to China doubled.", [(200, "")]),
        ("es", "Las exportaciones al Perú crecieron al triple.", [(300, "")]),
        ("zh", "对华出口翻了一番。", [(200, "")]),
        ("es", "El consorcio adeuda S/ 3 millones a sus proveedores.", [(3e6, "debt")]),
        ("es", "La empresa debe pagar S/ 3 millones.", [(3e6, "compensation")]),
        ("zh", "开通推迟3周。", [(3 * 604800, "delay")]),
        ("en", "The firm won a concession for three weeks.", [(3 * 604800, "concession-term")]),
        ("en", "The concession was extended by three weeks.", [(3 * 604800, "")]),
        ("es", "Unos 400 camiones esperan.", [(400, "trucks")]),
        ("es", "El consorcio ganó con una propuesta de S/ 3 millones.", [(3e6, "contract")]),
        ("es", "La mercancía, valorizada en S/ 3 millones, iba en el fondo.", [(3e6, "value")]),
        ("es", "El fondo es de S/ 3 millones.", [(3e6, "fund")]),
        ("es", "Pesaron 30 toneladas de aletas en un contenedor.", [(30_000, "cargo")]),
        ("es", "La grúa pesa 30 toneladas.", [(30_000, "weight")]),
        ("es", "El derrumbe cubrió 3 kilómetros del corredor.", [(3000, "length")]),
        ("es", "Navegaba próxima a la costa, a 3 kilómetros.", [(3000, "")]),
        ("es", "La planta volverá en 3 semanas.", [(3 * 604800, "stopped-for")]),
        ("es", "En la lancha viajaban 40 personas.", [(40, "on-board")]),
        ("zh", "体育场可容纳2万人。", [(20_000, "room-for")]),
        ("zh", "今年游客达3万人次。", [(30_000, "tourists")]),
        ("zh", "学校有学员40名。", [(40, "students")]),
        ("en", "The firm posted a profit of $3 million.", [(3e6, "profit")]),
        ("es", "El subsidio asciende a S/ 3 millones.", [(3e6, "subsidy")]),
        ("en", "The tower is 30 metres tall.", [(30, "height")]),
        ("en", "The tower fell 30 metres.", [(30, "fall-height")]),
        ("zh", "楼高30米。", [(30, "height")]),
        ("es", "Hay 30 toneladas de mineral acumuladas.", [(30_000, "stranded-mass")]),
        ("en", "The plant processes 30 tonnes a day.", [(30_000, "processed")]),
        ("en", "Reserves are put at 30 tonnes.", [(30_000, "reserves")]),
        ("zh", "捕捞配额30吨。", [(30_000, "quota")]),
        ("zh", "水库库容300立方米。", [(300, "water-stored")]),
        ("es", "La tasa de interés es de 4 %.", [(4, "interest-rate")]),
        ("en", "The voyage takes three weeks.", [(3 * 604800, "travel-time")]),
        ("en", "The voyage is cut to three weeks.", [(3 * 604800, "")]),
        ("es", "Emitieron 400 visas.", [(400, "visas")]),
        ("en", "Police moved 40 villagers away.", [(40, "evacuated")]),
        ("es", "Sacaron a 40 pobladores.", [(40, "evacuated")]),
        ("es", "Hay 40 damnificados.", [(40, "affected-people")]),
        ("en", "The flood destroyed 40 homes.", [(40, "homes")]),
        ("es", "El plazo del crédito es de 3 semanas.", [(3 * 604800, "term")]),
        ("zh", "贷款期限3周，宽限期2周。", [(3 * 604800, "term"), (2 * 604800, "")]),
        ("es", "Siguen a 300 metros bajo tierra.", [(300, "depth")]),
        ("zh", "事故发生在井下300米。", [(300, "depth")]),
        ("zh", "银行签下3亿美元的贷款。", [(3e8, "loan")]),
        ("zh", "贷款20亿元（约合3亿美元）。", [(2e9, "loan"), (3e8, "loan")]),
        ("en", "The mine (pictured) opened with $3 million.", [(3e6, "cost")]),
        ("zh", "约400辆卡车排队。", [(400, "trucks")]),
        ("zh", "该市采购150辆电动巴士。", [(150, "buses")]),
        ("zh", "运抵120万剂疫苗。", [(1.2e6, "doses")]),
        ("es", "La nave fue hallada a 90 millas de la costa.", [(90 * 1609.344, "")]),
    ],
)
def test_the_nearest_cue_in_the_clause_names_the_measure(
    language: str, text: str, found: list[tuple[float, str]]
) -> None:
    assert measured(text, language) == [(pytest.approx(value), measure) for value, measure in found]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "Exports reached $90 million, up 8 percent.", [("growth", "of-9.0e+07-USD")]),
        ("en", "Exports of 300 tonnes rose 8 percent to $90 million.", [("growth", "of-9.0e+07-USD")]),
        ("es", "Las exportaciones crecieron 8 % en valor hasta los US$ 90 millones.", [("growth", "of-9.0e+07-USD")]),
        ("zh", "出口额9000万美元，同比增长8%，重量300吨。", [("growth", "of-9.0e+07-USD")]),
        ("en", "Sales rose 8 percent.", [("", "")]),
        ("en", "Sales rose 8 percent. They reached $90 million.", [("", "")]),
        ("en", "The share of $90 million in sales rose 8 percent.", [("", "")]),
    ],
)
def test_a_growth_is_one_of_the_amount_beside_it(language: str, text: str, found: list[tuple[str, str]]) -> None:
    assert [(figure.measure, figure.scope) for figure in read(text, language) if figure.kind == "percent"] == found


@pytest.mark.parametrize(
    ("language", "text", "scope"),
    [
        ("en", "The union puts the injured at 30 people.", "own-count"),
        ("es", "El sindicato calcula 30 heridos.", "own-count"),
        ("zh", "工会统计有30人受伤。", "own-count"),
        ("en", "The number of injured rose to 30 people.", "changed"),
        ("es", "La cifra subió a 30 heridos.", "changed"),
        ("zh", "受伤人数升至30人。", "changed"),
        ("en", "The blast injured 30 people.", ""),
    ],
)
def test_words_beside_a_figure_tell_why_it_is_another_one(language: str, text: str, scope: str) -> None:
    assert [(figure.measure, figure.scope) for figure in read(text, language)] == [("injured", scope)]


@pytest.mark.parametrize(
    ("language", "text", "measure"),
    [
        ("en", "The slick reached 3 km of coast.", "shore-reached"),
        ("es", "La mancha alcanzó 3 kilómetros de litoral.", "shore-reached"),
        ("zh", "油污带已达3公里。", "shore-reached"),
        ("en", "The 3 km railway opened.", "length"),
        ("en", "It sank 3 km off the coast.", "distance"),
    ],
)
def test_a_shore_that_oil_reaches_is_no_length_of_a_thing(language: str, text: str, measure: str) -> None:
    assert [figure.measure for figure in read(text, language)] == [measure]


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("该港新建4个码头。", "berths"),
        ("当地发生3起事件。", ""),
        ("公司有3个尾矿库。", ""),
        ("工程有2个环节。", ""),
        ("有300名村民。", ""),
        ("口岸通行5万人次。", ""),
        ("海关查获3头牛。", "animals"),
        ("列车有2节货车。", "wagons"),
        ("涉及12个村。", "communities"),
        ("有12家店。", "premises"),
    ],
)
def test_one_chinese_character_counts_only_as_the_classifier(text: str, measure: str) -> None:
    assert [figure.measure for figure in read(text, "zh")] == [measure]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The party claimed 300 members."),
        ("en", "The club held a party for 300 people."),
        ("es", "En la planta hay 300 trabajadores."),
        ("es", "En la costa vendieron terrenos por 3 millones de dólares."),
        ("es", "La demanda llegó a 3 millones de dólares."),
        ("es", "En el paradero esperan 30 personas."),
        ("es", "Los vecinos buscan a 3 personas."),
    ],
)
def test_a_cue_is_no_piece_and_no_other_sense_of_a_word(language: str, text: str) -> None:
    assert [figure.measure for figure in read(text, language)] == [""]


@pytest.mark.parametrize(
    ("language", "text", "is_attributed"),
    [
        ("en", "The country sold 12 containers by the port.", False),
        ("en", "By its count, 12 containers burned.", True),
        ("es", "La escuela cuenta con 12 contenedores.", False),
        ("es", "Según la empresa, ardieron 12 contenedores.", True),
        ("zh", "数据库名称不变，另有12个集装箱。", False),
        ("zh", "公司称烧毁12个集装箱。", True),
        ("zh", "Tisur称，烧毁12个集装箱。", True),
    ],
)
def test_a_figure_is_attributed_where_its_sentence_names_who_says_it(
    language: str, text: str, is_attributed: bool
) -> None:
    assert [figure.is_attributed for figure in read(text, language)] == [is_attributed]


def test_what_somebody_else_says_of_the_same_thing_has_its_measure() -> None:
    text = "The navy says there are 60 tonnes of fish in the hold. The owner says it is 40 tonnes."
    assert measured(text, "en") == [(60_000, "cargo"), (40_000, "cargo")]
    assert all(figure.is_attributed for figure in read(text, "en"))


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        (
            "It spilt 90 cubic metres, the ministry said, twice the 50 cubic metres the navy told.",
            ["spilt", "", "spilt"],
        ),
        ("The loan runs for 20 years, with grace of 5 years, officials said.", ["term", ""]),
        ("The line will cost $90 million, officials said, and was put at $40 million in 2015.", ["cost", ""]),
    ],
)
def test_what_is_said_beside_a_figure_has_its_measure_if_it_is_of_the_same(text: str, measures: list[str]) -> None:
    assert [figure.measure for figure in read(text, "en") if figure.kind != "date"] == measures


def test_a_lasting_property_has_the_concept_that_the_sentence_speaks_of() -> None:
    (port,) = read("El puerto de Chancay costó 900 millones de dólares.", "es")
    assert (port.measure, port.concept) == ("cost", "chancay-port")
    text = "El puerto de Chancay abrió ayer.\nEl terminal está a 78 kilómetros al norte de la capital."
    assert [figure.concept for figure in read(text, "es") if figure.measure == "distance"] == ["chancay-port"]
    (railway,) = (figure for figure in read("从钱凯港出发的铁路，投资50亿美元。", "zh") if figure.kind == "money")
    assert railway.concept == ""


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("Volcaron 12 vagones cargados hasta el tope.", [""]),
        ("La multa tiene como tope S/ 3 millones.", ["maximum"]),
        ("Murieron 12 de los 40 obreros.", ["part", ""]),
        ("Protestaron 300 trabajadores de tres contratistas.", ["", ""]),
    ],
)
def test_a_part_is_one_of_things_of_its_own_kind(text: str, scopes: list[str]) -> None:
    assert [figure.scope for figure in read(text, "es")] == scopes


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("The first stage of the port cost $900 million.", "first-stage"),
        ("The port cost $900 million in 2031.", "y2031"),
        ("Exports reached $900 million a year.", "yearly"),
        ("The port cost $900 million.", ""),
        ("Exports of $900 million were shipped in the first nine months.", "part-of-year"),
        ("The port cost $800 million in 2031, that is, $700 million.", "y2031"),
    ],
)
def test_a_figure_has_the_scope_that_its_clause_names(text: str, scope: str) -> None:
    assert {figure.scope for figure in read(text, "en") if figure.kind == "money"} == {scope}


def test_only_figures_of_the_first_sentences_are_in_the_lead() -> None:
    found = read("Hubo 3 heridos. " + "Llovió mucho en la zona. " * 5 + "El año pasado hubo 8 heridos.", "es")
    assert [figure.in_lead for figure in found if figure.measure == "injured"] == [2, 0]


def test_other_languages_have_figures_without_measures() -> None:
    assert [figure.measure for figure in read("Es gab 12 km Stau und 3 km Nebel.", "de")] == ["", ""]


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from(list("muertos 12 heridos,.y 人死伤3亿\n")), max_size=160), st.sampled_from(["es", "zh"]))
def test_measuring_leaves_the_figures_as_they_are(text: str, language: str) -> None:
    places = [(figure.start, figure.end, figure.value) for figure in find_figures(text, language, "PE")]
    assert [(figure.start, figure.end, figure.value) for figure in read(text, language)] == places


@pytest.mark.parametrize("text", ["3 muertos, " * 6_000, "3 muertos y " * 6_000, "muertos " * 9_000 + "3 muertos"])
@pytest.mark.slow
def test_hostile_texts_are_measured_in_linear_time(text: str) -> None:
    began = time.process_time()
    read(text, "es")
    assert time.process_time() - began < 4


def test_a_figure_without_others_of_its_kind_in_the_lead_is_alone_there() -> None:
    found = read(
        "La carga, de 12 toneladas, fue decomisada. La multa fue de S/ 3 millones y costó S/ 9 millones.", "es"
    )
    assert [(figure.kind, figure.in_lead) for figure in found] == [("mass", 2), ("money", 1), ("money", 1)]


def test_a_concept_of_many_things_is_no_owner_of_a_figure() -> None:
    (cost,) = read("Pampa de Pongo costó 900 millones de dólares.", "es")
    assert (cost.measure, cost.concept) == ("cost", "")
