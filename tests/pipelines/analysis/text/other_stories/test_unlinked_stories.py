"""Other stories without links are left out where their words are others; the article's own parts stay."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import pytest

from pipelines.analysis.text import extraction, page_tree
from pipelines.analysis.text.other_stories.shared_words import is_about_others, stems_of
from tests.fixtures.growth import measure_growth

TITLE = "Port of Huarmey waits for its second crane"
ARTICLE = [
    "The harbour master of Huarmey said on Monday that the second crane of the port would be tested before the rains.",
    "Engineers had waited for a motor since August, when the ship that carried it was sent to another terminal in Chile.",
    "Exporters of squid pay for each day that their containers stand on the quay, the chamber of commerce complained.",
    "The ministry of transport promised a loan for a third crane, if the terminal moves forty containers an hour by June.",
]
OTHERS = [
    ("Choir of Tarma wins a prize in Riga", "Twenty singers took gold among amateurs on Sunday night."),
    ("Vineyards of Moquegua taste autumn early", "Growers picked muscat grapes nine days sooner than usual."),
    ("Swimmers cross Lake Titicaca together", "Nobody was faster than a schoolteacher from Juliaca."),
]
SECOND = [
    "The choir of Tarma won a prize in Riga on Sunday with songs of the highlands, performed by amateur singers of all ages.",
    "The conductor, a schoolteacher, had sold his bicycle so that everybody could travel.",
]
PARTS = [
    (
        "How the motor got lost on its voyage",
        "The ship with the motor of the crane was sent from Huarmey to a terminal in Chile.",
    ),
    (
        "What exporters of squid pay for waiting",
        "Each day on the quay costs exporters of squid ninety dollars a container.",
    ),
    ("When the ministry will grant its loan", "The ministry of transport wants forty containers an hour first."),
]
PAIRS = {
    "bold": "<p><b>{}</b></p><p>{}</p>",
    "heading": "<div><h4>{}</h4><p>{}</p></div>",
    "break": "<p><strong>{}</strong><br>{}</p>",
    "picture": "<div><img src='/a.jpg'><p><b>{}</b></p><p>{}</p></div>",
    "joined": "<p><b>{}</b>{}</p>",
}


def paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def read(body: str) -> str:
    tree = page_tree.parse_html(f"<html><head><title>{TITLE} | Notes</title></head><body>{body}")
    assert tree is not None
    return "\n".join(line.text for line in extraction.extract_lines(tree, size=100))


@pytest.mark.parametrize("form", PAIRS)
@pytest.mark.parametrize("place", [2, 4])
def test_pairs_of_a_headline_and_a_sentence_about_others_are_left_out(form: str, place: int) -> None:
    pairs = "".join(PAIRS[form].format(*pair) for pair in OTHERS)
    text = read(
        f"<article><h1>{TITLE}</h1><div>{paragraphs(ARTICLE[:place])}{pairs}{paragraphs(ARTICLE[place:])}</div></article>"
    )
    assert all(paragraph in text for paragraph in ARTICLE)
    assert not any(part in text for pair in OTHERS for part in pair)


@pytest.mark.parametrize("form", PAIRS)
def test_parts_of_the_article_of_the_same_form_stay(form: str) -> None:
    parts = "".join(PAIRS[form].format(*part) for part in PARTS)
    text = read(f"<article><h1>{TITLE}</h1><div>{paragraphs(ARTICLE)}{parts}</div></article>")
    assert all(part in text for pair in PARTS for part in pair)


@pytest.mark.parametrize("form", PAIRS)
def test_an_article_that_consists_of_pairs_keeps_them(form: str) -> None:
    pairs = "".join(PAIRS[form].format(*pair) for pair in OTHERS)
    text = read(f"<article><h1>{TITLE}</h1><div><p>{ARTICLE[0]}</p>{pairs}</div></article>")
    assert all(part in text for pair in OTHERS for part in pair)


SECONDS = {
    "label": "<article><h1>{title}</h1><div class='text'>{first}<p><b>You may also like</b></p>{second}</div></article>",
    "box": "<article><h1>{title}</h1><div class='text'>{first}<div><h3>Read next</h3><h4>A choir</h4>{second}</div></div></article>",
    "rule": "<article><h1>{title}</h1><div class='text'>{first}</div><hr><h2>A choir</h2><div>{second}</div></article>",
    "container": "<article><h1>{title}</h1><div class='text'>{first}</div><h2>A choir</h2><div class='text'>{second}</div></article>",
    "piece": "<main><div class='piece'><h1>{title}</h1><div>{first}</div></div><div class='piece'><h2>A choir</h2><div>{second}</div></div></main>",
    "article": "<main><article><h1>{title}</h1><div>{first}</div></article><article><h2>A choir</h2><div>{second}</div></article></main>",
}


@pytest.mark.parametrize("form", SECONDS)
def test_a_second_story_behind_a_label_or_in_an_element_of_its_own_is_left_out(form: str) -> None:
    text = read(SECONDS[form].format(title=TITLE, first=paragraphs(ARTICLE), second=paragraphs(SECOND)))
    assert all(paragraph in text for paragraph in ARTICLE)
    assert not any(paragraph in text for paragraph in SECOND)


@pytest.mark.parametrize("form", [form for form in SECONDS if form != "box"])
def test_what_speaks_of_the_same_there_is_the_article(form: str) -> None:
    text = read(
        SECONDS[form].format(title=TITLE, first=paragraphs(ARTICLE), second=paragraphs([text for _, text in PARTS]))
    )
    assert all(part in text for _, part in PARTS[:2])


def test_a_section_about_something_else_in_the_articles_element_stays() -> None:
    text = read(
        f"<article><h1>{TITLE}</h1><div>{paragraphs(ARTICLE)}<hr><h2>A choir sings</h2>{paragraphs(SECOND)}</div></article>"
    )
    assert all(paragraph in text for paragraph in SECOND)


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("La grúa del puerto de Ica", "Ica espera una grúa en el puerto", False),
        ("El coro cantó en Tarma", "Ica espera una grúa en el puerto", True),
        ("合唱团在里加获奖", "码头等待第二台起重机", True),
        ("第二台起重机到港", "码头等待第二台起重机", False),
        ("a b c", "", False),
    ],
)
def test_words_tell_what_a_text_is_about(text: str, known: str, expected: bool) -> None:
    assert is_about_others(text, stems_of(known), most=0.1) is expected


@pytest.mark.parametrize(
    "piece",
    [
        "<p><b>Choir of Tarma wins a prize in Riga</b></p><p>Forty singers took gold among amateurs on Sunday night.</p>",
        "<h2>You may also like</h2>",
        "<div class='a'><h2>A choir sings</h2><p>Forty singers took gold among amateurs on Sunday night.</p></div>",
        "A line of the page<br>",
    ],
)
def test_the_work_grows_as_the_page(piece: str) -> None:
    def make(size: int) -> str:
        return f"<main><h1>{TITLE}</h1><div>{paragraphs(ARTICLE)}</div>{piece * (size // len(piece))}</main>"

    assert measure_growth(read, make, size=40_000, limit=3) <= 3
