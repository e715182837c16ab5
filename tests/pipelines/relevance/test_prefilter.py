"""The prefilter never rejects a page that the full analysis would keep as an article."""

from __future__ import annotations

import datetime as dt
import html
import json
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from db.model.article import Article
from db.text.chinese_variants import SIMPLIFIED, TRADITIONAL
from pipelines.analysis.analyse import analyse
from pipelines.page import Hint, OutletProfile, Page
from pipelines.relevance.prefilter import may_be_relevant
from pipelines.relevance.rule import judge
from pipelines.relevance.topic import load_topic

TOPIC = load_topic("china_peru")
NOWHERE = OutletProfile(id="o", name="Outlet", country="XX")
PERU = OutletProfile(id="p", name="Diario", country="PE", languages=("es",))
CHINA = OutletProfile(id="c", name="Ribao", country="CN", languages=("zh",))
NAMES = [
    name
    for name in TOPIC.matcher.names
    if name.role == "concept" and name.side in {"a", "b", "both"} and (name.strong or name.is_faint)
]
_TRADITIONAL = dict(zip(SIMPLIFIED, TRADITIONAL, strict=True))


def _in_two(mark: str):
    def disguise(name: str, at: int) -> str:
        at = 1 + at % max(1, len(name) - 1)
        return f"{html.escape(name[:at], quote=False)}{mark}{html.escape(name[at:], quote=False)}"

    return disguise


# Ways in which pages write a name; each takes the name and a number, and gives markup.
DISGUISES = {
    "plain": lambda name, at: html.escape(name, quote=False),
    "decimal entities": lambda name, at: "".join(f"&#{ord(letter)};" for letter in name),
    "hexadecimal entities": lambda name, at: "".join(f"&#x{ord(letter):x};" for letter in name),
    "named entities": lambda name, at: (
        html.escape(name, quote=False).encode("ascii", "xmlcharrefreplace").decode().replace("&#250;", "&uacute;")
    ),
    "decomposed": lambda name, at: unicodedata.normalize("NFD", html.escape(name, quote=False)),
    "no-break spaces": lambda name, at: html.escape(name, quote=False).replace(" ", "\u00a0"),
    "no-break entities": lambda name, at: html.escape(name, quote=False).replace(" ", "&nbsp;"),
    "line breaks": lambda name, at: html.escape(name, quote=False).replace(" ", " \n\t "),
    "traditional": lambda name, at: html.escape("".join(_TRADITIONAL.get(c, c) for c in name), quote=False),
    "tag inside": _in_two("</b><b>"),
    "span inside": _in_two('</b><span class="x">\u200b</span><b>'),
    "comment inside": _in_two("<!-- x -->"),
    "soft hyphen": _in_two("\u00ad"),
    "soft hyphen entity": _in_two("&shy;"),
    "zero-width space": _in_two("\u200b"),
    "zero-width joiner entity": _in_two("&zwj;"),
    "word break": _in_two("<wbr>"),
    "capitals": lambda name, at: html.escape(name.upper(), quote=False),
    "accents off": lambda name, at: html.escape(
        "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c)), quote=False
    ),
    "accents wrong": lambda name, at: html.escape(name.translate(str.maketrans("áéíóú", "àèìòù")), quote=False),
    "full width": lambda name, at: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name),
    "drop capital": lambda name, at: f"<span>{name[0]}</span>{html.escape(name[1:], quote=False)}",
}
FILLER = (
    "La obra avanza según lo previsto y los vecinos esperan que termine antes de fin de año.",
    "The company said on Monday that the new line will open before the summer and employ two hundred people.",
    "公司表示，项目将于明年年底前完工，届时可为当地提供两百个就业岗位。",
    "El ministro visitó la planta y conversó con los trabajadores sobre la inversión.",
)

written = st.tuples(st.sampled_from(NAMES), st.sampled_from(sorted(DISGUISES)), st.integers(0, 12))


def _markup(choice: tuple) -> str:
    name, disguise, at = choice
    return f"<b>{DISGUISES[disguise](name.text, at)}</b>"


def _page(title: str, paragraphs: list[str]) -> str:
    body = "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        f"<title>{title}</title><script>var a = 1 < 2;</script><style>p {{ color: red }}</style></head>"
        f"<body><nav><a href='/x'>Inicio</a></nav><article><h1>{title}</h1>{body}</article>"
        "<footer>Todos los derechos reservados</footer></body></html>"
    )


def _plain(markup: str) -> str:
    return "".join(lxml_html.fromstring(f"<div>{markup}</div>").itertext())


