"""Small invented corpora in three languages, and queries about them, for the query tests."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.search.index import index_article
from db.search.query.tree import Field, Near, Node, Words, all_of, any_of, none_of

OUTLETS = {
    "andina": {"name": "Agencia Andina", "country": "PE", "kind": "agency", "ownership": "state"},
    "el-comercio": {"name": "El Comercio", "country": "PE", "kind": "press", "ownership": "private"},
    "xinhua": {"name": "新华社", "country": "CN", "kind": "state-media", "ownership": "state"},
    "blog": {"name": "Blog"},  # nothing is known of it
}
CONCEPTS = {
    "chancay-port": ("Chancay port", "Puerto de Chancay", "钱凯港"),
    "cosco": ("COSCO Shipping", None, "中远海运"),
    "las-bambas": ("Las Bambas", "Las Bambas", None),
}
PIECES = (
    "Perú", "PERU", "puerto", "Chancay", "de", "China", "chino", "Chinese", "copper", "cobre", "port", "niño", "COSCO",
    "钱凯港", "錢凱港", "秘鲁", "中国", "港", "Las Bambas", "Inti-Raymi", "3.5", "ＣＯＳＣＯ", "acuerdo", "the",
)  # fmt: skip
ASKED = (
    "peru", "Perú", "puerto", "puerto de", "puerto de Chancay", "chancay", "chin", "co", "chinese", "port", "nino",
    "cosco", "钱凯", "钱凯港", "港", "国钱", "秘鲁", "las bambas", "inti raymi", "Inti-Raymi", "3.5", "the", "absent",
)  # fmt: skip
VALUES = {
    "outlet": tuple(OUTLETS),
    "country": ("PE", "CN"),
    "kind": ("agency", "press", "state-media"),
    "ownership": ("state", "private"),
    "lang": ("es", "en", "zh"),
    "concept": tuple(CONCEPTS),
    "verdict": ("relevant", "borderline"),
    "is": ("copy", "original", "revision", "sponsored"),
    "paywalled": ("yes", "no"),
}


@lru_cache(maxsize=8)
def corpus(seed: int) -> tuple[Database, dict[int, dict[str, Any]]]:
    """A news.db in memory with sixty random articles, and the articles by id."""
    chance = random.Random(seed)
    db = Database(memory=True)
    migrations.news.apply(db)
    for id_, columns in OUTLETS.items():
        db["outlets"].insert({"id": id_, **columns})
    for id_, names in CONCEPTS.items():
        db["concepts"].insert({"id": id_, **dict(zip(("name_en", "name_es", "name_zh"), names, strict=True))})
    articles: dict[int, dict[str, Any]] = {}
    for id_ in range(1, 61):
        title, text = (
            "".join(chance.choice(PIECES) + chance.choice((" ", " ", "，", ". ")) for _ in range(size))
            for size in (chance.randint(1, 4), chance.randint(0, 14))
        )
        row = {
            "outlet": chance.choice(list(OUTLETS)),
            "title": title,
            "text": text,
            "language": chance.choice(("es", "en", "zh", None)),
            "verdict": chance.choice(("relevant", "relevant", "borderline")),
            "paywalled": chance.random() < 0.3,
            "sponsored": chance.random() < 0.2,
            "original": chance.choice([None, None, *articles]),
        }
        filler = {"url": str(id_), "key": str(id_), "words": 1, "relevance": 1, "text_sha256": ""}
        times = {"first_seen": f"2026-11-01T{id_:06}Z", "last_seen": ""}
        db["articles"].insert({"id": id_, **row, **filler, **times})
        index_article(db, id_, title, text)
        concepts = {concept for concept in CONCEPTS if chance.random() < 0.25}
        for concept in concepts:
            db["mentions"].insert({"article": id_, "concept": concept, "count": 1})
        revised = chance.random() < 0.2
        if revised:
            db["revisions"].insert({"article": id_, "seen_at": "", "title": "", "text": "", "text_sha256": ""})
        articles[id_] = row | {"concepts": concepts, "revised": revised}
    db.conn.commit()
    return db, articles


words = st.builds(Words, st.sampled_from(ASKED), beginning=st.booleans())
groups = st.lists(words, min_size=1, max_size=2, unique=True).map(tuple)


def _in_title(near: Near) -> Near:
    return replace(near, operands=tuple(tuple(replace(one, title=True) for one in group) for group in near.operands))


nears = st.builds(Near, st.lists(groups, min_size=2, max_size=3).map(tuple), st.integers(1, 8)).flatmap(
    lambda near: st.sampled_from((near, _in_title(near)))
)
fields = st.sampled_from([Field(name, value) for name, values in VALUES.items() for value in values])
leaf = st.one_of(words, words.map(lambda one: replace(one, title=True)), nears, fields, fields)


def _grown(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4)
    return st.one_of(several.map(all_of), several.map(any_of), parts.map(none_of))


trees: st.SearchStrategy[Node] = st.recursive(leaf, _grown, max_leaves=10)
