"""A page's structured data speaks for this page only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.analysis.metadata.structured_data import StructuredData, read_structured_data
from pipelines.analysis.text.page_tree import parse_html

ADDRESS = "https://diario.example/economia/sube-la-carga-1234"
HEADLINE = "Sube la carga en los puertos del sur"
OWN = {"@type": "NewsArticle", "headline": HEADLINE, "datePublished": "2026-05-14T09:30:00-05:00"}
OTHER = {
    "@type": "NewsArticle", "headline": "Baja el precio del pollo", "url": "https://diario.example/mercados/pollo-999",
    "datePublished": "2026-05-10", "dateModified": "2026-05-11", "author": {"@type": "Person", "name": "Otra Persona"},
    "articleBody": "El kilo de pollo cuesta diez.", "description": "El kilo", "isAccessibleForFree": False,
}  # fmt: skip


def read(*scripts: Any, body: str = "", title: str = HEADLINE) -> StructuredData:
    written = "".join(
        f'<script type="application/ld+json">{value if isinstance(value, str) else json.dumps(value)}</script>'
        for value in scripts
    )
    tree = parse_html(f"<html><head><title>{title} | El Diario</title>{written}</head><body><h1>{title}</h1>{body}")
    assert tree is not None
    return read_structured_data(tree, addresses=[ADDRESS])


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in OTHER.items() if key not in keys}


@pytest.mark.parametrize(
    "others",
    [
        [OTHER],
        [without("url")],
        [{**without("url"), "mainEntityOfPage": {"@type": "WebPage", "@id": OTHER["url"]}}],
        [{**without("url"), "mainEntityOfPage": OTHER["url"]}],
        [{**without("url"), "@id": f"{OTHER['url']}#article"}],
        [{"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": OTHER}]}],
        [{"@type": "ItemList", "itemListElement": [without("url")]}],
        [{"@type": "CollectionPage", "hasPart": [OTHER, without("url")]}],
        [{"@graph": [OTHER, {"@type": "WebSite", "name": "El Diario"}]}],
        [[without("url"), {**without("url"), "headline": "Llueve en la sierra"}]],
    ],
)
def test_another_story_gives_the_page_nothing(others: list[Any]) -> None:
    assert read(*others).article_node == {}
    assert all(node.get("isAccessibleForFree") is None for node in read(*others).nodes)
    for scripts in ([OWN, *others], [*others, OWN]):
        assert read(*scripts).article_node == OWN


@pytest.mark.parametrize(
    "node",
    [
        {**OWN, "url": ADDRESS},
        {**OWN, "url": "https://diario.example/"},
        {**OWN, "headline": "Otro titular para buscadores", "url": ADDRESS},
        {**OWN, "headline": "Otro titular para buscadores", "mainEntityOfPage": {"@id": f"{ADDRESS}/"}},
        {**OWN, "url": "https://diario.example/otra-direccion-de-la-misma-nota"},
        {"@type": "NewsArticle", "datePublished": "2026-05-14"},
        {**OWN, "headline": "Crece la carga en puertos de la costa"},
    ],
)
def test_the_pages_own_node_is_known_by_address_or_headline(node: dict[str, Any]) -> None:
    assert read(node).article_node == node


def test_of_nodes_about_the_page_the_fullest_counts() -> None:
    full = {**OWN, "author": {"@type": "Person", "name": "Ana Ruiz"}, "articleSection": "Economía"}
    assert read({**OWN, "url": ADDRESS}, full).article_node == full


def test_several_stories_without_address_are_a_list() -> None:
    stories = [
        {"@type": "NewsArticle", "headline": f"Puertos: {word} de la costa"}
        for word in ("crece la pesca", "crece el comercio")
    ]
    assert read(stories, title="Crece el turismo en los puertos del mar").article_node == {}


def test_a_page_in_a_list_is_not_this_page() -> None:
    item = {"@type": "WebPage", "name": "Pollo", "datePublished": "2026-01-01"}
    assert read({"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "item": item}]}).page_node == {}


@pytest.mark.parametrize("kind", ["Comment", "NewsArticle"])
def test_microdata_of_comments_and_other_articles_is_left_out(kind: str) -> None:
    own = '<meta itemprop="datePublished" content="2026-05-14">'
    other = (
        f'<div itemscope itemtype="https://schema.org/{kind}"><meta itemprop="author" content="Otra">'
        '<meta itemprop="datePublished" content="2026-01-01"></div>'
    )
    article = f'<div itemscope itemtype="http://schema.org/NewsArticle"><h1>{HEADLINE}</h1>{own}{other}</div>'
    found = read(body=f"{other}{article}", title="")
    assert found.all_meta("datepublished") == ["2026-05-14"]
    assert found.all_meta("author") == []


@pytest.mark.slow
def test_a_long_list_of_nodes_is_read_in_linear_time() -> None:
    stories = [{**OTHER, "url": f"https://diario.example/n-{n}", "headline": f"Nota {n}"} for n in range(5000)]
    assert read(*[stories[n : n + 100] for n in range(0, 5000, 100)], OWN).nodes is not None
