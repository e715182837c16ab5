"""The shipped model joins what tells one event in three languages, and keeps similar events apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from db import migrations
from db.model.story_wording import StoryWording
from db.news.articles import save_article
from db.news.stories.pending import read_pending_ids
from db.news.stories.wordings import Head, StoredWording
from pipelines.stories import article_wording
from pipelines.stories.article_wording import ArticleWording, make_story_wording, split_article, unpack_wording
from pipelines.stories.background import BackgroundError, load_background
from pipelines.stories.matcher import Matcher, find_story_problem, load_matcher
from pipelines.stories.pair_model import MEASURES, StoryModelError, load_pair_model, measure_pairs, write_pair_model
from tests.fixtures.story_desk import find_faults, make_article

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
# One fire in three languages, and another accident at the same port two days later. The last paragraph of each is what
# every outlet says of the port.
TEXTS = {
    "es": (
        "Incendio en almacén del puerto de Quilca destruye 340 vehículos eléctricos",
        (
            "Un incendio en el almacén norte del puerto de Quilca destruyó la madrugada del viernes 340 "
            "vehículos eléctricos recién llegados de Shenzhen. Los bomberos de Camaná tardaron seis horas en "
            "apagarlo.\nNo hubo heridos. La naviera Hengtai suspendió la descarga del buque que los trajo.\nEl "
            "puerto de Quilca es operado por una empresa china desde 2021 y mueve 400 mil contenedores al año."
        ),
    ),
    "en": (
        "Warehouse blaze at Peru's Quilca port burns 340 Chinese electric cars",
        (
            "A fire tore through a warehouse at the port of Quilca before dawn on Friday, destroying 340 "
            "electric cars that had just arrived from Shenzhen. Firefighters needed six hours to put it "
            "out.\nNobody was hurt. Hengtai, the shipping line, stopped unloading.\nThe port of Quilca has been "
            "run by a Chinese company since 2021 and moves 400 thousand containers a year."
        ),
    ),
    "zh": (
        "秘鲁基尔卡港仓库起火 340辆中国电动汽车被烧毁",
        (
            "周五凌晨，秘鲁基尔卡港北区仓库发生火灾，刚从深圳运抵的340辆电动汽车被烧毁。消防员用了六个小时"
            "才将大火扑灭。\n事故没有造成人员伤亡。恒泰航运公司已暂停卸货。\n基尔卡港自2021年起由一家中国"
            "企业经营，年吞吐量为40万个集装箱。"
        ),
    ),
    "other": (
        "Estibador muere al caer de una escala en el puerto de Quilca",
        (
            "Un estibador de 41 años murió el domingo al caer de la escala de un granelero en el puerto de "
            "Quilca, informó la capitanía. La fiscalía ordenó el levantamiento del cuerpo.\nEl sindicato pidió "
            "revisar los arneses y anunció una vigilia.\nEl puerto de Quilca es operado por una empresa china "
            "desde 2021 y mueve 400 mil contenedores al año."
        ),
    ),
}


@pytest.fixture(scope="module")
def wordings() -> dict[str, StoryWording]:
    return {name: make_story_wording(*text, "es" if name == "other" else name) for name, text in TEXTS.items()}


def as_stored(wording: StoryWording, *, hours: float = 0) -> StoredWording:
    return StoredWording(article=1, at=NOON + dt.timedelta(hours=hours), wording=wording)


def measure(one: ArticleWording, other: ArticleWording, *, gap: dt.timedelta) -> np.ndarray:
    (measures,) = measure_pairs(one, [other], gaps=[gap])
    return measures


def test_one_event_joins_across_languages_and_another_at_the_same_place_does_not(
    wordings: dict[str, StoryWording],
) -> None:
    matcher = Matcher(load_pair_model())
    threshold = matcher.find_threshold(100)
    fire = {name: as_stored(wordings[name], hours=n) for n, name in enumerate(("es", "en", "zh"))}
    for name, one in fire.items():
        others = [other for also, other in fire.items() if also != name]
        assert min(matcher.score(one, others)) > threshold
        assert matcher.score(one, [as_stored(wordings["other"], hours=49)])[0] < threshold


def test_the_more_articles_are_around_the_more_alike_must_be_what_joins() -> None:
    matcher = Matcher(load_pair_model())
    thresholds = [matcher.find_threshold(neighbours) for neighbours in (0, 30, 100, 400, 10_000)]
    assert thresholds[0] == thresholds[1] < thresholds[2] < thresholds[3] == thresholds[4]


def test_a_pair_is_measured_alike_from_both_sides(wordings: dict[str, StoryWording]) -> None:
    one, other = unpack_wording(wordings["es"]), unpack_wording(wordings["zh"])
    gap = dt.timedelta(hours=3)
    assert measure(one, other, gap=gap) == pytest.approx(measure(other, one, gap=-gap), abs=1e-6)


def test_many_pairs_are_measured_as_each_alone(wordings: dict[str, StoryWording]) -> None:
    one, *others = (unpack_wording(wording) for wording in wordings.values())
    others.append(unpack_wording(make_story_wording("Paro", "", "es")))
    gaps = [dt.timedelta(hours=n) for n in range(len(others))]
    alone = [measure(one, other, gap=gap) for other, gap in zip(others, gaps, strict=True)]
    assert measure_pairs(one, others, gaps=gaps) == pytest.approx(np.array(alone), abs=1e-5)
    assert measure_pairs(one, [], gaps=[]).shape == (0, len(MEASURES))


def test_figures_and_names_count_only_if_one_head_has_them(wordings: dict[str, StoryWording]) -> None:
    background = measure(unpack_wording(wordings["es"]), unpack_wording(wordings["other"]), gap=dt.timedelta())
    same = measure(unpack_wording(wordings["es"]), unpack_wording(wordings["zh"]), gap=dt.timedelta())
    figures = MEASURES.index("figures")
    assert background[figures] == 0.0  # the 400 thousand containers
    assert same[figures] > 1.0  # the 340 cars


def test_a_duration_of_two_digits_must_stand_in_both_heads() -> None:
    title, lead = "La fruta llega en 23 días", "El buque zarpó ayer.\nEl puerto creció.\nLa cosecha se adelantó.\n"
    in_head = make_story_wording(title, lead, "es")
    behind = make_story_wording("Semana récord", f"{lead}El servicio tarda 23 días.", "es")
    figures = MEASURES.index("figures")
    assert measure(unpack_wording(in_head), unpack_wording(behind), gap=dt.timedelta())[figures] == 0.0
    assert measure(unpack_wording(in_head), unpack_wording(in_head), gap=dt.timedelta())[figures] > 1.0


def test_the_likeliest_articles_are_ranked_first(wordings: dict[str, StoryWording]) -> None:
    names = ["other", "zh", "en"]
    heads = [
        Head(article=n, story=n, language=wordings[name].language, heads=wordings[name].heads)
        for n, name in enumerate(names)
    ]
    ranked = Matcher(load_pair_model()).rank(wordings["es"], heads)
    assert sorted(ranked) == [0, 1, 2]
    assert names[ranked[0]] != "other"
    assert Matcher(load_pair_model()).rank(wordings["es"], []) == []


def test_a_wording_is_small(wordings: dict[str, StoryWording]) -> None:
    long = make_story_wording("Título", "\n".join(f"Frase número {n} de un texto largo." for n in range(300)), "es")
    assert len(long.heads) + len(long.body) == 25 * 512
    assert len(long.details) < 4_000


@pytest.mark.parametrize(
    ("title", "text"),
    [("", ""), ("Hola", ""), ("", "一"), ("A" * 10_000, "B" * 100_000), ("¡!", "…\n\n…"), ("\ud800", "\x00")],
)
def test_headlines_and_texts_of_any_kind_have_a_wording(title: str, text: str) -> None:
    wording = make_story_wording(title, text, None)
    assert unpack_wording(wording).language == ""
    assert Matcher(load_pair_model()).score(as_stored(wording), [as_stored(wording)])


def test_chinese_is_compared_in_simplified_characters() -> None:
    assert split_article("錢凱港", "貨輪漏油。港口關閉。") == ["钱凯港", "货轮漏油。", "港口关闭。"]


@pytest.mark.parametrize("label", ["Informe", "Data note", "评论"])
def test_a_label_above_a_text_is_no_sentence(label: str) -> None:
    sentences = split_article("Título", f"{label}\nEl puerto de Quilca cerró\nSe quemó.")
    assert sentences == ["Título", "El puerto de Quilca cerró", "Se quemó."]


def test_chinese_lines_without_an_end_mark_are_sentences() -> None:
    lines = ["两国代表周二在钱凯签署三项协议", "新航线将于下月正式开通"]
    assert split_article("标题", "\n".join(("编者按", *lines, "Fin"))) == ["标题", *lines]


def test_a_damaged_model_or_sample_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    write_pair_model(path, load_pair_model())
    assert load_pair_model(path) == load_pair_model()
    (tmp_path / "broken.json").write_text("{", "utf-8")
    for name in ("broken.json", "missing.json"):
        with pytest.raises(StoryModelError, match="install Vigía again"):
            load_pair_model(tmp_path / name)
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    for name in ("broken.npz", "missing.npz"):
        with pytest.raises(BackgroundError, match="install Vigía again"):
            load_background(tmp_path / name)


@pytest.mark.parametrize("missing", ["load_pair_model", "load_background", "find_encoder_problem"])
def test_without_a_part_each_article_is_a_story_and_one_line_says_why(
    missing: str, wordings: dict[str, StoryWording], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        if missing == "find_encoder_problem":
            return "the sentence encoder is damaged; install it again"
        error = StoryModelError if missing == "load_pair_model" else BackgroundError
        raise error("model.json: damaged; install Vigía again")

    monkeypatch.setattr(f"pipelines.stories.matcher.{missing}", fail)
    problem = find_story_problem()
    assert problem is not None
    assert "damaged; install" in problem
    assert "\n" not in problem
    assert load_matcher() is None
    db = Database(memory=True)
    migrations.news.apply(db)
    for name in ("diario", "radio"):
        article = replace(make_article(name, ""), wording=wordings["es"] if missing == "load_pair_model" else None)
        save_article(db, article, seen_at=NOON, place=None, matcher=load_matcher())
    assert db.execute("SELECT count(DISTINCT story) FROM story_articles").fetchone() == (2,)
    assert read_pending_ids(db) == [2, 1]  # to be compared once it is mended
    assert find_faults(db) == []
    db.conn.close()


def test_what_many_articles_say_weighs_less(wordings: dict[str, StoryWording], monkeypatch: pytest.MonkeyPatch) -> None:
    usual = "El comercio entre Perú y China creció el año pasado."
    wording = article_wording.read_article_wording(
        "Aviso", f"{usual}\nEl faro de Quilca se pintó de rojo.", language="es", background=load_background()
    )
    assert wording.likeness[1] > wording.likeness[2]
