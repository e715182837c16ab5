"""Which pages are no articles."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from db.model.rejection import Rejection, RejectionReason
from pipelines.analysis.analyse import analyse
from pipelines.page import OutletProfile, Page
from pipelines.relevance.topic import load_topic

TOPIC = load_topic("china_peru")
ASKED = "https://diario.example/economia/china-y-peru-amplian-chancay-1234"
HEADLINE = "China y Perú amplían el puerto de Chancay"
TEXT = (
    "<p>China y Perú firmaron en Lima un acuerdo para ampliar el puerto de Chancay, que opera Cosco Shipping.</p>"
    "<p>La empresa invertirá 500 millones de dólares en el puerto, informó el ministro de Transportes del Perú.</p>"
)


def reason(
    *, url: str = ASKED, answered: str = "", title: str = HEADLINE, heading: str = "", head: str = "", text: str = ""
) -> str | None:
    body = f"<h1>{heading or title}</h1>{text or TEXT}"
    markup = f"<html><head><title>{title} | El Diario</title>{head}</head><body>{body}</body>"
    page = Page(
        url=url,
        key=url,
        body=markup.encode(),
        outlet=OutletProfile(id="diario", name="El Diario", country="PE"),
        fetched_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
        answered_url=answered,
        headers=(("Content-Type", "text/html"),),
    )
    found = analyse(page, topic=TOPIC)
    if isinstance(found, Rejection):
        assert found.reason is RejectionReason.NOT_ARTICLE
        return found.detail
    return None


@pytest.mark.parametrize(
    "answered",
    [
        "https://diario.example/", "https://diario.example/index.html", "https://diario.example/es/",
        "https://diario.example/portada", "https://diario.example/economia/", "https://diario.example/404.html",
        "https://diario.example/error-404", "https://diario.example/es/not-found", "https://diario.example/tag/china",
    ],
)  # fmt: skip
def test_an_address_that_leads_to_another_kind_of_page_is_no_article(answered: str) -> None:
    assert reason(answered=answered)


@pytest.mark.parametrize(
    "title",
    [
        "Error 404: página no encontrada", "404", "404 Not Found", "Page not found", "La página que busca no existe",
        "Oops! This page could not be found", "Página não encontrada", "页面不存在", "抱歉，您查找的页面找不到了",
        "您访问的页面不存在或已删除", "抱歉，您访问的页面不存在或已删除！系统将在3秒后自动跳转到首页",
        "该文章已被删除，返回首页",
    ],
)  # fmt: skip
def test_a_headline_that_says_that_nothing_is_here_is_no_article(title: str) -> None:
    assert reason(title=title)
    assert reason(title=title, heading="Últimas noticias de China y Perú")


MESSAGES = [
    "Lo sentimos, el contenido que intentas ver ya no está disponible o la dirección cambió.",
    "La nota que buscas fue retirada de este sitio.", "Esta noticia ya no existe.",
    "No se encontró el artículo solicitado.",
    "This article is no longer available.", "Sorry, the page you are looking for could not be found.",
    "The story has been withdrawn by its editors.", "We can’t find the article that you asked for.",
    "抱歉，您访问的文章已被删除。", "该内容已下线，请浏览其他新闻", "您要查看的页面不存在或未通过审核。", "稿件已撤回",
]  # fmt: skip
NEWS = [
    "La página web de la Aduana del Perú ya no está disponible en China.",
    "The article was withdrawn from Peru by Cosco.",
    "La nota de protesta fue retirada tras 3 días.", "《港口日报》的文章已被删除", "中国一家媒体称“文章已被删除”",
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES)
def test_a_text_that_only_says_that_it_is_gone_is_no_article(message: str) -> None:
    other = "<p>China compra más cobre peruano que nunca, informó el Perú, y la naviera Cosco suma una ruta.</p>" * 2
    head = '<meta property="article:published_time" content="2026-11-20T10:00:00Z">'
    assert reason(text=f"<p>{message}</p>{other}", head=head) == "its text says that the article is gone"


@pytest.mark.parametrize("line", NEWS)
def test_news_of_what_is_gone_are_news(line: str) -> None:
    assert reason(text=f"<p>{line}</p>{TEXT}") is None


@pytest.mark.parametrize("message", MESSAGES)
def test_a_long_article_may_begin_with_such_a_message(message: str) -> None:
    text = "".join(TEXT.replace("puerto", f"puerto {n}") for n in range(2, 12))
    assert reason(text=f"<p>{message}</p>{text}") is None


def test_the_page_of_an_error_is_known_by_its_canonical_address() -> None:
    assert reason(head='<link rel="canonical" href="https://diario.example/404.html">')


@pytest.mark.parametrize(
    "url", ["/tag/china", "/tag/china/page/3", "/buscar?q=china+peru", "/category/puertos/", "/?s=china"]
)
def test_lists_are_no_articles_even_if_they_call_themselves_so(url: str) -> None:
    assert reason(url=f"https://diario.example{url}")
    if url.startswith(("/tag", "/category")):
        assert reason(url=f"https://diario.example{url}", head='<meta property="og:type" content="article">')


NODE = json.dumps({"@type": "NewsArticle", "headline": HEADLINE})


@pytest.mark.parametrize(
    "page",
    [
        {"title": "Error 404 en la web de Cosco deja sin reservas a exportadores de Perú a China"},
        {"title": "中国与秘鲁：不存在的页面，钱凯港网站为何被删除"},
        {"title": "No existe un acuerdo entre China y Perú sobre la página del contrato"},
        {"answered": f"{ASKED}/"},
        {"answered": "https://diario.example/economia/china-y-peru-amplian-el-puerto-1234"},
        {"answered": "https://m.diario.example/economia/china-y-peru-amplian-chancay-1234"},
        {"head": '<link rel="canonical" href="https://diario.example/">'},
        {"url": "https://diario.example/tag/china", "head": f'<script type="application/ld+json">{NODE}</script>'},
        {
            "url": "https://diario.example/temas/china/china-y-peru-amplian-chancay-1234",
            "head": '<meta property="og:type" content="article">',
        },
    ],
)
def test_articles_that_look_like_none_are_kept(page: dict[str, str]) -> None:
    assert reason(**page) is None
