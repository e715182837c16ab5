"""Lists of excerpts of other stories within an article are left out; linked words of the article are not."""

from __future__ import annotations

import re

import pytest

from pipelines.analysis.text import extraction, page_tree
from pipelines.analysis.text.boilerplate import select_article_lines

FIRST = "The harbour master of the northern port said on Monday that the second crane would be tested before the rains."
SECOND = "Engineers had waited for a part since August, when the ship that carried it was sent to another terminal."
CHOIR = "The choir of the old town will sing in the cathedral on Sunday, and the entrance will be free for children."
FERRY = "The ferry to the islands stops for a week, because its engine has to be looked at by a surveyor from abroad."


def read(inner: str) -> str:
    markup = f"<title>Crane | Notes</title><body><h1>Crane</h1><div class='story'><p>{FIRST}</p><p>{SECOND}</p>{inner}"
    tree = page_tree.parse_html(f"<html>{markup}</div>")
    assert tree is not None
    return "\n".join(line.text for line in extraction.extract_lines(tree, size=100))


@pytest.mark.parametrize("label", ["Related reading", "Más en Economía", "相关阅读", "From the coast"])
@pytest.mark.parametrize(
    "story",
    [
        "<p><a href='/{0}'>A story of {0}</a></p><p>{1}</p>",
        "<div><a href='/{0}'>A story of {0}</a><p>{1}</p><span>2 hours ago</span></div>",
        "<h4><a href='/{0}'>A story of {0}</a></h4><p>{1}</p><p>By Rosa Tello</p>",
    ],
)
@pytest.mark.parametrize("tag", ["h3", "p", "strong"])
def test_a_labelled_list_of_excerpts_is_left_out(label: str, story: str, tag: str) -> None:
    stories = story.format("song", CHOIR) + story.format("sea", FERRY)
    text = read(f"<div class='x'><{tag}>{label}</{tag}>{stories}</div>")
    assert FIRST in text
    assert SECOND in text
    assert label not in text
    assert CHOIR not in text
    assert FERRY not in text


def test_the_article_goes_on_behind_such_a_list() -> None:
    story = f"<p><a href='/song'>A choir sings</a></p><p>{CHOIR}</p>"
    assert FERRY in read(f"<div class='x'><p>Read also</p>{story}</div><p>{FERRY}</p>")


@pytest.mark.parametrize(
    "inner",
    [
        f"<p>Read also: <a href='/song'>A choir sings</a></p><p>{CHOIR}</p>",
        f"<p>READ MORE</p><p><a href='/song'>A choir sings</a></p><p>{CHOIR}</p>",
        f"<h3>The songs</h3><p>{CHOIR}</p><p><a href='/sea'>The whole programme</a></p><p>{FERRY}</p>",
        f"<h3>Five songs</h3><p><a href='/1'>Ave</a></p><p>{CHOIR}</p><p><a href='/2'>Salve</a></p><p>{FERRY}</p>",
    ],
)
def test_paragraphs_beside_links_stay(inner: str) -> None:
    assert CHOIR in read(inner)


THIRD = "Fishing boats may use the inner basin again from Friday, the port authority added in a short statement."
LINK = "<a href='{}'>The choir sings in the old town</a>"
PARTS = [
    ("港务局周一通报说，北港第二台起重机将在雨季到来之前完成测试，届时大型货轮可以全天靠泊卸货。",
     "工程师们从八月起一直在等一个零件，因为运送它的船被改派到了另一个码头。"),
    (FIRST, SECOND),
]  # fmt: skip


def text_of(inner: str, *, tail: str = "", paragraphs: tuple[str, str] = (FIRST, SECOND)) -> str:
    body = f"<h1>Crane</h1><div class='story'><p>{paragraphs[0]}</p><p>{paragraphs[1]}</p>{inner}{tail}</div>"
    tree = page_tree.parse_html(f"<html><title>Crane | Notes</title><body>{body}")
    assert tree is not None
    lines = extraction.extract_lines(tree, size=100, host="notes.example")
    return "\n".join(select_article_lines(lines, title="Crane"))


@pytest.mark.parametrize("label", ["Otras noticias", "Más noticias del día", "Other news", "其他新闻", "今日要闻"])
@pytest.mark.parametrize("tag", ["h3", "p", "strong", "div"])
@pytest.mark.parametrize("paragraphs", PARTS)
def test_paragraphs_below_the_label_of_other_news_are_left_out(
    label: str, tag: str, paragraphs: tuple[str, str]
) -> None:
    below = f"<p>{CHOIR}</p><p>{FERRY}</p><p>{CHOIR[:60]}.</p>"
    labelled = f"<{tag}>{label}</{tag}>"
    for inner in (labelled + below, f"<div class='m'>{labelled}{below}</div>"):
        text = text_of(inner, paragraphs=paragraphs)
        assert text == "\n".join(paragraphs)
    # A label alone in its element heads a list that the page does not hold: what follows is the article.
    alone = f"<div class='m'><h4>{label}</h4></div>"
    assert CHOIR in text_of(alone + below, paragraphs=paragraphs)
    # The newest on the same event, or the other articles of a contract, are no other news.
    for own in ("最新消息", "最新报道", "Otros artículos"):
        assert CHOIR in text_of(f"<{tag}>{own}</{tag}>" + below, paragraphs=paragraphs)
    # Most of an article does not stand below other news.
    assert CHOIR in text_of(f"<{tag}>{label}</{tag}>" + f"<p>{CHOIR}</p><p>{FERRY}</p><p>{THIRD}</p>" * 2)


