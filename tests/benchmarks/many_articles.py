"""Generate a news.db of many articles in bulk: the rows of save_article, without its look-ups.

Outlets and concepts are those of the shipped directory and topic. Texts are sentences in three languages, with word
frequencies of Zipf's law, names of concepts and other names. The desk has the articles that its first crawls found in
the past, then five years of news, and a backfill of one outlet three weeks ago. 5 % are copies, 2 % are revised. Of the
originals, 40 % tell the event of an earlier one.
Fingerprints are left out (`copies.py --million` measures these).
"""

from __future__ import annotations

import datetime as dt
import json
import random
import time
import tomllib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlite_utils import Database

from db.connection import open_news
from db.news.outlets import save_concepts, save_outlets
from db.news.stories.rows import SQL_MOMENT
from db.text.tokens import space_out_cjk
from pipelines.relevance.topic import load_topic

OUTLETS = Path(__file__).resolve().parents[2] / "crawler" / "config" / "outlets"
YEARS = 5
POOL = 20_000  # number of different sentences in each language
_CHUNK = 20_000
_HEADS = {
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin "
    "sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está puerto "
    "comercio ministro inversión exportaciones cobre gobierno empresa millones acuerdo mina",
    "en": "the of and to a in is that for it as was with be by on not he his but at are this have from or had an they "
    "which one you were all her she there would their we him been has when who will no more if out port trade "
    "minister investment exports copper government company million agreement mine",
    "zh": "的 一 是 在 不 了 有 和 人 这 中 大 为 上 个 国 我 以 要 他 时 来 用 们 生 到 作 地 于 出 就 "
    "分 对 成 会 可 主 发 年 动 港口 贸易 部长 投资 出口 铜矿 政府 企业 百万 协议 合作",
}
_SYLLABLES = {
    "es": "ta ri mo sel pun qui chan lo ve da hua ne car lin tor es pa gu mar ción",
    "en": "ing ter con ver ship land wick ton ford mer stan lor ber ing tal fen gra dow ley",
}
_SHARES = {"es": 0.55, "en": 0.30, "zh": 0.15}


def make(path: Path, articles: int, *, seed: int = 7) -> None:
    """Write a news.db of so many articles at `path`, which must not exist yet."""
    began = time.perf_counter()
    db = open_news(path)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -400000")
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA temp_store = MEMORY")  # indexes are sorted in memory
    concepts = _directory(db)
    outlets = [(row["id"], json.loads(row["languages"] or "[]")) for row in db.query("SELECT * FROM outlets")]
    indexes = list(
        db.query(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name != 'crawls'"
        )
    )
    for index in indexes:
        db.execute(f"DROP INDEX {index['name']}")
    db.execute("INSERT INTO articles_fts(articles_fts, rank) VALUES ('hashsize', 67108864)")
    made = _articles(articles, outlets, concepts, seed)
    written = 0
    while rows := [row for _, row in zip(range(_CHUNK), made, strict=False)]:
        with db.atomic():
            _write(db, rows)
        written += len(rows)
        if articles >= 100_000 and written % 100_000 == 0:
            print(f"  {written:,} articles after {time.perf_counter() - began:.0f} s", flush=True)
    db.execute("INSERT INTO articles_fts(articles_fts, rank) VALUES ('hashsize', 1048576)")
    for index in indexes:
        db.execute(index["sql"])
    _stories(db, seed)
    _crawls(db, [id_ for id_, _ in outlets], seed)
    db.conn.commit()
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    print(f"  {articles:,} articles written in {time.perf_counter() - began:.0f} s")


def _directory(db: Database) -> list[tuple[str, dict[str, str]]]:
    """Write the shipped outlets and concepts; return the concepts with a name in each language."""
    rows: dict[str, dict[str, Any]] = {}
    for file in sorted(OUTLETS.glob("*.toml")):
        for row in tomllib.loads(file.read_text("utf-8"))["outlet"]:
            rows.setdefault(row["id"], row)
    save_outlets(db, rows.values())
    shown = [concept for concept in load_topic("china_peru").concepts if concept.shown]
    save_concepts(
        db,
        [
            {"id": one.id, "kind": one.kind, "side": one.side}
            | {f"name_{language}": one.label(language) for language in ("en", "es", "zh")}
            for one in shown
        ],
    )
    names = [(one.id, {language: one.label(language) or one.id for language in _SHARES}) for one in shown]
    # The two countries are in nearly every article; the others follow by Zipf.
    return sorted(names, key=lambda one: one[0] not in ("china", "peru"))


def _vocabulary(language: str, rng: random.Random) -> list[str]:
    head = _HEADS[language].split()
    if language == "zh":
        common = bytes(b for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF) for b in (high, low))
        characters = common.decode("gb2312", "ignore")
        return head + ["".join(rng.choices(characters, k=2)) for _ in range(12_000)]
    syllables = _SYLLABLES[language].split()
    return head + ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(20_000)]


