"""Pages of cards: a digest is an article, a list of stories has none."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import pytest

from pipelines.analysis.text import extraction, page_tree
from tests.fixtures.growth import measure_growth

ITEMS = [
    ("A crane waits for its cable", "The second crane of the northern port stands still until a cable from Busan arrives, which is expected on the ninth of June."),
    ("Choir sings for the pilots", "The choir of the old town sang on Sunday for the pilots of the harbour, who had brought four ships in during the storm."),
    ("Fuel is dearer at the pier", "A gallon of fuel costs eleven soles at the fishing pier since Monday, two more than in the station at the entrance of the town."),
    ("Ice plant opens its doors", "The ice plant that burnt down in March opens again on Friday with two machines, half as many as it had before the fire."),
    ("Market halls get new roofs", "The roofs of both market halls will be replaced before the rains at the cost of the province, the mayor said in the council."),
]  # fmt: skip
ROW = "<p class='date'>14 May 2026</p>"
INTRODUCTION = "<p>What moved the coast today, from the cranes to the market halls of the old town.</p>"
FORMS = {
    "heading": "<h3><a href='/n/{n}'>{headline}</a></h3><p>{text}</p>",
    "section": "<section><h2><a href='/n/{n}'>{headline}</a></h2><p>{text}</p><a href='/n/{n}'>Read more</a></section>",
    "item": "<li><a href='/n/{n}'>{headline}</a><p>{text}</p></li>",
    "row": "<tr><td><p><a href='/n/{n}'>{headline}</a></p><p>{text}</p></td></tr>",
    "article": "<article class='card'><h2><a href='/n/{n}'>{headline}</a></h2><p>{text}</p></article>",
}


def read(body: str, *, title: str = "The coast today", is_dated: bool) -> list[str]:
    return [line.text for line in parse(body, title=title, is_dated=is_dated)]


def parse(body: str, *, title: str = "The coast today", is_dated: bool) -> list[extraction.Line]:
    tree = page_tree.parse_html(f"<html><head><title>{title} | Notes</title></head><body>{body}")
    assert tree is not None
    return extraction.extract_lines(tree, size=100, is_dated=is_dated)


def cards(form: str, *, cut: str = "") -> str:
    written = (FORMS[form].format(n=n, headline=headline, text=text + cut) for n, (headline, text) in enumerate(ITEMS))
    whole = "".join(written)
    return {"item": f"<ul>{whole}</ul>", "row": f"<table>{whole}</table>"}.get(form, whole)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("introduction", ["", INTRODUCTION])
def test_cards_of_a_digest_are_its_text(form: str, introduction: str) -> None:
    lines = read(f"<main><h1>The coast today</h1>{introduction}{cards(form)}</main>", is_dated=True)
    assert [line for pair in ITEMS for line in pair] == [line for line in lines if any(line in pair for pair in ITEMS)]


def test_a_day_below_the_headline_tells_a_digest_as_well_as_the_data() -> None:
    digest = f"<main><h1>The coast today</h1>{ROW}{cards('section')}</main>"
    assert ITEMS[3][1] in read(digest, is_dated=False)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("head", ["<h1>The coast</h1>", ""])
def test_a_list_of_stories_without_a_day_has_no_text(form: str, head: str) -> None:
    assert read(f"<main>{head}<div>{cards(form)}</div></main>", title="The coast", is_dated=False) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_page_with_text_above_its_cards_is_no_list_for_it_may_be_a_short_article(form: str) -> None:
    page = f"<main><h1>The coast</h1>{INTRODUCTION}<div>{cards(form)}</div></main>"
    assert read(page, title="The coast", is_dated=False)


def test_a_list_of_linked_cards_has_no_text() -> None:
    linked = "".join(
        f"<a href='/n/{n}'><h3>{headline}</h3><p>{text}</p></a>" for n, (headline, text) in enumerate(ITEMS)
    )
    assert read(f"<main><h1>The coast</h1>{linked}</main>", title="The coast", is_dated=False) == []


@pytest.mark.parametrize("label", ["<h2>More news</h2>", "<p>Read also</p>", "<h4>The week</h4>"])
def test_stories_below_a_label_are_no_part_of_a_short_article(label: str) -> None:
    lines = read(f"<main><h1>The coast today</h1>{INTRODUCTION}{label}{cards('section')}</main>", is_dated=True)
    assert not any(text in lines for _, text in ITEMS)


def test_stories_beside_the_element_of_a_short_article_are_no_part_of_it() -> None:
    article = f"<article><h1>The coast today</h1><div>{INTRODUCTION}</div></article>"
    lines = read(f"<main>{article}<div>{cards('section')}</div></main>", is_dated=True)
    assert not any(text in lines for _, text in ITEMS)


@pytest.mark.parametrize("is_dated", [True, False])
def test_excerpts_that_are_cut_make_a_list(is_dated: bool) -> None:
    assert read(f"<main><h1>The coast today</h1>{cards('section', cut=' …')}</main>", is_dated=is_dated) == []


@pytest.mark.parametrize("paragraphs", [1, 2])
def test_headings_of_other_stories_between_the_paragraphs_of_an_article_make_no_digest(paragraphs: int) -> None:
    others = [f"<h3><a href='/n/{n}'>Fishing for {word} in the rain</a></h3>" for n, word in enumerate("abcde")]
    pieces = "".join(f"{other}{f'<p>{text}</p>' * paragraphs}" for other, (_, text) in zip(others, ITEMS, strict=True))
    lines = parse(f"<main><h1>The coast today</h1>{pieces}</main>", is_dated=True)
    assert all(line.link_share == 1 for line in lines if "Fishing for" in line.text)
    assert {text for _, text in ITEMS} <= {line.text for line in lines}


def test_links_between_the_paragraphs_of_an_undated_article_make_no_list() -> None:
    pieces = "".join(f"<p><a href='/n/{n}'>{headline}</a></p><p>{text}</p>" for n, (headline, text) in enumerate(ITEMS))
    lines = read(f"<main><h1>The coast</h1><div>{pieces}</div></main>", title="The coast", is_dated=False)
    assert [text for _, text in ITEMS] == [line for line in lines if any(line == text for _, text in ITEMS)]


OWN = [
    "The harbour master of Huarmey said on Monday that the second crane of the port is tested before the rains of May.",
    "Engineers had waited for a motor since August, when the ship with it was sent to another terminal, in Valparaíso.",
    "Exporters of squid pay for each day that their containers stand on the quay, the chamber of commerce complained.",
]  # fmt: skip
BYLINES = [
    "<div><a href='/author/desk'>Business desk</a></div>",
    "<div><a href='/author/desk'>By the business desk of the northern coast</a></div>",
    "<p><a href='https://chat.example/channel/1'>Follow our channel with the news of the coast</a></p>",
    "<h2><a href='/section/ports'>Ports</a></h2>",
]


@pytest.mark.parametrize("byline", BYLINES)
@pytest.mark.parametrize("cut", ["", " …"])
@pytest.mark.parametrize("is_dated", [True, False])
@pytest.mark.parametrize("place", ["inside", "beside"])
def test_a_short_article_below_a_link_stays_beside_cards_of_others(
    byline: str, cut: str, is_dated: bool, place: str
) -> None:
    own = "".join(f"<p>{text}</p>" for text in OWN)
    aside = f"<aside>{cards('heading', cut=cut)}</aside>"
    inside, beside = (aside, "") if place == "inside" else ("", aside)
    page = f"<article><h1>Huarmey tests a crane</h1>{byline}{own}{inside}</article>{beside}"
    lines = read(page, title="Huarmey tests a crane", is_dated=is_dated)
    assert [line for line in lines if line in OWN] == OWN


def test_a_short_article_below_two_links_stays_beside_cards_of_others() -> None:
    own = "".join(f"{link}<p>{text}</p>" for link, text in zip(BYLINES, OWN, strict=False))
    page = f"<article><h1>Huarmey tests a crane</h1><div>{own}</div></article><aside>{cards('heading')}</aside>"
    lines = read(page, title="Huarmey tests a crane", is_dated=False)
    assert [line for line in lines if line in OWN] == OWN


def test_a_chinese_brief_without_a_headline_stays_above_a_list_of_others() -> None:
    own = "华尔梅港的第二台起重机周一开始试运行,港务局长说,雨季之前每小时可以装卸四十个集装箱,费用由交通部的贷款支付。"
    items = "".join(
        f"<li><a href='/n/{n}'>第{n}区的市场换上新屋顶工程开工</a><p>第{n}区的市场本周换上新屋顶,费用由省里承担。</p></li>"
        for n in range(8)
    )
    assert own in read(f"<div><p>{own}</p><ul>{items}</ul></div>", title="简讯", is_dated=False)


def test_the_headlines_of_a_digest_count_for_its_length() -> None:
    wide = "".join(
        f"<section><h2><a href='/n/{n}'>{'A crane waits for its cable ' * 2_000}</a></h2><p>{text}</p></section>"
        for n, (_, text) in enumerate(ITEMS)
    )
    lines = read(f"<main><h1>The coast today</h1>{wide}</main>", is_dated=True)
    assert ITEMS[0][1] in lines
    assert ITEMS[4][1] not in lines


@pytest.mark.slow
def test_the_work_for_a_page_of_cards_grows_as_its_size() -> None:
    def make(size: int) -> str:
        card = "<li><a href='/n/{}'>A crane waits for its cable</a><p>" + ITEMS[0][1] + "</p></li>"
        return "".join(card.format(n) for n in range(size // 200))

    assert measure_growth(lambda body: read(body, is_dated=False), make, size=40_000, limit=3) <= 3
