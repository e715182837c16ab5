"""A digest as a desk would send it: eight stories, invented, with everything that a message may have to say."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from db.i18n.languages import Language
from db.search.query.vocabulary import vocabulary_of
from pipelines.alerts.messages.digest import Head, Message, compose, heartbeat, story, trial
from pipelines.alerts.unsubscribe import with_foot
from pipelines.silence import Health, Silence

CREATED = dt.datetime(2026, 11, 22, 12, 30, tzinfo=dt.UTC)
QUERY = 'concept:chancay-port OR (China NEAR/10 "litio de Puno") OR title:cobre'
PORT = {"chancay-port": ["Port of Chancay", "Puerto de Chancay", "钱凯港"]}
VOCABULARY = vocabulary_of((), (("chancay-port", "Port of Chancay", "Puerto de Chancay", "钱凯港"),))
HEALTH = Health(
    answered=61,
    watched=63,
    silent=(
        Silence(outlet_name="Diario del Sur", since=CREATED - dt.timedelta(days=3), per_day=6.2),
        Silence(outlet_name="Foro Asia", since=CREATED - dt.timedelta(days=16), per_day=0.4),
    ),
)
LIMA = {"outlet_name": "Diario del Sur", "country": "PE", "kind": "press", "ownership": "private", "language": "es"}
AGENCY = {"outlet_name": "Agencia Oriente", "country": "CN", "kind": "agency", "ownership": "state", "language": "en"}
ZONES: dict[Language, str] = {"en": "Europe/London", "es": "America/Lima", "zh": "Asia/Shanghai"}
NAMES: dict[Language, str] = {"en": "Ports and lithium", "es": "Puertos y litio", "zh": "港口与锂矿"}


def row(**columns: Any) -> dict[str, Any]:
    """A row as db.news.alert_articles.told gives it."""
    return {
        "id": 1,
        "url": "https://diario.example/economia/2026/11/22/puerto-de-chancay",
        "published": "2026-11-22T11:10:00Z",
        "published_precision": "time",
        "first_seen": "2026-11-22T11:30:00Z",
        "verdict": "relevant",
        "reasons": "[]",
        "original": None,
        "credited_to": None,
        "paywalled": 0,
        "sponsored": 0,
        "also": "[]",
        "concepts": json.dumps(PORT),
        "revisions": 0,
        "updated": None,
        **columns,
    }


def others(*told: tuple[str, str | None]) -> str:
    """Other outlets with a story: (name, when)."""
    return json.dumps([{"name": name, "published": at, "precision": "time" if at else None} for name, at in told])


ROWS = (
    row(
        **LIMA,
        title="Puerto de Chancay recibirá una segunda etapa de obras desde marzo",
        text="La operadora del Puerto de Chancay anunció que la segunda etapa de sus obras comenzará en marzo. El "
        "muelle sumará cuatro amarraderos y un patio de contenedores. Los pescadores de la bahía piden que "
        "antes se terminen los estudios de impacto. La empresa china que lo opera dijo que el puerto de "
        "Chancay movió este año 300 mil contenedores, el doble de lo previsto, y que la carga hacia Shanghái "
        "tarda ahora diez días menos.",
        reasons=json.dumps(
            [{"sentence": "La empresa china que lo opera ya invirtió 1.300 millones de dólares en el país."}]
        ),
        also=others(
            ("Radio Litoral", "2026-11-22T11:50:00Z"),
            ("Agencia Oriente", "2026-11-22T10:40:00Z"),
            ("El Noticiero", "2026-11-22T14:15:00Z"),
            ("Puertos Hoy", None),
        ),
    ),
    row(
        **AGENCY,
        url="https://oriente.example/english/20261122/c1a2.html",
        title="Chinese banks raise credit line for railway to the Port of Chancay",
        text="A group of Chinese banks has raised the credit line for a railway between the central Andes and the "
        "Port of Chancay, officials said on Sunday. The line would carry copper concentrate from three mines "
        "to the coast. Work is to begin once both governments have signed the guarantee.",
        updated="3.5 → 4.2 billion; + Julia Quispe",
        published="2026-11-22T09:00:00Z",
        revisions=1,
    ),
    row(
        outlet_name="东方财经",
        country="CN",
        kind="press",
        ownership="state",
        language="zh",
        url="https://caijing.example/2026-11-22/doc-881.shtml",
        title="钱凯港开港一年：南美货物直达上海，航程缩短十天",
        text="秘鲁钱凯港开港一年以来，已开通五条直达中国的航线。记者从港口运营方获悉，今年前十个月集装箱吞吐量达到"
        "三十万标箱，超出预期一倍。秘鲁蓝莓和牛油果是主要货物。专家认为，钱凯港将成为南美西海岸的枢纽，但配套"
        "铁路和公路建设仍然滞后。",
        published="2026-11-22T02:05:00Z",
        reasons=json.dumps([{"sentence": "中国企业与秘鲁政府签署了补充协议。"}]),
    ),
    row(
        outlet_name="The Pacific Ledger",
        country="US",
        kind="trade-press",
        ownership="private",
        language="en",
        url="https://ledger.example/shipping/chancay-one-year",
        title="One year on, Chancay is busy, half full and fully argued over: who pays for the road, who guards "
        "the bay, and what the tender for the second terminal says about the next decade of trade between "
        "Asia and South America",
        text="One year after its first ship, the Port of Chancay is busy on Mondays. Subscribers can read on.",
        published="2026-11-21T00:00:00Z",
        published_precision="day",
        paywalled=1,
    ),
    row(
        outlet_name="Andes Minero",
        country="PE",
        kind="trade-press",
        ownership="private",
        language="es",
        url="https://minero.example/cobre-oferta",
        title="Cobre: por qué nuestra planta es la más moderna de la región",
        text="Contenido elaborado por la empresa. El cobre de la planta sale hacia Asia en camiones eléctricos "
        "chinos.",
        concepts="{}",
        sponsored=1,
        published=None,
        published_precision=None,
    ),
    row(
        outlet_name="Foro Asia",
        country="PE",
        kind="think-tank",
        ownership="nonprofit",
        language="es",
        url="https://foro.example/notas/litio",
        title="El litio de Puno espera comprador",
        text="Tres empresas miran el yacimiento. Según el estudio, China compraría el litio de Puno si hubiera "
        "una norma clara. Ninguna de las tres ha presentado una oferta. El gobierno regional pide consultar "
        "antes a las comunidades.",
        concepts="{}",
        verdict="borderline",
        published="2026-11-20T21:00:00Z",
    ),
    row(
        outlet_name="Diario Oficial",
        country="PE",
        kind="state-media",
        ownership="state",
        language="es",
        url="https://oficial.example/n/4410",
        title="Ministro visita el puerto de Chancay y ofrece carretera",
        text="El ministro recorrió ayer el puerto de Chancay y ofreció que la carretera de acceso estará lista en "
        "julio.",
        original=1,
        credited_to="Agencia Oriente",
        published="2026-11-21T16:20:00Z",
    ),
    row(
        outlet_name="Revista Bahía",
        country="BO",
        kind="press",
        ownership="unknown",
        language="es",
        url="ftp://bahia.example/nota",
        title="Bolivia quiere exportar por Chancay <b>y no solo por Arica</b>",
        text="El puerto de Chancay atrae a los exportadores de soya, que hoy pagan el doble por salir al Pacífico.",
        also=others(("Radio Litoral", "2026-11-24T11:00:00Z")),
    ),
)  # fmt: skip


def head(language: Language) -> Head:
    """The head of a message to a reader of that language."""
    return Head(
        desk="Vigía",
        name=NAMES[language],
        query=QUERY,
        thread="puertos",
        token="0123456789abcdef",
        created=CREATED,
        language=language,
    )


def digest(language: Language, *, rows: tuple[dict[str, Any], ...] = ROWS, more: int = 14) -> Message:
    """The digest to a reader of that language."""
    return compose(
        [story(one, query=QUERY, zone=ZONES[language], language=language, vocabulary=VOCABULARY) for one in rows],
        head=head(language),
        more=more,
        health=HEALTH,
        public_url="https://vigia.example.org",
    )


def sign_of_life(language: Language) -> Message:
    """The message of a week without news."""
    return heartbeat(head(language), health=HEALTH)


def trial_message(name: str = "Puerto") -> Message:
    """The message that shows that a target is reached, of this moment."""
    created = dt.datetime.now(dt.UTC)
    return trial(Head(desk="Vigía", name=name, query="chancay", thread="puerto", token="a" * 24, created=created))


def as_mailed(message: Message) -> tuple[str, str]:
    """(text, HTML) with the line that says how to unsubscribe, as a mail has them."""
    url = "https://vigia.example.org/alerts/unsubscribe/dGhpcyBpcyBubyB0b2tlbg"
    return with_foot(message.text, message.html, url=url, ask=None, language=message.language)
