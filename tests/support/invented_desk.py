"""An invented desk for the site's tests: twelve outlets, some eighty articles in three languages, copies, malice.

Every outlet, person and sentence is ours; the originals' texts stand in invented_articles.toml.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from sqlite_utils import Database

from db.connection import open_news
from db.model.article import Article, Place
from db.model.rejection import Reason, Rejection
from db.model.verdict import Because, Mention, Verdict
from db.news.articles import save_article, save_rejection
from db.site.server import application

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)

OUTLETS = [
    # id, name, country, languages, kind, ownership
    ("faro", "El Faro del Callao", "PE", "es", "press", "private"),
    ("andina-sur", "Sur Andino", "PE", "es", "regional", "private"),
    ("puertos", "Puertos y Cargas", "PE", "es", "trade-press", "private"),
    ("agencia-costa", "Agencia Costa", "PE", "es", "agency", "state"),
    ("east-wire", "East Harbour Wire", "CN", "en,es", "state-media", "state"),
    ("haibo", "海波新闻", "CN", "zh", "state-media", "state"),
    ("nanfeng", "南风财经", "CN", "zh", "press", "private"),
    ("pacific-lens", "The Pacific Lens", "US", "en", "think-tank", "nonprofit"),
    ("andes-brief", "Andes Brief", "GB", "en", "press", "private"),
    ("minera", "Cámara Minera del Sur", "PE", "es", "association", "nonprofit"),
    ("quiet", "Boletín Dormido", "PE", "es", "press", "unknown"),
    ("broken", "Diario Averiado", "PE", "es", "press", "private"),
]
CONCEPTS = [
    ("china", "country", "a", "China", "China", "中国"),
    ("peru", "country", "b", "Peru", "Perú", "秘鲁"),
    ("chancay", "port", "both", "Port of Chancay", "Puerto de Chancay", "钱凯港"),
    ("cosco", "company", "a", "COSCO Shipping", "COSCO Shipping", "中远海运"),
    ("copper", "commodity", "b", "Copper", "Cobre", "铜"),
    ("las-bambas", "mine", "b", "Las Bambas", "Las Bambas", "拉斯邦巴斯"),
    ("blueberries", "commodity", "b", "Blueberries", "Arándanos", "蓝莓"),
    ("fta", "treaty", "both", "Free trade agreement", "Tratado de libre comercio", "自由贸易协定"),
]

ORIGINALS = tomllib.loads((Path(__file__).parent / "invented_articles.toml").read_text("utf-8"))["article"]

COPIES = [
    # hours after the original, number of the original in ORIGINALS, outlet, language, title, kind
    (1, 0, "puertos", "es", "Llega a Chancay la mayor grúa enviada desde Shanghái", "exact"),
    (4, 0, "andina-sur", "es", "El puerto de Chancay recibe a la mayor grúa enviada desde Shanghái", "near"),
    (2, 1, "nanfeng", "zh", "钱凯港迎来新一批自动化设备", "exact"),
    (6, 8, "faro", "es", "Perú y China revisan el capítulo de servicios del TLC", "excerpt"),
    (30, 10, "nanfeng", "zh", "中秘自贸协定升级谈判取得进展", "near"),
]

MALICE = [
    '<script>alert(1)</script> Chancay "><img src=x onerror=alert(2)>',
    "{{ 7*7 }}</title></textarea><svg onload=alert(3)> Perú",
    "Titular \u202eoñirosomed\u202c con marcas \u200fRTL\u200f y \x07 un pitido",
]
MALICIOUS_URL = "javascript:alert(document.domain)//https://evil.test/"


def build(folder: Path, *, now: dt.datetime = NOW) -> Path:
    """Write news.db in a folder as the desk would stand at the aware moment `now`; gives its path."""
    path = folder / "news.db"
    db = open_news(path)
    _directory(db)
    ids = []
    for it in ORIGINALS:
        text = it["text"].strip()
        ids.append(save(db, now, it["hours_ago"], it["outlet"], it["language"], it["title"], text, it["concepts"]))
    for hours, number, outlet, language, title, kind in COPIES:
        it = ORIGINALS[number]
        text = it["text"].strip() + ("\nCon información de agencias." if kind == "near" else "")
        ago = it["hours_ago"] - hours
        copy = save(db, now, ago, outlet, language, title, text, it["concepts"], credited="Agencia Costa")
        db.execute(
            "UPDATE articles SET original = :original, similarity = 0.97, copy_kind = :kind WHERE id = :id",
            {"original": ids[number], "kind": kind, "id": copy},
        )
    _revise(db, now, ids[4])
    _older(db, now)
    for number, title in enumerate(MALICE):
        save(
            db,
            now,
            12 + number,
            "faro",
            "es",
            title,
            f"{title} y China.\n{title} en el Perú.",
            ["cosco"],
            hostile=True,
        )
    db.execute("UPDATE articles SET url = :url WHERE title LIKE '<script>%'", {"url": MALICIOUS_URL})
    _crawls(db, now)
    db.close()
    return path


@asynccontextmanager
async def reader(
    news_db: Path, *, at: str = "http://127.0.0.1", language: str = "en"
) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever reads a desk without a browser, in a language."""
    transport = httpx.ASGITransport(app=application(news_db, name="Mesa de prueba", timezone="America/Lima"))
    headers = {"accept-language": language}
    async with httpx.AsyncClient(transport=transport, base_url=at, headers=headers) as client:
        yield client


