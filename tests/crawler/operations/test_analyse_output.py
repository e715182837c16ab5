"""What `vigia analyse` prints of a page."""

from __future__ import annotations

import datetime as dt

import pytest

from crawler.operations.analyse_files import outcome_as_json
from pipelines.analysis.analyse import analyse_fully
from pipelines.page import OutletProfile, Page
from pipelines.relevance.topic import load_topic

ON_TOPIC = (
    "<p>China y Perú firmaron en Lima un acuerdo para ampliar el puerto de Chancay, que opera Cosco Shipping.</p>"
    "<p>La empresa china invertirá 500 millones de dólares en el terminal, informó el ministro peruano.</p>"
)
OFF_TOPIC = (
    "<p>El club local ganó el domingo por tres goles a uno y se quedó con el primer lugar de la tabla.</p>"
    "<p>El entrenador dijo que el equipo todavía puede mejorar antes de que empiece la segunda rueda del torneo.</p>"
)


@pytest.mark.parametrize(
    ("text", "verdict", "rejected"), [(ON_TOPIC, "relevant", None), (OFF_TOPIC, None, "off-topic")]
)
def test_a_page_off_topic_has_no_verdict(text: str, verdict: str | None, rejected: str | None) -> None:
    page = Page(
        url="https://diario.example/nota-17",
        key="diario.example/nota-17",
        body=f"<html><head><title>Nota</title></head><body><h1>Nota</h1>{text * 2}".encode(),
        outlet=OutletProfile(id="diario", name="El Diario", country="PE"),
        fetched_at=dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC),
        headers=(("Content-Type", "text/html"),),
    )
    printed = outcome_as_json(analyse_fully(page, topic=load_topic("china_peru")))
    assert printed["title"] == "Nota"
    assert (printed["verdict"], printed.get("rejected")) == (verdict, rejected)
