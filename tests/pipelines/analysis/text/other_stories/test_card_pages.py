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
@pytest.mark.parametrize("head", ["<h1>The coast</h1>", f"<h1>The coast</h1>{INTRODUCTION}", ""])
def test_a_list_of_stories_without_a_day_has_no_text(form: str, head: str) -> None:
    assert read(f"<main>{head}<div>{cards(form)}</div></main>", title="The coast", is_dated=False) == []


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


def test_the_work_for_a_page_of_cards_grows_as_its_size() -> None:
    def make(size: int) -> str:
        card = "<li><a href='/n/{}'>A crane waits for its cable</a><p>" + ITEMS[0][1] + "</p></li>"
        return "".join(card.format(n) for n in range(size // 200))

    assert measure_growth(lambda body: read(body, is_dated=False), make, size=40_000, limit=3) <= 3