def _directory(db: Database) -> None:
    for id_, name, country, languages, kind, ownership in OUTLETS:
        db.table("outlets").insert(
            {"id": id_, "name": name, "home": f"https://{id_}.test/", "country": country, "languages": languages}
            | {"kind": kind, "ownership": ownership, "ownership_source": f"https://registry.test/{id_}"}
        )
    for id_, kind, side, en, es, zh in CONCEPTS:
        db.table("concepts").insert(
            {"id": id_, "kind": kind, "side": side, "name_en": en, "name_es": es, "name_zh": zh}
        )


def save(
    db: Database, now: dt.datetime, hours: float, outlet: str, language: str, title: str, text: str,
    concepts: list[str], *, credited: str | None = None, hostile: bool = False, day_alone: bool = False,
) -> int:  # fmt: skip
    """Save an article that is so many hours old at `now`; gives its id."""
    moment = now - dt.timedelta(hours=hours)
    number = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    published = moment.strftime("%Y-%m-%dT00:00:00Z" if day_alone else "%Y-%m-%dT%H:%M:00Z")
    first = text.partition("\n")[0].partition(". ")[0]
    article = Article(
        url=f"https://{outlet}.test/{number}-nota",
        key=f"{outlet}.test/{number}-nota",
        outlet=outlet,
        title=title,
        text=text,
        language=language,
        authors=('<b onmouseover="alert(4)">Ana</b>',) if hostile else ("Redacción",),
        published=published,
        published_precision="day" if day_alone else "time",
        published_from="page",
        relevance=0.46 if number % 11 == 9 else 0.91,
        verdict=Verdict.BORDERLINE if number % 11 == 9 else Verdict.RELEVANT,
        reasons=(Because(sentence=first, concepts=("china", "peru"), place="lead", weight=0.6),),
        mentions=tuple(
            Mention(concept=concept, count=2 + len(concepts), in_title=concept == "chancay")
            for concept in ("china", "peru", *concepts)
        ),
        credited_to=credited,
        paywalled=outlet == "andes-brief",
        sponsored=number % 17 == 6,
        section="<i>Economía</i>" if hostile else "Economía",
        image="https://tracker.test/pixel.gif",
        words=len(text) if language == "zh" else len(text.split()),
    )
    place = Place(file=f"{moment:%Y-%m-%d}.warc.gz", offset=1024 * number)
    return save_article(db, article, seen_at=moment + dt.timedelta(minutes=7), place=place).article_id


def _revise(db: Database, now: dt.datetime, id_: int) -> None:
    row = next(db.query("SELECT * FROM articles WHERE id = :id", {"id": id_}))
    text = row["text"].replace("60 días", "45 días").replace("seis comunidades", "ocho comunidades")
    article = Article(
        url=row["url"], key=row["key"], outlet=row["outlet"], title=row["title"].replace("60", "45"), text=text,
        language="es", published=row["published"], published_precision="time", relevance=0.9, words=row["words"],
        mentions=(Mention(concept="las-bambas", count=3), Mention(concept="copper", count=1)),
        reasons=(Because(sentence="El acuerdo incluye el riego", concepts=("peru",), place="body", weight=0.3),),
    )  # fmt: skip
    save_article(db, article, seen_at=now - dt.timedelta(hours=1), place=None)


def _older(db: Database, now: dt.datetime) -> None:
    """Half a year of small news, so that there is a curve and a second page."""
    goods = [("arándanos", "blueberries"), ("cobre", "copper"), ("uva", "blueberries")]
    for week in range(1, 25):
        for number in range(1 + (week * 7) % 4):
            good, concept = goods[(week + number) % 3]
            outlet = ("faro", "agencia-costa", "east-wire", "puertos", "minera")[(week + number) % 5]
            share = 3 + (week * 5 + number) % 19
            save(
                db, now, hours=week * 168 + number * 5, outlet=outlet, language="es",
                title=f"Las ventas de {good} del Perú a China suben {share} % en la semana {week}",
                text=f"Los envíos de {good} a China subieron {share} % frente a la semana previa, según aduanas.\n"
                f"Para el gremio número {number}, el Perú debe abrir más plantas antes de la campaña {week}.",
                concepts=[concept], day_alone=number == 1,
            )  # fmt: skip


def _crawls(db: Database, now: dt.datetime) -> None:
    for number, (id_, *_) in enumerate(OUTLETS):
        outcome = "failed: answered 503" if id_ == "broken" else "ok"
        started = now - dt.timedelta(minutes=20 - number)
        db.table("crawls").insert(
            {"outlet": id_, "started": f"{started:%Y-%m-%dT%H:%M:%SZ}", "finished": f"{started:%Y-%m-%dT%H:%M:59Z}"}
            | {"requests": 9, "new": 2, "revised": 0, "copies": 1, "rejected": 4, "errors": int(id_ == "broken")}
            | {"outcome": outcome}
        )
    for number in range(12):
        rejection = Rejection(
            url=f"https://faro.test/deportes-{number}", key=f"faro.test/deportes-{number}", outlet="faro",
            reason=Reason.OFF_TOPIC if number % 2 else Reason.NO_ACTORS, relevance=0.35 - number / 100,
            title=f"<b>Partido</b> amistoso {number}", detail="names both countries, says nothing between them",
        )  # fmt: skip
        save_rejection(db, rejection, seen_at=now - dt.timedelta(hours=number), place=None)
