"""Extraction of an article's text without headline, boilerplate and other parts of the page."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.text import extraction, page_tree
from pipelines.analysis.text.boilerplate import select_article_lines
from pipelines.analysis.text.extraction import Line

FIRST = "The harbour master of the northern port said on Monday that the second crane would be tested before the rains."
SECOND = "Engineers had waited for a part since August, when the ship that carried it was sent to another terminal."
THIRD = "Fishing boats may use the inner basin again from Friday, the port authority added in a short statement."


def lines_of(html: str, *, title: str = "", outlet: str = "", repeated: tuple[str, ...] = ()) -> list[str]:
    tree = page_tree.parse_html(html)
    assert tree is not None
    size = sum(1 for _ in tree.iter())
    return select_article_lines(
        extraction.extract_lines(tree, size=size), title=title, outlet=outlet, repeated=repeated
    )


def page(*paragraphs: str, before: str = "", after: str = "") -> str:
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><body>{before}<div class='story'>{inner}</div>{after}</body></html>"


@pytest.mark.parametrize(
    "furniture",
    [
        "TE RECOMENDAMOS", "PUEDES VER: Los resultados de anoche", "Te puede interesar:", "[LEA TAMBIÉN: Otra nota]",
        "READ MORE", "Read more: Another story", "Also read: Another story", "Related Articles", "DON'T MISS",
        "延伸阅读", "相关新闻：另一条新闻", "SHARE ON", "COMPARTIR EN", "Facebook Twitter WhatsApp", "Advertisement",
        "PUBLICIDAD", "3 minute read", "Lectura de 4 minutos", "5 min read", "Photo: A crane at dusk / AFP",
        "(Foto: Andina)", "Image: The pier. REUTERS", "Leave a comment", "12 comentarios", "Back to Top",
        "Subscribe today for unlimited access.", "Suscríbete a nuestro boletín y recibe lo mejor cada mañana.",
        "Get a daily email packed with the latest news and analysis.", "Follow us on Twitter",
        "Síguenos en nuestras redes sociales", "Copyright © 2026 Harbour Notes. All rights reserved.",
        "Todos los derechos reservados", "版权所有，未经授权不得转载。", "（责编：周晓岚）", "来源：新华社", "By Mary Oduya",
        "Por Rosa Tello", "Join our WhatsApp channel for updates", "Click here to download the app", "02:10",
    ],
)  # fmt: skip
def test_a_boilerplate_line_is_removed_at_any_position(furniture: str) -> None:
    assert lines_of(page(furniture, FIRST, SECOND, THIRD)) == [FIRST, SECOND, THIRD]
    assert lines_of(page(FIRST, SECOND, furniture, THIRD)) == [FIRST, SECOND, THIRD]
    assert lines_of(page(FIRST, SECOND, THIRD, furniture)) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "sentence",
    [
        "It's basic politics.", "Así de simple.", "The fine print", "Falta cerrar siete capítulos.", "Nobody answered.",
        "“No comment,” he structured.", "Share prices rose by a tenth.", "Related costs are higher still, he warned.",
        "Read closely, the contract says otherwise.", "See what happens next, she structured.", "Top officials stayed away.",
        "Fotos y videos circularon durante horas.", "Subscribers lost their money.", "一切才刚刚开始。",
        "Support for the deal has grown among farmers.", "Por qué importa el puerto", "By the numbers",
        "Por primera vez desde 2019.", "Entra en vigor el acuerdo con la comunidad andina.", "Follow the money.",
        "Full access to the market remains blocked.", "Sigue la disputa en las redes sociales.",
        "Joining the group would take years.", "Getting the news by email was a luxury then.", "Comments were few.",
    ],
)  # fmt: skip
def test_a_sentence_of_the_article_is_kept_as_a_separate_line(sentence: str) -> None:
    assert lines_of(page(FIRST, sentence, SECOND, THIRD)) == [FIRST, sentence, SECOND, THIRD]


@pytest.mark.parametrize(
    "line", ["By " + "a" * 190 + ".", "Facebook " * 22 + "x", "- " * 95 + "x", "(" * 190, "by " * 60 + "9"]
)
def test_a_line_built_to_slow_down_the_patterns_is_judged_quickly(line: str) -> None:
    start = time.process_time()
    select_article_lines([Line(FIRST), Line(line), Line(SECOND)], title="x")
    assert time.process_time() - start < 4


def test_a_subhead_is_kept_only_if_text_follows() -> None:
    html = f"<body><div><p>{FIRST}</p><h3>What the engineers say</h3><p>{SECOND}</p><p>{THIRD}</p><h3>More</h3></div></body>"
    assert lines_of(html) == [FIRST, "What the engineers say", SECOND, THIRD]


def test_the_headline_is_not_repeated_in_the_text() -> None:
    title = "Second crane to be tested before the rains"
    html = page(title, f"Americas, News No Comments on {title}", FIRST, SECOND, THIRD, before=f"<h1>{title}</h1>")
    assert lines_of(html, title=title) == [FIRST, SECOND, THIRD]


def test_lines_after_the_articles_end_are_removed() -> None:
    about = "Harbour Notes is an independent letter about ports and railways, read by planners on four continents."
    assert lines_of(page(FIRST, SECOND, THIRD, "Related Articles", "A crane too far", about)) == [FIRST, SECOND, THIRD]
    html = page(
        FIRST, SECOND, THIRD, "What is Harbour Notes?", about, about[:90] + " every day.", FIRST[:80] + " twice."
    )
    assert lines_of(html, outlet="Harbour Notes") == [FIRST, SECOND, THIRD]


def test_a_related_block_in_the_middle_does_not_end_the_article() -> None:
    more = [f"In the {month} report, {SECOND[0].lower()}{SECOND[1:]}" for month in ("May", "June")]
    html = page(FIRST, SECOND, "Related articles", "<a href='/x'>A crane too far</a>", THIRD, *more)
    assert lines_of(html) == [FIRST, SECOND, THIRD, *more]


def test_an_authors_biography_is_removed_but_a_person_of_the_article_is_kept() -> None:
    biography = "Mary Oduya is a senior fellow at the Institute for Overland Transport."
    assert lines_of(page(FIRST, SECOND, THIRD, biography)) == [FIRST, SECOND, THIRD]
    known = "Oduya had warned of it."
    assert lines_of(page(FIRST, known, SECOND, THIRD, biography))[-1] == biography


def test_known_repeated_lines_are_removed() -> None:
    motto = "The coast never sleeps, and neither do the people who tell its stories"
    html = page(FIRST, motto, SECOND, THIRD)
    assert motto in lines_of(html)
    assert lines_of(html, repeated=(motto.upper() + "!",)) == [FIRST, SECOND, THIRD]


def test_a_body_that_advertisements_cut_into_chunks_is_put_together() -> None:
    chunk = "<div class='chunk'><p>{}</p></div><div class='ad-slot'>Advertisement</div>"
    html = "<body><main>" + "".join(chunk.format(text) for text in (FIRST, SECOND, THIRD)) + "</main></body>"
    assert lines_of(html) == [FIRST, SECOND, THIRD]


def test_comments_and_cookie_notices_are_not_taken_for_the_article() -> None:
    comment = (
        "<p>I have fished there for forty years, and nobody ever asked me anything about the crane or the basin.</p>"
    )
    after = f"<div id='comments'>{comment * 6}</div><div class='cookie-notice'>{comment * 4}</div>"
    assert lines_of(page(FIRST, SECOND, after=after)) == [FIRST, SECOND]


def test_a_class_of_the_whole_page_does_not_exclude_it() -> None:
    html = page(FIRST, SECOND, THIRD).replace("<body>", "<body class='has-sidebar comments-open single-post'>")
    assert lines_of(html) == [FIRST, SECOND, THIRD]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            [
                "<div>",
                "</div>",
                "<p>",
                "<table><tr><td>",
                "<a href=x>",
                "text " * 20,
                "<br>",
                "<li>",
                "<!--",
                "&#0;",
                "<b class=share>",
                "\x00",
                "国" * 40,
            ]
        ),
        max_size=80,
    )
)
def test_extraction_never_raises_on_any_markup(parts: list[str]) -> None:
    tree = page_tree.parse_html("".join(parts))
    lines = extraction.extract_lines(tree, size=100) if tree is not None else []
    assert set(select_article_lines(lines, title="x")) <= {line.text for line in lines}


@given(st.lists(st.text(max_size=200), max_size=20), st.text(max_size=40))
def test_select_article_lines_never_raises_on_any_lines(texts: list[str], title: str) -> None:
    kept = select_article_lines([Line(text) for text in texts], title=title, outlet=title)
    assert set(kept) <= set(texts)


@pytest.mark.parametrize(
    "picture",
    [
        '<center><img src="/1.png"><br><font size="2">The crane, seen from the inner basin</font></center>',
        '<p align="center"><a href="/1"><img src="/1.png"></a><br>The crane, seen from the inner basin</p>',
        '<div style="text-align: center"><img src="/1.png"><br/><b>The crane</b>, seen from the inner basin.</div>',
    ],
)
def test_a_line_centred_below_a_picture_is_no_paragraph(picture: str) -> None:
    inner = f"<div class='story'>{picture}<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>"
    assert lines_of(f"<html><body>{inner}</body></html>") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "inner",
    [
        f'<center><img src="/1.png"><br>{FIRST}<br>{SECOND}<br>{THIRD}</center>',  # a whole article, centred
        f'<p align="center">{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>',
        f'<p><img src="/1.png"><br>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>',
    ],
)
def test_a_paragraph_beside_a_picture_stays(inner: str) -> None:
    assert lines_of(f"<html><body><div class='story'>{inner}</div></body></html>") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "mark",
    [
        "(FIN) RQL/JPV",
        "FIN",
        "/Enditem",
        "（完）",
        "-END-",
        "Más en El Faro:",
        "Lea más noticias de El Faro del Sur",
        "More from El Faro",
    ],
)
def test_nothing_of_the_article_follows_its_end_mark(mark: str) -> None:
    after = (
        "<p>Another story of the week, which is told here in a sentence that is as long as those of a paragraph.</p>"
    )
    html = page(FIRST, SECOND, THIRD, mark).replace("</div>", f"<blockquote>{after}{after}</blockquote></div>")
    assert lines_of(html, outlet="El Faro del Sur") == [FIRST, SECOND, THIRD]


AFTER = "Another story of the week, which is told here in a sentence that is as long as those of a paragraph."


@pytest.mark.parametrize("mark", [" ■", "（完）", " (FIN) RQL/JPV", "(Fin)"])
def test_an_end_mark_behind_the_last_sentence_ends_the_article(mark: str) -> None:
    assert lines_of(page(FIRST, SECOND, THIRD + mark, "More of this week:", AFTER, AFTER[8:])) == [
        FIRST,
        SECOND,
        THIRD + mark,
    ]


def test_briefs_that_each_have_an_end_mark_stay() -> None:
    briefs = [FIRST + "（完）", SECOND + "（完）", THIRD + "（完）"]
    assert lines_of(page(*briefs)) == briefs


def test_a_mark_near_the_beginning_ends_nothing() -> None:
    assert THIRD in lines_of(page("Lima. ■", FIRST, SECOND, THIRD))


@pytest.mark.parametrize(
    "line", ["Fin de una era", "Más en la costa que en la sierra", "More from the ships than from the port"]
)
def test_a_line_that_only_begins_like_an_end_mark_ends_nothing(line: str) -> None:
    assert THIRD in lines_of(page(FIRST, SECOND, line, THIRD), outlet="El Faro del Sur")


@pytest.mark.parametrize(
    "before",
    [
        "<div><button><div class='inner'><div></button></div>",
        "<nav><ul><li><div><a href=a>Home</a></nav>",
        "<nav><table><tr><td><a href=a>Home</a></nav>",
        "<label><div><span>Menu</label>",
        "<button>Menu",
        "<footer><div></footer>",
        "<ul class='menu'><li><span><a href=a><div><li><a href=b>Home</a></ul>",
        "<div class='top-menu'><a href=a><b>Home<ul class='menu'><li><a href=b>News</a></ul></div>",
        "<map><area href=a><picture><img src=a><div>",
    ],
)
def test_tags_left_open_in_a_menu_swallow_no_article(before: str) -> None:
    html = page(FIRST, SECOND, THIRD, before=before).replace(
        "<div class='story'>", "<main><article><h1>Crane</h1><div>"
    )
    assert lines_of(html, title="Crane") == [FIRST, SECOND, THIRD]


def test_a_short_chinese_article_is_read_like_any_other() -> None:
    first = "港口管理局昨天宣布，第二台起重机将在雨季之前投入测试，首批货轮预计下周到达，2024<sup>1</sup>年的旧设备同时退役。"
    second = "工程师们说，等了三个月的零件终于运到，渔船从星期五起可以重新使用内港。"
    html = page(first, second, before="<table><tr><td>今日热点</td></tr></table>", after="<p>联系我们</p>")
    assert lines_of(html) == [first.replace("<sup>1</sup>", ""), second]


def test_a_menu_with_a_headline_of_its_own_stays_out() -> None:
    menu = f"<nav><h1>Harbour Notes</h1><p>{FIRST.upper()}</p></nav>"
    assert lines_of(page(FIRST, SECOND, THIRD, before=menu)) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("tag", ["article", "main", "section", "x-story", "div"])
@pytest.mark.parametrize(
    "after", ["", "<body><p>Below stands a line that the body holds in any case, as it should.</p>"]
)
def test_an_article_begins_the_body_where_the_page_leaves_its_tag_out(tag: str, after: str) -> None:
    head = "<!doctype html><html lang=en><meta charset=utf-8><title>Port</title><script>var a = 1</script>"
    page = f"{head}<{tag}><h1>Port</h1><p>{FIRST}<p>{SECOND}<p>{THIRD}</{tag}>{after}"
    assert lines_of(page, title="Port")[:3] == [FIRST, SECOND, THIRD]