def _sentences(language: str, rng: random.Random) -> list[str]:
    words = np.array(_vocabulary(language, rng), dtype=object)
    weights = 1 / np.arange(1, len(words) + 1) ** 0.95
    drawn = np.random.default_rng(rng.randrange(2**32)).choice(words, size=POOL * 30, p=weights / weights.sum())
    found, at = [], 0
    for _ in range(POOL):
        size = rng.randint(10, 28)
        chosen = drawn[at : at + size].tolist()
        at += size
        found.append("".join(chosen) + "。" if language == "zh" else " ".join(chosen).capitalize() + ". ")
    return found


def _moments(id_: int, number: int, now: dt.datetime, rng: random.Random) -> dict[str, Any]:
    """Return when an article was published and first seen, and whether a backfill found it.

    Ids grow with time, except for the articles of the first crawls and of the backfill.
    """
    span = YEARS * 365 * 86_400
    past = int(number * 0.2)  # found in the past by the first crawls, in no order of time
    read = span * 0.8 * min(1.0, (number - id_) / (number - past))  # seconds ago
    age, backfilled = read, True
    if id_ <= past:
        age = span * rng.uniform(0.8, 1.0)
    elif 0.985 < id_ / number < 0.995:  # found by a backfill
        age = span * rng.random()
    else:
        backfilled = False
    moment = now - dt.timedelta(seconds=age) - dt.timedelta(minutes=rng.expovariate(1 / 40))
    seen = f"{now - dt.timedelta(seconds=read):%Y-%m-%dT%H:%M:%SZ}"
    precision = rng.choices(("time", "day", None), (0.84, 0.13, 0.03))[0]
    published = {"time": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "day": f"{moment:%Y-%m-%dT00:00:00Z}"}.get(precision or "")
    return {
        "published": published, "published_precision": precision, "published_from": published and "page",
        "first_seen": seen, "last_seen": seen, "archive_file": f"{seen[:10]}.warc.gz", "backfilled": int(backfilled),
    }  # fmt: skip


def _articles(
    number: int, outlets: list[tuple[str, list[str]]], concepts: list[tuple[str, dict[str, str]]], seed: int
) -> Iterator[dict[str, Any]]:
    """Yield each article's row, with the values of its other rows: `title`, `plain`, `mentions`, `revised`."""
    rng = random.Random(seed)
    pools = {language: _sentences(language, rng) for language in _SHARES}
    indexed = {language: [space_out_cjk(sentence) for sentence in pool] for language, pool in pools.items()}
    names = ["".join(rng.choices(_SYLLABLES["es"].split(), k=4)).capitalize() for _ in range(150_000)]
    speaking = {language: [id_ for id_, spoken in outlets if language in spoken] for language in _SHARES}
    shares = {language: [1 / at**0.9 for at in range(1, len(ids) + 1)] for language, ids in speaking.items()}
    others = [1 / at for at in range(1, len(concepts) - 1)]
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    recent: dict[str, deque[dict[str, Any]]] = {language: deque(maxlen=300) for language in _SHARES}
    languages, weights = list(_SHARES), list(_SHARES.values())
    for id_ in range(1, number + 1):
        language = rng.choices(languages, weights)[0]
        outlet = rng.choices(speaking[language], shares[language])[0]
        if recent[language] and rng.random() < 0.05:
            text = rng.choice(recent[language])
            copy_of = text["id"]
        else:
            chosen = [rng.randrange(POOL) for _ in range(rng.randint(8, 30))]
            named = [concept for concept in concepts[:2] if rng.random() < 0.9]
            named += list(dict(rng.choices(concepts[2:], others, k=rng.randint(1, 6))).items())
            called = " ".join(concept[1][language] for concept in named)
            title = f"{called[:60]} {pools[language][chosen[-1]][:50]}"
            lead = f"{' '.join(rng.choices(names, k=rng.randint(2, 8)))} {called}. "
            sentences = [lead, *(pools[language][at] for at in chosen)]
            text = {
                "id": id_, "title": title, "sha256": f"{rng.getrandbits(256):064x}",
                "body": "".join(one + "\n" if at % 4 == 3 else one for at, one in enumerate(sentences)),
                "plain": space_out_cjk(lead) + " ".join(indexed[language][at] for at in chosen),
                "mentions": [(one[0], 1 + int(rng.expovariate(0.5)), int(one[1][language] in title)) for one in named],
            }  # fmt: skip
            copy_of = None
        body, title = text["body"], text["title"]
        url = f"https://{outlet}.example/{id_}-{title[:20].replace(' ', '-').lower()}"
        row = {
            "id": id_, "url": url, "key": url.removeprefix("https://"), "outlet": outlet, "title": title, "text": body,
            "authors": '["Redacción Economía"]', "language": language,
            "words": len(body) if language == "zh" else body.count(" "),
            "relevance": round(rng.uniform(0.5, 1), 3), "verdict": "borderline" if rng.random() < 0.08 else "relevant",
            "reasons": _reasons(body, text["mentions"]),
            "original": copy_of, "similarity": copy_of and 1.0, "copy_kind": copy_of and "exact",
            "paywalled": int(rng.random() < 0.06), "sponsored": int(rng.random() < 0.02), "section": "Economía",
            "tags": '["china", "comercio"]', "image": f"https://{outlet}.example/{id_}.jpg",
            "text_sha256": text["sha256"], "archive_offset": rng.randrange(10**9),
        } | _moments(id_, number, now, rng)  # fmt: skip
        if not copy_of and not row["backfilled"] and rng.random() < 0.3:
            recent[language].append(text)
        yield {
            "row": row, "title": space_out_cjk(title), "plain": text["plain"], "mentions": text["mentions"],
            "revised": rng.random() < 0.02,
        }  # fmt: skip