@pytest.mark.parametrize("address", ["/song", "https://notes.example/song", "https://www.notes.example/a?id=7"])
@pytest.mark.parametrize(
    "line", ["<p>{}</p>", "<h3>{}</h3>", "<p>» {}</p>", "<li>{} <i>14/05/2026</i></li>", "<p>CULTURE | {}</p>"]
)
def test_a_line_that_is_a_linked_headline_is_left_out(line: str, address: str) -> None:
    assert text_of(line.format(LINK.format(address)), tail=f"<p>{THIRD}</p>").splitlines() == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "line",
    [
        f"<p><a href='/song'>{CHOIR}</a></p>",
        "<p><a href='/a'>Callao</a>, <a href='/b'>Ilo</a>, <a href='/c'>Paita</a> and the dry dock</p>",
        "<p>Who asked for <a href='/why'>the part that everybody had waited for</a>?</p>",
        "<p>它是一台<a href='/why'>港口里所有人都在等待的起重机</a>。</p>",
    ],
)
def test_sentences_and_lists_that_hold_links_stay(line: str) -> None:
    assert len(text_of(line, tail=f"<p>{THIRD}</p>").splitlines()) == 4


@pytest.mark.parametrize(
    "card",
    [
        "<blockquote class='wp-embedded-content'><p>“A choir sings” — <a href='{0}'>The Town</a></p></blockquote>",
        "<blockquote><p><a href='{0}'>A choir sings in town</a></p><p>{1}</p></blockquote>",
        "<figure><div><blockquote><a href='{0}'>A choir sings in town</a></blockquote><p>{1}</p></div></figure>",
        "<div><a href='{0}'><b>A choir sings in town</b><p>{1}</p></a></div>",
        "<section><h4><a href='{0}'>A choir sings in town</a></h4><p>{1}</p><span>The Town</span></section>",
    ],
)
@pytest.mark.parametrize("address", ["/song", "https://town.example/2026/song"])
@pytest.mark.parametrize("tail", ["", f"<p>{THIRD}</p>"])
def test_the_embedded_excerpt_of_another_story_is_left_out(card: str, address: str, tail: str) -> None:
    text = text_of(f"<p>{FERRY}</p>" + card.format(address, CHOIR), tail=tail)
    assert text.splitlines() == [FIRST, SECOND, FERRY, *([THIRD] if tail else [])]


@pytest.mark.parametrize(
    "quotation",
    [
        f"<blockquote><p>{CHOIR}</p><p><a href='//town.example/r'>The whole report of the town</a></p></blockquote>",
        f"<div><p><a href='/doc.pdf'>The contract of the port</a></p><p>{CHOIR}</p></div>",
        f"<div><p><a href='#two'>The second part of this</a></p><p>{CHOIR}</p></div>",
        f"<div><p><a href='/a'>The choir of the town</a></p><p>{CHOIR}</p><p>{CHOIR} {FERRY} {THIRD} {CHOIR}</p></div>",
    ],
)
def test_quotations_and_documents_stay(quotation: str) -> None:
    assert CHOIR in text_of(f"<p>{FERRY}</p>" + quotation, tail=f"<p>{THIRD}</p>")


def test_labels_between_other_stories_at_the_end_go_with_them() -> None:
    card = f"<section><h4><a href='/a'>A choir sings in town</a></h4><p>{CHOIR}</p></section>"
    text = text_of(f"<p>{FERRY}</p><p>It was late.</p><p>More of the port</p>{card}<p>The Town, 2 days ago</p>")
    assert text.splitlines() == [FIRST, SECOND, FERRY, "It was late."]


@pytest.mark.parametrize(
    "lines",
    [
        "<h3>The crane</h3><ul><li>Height: 54 metres</li><li>Load: 60 tonnes</li><li>Built in 2025</li></ul>",
        "<p>Rosa Tello, harbour master</p><p>Juan Ríos, engineer</p><p>Ana Paz, pilot</p><p>Li Wen, shipper</p>",
    ],
)
def test_short_lines_of_the_article_stay_above_other_stories(lines: str) -> None:
    card = f"<section><h4><a href='/a'>A choir sings in town</a></h4><p>{CHOIR}</p></section>"
    text = read(f"<p>{FERRY}</p>{lines}<p>The Town</p><p>More of the port</p>{card}")
    expected = [part for part in re.split(r"<[^>]+>", lines) if part]
    assert text.splitlines() == [FIRST, SECOND, FERRY, *expected]
