"""Whose names stand near an article, and whose do not."""

from __future__ import annotations

import time

import pytest

from pipelines.analysis.metadata.authors import find_authors
from pipelines.analysis.metadata.structured_data import read_structured_data
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.page_tree import parse_html

HEADING = "<h1>Sube la carga en los puertos del sur</h1>"
TEXT = "<p>La carga de los puertos del sur subió un tercio en abril, dijo la autoridad.</p>" * 3


def authors(body: str, *, head: str = "", outlet: str = "") -> tuple[str, ...]:
    tree = parse_html(f"<html><head>{head}</head><body>{body}</body></html>")
    assert tree is not None
    return find_authors(tree, structured=read_structured_data(tree), outlet={comparable(outlet)} if outlet else ())


@pytest.mark.parametrize(
    "byline",
    [
        '<div class="firma">Escribe: Ana Ruiz</div>',
        '<p class="creditos">Texto: Ana Ruiz / Fotos: Luis Paz</p>',
        "<div>Redacta: Ana Ruiz</div>",
        '<span class="author">Por Ana Ruiz</span>',
        '<p class="byline"><a rel="author" href="/autores/ana">Ana Ruiz</a></p>',
    ],
)
def test_a_label_near_the_headline_names_the_author(byline: str) -> None:
    assert authors(f"<article>{HEADING}{byline}{TEXT}</article>") == ("Ana Ruiz",)


@pytest.mark.parametrize("is_outlet", [True, False])
@pytest.mark.parametrize("name", ["Agencia Quipu", "Reuters", "观察者网"])
@pytest.mark.parametrize("label", ["By ", "Por ", "记者 ", "作者："])
@pytest.mark.parametrize(
    "row", ["<b>{}</b> 14/05/2026", "2026年5月14日 <span>{}</span>", "{} | 14.05.2026", "{} · 14 mayo 2026", "{}"]
)
def test_a_label_is_no_part_of_the_name_of_an_agency_or_outlet(
    row: str, label: str, name: str, is_outlet: bool
) -> None:
    body = f"<article>{HEADING}<p>{row.format(label + name)}</p>{TEXT}</article>"
    head = f'<meta name="author" content="{name}">' if is_outlet else ""
    found = authors(body, head=head, outlet=name if is_outlet else "")
    assert found == (name,) if is_outlet else set(found) <= {name}


@pytest.mark.parametrize("label", ["Redacta:", "Corresponsal:", "Por", "Reportaje:", "Firma:"])
@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("<div class='head'><h2>{}</h2></div><dl><dd>14 mayo 2026</dd><dd>", "", "</dd></dl>"),
        ("<table><tr><td><h1>{}</h1></td></tr><tr><td>14 mayo 2026 ", "", "</td></tr></table>"),
        ("<header><div><h1>{}</h1></div></header><ul><li><b>", "</b> ", "</li></ul>"),
    ],
)
def test_the_author_is_named_in_a_row_below_the_headlines_own_element(
    label: str, before: str, between: str, after: str
) -> None:
    headline = "Sube la carga en los puertos del sur"
    head = f"<title>{headline} | El Muelle</title>"
    found = authors(f"<div>{before.format(headline)}{label} {between}Ana Ruiz{after}{TEXT}</div>", head=head)
    assert found == ("Ana Ruiz",)


@pytest.mark.parametrize("name", ["Ana Ruiz", "Priya Van Dam"])
@pytest.mark.parametrize(
    "row", ["<span>{}</span> 14 May 2026, 4:20 pm", "<a href=/u/7>{}</a> <i>14/05/2026</i>", "2026年5月14日 <b>{}</b>"]
)
def test_a_name_in_the_row_of_the_date_is_the_author_unless_the_text_speaks_of_it(name: str, row: str) -> None:
    body = f"<article>{HEADING}<div>{row.format(name)}</div>{TEXT}</article>"
    tree = parse_html(f"<html><body>{body}</body></html>")
    assert tree is not None
    structured = read_structured_data(tree)
    assert find_authors(tree, structured=structured) == (name,)
    said = f"La carga de los puertos del sur subió un tercio, dijo {name}, que dirige la autoridad, en una feria. "
    assert find_authors(tree, structured=structured, lines=[said * 2]) == ()


