"""Kinds of pages of the reading room, with the addresses that its benchmark requests."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode


def pages(path: Path) -> dict[str, Callable[[], str]]:
    """Return, by the name of a page, a function that gives its address: each time another, if there are many."""
    db = sqlite3.connect(path)
    rng = random.Random(1)
    top = db.execute("SELECT max(id) FROM articles").fetchone()[0]
    some = [rng.randrange(1, top) for _ in range(400)]
    texts = dict(db.execute(f"SELECT id, text FROM articles WHERE id IN ({','.join(map(str, some))})").fetchall())
    rare = [text.split()[0] for text in texts.values() if text[:1].isascii()]  # a name of its own
    pairs = [text[60:62] for text in texts.values() if all("\u4e00" <= one <= "\u9fff" for one in text[60:62])]
    phrases = [" ".join(text.split(". ", 1)[1].split()[3:6]) for text in texts.values() if ". " in text]
    ids = [
        id_
        for (id_,) in db.execute(
            "SELECT concept FROM mentions WHERE article > ? GROUP BY 1 ORDER BY count(*)", [top - 20_000]
        )
    ]
    outlets = [
        id_
        for (id_,) in db.execute(
            "SELECT outlet FROM articles WHERE id > ? GROUP BY 1 ORDER BY count(*)", [top - 20_000]
        )
    ]
    moments = [
        m
        for (m,) in db.execute(
            "SELECT published FROM articles WHERE id IN (SELECT value FROM json_each(?)) AND published NOT NULL",
            [str(some)],
        )
    ]
    deep = db.execute(
        "SELECT coalesce(published, first_seen), id FROM articles INDEXED BY articles_newest WHERE original IS NULL "
        "ORDER BY coalesce(published, first_seen) DESC, id DESC LIMIT 1 OFFSET 1999"
    ).fetchone()
    db.close()

    def at(**query: Any) -> Callable[[], str]:
        def address() -> str:
            chosen = {name: rng.choice(value) if isinstance(value, list) else value for name, value in query.items()}
            return "/?" + urlencode(chosen, doseq=True)

        return address

    return {
        "front": lambda: "/",
        "front, by article": at(by="article"),
        "front, page 50": at(before=f"{deep[0]},{deep[1]}"),
        "front, anywhere in the past": lambda: "/?" + urlencode({"before": f"{rng.choice(moments)},1"}),
        "outlet, common": at(outlet=outlets[-1]),
        "outlet, rare": at(outlet=outlets[0]),
        "concept, common": at(concept=ids[-1]),
        "concept, middling": at(concept=ids[-30]),
        "concept, rare": at(concept=ids[0]),
        "country": at(country=["PE", "CN"]),
        "kind": at(kind=["press", "think-tank", "state-media"]),
        "ownership": at(ownership=["state", "private", "nonprofit"]),
        "language": at(language=["es", "en", "zh"]),
        "verdict": at(verdict="borderline"),
        "period": at(period=["1", "7", "30", "365"]),
        "outlet and period": at(outlet=outlets[-3], period="365"),
        "several outlets": at(outlet=[(outlets[-1], outlets[-2]), (outlets[0], outlets[-8])]),
        "several concepts, common": at(concept=[(ids[-1], ids[-2], ids[-3])]),
        "several days": lambda: "/?" + urlencode({"from": rng.choice(moments)[:10], "to": max(moments)[:10]}),
        "several days, search": lambda: "/?" + urlencode({"q": "puerto", "to": rng.choice(moments)[:10]}),
        "kind, language and ownership": at(kind="press", language="en", ownership="state"),
        "concept and outlet": at(concept=ids[-1], outlet=outlets[0]),
        "rare concept and common outlet": at(concept=ids[-40], outlet=outlets[-1]),
        "concept, language, country": at(concept=ids[-2], language="zh", country="CN"),
        "search es, common": at(q=["puerto", "perú", "ministro"]),
        "search es, rare": at(q=rare),
        "search en, common": at(q=["trade", "copper", "china"]),
        "search, two words": at(q=["puerto cobre", "china investment", "comercio perú"]),
        "search, middling": at(q=[one for phrase in phrases for one in phrase.split() if len(one) > 7]),
        "search zh, common": at(q=["秘鲁", "中国", "港口"]),
        "search zh, two characters": at(q=pairs),
        "search, phrase": at(q=[f'"{phrase}"' for phrase in phrases]),
        "search, common phrase": at(q=['"china perú"', '"de la"', '"of the"']),
        "search, beginning": at(q=[f"{one[:5]}*" for phrase in phrases for one in phrase.split() if len(one) > 6]),
        "search, common beginning": at(q=["chin*", "export*", "inver*"]),
        "search, two letters": at(q=["co*"]),
        "search, OR": at(q=["puerto OR port OR 港口"]),
        "search, excluding": at(q=["puerto -cobre", "china -perú"]),
        "search, concept:": at(q=[f"concept:{one}" for one in (ids[-1], ids[-10], ids[0])]),
        "search, word and concept:": at(q=[f"puerto concept:{ids[-10]}", f"trade concept:{ids[-1]} lang:en"]),
        "search, fields alone": at(q=["lang:zh country:CN", "is:revision", "kind:think-tank -lang:es"]),
        "search, NEAR": at(q=["puerto NEAR/5 cobre", "china NEAR/10 inversión"]),
        "search, title:": at(q=["title:china", "title:puerto"]),
        "search by rank, common": at(q=["puerto", "china", "秘鲁"], sort="rank"),
        "search by rank, rare": at(q=rare, sort="rank"),
        "search, common, and outlet": at(q="puerto", outlet=[outlets[0], outlets[-1], outlets[-8]]),
        "search, common, and concept": at(q="china", concept=[ids[0], ids[-1], ids[-20]]),
        "search, common, period": at(q="puerto", period=["1", "30", "365"]),
        "search, common, language": at(q="china", language=["en", "zh"]),
        "search, common, rare filters": at(q="puerto", kind="think-tank", language="zh"),
        "search, common, page far back": at(q="puerto", before=[f"{moment},1" for moment in moments]),
        "search es, common, by article": at(q=["puerto", "perú", "ministro"], by="article"),
        "search, common, chart of articles": at(q=["puerto", "china"], chart="articles"),
        "article": lambda: f"/article/{rng.choice(some)}",
        "article, marked": lambda: f"/article/{rng.choice(some)}?q=china+puerto",
        "outlets": lambda: "/outlets",
        "edits": lambda: "/edits",
        "matrix of copies": lambda: "/copies",
        "figures": lambda: "/figures",
        "edits of an outlet, one kind": lambda: f"/edits?outlet={outlets[-1]}&kind=figures",
        "outlet page": lambda: f"/outlet/{outlets[-3]}",
        "concepts": lambda: "/concepts",
        "concept page, common": lambda: f"/concept/{ids[-1]}",
        "concept page, rare": lambda: f"/concept/{ids[0]}",
        "export JSON": lambda: "/search.json?q=puerto",
        "export Atom": lambda: "/search.atom?q=puerto",
        "export CSV": lambda: "/search.csv?q=puerto",
        "save as subscription": lambda: "/subscribe?q=puerto",
        "citation": lambda: f"/article/{rng.choice(some)}.ris",
        "query: search": lambda: "/news/search?words=puerto",
        "query: by outlet": lambda: f"/news/by_outlet?outlet={outlets[-1]}",
    }
