"""El Faro del Callao, an outlet that we invented, and as many different articles of it as a test wants."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Sequence

from pipelines.page import OutletProfile, Page

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
FARO = OutletProfile(id="faro", name="El Faro del Callao", country="PE", languages=("es",))
PROMOTION = "Un mar de historias te espera cada domingo en nuestra edición de papel"
WORDS = re.findall(
    r"\w+",
    """grúa muelle pescador faro niebla contenedor capitán bahía tormenta red lancha ancla mercado vecino calle escuela
    maestro huerto papa quinua cerro nieve laguna camino puente tren estación reloj plaza feria banda tambor canción
    abuela cocina horno pan sal limón ají mesa ventana lluvia techo ladrillo taller mecánico rueda motor viaje mapa""",
)


def paragraph(seed: str, sentences: int = 3) -> str:
    """Sentences of our own that no other seed gives."""
    chance = random.Random(seed)
    return " ".join(
        f"{' '.join(chance.choices(WORDS, k=14)).capitalize()} {chance.randrange(10**6)}." for _ in range(sentences)
    )


def article_page(name: str, *, extra: Sequence[str] = (), end: Sequence[str] = (), title: str | None = None) -> Page:
    """A page of El Faro with a text of its own; `extra` stands between its paragraphs, `end` below them."""
    lines = [
        f"La naviera china Cosco dijo en Lima que {paragraph(name + ' lead', 1)}",
        paragraph(name + " one"),
        *extra,
        paragraph(name + " two"),
        f"El puerto de Chancay recibió ayer a la delegación de China: {paragraph(name + ' last', 1)}",
        *end,
    ]
    headline = title or " ".join(random.Random(name).choices(WORDS, k=7)).capitalize()
    body = "".join(f"<p>{line}</p>" for line in lines)
    url = f"https://elfaro.test/{name}"
    return Page(
        url=url,
        key=url.removeprefix("https://"),
        body=f"<html><head><title>{headline}</title></head><body><article><h1>{headline}</h1>{body}</article>".encode(),
        outlet=FARO,
        fetched_at=NOW,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
    )