def _as_page(text: str, outlet: OutletProfile, title: str | None = None) -> Page:
    return Page(
        url="https://example.org/2026/01/02/una-noticia-larga-sobre-algo",
        key="example.org/2026/01/02/una-noticia-larga-sobre-algo",
        body=text.encode("utf-8"),
        outlet=outlet,
        fetched_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        hint=Hint(title=title),
    )


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(
    title=st.lists(written, max_size=2),
    sentences=st.lists(st.lists(written, min_size=0, max_size=3), min_size=2, max_size=6),
    outlet=st.sampled_from([NOWHERE, PERU, CHINA]),
    language=st.sampled_from(["es", "en", "zh", None]),
)
def test_the_prefilter_accepts_every_disguised_page_that_the_rule_keeps(title, sentences, outlet, language):
    head = " y ".join(_markup(choice) for choice in title) or "Noticia"
    paragraphs = [
        f"{' con '.join(_markup(choice) for choice in choices)} {FILLER[number % len(FILLER)]}"
        for number, choices in enumerate(sentences)
    ]
    text = "\n".join(" ".join(_plain(paragraph).split()) for paragraph in paragraphs)
    judged = judge(_plain(head), text, language=language, topic=TOPIC, outlet=outlet)
    if judged.verdict is not None:
        assert may_be_relevant(_page(head, paragraphs), topic=TOPIC, outlet=outlet)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    title=st.lists(written, min_size=1, max_size=2),
    sentences=st.lists(st.lists(written, min_size=1, max_size=3), min_size=3, max_size=6),
    outlet=st.sampled_from([NOWHERE, PERU, CHINA]),
    hinted=st.booleans(),
)
def test_the_prefilter_accepts_every_page_that_the_full_analysis_keeps(title, sentences, outlet, hinted):
    head = " y ".join(_markup(choice) for choice in title)
    paragraphs = [
        f"{' con '.join(_markup(choice) for choice in choices)} {FILLER[number % len(FILLER)]}"
        for number, choices in enumerate(sentences)
    ]
    page = _as_page(_page("" if hinted else head, paragraphs), outlet, _plain(head) if hinted else None)
    if isinstance(analyse(page, topic=TOPIC, full=True), Article):
        assert isinstance(analyse(page, topic=TOPIC), Article)


@pytest.mark.parametrize("disguise", sorted(DISGUISES))
def test_a_name_is_found_in_each_way_of_writing_it(disguise):
    markup = DISGUISES[disguise]
    page = f"<p>{markup('Cosco Shipping', 3)} y <b>{markup('Perú', 2)}</b> {markup('秘鲁', 0)}.</p>"
    assert may_be_relevant(page, topic=TOPIC, outlet=NOWHERE)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Per&uacute; y la China</p>",
        "<p>&#31192;&#40065;与&#20013;&#22269;</p>",
        '<script type="application/ld+json">{"headline": "\\u79d8\\u9c81\\u4e0e\\u4e2d\\u56fd"}</script>',
        '<script type="application/ld+json">{"articleBody": "Hoy\\nChina y\\nPer\\u00fa"}</script>',
        '<script type="application/ld+json">{"articleBody": "&lt;b&gt;Chi&lt;/b&gt;na y Per&lt;i&gt;ú"}</script>',
        '<meta property="og:title" content="Perú y China firman"/>',
        "<p>Per\u00ad&uacute; y Chi\u200bna</p>",
        "<P>CHINA y Peru\u0301</P>",
        "<p>中國與秘魯</p>",
        "<p>中国与祕魯</p>",
        "<p>la minera <b>Las</b>&nbsp;\n<i>Bambas</i></p>",
        "<p>Per&amp;uacute; y Chi&amp;shy;na</p>",
        "<!-- <script> --><p>Perú y China</p><script>x</script>",
        "<!-- <nav> --><p>Perú y China</p><nav>x</nav>",
        "<nav-bar>Perú y China</nav-bar>",
        "<p data-x='<script>'>Perú y China</p></script>",
        "<td>MMG</td><td>Perú</td>",
        "<p>Chi\ud800na y Per\udfffú</p>",
        "<p>China y Peru<b>\u0301</b></p>",
        "<p>China y \u212aallpa</p>",
        "<p>\uf90a\u5146\u7926\u696d</p>",
        "<p>China<br>y<br>Perú</p>",
        "<!--><p>China y Perú</p><!-- x -->",
        "<!--[if !IE]><!--><p>China y Perú</p><!--<![endif]-->",
        "<!-- x --!><p>China y Perú</p><!-- x -->",
        "<p>1 < 2, China y Perú</p>",
        "China y Perú<p>",
        "<mEtA content='China y Perú'>",
        "<p>China &amp; Per&uacutE &iexclPerú</p>",
        "<p>ＣＨＩＮＡ y PERÚ</p>",
        "<p>Chi\x00na y Perú</p>",
        '<script type="application/ld+json">{"headline": "1 < 2 en China y en el <b>Per</b>ú"}</script>',
        '<script type="application/ld+json">//<![CDATA[\n{"headline": "China y Perú"}//]]></script>',
        '<!-- {"headline": "China y Perú"} -->',
        "<p data-x='<script>'>China</p><p>Perú</p><script>x('<b>')</script>",
    ],
)
def test_a_page_with_hidden_names_of_both_sides_is_accepted(page):
    assert may_be_relevant(page, topic=TOPIC, outlet=NOWHERE)


