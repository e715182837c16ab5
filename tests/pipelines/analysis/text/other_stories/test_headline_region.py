"""What the headline heads: an article whose class names mislead, further articles below it, lists of excerpts."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import time

import pytest

from pipelines.analysis.text import extraction, page_tree

FIRST = "The harbour master of the northern port said on Monday that the second crane would be tested before the rains."
SECOND = "Engineers had waited for a part since August, when the ship that carried it was sent to another terminal."
THIRD = "Fishing boats may use the inner basin again from Friday, the port authority added in a short statement."
OTHER = "The choir of the old town will sing in the cathedral on Sunday, and the entrance will be free for children."


def read(body: str) -> list[str]:
    tree = page_tree.parse_html(f"<html><head><title>Second crane arrives | Notes</title></head><body>{body}")
    assert tree is not None
    return [line.text for line in extraction.extract_lines(tree, size=100) if line.tag == "p"]


ARTICLE = f"<h1>Second crane arrives</h1><div><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>"


@pytest.mark.parametrize("names", ["post tag-port", "post category-newsletter tag-related", "node field--label-hidden"])
def test_class_names_of_the_article_itself_hide_nothing(names: str) -> None:
    cards = "".join(f"<div class='card'><p>{OTHER} {n}.</p></div>" for n in range(9))
    assert read(f"<main><article class='{names}'>{ARTICLE}</article><section>{cards}</section>") == [
        FIRST,
        SECOND,
        THIRD,
    ]


def test_headings_are_the_articles_where_the_names_around_them_are_refuted() -> None:
    parts = "".join(
        f"<div class='teaser-card'><h3 class='teaser-title'>Part {n}</h3><p>{FIRST}{n}</p></div>" for n in "abc"
    )
    tree = page_tree.parse_html(f"<title>Second crane arrives</title><main><h1>Second crane arrives</h1>{parts}</main>")
    assert tree is not None
    lines = [line.text for line in extraction.extract_lines(tree)]
    assert [line for line in lines if line.startswith("Part")] == ["Part a", "Part b", "Part c"]


@pytest.mark.parametrize("heading", ["h1", "h2"])
@pytest.mark.parametrize("holder", ["div class='next'", "main", "section"])
def test_a_headline_of_the_same_class_begins_another_article_wherever_it_stands(heading: str, holder: str) -> None:
    first = ARTICLE.replace("<h1>", f"<{heading} class='title'>").replace("</h1>", f"</{heading}>")
    end = holder.partition(" ")[0]
    other = f"<{holder}><div><{heading} class='title'>A choir sings</{heading}></div><div><p>{OTHER}</p></div></{end}>"
    assert read(f"<main>{first}<div>{other}</div></main>") == [FIRST, SECOND, THIRD]
    # The headings of an article's parts look otherwise.
    part = other.replace("class='title'", "class='part'")
    assert OTHER in read(f"<main>{first.replace('</div>', part + '</div>')}</main>")


@pytest.mark.parametrize("tag", ["article", "section", "div class='story'"])
def test_the_next_article_of_an_endless_page_is_left_out(tag: str) -> None:
    end = tag.partition(" ")[0]
    following = f"<{tag}><h1>A choir sings</h1><div><p>{OTHER}</p><p>{OTHER} It is late.</p></div></{end}>" * 3
    assert read(f"<main><{tag}>{ARTICLE}</{end}>{following}") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    ("row", "next_row"),
    [
        ("<p class='date'>14 May 2026</p>", "<p class='date'>13 May 2026</p>"),
        ("<p>Por Rosa Tello</p>", "<p>Por Juan Ríos</p>"),
        ("<p>14 de mayo de 2026</p>", "<p>13 de mayo de 2026</p>"),
        ("<div>2026-05-14 09:30 来源：江口日报</div>", "<div>2026-05-13 20:10 来源：江口日报</div>"),
        ("<div class='share'><a href='#'><i></i></a></div>", "<div class='share'><a href='#'><i></i></a></div>"),
        ("<ul><li><time>14/05</time></li></ul>", "<ul><li><time>13/05</time></li></ul>"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("opening", "end"), [("<h1>", "</h1>"), ("<h2 class='t'>", "</h2>"), ("<header><h1>", "</h1></header>")]
)
def test_the_next_article_in_the_same_element_is_left_out(row: str, next_row: str, opening: str, end: str) -> None:
    first = f"{opening}Second crane arrives{end}{row}<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
    following = f"{opening}A choir sings{end}{next_row}<p>{OTHER}</p><p>{OTHER} It is late.</p>" * 2
    found = read(f"<div class='all'>{first}{following}</div>")
    assert [line for line in found if len(line) > 60] == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("tag", ["h1", "h2"])
def test_the_sections_of_an_article_stay(tag: str) -> None:
    sections = f"<{tag}>What is next</{tag}><p>{OTHER}</p><{tag}>In 2024</{tag}><p>It was late.</p><p>{THIRD}</p>"
    inner = f"<{tag}>Second crane arrives</{tag}><p class='date'>14 May 2026</p><p>{FIRST}</p><p>{SECOND}</p>{sections}"
    assert read(f"<main><article>{inner}</article></main>")[1:] == [FIRST, SECOND, OTHER, "It was late.", THIRD]


@pytest.mark.parametrize(
    "headline",
    [
        "<h1>A choir sings</h1>",
        "<h2><a href='/song'>A choir sings</a></h2>",
        "<h3>A choir sings</h3><p class='date'>13 May 2026</p>",
        "<h2>歌唱团周日演出</h2><p>记者：王小明</p>",
    ],
)
@pytest.mark.parametrize("picture", ["", "<img src='b.jpg'>"])
def test_another_story_behind_a_rule_is_left_out(headline: str, picture: str) -> None:
    first = f"<h1>Second crane arrives</h1><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
    behind = f"{picture}{headline}<p>{OTHER}</p><p>{OTHER} It is late.</p>"
    assert [line for line in read(f"<main>{first}<hr>{behind}</main>") if len(line) > 60] == [FIRST, SECOND, THIRD]
    # Parts of a longer article, each behind a rule.
    if "<h1>" not in headline:
        assert OTHER in read(f"<main>{first}{('<hr>' + behind) * 3}</main>")


@pytest.mark.parametrize("row", ["", "<p class='date'>13 May 2026</p>"])
def test_sections_with_headlines_of_the_page_s_rank_stay_behind_rules(row: str) -> None:
    first = f"<h1>Second crane arrives</h1><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
    parts = [[f"{OTHER} Part {part}, line {line}." for line in range(3)] for part in range(3)]
    behind = "".join(
        f"<hr><h1>Part {part}</h1>{row}" + "".join(f"<p>{line}</p>" for line in lines)
        for part, lines in enumerate(parts)
    )
    found = read(f"<main>{first}{behind}</main>")
    # A line of the day makes them stories of their own.
    assert found == [FIRST, SECOND, THIRD, *(line for lines in ([] if row else parts) for line in lines)]


@pytest.mark.parametrize("heading", ["", "<h2>What is next</h2>", "<p><strong>接下来会怎样</strong></p>"])
def test_the_article_goes_on_behind_a_rule(heading: str) -> None:
    first = f"<h1>Second crane arrives</h1><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
    assert OTHER in read(f"<main>{first}<hr>{heading}<p>{OTHER}</p></main>")


def test_an_article_that_ends_while_an_element_is_open_holds_no_other() -> None:
    following = f"<article><div><h1>A choir sings</h1><p>{OTHER}</p><p>{OTHER} It is late.</p></article>" * 3
    assert read(f"<main><article class='a'><div>{ARTICLE}</article>{following}</main>") == [FIRST, SECOND, THIRD]


@pytest.mark.slow
@pytest.mark.parametrize(
    "story", ["<h1>A</h1><p class='date'>1</p>", "<h1>A choir sings</h1>", "<div><h1>A</h1></div>"]
)
def test_ten_thousand_headlines_take_bounded_time(story: str) -> None:
    began = time.process_time()
    read(
        f"<main><h1>Second crane arrives</h1><p class='date'>1 May 2026</p><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>{story * 10_000}"
    )
    assert time.process_time() - began < 16


def test_a_list_of_linked_excerpts_is_left_out() -> None:
    cards = "".join(
        f"<div class='c'><h3><a href='/{n}'>A choir sings {n}</a></h3><p>{OTHER}</p></div>" for n in range(4)
    )
    assert read(f"<main>{ARTICLE}<h2>More</h2><div>{cards}</div>") == [FIRST, SECOND, THIRD]


@pytest.mark.slow
def test_ten_thousand_cards_take_bounded_time() -> None:
    cards = "<div class='c'><h3><a href='/n'>A choir sings</a></h3><p>" + OTHER + "</p></div>"
    began = time.process_time()
    read(f"<main><article>{ARTICLE}</article>{cards * 10_000}")
    assert time.process_time() - began < 20


ADVERTISING = ["advertising", "publicidad", "ad", "ads", "nota promo", "sponsored"]
OFFERS = [
    "Reciba cada mañana en su correo lo más importante del día y acceda a descuentos en más de cien comercios.",
    "订阅我们的晨报，每天早上七点把最重要的新闻送到您的邮箱，现在注册还可获赠一个月的会员，机会非常难得。",
]


@pytest.mark.parametrize("names", ADVERTISING)
@pytest.mark.parametrize("text", [SECOND, "工程师们从八月起一直在等一个零件，因为运送它的船被改派到了另一个码头。"])
def test_a_paragraph_of_the_article_may_be_named_as_advertising(names: str, text: str) -> None:
    for inner in (f"<p class='{names}'>{text}</p>", f"<div class='{names}'><p>{text}</p></div>"):
        found = read(f"<main><h1>Second crane arrives</h1><p>{FIRST}</p>{inner}<p>{THIRD}</p><p>{OTHER}</p></main>")
        assert found == [FIRST, text, THIRD, OTHER]


@pytest.mark.parametrize("names", ADVERTISING)
@pytest.mark.parametrize(
    "inner",
    [
        f"<p>{OFFERS[0]}</p>",
        f"<p>{OFFERS[1]}</p>",
        f"<img src='a.jpg'><p>{SECOND}</p>",
        f"<p>Anuncio</p><p>{SECOND}</p>",
        f"<p><a href='//shop.example/'>{SECOND}</a></p>",
        f"<p>{SECOND}</p><form><input></form>",
    ],
)
def test_what_is_advertised_is_left_out(names: str, inner: str) -> None:
    body = f"<h1>Second crane arrives</h1><p>{FIRST}</p><div class='{names}'>{inner}</div><p>{THIRD}</p><p>{OTHER}</p>"
    assert read(f"<main>{body}</main>") == [FIRST, THIRD, OTHER]