def _reasons(body: str, mentions: list[tuple[str, int, int]]) -> str:
    reason = {"sentence": body[:160], "concepts": [one[0] for one in mentions[:3]], "place": "lead", "weight": 0.6}
    return json.dumps([reason], ensure_ascii=False)


def _write(db: Database, made: list[dict[str, Any]]) -> None:
    rows = [one["row"] for one in made]
    columns = list(rows[0])
    db.conn.executemany(
        f"INSERT INTO articles ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})", rows
    )
    db.conn.executemany(
        "INSERT INTO articles_fts(rowid, title, text) VALUES (?, ?, ?)",
        [(one["row"]["id"], one["title"], one["plain"]) for one in made],
    )
    db.conn.executemany(
        "INSERT INTO mentions (article, concept, count, in_title) VALUES (?, ?, ?, ?)",
        [(one["row"]["id"], *mention) for one in made for mention in one["mentions"]],
    )
    db.conn.executemany(
        "INSERT INTO addresses (key, article, seen_at) VALUES (:key, :id, :first_seen)",
        rows,
    )
    db.conn.executemany(
        """
        INSERT INTO revisions (article, seen_at, title, text, text_sha256)
        VALUES (:id, :first_seen, :title, :text || ' 12', :text_sha256)
        """,
        [one["row"] for one in made if one["revised"]],
    )
    db.execute(
        """
        INSERT INTO edits (revision, article, outlet, seen_at, moment, kinds, notice)
        SELECT r.id, r.article, a.outlet, r.seen_at, coalesce(a.published, a.first_seen),
            CASE r.id % 4 WHEN 0 THEN '["figures"]' WHEN 1 THEN '[]' ELSE '["text"]' END, 'none'
        FROM revisions AS r JOIN articles AS a ON a.id = r.article
        WHERE r.id > (SELECT coalesce(max(revision), 0) FROM edits)
        """
    )


def _stories(db: Database, seed: int) -> None:
    """Put each article into the story of its original, of one of the last 300 originals, or of its own."""
    rng = random.Random(seed)
    recent: deque[int] = deque(maxlen=300)
    story_of: dict[int, int] = {}
    for id_, original in db.execute("SELECT id, original FROM articles ORDER BY id"):
        if original is not None:
            story_of[id_] = story_of[original]
        else:
            story_of[id_] = rng.choice(recent) if recent and rng.random() < 0.4 else id_
            recent.append(story_of[id_])
    with db.atomic():
        db.conn.executemany(
            "INSERT INTO story_articles (article, story, because) VALUES (?, ?, 'near')", story_of.items()
        )
        db.execute(
            f"""
            INSERT INTO stories (id, began, latest, first_article)
            SELECT story, min(moment), max(moment), story FROM (
                SELECT s.story, {SQL_MOMENT} AS moment
                FROM story_articles AS s CROSS JOIN articles AS a ON a.id = s.article
            ) GROUP BY story
            """  # the moments of stories, as db.news.stories.rows computes them
        )


def _crawls(db: Database, outlets: list[str], seed: int) -> None:
    """Write two hundred crawls of each outlet."""
    rng = random.Random(seed)
    now = dt.datetime.now(dt.UTC)
    rows = []
    for back in range(200, 0, -1):
        for outlet in outlets:
            started = now - dt.timedelta(minutes=30 * back + rng.random())
            outcome = "failed: answered 503" if rng.random() < 0.03 else "ok"
            rows.append((outlet, f"{started:%Y-%m-%dT%H:%M:%SZ}", f"{started:%Y-%m-%dT%H:%M:59Z}", 9, outcome))
    db.conn.executemany(
        "INSERT INTO crawls (outlet, started, finished, requests, outcome) VALUES (?, ?, ?, ?, ?)", rows
    )