@pytest.mark.parametrize(
    "row", ["来源：江口日报 本报记者 {}", "2026-05-14 07:15　来源：江口日报　记者　{}", "（本报记者 {}）"]
)
@pytest.mark.parametrize(
    ("written", "names"),
    [("王海燕 赵立新", ("王海燕", "赵立新")), ("李静 通讯员 何涛", ("李静", "何涛")), ("周敏", ("周敏",))],
)
def test_a_chinese_label_needs_no_colon(row: str, written: str, names: tuple[str, ...]) -> None:
    body = f"<div><h1>南方港口货运量创新高</h1><div>{row.format(written)}</div><p>四月货运量创下新高。</p></div>"
    assert authors(body) == names


def test_a_label_near_a_chinese_headline_names_the_author() -> None:
    body = "<div><h1>南方港口货运量创新高</h1><div>记者：李文华　来源：江口日报</div><p>四月货运量创下新高。</p></div>"
    assert authors(body) == ("李文华",)


@pytest.mark.parametrize(
    "others",
    [
        '<p>en <a rel="author" href="/c">4 comentarios</a></p>',
        '<p><a rel="author" href="#respond">Deja un comentario</a></p>',
        '<div id="comments"><div class="comment"><span class="comment-author">Pedro Gil</span><p>Bien.</p></div></div>',
        '<ol class="commentlist"><li><span class="author">Pedro Gil</span></li></ol>',
        '<section><h3>Comentarios (2)</h3><div><span class="autor">Pedro Gil</span> De acuerdo.</div></section>',
        '<div class="x"><h4><a href="/otra">Otra nota</a></h4><span class="byline">Por Pedro Gil</span></div>',
        '<ul><li><a href="/otra"><h3>Otra nota</h3></a><p class="author">Pedro Gil</p></li></ul>',
        '<aside><p class="author">Pedro Gil</p></aside>',
    ],
)
def test_readers_and_authors_of_other_articles_are_not_the_authors(others: str) -> None:
    assert authors(f"<article>{HEADING}{TEXT}</article>{others}") == ()
    own = '<p class="byline">Por Ana Ruiz</p>'
    assert authors(f"<article>{HEADING}{own}{TEXT}</article>{others}") == ("Ana Ruiz",)
    assert authors(f"{others}<article>{HEADING}{own}{TEXT}</article>") == ("Ana Ruiz",)


TO_READERS = ("查看评论", "Ver comentarios", "Leave a reply", "3 replies", "5条评论", "Join the discussion")


@pytest.mark.parametrize("words", TO_READERS)
@pytest.mark.parametrize(
    "markup", ['<a href="#comments">{}</a>', '<a href="/nota/1#respond">{}</a>', "<span>{}</span>"]
)
def test_what_leads_to_comments_is_no_name_and_hides_none(words: str, markup: str) -> None:
    link = markup.format(words)
    for byline in (
        f'<p class="byline">Por Ana Ruiz {link}</p>',
        f'<p class="byline">Por <a href="/ana">Ana Ruiz</a> · {link}</p>',
        f"<p>Por Ana Ruiz | {link}</p>",
        f'<span class="author">Ana Ruiz</span><span class="author">{link}</span>',
        f'<div class="author">{link}</div><p>Por Ana Ruiz</p>',
    ):
        assert authors(f"{HEADING}{byline}{TEXT}") == ("Ana Ruiz",)
    assert authors(f'{HEADING}<p class="byline">{link}</p>{TEXT}') == ()


READERS = "".join(
    f'<div class="c"><span class="author">{name}</span><p>El puerto debe oír a los pescadores del sur.</p></div>'
    for name in ("Pedro Gil", "Eva Luna", "Luis Paz")
)


