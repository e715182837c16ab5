"""What the headline heads: an article whose class names mislead, further articles below it, lists of excerpts."""

from __future__ import annotations

import time

import pytest

from pipelines.analysis.text import extraction

FIRST = "The harbour master of the northern port said on Monday that the second crane would be tested before the rains."
SECOND = "Engineers had waited for a part since August, when the ship that carried it was sent to another terminal."
THIRD = "Fishing boats may use the inner basin again from Friday, the port authority added in a short statement."
OTHER = "The choir of the old town will sing in the cathedral on Sunday, and the entrance will be free for children."


def read(body: str) -> list[str]:
    tree = extraction.parse_html(f"<html><head><title>Second crane arrives | Notes</title></head><body>{body}")
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


@pytest.mark.parametrize("tag", ["article", "section", "div class='story'"])
def test_the_next_article_of_an_endless_page_is_left_out(tag: str) -> None:
    end = tag.partition(" ")[0]
    following = f"<{tag}><h1>A choir sings</h1><div><p>{OTHER}</p><p>{OTHER} It is late.</p></div></{end}>" * 3
    assert read(f"<main><{tag}>{ARTICLE}</{end}>{following}") == [FIRST, SECOND, THIRD]


def test_a_list_of_linked_excerpts_is_left_out() -> None:
    cards = "".join(
        f"<div class='c'><h3><a href='/{n}'>A choir sings {n}</a></h3><p>{OTHER}</p></div>" for n in range(4)
    )
    assert read(f"<main>{ARTICLE}<h2>More</h2><div>{cards}</div>") == [FIRST, SECOND, THIRD]


def test_ten_thousand_cards_take_bounded_time() -> None:
    cards = "<div class='c'><h3><a href='/n'>A choir sings</a></h3><p>" + OTHER + "</p></div>"
    began = time.process_time()
    read(f"<main><article>{ARTICLE}</article>{cards * 10_000}")
    assert time.process_time() - began < 5
