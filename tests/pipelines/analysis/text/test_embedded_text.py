"""Articles that stand only in a page's data."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import html
import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.text.embedded_text import find_embedded_lines, is_scant
from pipelines.analysis.text.page_identity import identify_page
from pipelines.analysis.text.page_tree import parse_html

ADDRESS = "https://diario.example/economia/sube-la-carga-1234"
HEADLINE = "Sube la carga en los puertos del sur"
PARAGRAPHS = (
    "La carga de los puertos del sur subió un tercio en abril, dijo ayer la autoridad portuaria en un comunicado.",
    "Los exportadores piden más grúas y un turno de noche, porque cada día de espera cuesta dinero a los productores.",
    "El ministro respondió que la obra empezará en marzo y que el plazo depende de los permisos de las comunas.",
)
CHINESE = (
    "南方港口四月货运量创下新高，港务局昨天在一份公告中说，货主希望增加夜班。",
    "部长回答说，工程将于三月开始，工期取决于许可。农民说，每等一天都要花钱。",
    "港口工人工会表示支持新的时间表，但要求提高夜班工资，谈判下周继续进行。",
)
MARKUP = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
PLAIN = "\n".join(PARAGRAPHS)
OTHER = {
    "title": "Baja el precio del pollo",
    "url": "/mercados/pollo-999",
    "content": MARKUP.replace("carga", "pollo") * 3,
}


def found(body: str, *, title: str = HEADLINE, article_body: str = "") -> list[str]:
    tree = parse_html(
        f"<html><head><title>{title} | El Diario</title></head><body><div id=app></div>{body}</body></html>"
    )
    assert tree is not None
    lines = find_embedded_lines(tree, article_body=article_body, identity=identify_page(tree, [ADDRESS]))
    return [line.text for line in lines]


def data(value: Any) -> str:
    return f'<script type="application/json">{json.dumps(value)}</script>'


STATES = {
    "props": data({"props": {"pageProps": {"nota": {"title": HEADLINE, "content": MARKUP}}}}),
    "known by address": data({"post": {"permalink": ADDRESS, "title": "x", "body": {"rendered": MARKUP}}}),
    "plain lines": data({"nota": {"titulo": HEADLINE, "cuerpo": PLAIN}}),
    "escaped markup": data({"nota": {"titulo": HEADLINE, "cuerpo": html.escape(MARKUP)}}),
    "no headline": data({"a": [{"b": MARKUP}], "c": {"d": "e"}}),
    "elements": f'<script>Fusion=window.Fusion||{{}};Fusion.globalContent={json.dumps({"headlines": {"basic": HEADLINE}, "content_elements": [{"type": "text", "content": text} for text in PARAGRAPHS] + [{"type": "image", "caption": "Un barco en el puerto, dijo."}]})};Fusion.x={{}};</script>',
    "nodes of nodes": data({"title": HEADLINE, "doc": {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": text[:20]}, {"type": "text", "marks": [], "text": text[20:]}]} for text in PARAGRAPHS]}}),
    "assigned": f"<script>window.__ESTADO__ = {json.dumps({'nota': {'titulo': HEADLINE, 'html': MARKUP}})}; window.b = 2;</script>",
    "parsed": f"<script>window.e = JSON.parse({json.dumps(json.dumps({'t': {'headline': HEADLINE, 'text': MARKUP}}))});</script>",
    "parsed, single marks": "<script>window.e = JSON.parse('" + json.dumps({"t": {"headline": HEADLINE, "text": MARKUP}}).replace("\\", "\\\\") + "');</script>",
    "percent-encoded": f"<script>var e = '{quote(json.dumps({'headline': HEADLINE, 'text': MARKUP}))}';</script>",
    "an object of the language": f"<script>var nota = {{titulo: '{HEADLINE}', vacio: undefined, cuerpo: '{MARKUP}',}};</script>",
    "returned": f"<script>window.n=(function(a,b){{return {{state:{{title:{json.dumps(HEADLINE)},body:{json.dumps(MARKUP)},x:a}}}}}}(1,2));</script>",
    "streamed": "".join(f"<script>self.f.push([1,{json.dumps(part)}])</script>" for part in ('3:{"nota":{"title":' + json.dumps(HEADLINE), f',"body":{json.dumps(MARKUP)}}}}}\n4:[1]\n')),
    "streamed text": f"<script>self.f.push([1,{json.dumps(f'7:T{len(MARKUP.encode()):x},{MARKUP}9:[]')}])</script>",
    "textarea": f'<textarea style="display:none">{html.escape(MARKUP)}</textarea>',
    "template": f"<template>{MARKUP}</template>",
    "noscript": f"<noscript>{MARKUP}</noscript>",
    "markup in a script": f'<script type="text/template">{MARKUP}</script>',
}  # fmt: skip


@pytest.mark.parametrize("body", STATES.values(), ids=STATES)
def test_the_article_is_read_from_data_of_any_program(body: str) -> None:
    assert found(body) == list(PARAGRAPHS)


def test_a_chinese_article_is_read_from_data() -> None:
    assert found(
        data({"文章": {"标题": "南方港口货运量", "正文": "".join(f"<p>{t}</p>" for t in CHINESE)}}),
        title="南方港口货运量",
    ) == list(CHINESE)


def test_the_body_of_json_ld_is_read() -> None:
    assert found("", article_body=PLAIN) == list(PARAGRAPHS)
    assert found("", article_body=html.escape(MARKUP)) == list(PARAGRAPHS)


@pytest.mark.parametrize(
    "state",
    [
        {"title": HEADLINE, "related": [OTHER, OTHER], "content": MARKUP},
        {"related": OTHER, "nota": {"title": HEADLINE, "content": MARKUP}},
        [OTHER, {"title": HEADLINE, "url": ADDRESS, "content": MARKUP}],
    ],
)
def test_a_longer_story_of_another_page_is_left_alone(state: Any) -> None:
    assert found(data(state)) == list(PARAGRAPHS)


@pytest.mark.parametrize(
    "body",
    [
        data([OTHER, OTHER]),
        data({"title": HEADLINE, "related": [OTHER]}),
        data({"a": MARKUP, "b": MARKUP.replace("carga", "pesca")}),
        data({"title": HEADLINE, "cookieText": MARKUP}),
        data({"title": HEADLINE, "css": ".a{color:red} .b{margin:0 auto;} " * 40}),
        data({"nota": {"title": HEADLINE, "isPremium": True, "content": MARKUP}}),
        data({"nota": {"title": HEADLINE, "content_restrictions": {"content_code": "premium"}, "content": MARKUP}}),
        data({"nota": {"title": HEADLINE, "isAccessibleForFree": "False", "content": MARKUP}}),
        data({"nota": {"title": HEADLINE, "content": MARKUP}}) + '<div class="paywall">Suscríbete</div>',
        "<textarea>Escriba aquí su comentario.</textarea>",
        "<script>function f(){ return 'x. y. z.' }</script>",
    ],
)
def test_other_stories_notices_and_paid_texts_are_no_article(body: str) -> None:
    assert found(body) == []


def test_scant_is_measured_in_letters_of_any_script() -> None:
    assert is_scant([PARAGRAPHS[0]])
    assert not is_scant(PARAGRAPHS)
    assert not is_scant(CHINESE)


ADVERSARIES = {
    "five megabytes of words": data({"a": "palabra. " * 600_000}),
    "five megabytes of values": data({"a": [[n, str(n)] for n in range(250_000)]}),
    "a deep document": "<script>x = " + '{"a":' * 100_000 + "</script>",
    "a deep list": "<script type='application/json'>" + "[" * 900 + "]" * 900 + "</script>",
    "programs that look like data": "<script>" + "f({" * 300_000 + "</script>",
    "strings without end": "<script>" + "x='" * 300_000 + "</script>",
    "objects of the language": "<script>" + "a={b:" * 300_000 + "</script>",
    "thousands of scripts": "<script>var a = {b: 'c'};" + " " * 300 + "</script>" + "<script>var a = {b: 'c'}; push(" + " " * 200 + "</script>" * 5000,
    "nested strings": data({"a": json.dumps({"b": json.dumps({"c": MARKUP * 100})})}),
    "many bodies": data([{"t": MARKUP} for _ in range(5000)]),
    "many titles": data([{"title": f"Nota {n} de muchas", "url": f"/n/{n}", "x": "y"} for n in range(40_000)]),
    "many textareas": f"<textarea>{html.escape(MARKUP)}</textarea>" * 3000,
    "rows": "<script>self.f.push([1," + json.dumps("\n1:T5,ab" * 100_000) + "])</script>",
}  # fmt: skip


@pytest.mark.parametrize("body", ADVERSARIES.values(), ids=ADVERSARIES)
@pytest.mark.slow
def test_hostile_data_takes_time_in_proportion(body: str) -> None:
    before = time.process_time()
    found(body)
    assert time.process_time() - before < 6


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=300),
        lambda part: st.lists(part) | st.dictionaries(st.sampled_from(["title", "url", "content", "type", "a"]), part),
    )
)
def test_no_data_raises(value: Any) -> None:
    assert isinstance(found(data(value).replace("</", "<\\/", 1)), list)