@pytest.mark.parametrize("heading", ["<h3>Comentarios</h3>", "<h3>3 replies</h3>", "<h4>评论</h4>", "<p>Dicen</p>", ""])
@pytest.mark.parametrize(
    "page",
    [
        "<div>{h}{text}{by}{comments}</div>",
        "<div>{h}<div>{text}</div><div>{by}{comments}</div></div>",
        "<article><header>{h}</header><div>{by}{text}{comments}</div></article>",
        "<article><header>{h}</header><div>{text}</div><footer>{by}</footer>{comments}</article>",
        "<article>{h}</article><div>{by}{text}</div>{comments}",
        "<div>{comments}</div><article>{h}{by}{text}</article>",
    ],
)
def test_the_articles_byline_is_kept_near_comments(heading: str, page: str) -> None:
    own = '<p class="byline">Por Ana Ruiz</p>'
    parts = {"h": HEADING, "text": TEXT, "comments": heading + READERS}
    assert authors(page.format(by=own, **parts)) == ("Ana Ruiz",)
    assert authors(page.format(by="", **parts)) == ()


def test_coauthors_with_a_block_each_are_no_readers() -> None:
    blocks = "".join(f'<li><span class="author">{name}</span></li>' for name in ("Ana Ruiz", "Eva Luna", "Luis Paz"))
    assert authors(f"{HEADING}<ul>{blocks}</ul>{TEXT}")[0] == "Ana Ruiz"


def test_catalogues_write_the_surname_first() -> None:
    metas = "".join(f'<meta name="citation_author" content="{name}">' for name in ("Ruiz Soto, Ana", "Paz, Luis"))
    assert authors(HEADING, head=metas) == ("Ana Ruiz Soto", "Luis Paz")
    assert authors(HEADING, head='<meta name="citation_author" content="Ruiz Soto, Ana">') == ("Ana Ruiz Soto",)


@pytest.mark.parametrize(
    "piece",
    ["<div><h3>Comments</h3></div>", "<h5>Comments</h5><p>x</p>", '<i class="author"><a href="#comments">3</a></i>'],
)
@pytest.mark.slow
def test_thousands_of_comments_take_time_in_proportion(piece: str) -> None:
    before = time.process_time()
    authors(f'<div>{piece * 10_000}</div>{HEADING}<p class="byline">Por Ana Ruiz</p>')
    assert time.process_time() - before < 5


@pytest.mark.slow
def test_thousands_of_bylines_take_time_in_proportion() -> None:
    card = '<div><div><h3><a href="/x">Otra</a></h3></div><span class="author">Pedro Gil</span></div>'
    before = time.process_time()
    assert authors(f"<div>{card * 10_000}</div>{HEADING}") == ()
    assert time.process_time() - before < 5


PHOTOGRAPHER, WRITER = "Luis Paz", "Ana Ruiz"
PICTURES = [
    "<figure><img src=a.jpg><figcaption>Grúas <span class=author>{}</span></figcaption></figure>",
    "<figure><img src=a.jpg><a rel=author href=/p/7>{}</a></figure>",
    "<div class=lead><img src=a.jpg><div>Grúas del puerto, el lunes. <span class=autor>{}</span></div></div>",
    "<div class=lead><img src=a.jpg></div><div>Foto: <span class=autor>{}</span></div>",
    "<div class=lead><img src=a.jpg></div><div>摄影：<span class=author>{}</span></div>",
    "<div class=lead-photo><img src=a.jpg><p>Por {}</p></div>",
    "<p class=credits><span class='author photo'>{}</span></p>",
]
BYLINES = [
    "",
    "<p class=firma>Por {}</p>",
    "<div class=autor><img src=r.jpg><span class=autor>{}</span></div>",
    "<div class=row><img src=r.jpg><a class=author href=/u/1>{}</a> <i>Reportera de puertos y comercio</i></div>",
]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("byline", BYLINES)
def test_the_photographer_of_a_picture_is_no_author_and_a_portrait_is_the_writers(picture: str, byline: str) -> None:
    found = authors(f"<article>{HEADING}{picture.format(PHOTOGRAPHER)}{byline.format(WRITER)}{TEXT}</article>")
    assert found == ((WRITER,) if byline else ())