@pytest.mark.parametrize(
    "page",
    [
        "<p>El alcalde de Bogotá inauguró una ciclovía</p>",
        "<p>Solo el Perú está aquí</p>",
        "<p>Only China is here</p>",
        '<a href="/peru">x</a><a href="/china" title="China y Perú">y</a><p>Nada</p>',
        "<nav><a>China</a><a>Perú</a></nav><p>Nada</p>",
        "<script>var menu = ['China', 'Perú'];</script><p>Nada</p>",
        "<p>fine china from peruke makers</p>",
        "<p>La máquina\u200b chinela y la peruleira de Perugia</p>",
        "<p>e\u0301 machina peru\u0301leira</p>",
        "<script>document.write('<b>China</b> <i>Perú</i>');</script><p>Nada</p>",
        "",
    ],
)
def test_a_page_without_both_sides_is_rejected(page):
    assert not may_be_relevant(page, topic=TOPIC, outlet=NOWHERE)


def test_the_title_of_a_feed_is_searched_too():
    assert not may_be_relevant("<p>Sin nombres</p>", topic=TOPIC, outlet=NOWHERE)
    assert may_be_relevant("<p>Sin nombres</p>", topic=TOPIC, outlet=NOWHERE, extra="Per&uacute; y <b>Chi</b>na")


def test_an_outlet_stands_for_the_side_where_it_is_at_home():
    page = "<p>BYD abrirá seis locales</p>"
    assert may_be_relevant(page, topic=TOPIC, outlet=PERU)
    assert not may_be_relevant(page, topic=TOPIC, outlet=NOWHERE)
    assert not may_be_relevant(page, topic=TOPIC, outlet=CHINA)


def test_bytes_that_are_not_utf_8_are_accepted():
    assert may_be_relevant("秘鲁与中国".encode("gb18030"), topic=TOPIC, outlet=NOWHERE)
    assert may_be_relevant("<p>China y Perú</p>".encode(), topic=TOPIC, outlet=NOWHERE)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.text(max_size=40))
@example("\ud83d", "")
@example("\\ud83d\\ude00 &#xd800; &#1114112;", "\udcff")
@example("<script", "<nav>")
def test_the_prefilter_never_raises_on_any_text(page, extra):
    assert may_be_relevant(page, topic=TOPIC, outlet=NOWHERE, extra=extra) in {True, False}


@pytest.mark.parametrize("name", ["Cosco y Perú", "钱凯港", "Chancay & China"])
@pytest.mark.parametrize("form", ["json", "escaped json", "percent", "textarea"])
def test_names_in_the_data_of_an_empty_page_are_found(name: str, form: str) -> None:
    text = f"<p>El convenio de {name} se firmó ayer.</p>" * 5
    written = {
        "json": f'<script id="d" type="application/json">{json.dumps({"a": text}, ensure_ascii=False)}</script>',
        "escaped json": f"<script>x = JSON.parse({json.dumps(json.dumps({'a': text}))})</script>",
        "percent": f"<script>x = '{quote(json.dumps({'a': text}, ensure_ascii=False))}'</script>",
        "textarea": f'<textarea style="display:none">{html.escape(text)}</textarea>',
    }[form]
    page = f"<html><head><title>Nota</title></head><body><nav>Inicio</nav><div></div>{written}</body></html>"
    assert may_be_relevant(page, topic=TOPIC, outlet=NOWHERE) == may_be_relevant(text, topic=TOPIC, outlet=NOWHERE)


def test_the_scripts_of_a_page_with_text_are_not_searched() -> None:
    text = "<p>El club ganó el domingo por tres goles a uno y quedó primero en la tabla de posiciones.</p>" * 30
    page = f"<html><body>{text}<script>x = {{a: 'Perú y China en Chancay'}}</script></body></html>"
    assert not may_be_relevant(page, topic=TOPIC, outlet=NOWHERE)
