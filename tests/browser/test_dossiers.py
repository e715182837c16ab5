"""A reader ticks, keeps, orders and downloads with the buttons of the pages, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import docx
import pytest
from axe_playwright_python.sync_playwright import Axe

from db.site.analysts.forms import AnalystForms
from db.site.analysts.reader import AnalystDesk
from db.site.dossiers.dossier_forms import list_dossier_forms
from db.site.server import SiteServer
from tests.fixtures.briefing_desk import NOW, write_briefing_desk
from tests.fixtures.browsing import PHONE, fits

if TYPE_CHECKING:
    from playwright.sync_api import Browser


RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteServer]:
    desk = write_briefing_desk(tmp_path_factory.mktemp("told"))
    served = AnalystDesk(news_db=desk.news_db, desk_db=desk.desk_db)
    forms = AnalystForms(list_dossier_forms(), desk=served, now=lambda: NOW)
    with SiteServer(desk.news_db, port=0, forms=forms, now=lambda: NOW) as server:
        yield server


@pytest.mark.slow
def test_a_dossier_is_filled_ordered_shared_and_downloaded_on_a_phone(site: SiteServer, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="es-PE", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/?q=chancay")
    for headline in ("El puente a Chancay abrirá en marzo", "Cae una grúa en el puerto de Chancay"):
        page.get_by_label(f"Seleccionar: {headline}").first.check()
    page.get_by_label("Añadir lo seleccionado a un dosier nuevo:").fill("Muelle")
    page.get_by_role("button", name="Añadir", exact=True).click()
    page.wait_for_url("**/?q=chancay&done=added&dossier=1&n=2#*")
    page.get_by_role("status").get_by_role("link", name="Muelle").click()
    page.wait_for_url("**/dossier/1")
    headings = page.locator(".dossier-entries h2")
    assert headings.all_text_contents() == [
        "El puente a Chancay abrirá en marzo",
        "Cae una grúa en el puerto de Chancay",
    ]
    page.get_by_role("button", name="Bajar: El puente").click()
    page.wait_for_url("**/dossier/1?done=moved#*")
    assert headings.first.text_content() == "Cae una grúa en el puerto de Chancay"
    page.get_by_text("Añadir una nota").first.click()
    page.get_by_label("Nota sobre: Cae una grúa").fill("Pedir las cifras al hospital.")
    page.get_by_role("button", name="Guardar").last.click()
    page.wait_for_url("**/dossier/1?done=noted#*")
    assert fits(page)
    with page.expect_download() as found:
        page.get_by_role("link", name="Word").click()
    texts = [one.text for one in docx.Document(str(found.value.path())).paragraphs]
    assert texts.index("1. Cae una grúa en el puerto de Chancay") < texts.index("Pedir las cifras al hospital.")
    page.get_by_text("Nombre, nota, etiquetas, compartir").click()
    page.get_by_role("button", name="Eliminar este dosier").click()
    page.wait_for_url("**/dossiers?done=deleted*")
    page.get_by_role("status").get_by_role("button", name="Deshacer").click()
    page.wait_for_url("**/dossier/1?done=undone")
    assert headings.count() == 2
    context.close()
    # Of what is there now, by axe, which needs scripts.
    context = browser.new_context(viewport=PHONE, locale="es-PE")
    page = context.new_page()
    page.goto(f"{site.url}/dossier/1?done=noted")
    page.evaluate("for (const it of document.querySelectorAll('details')) it.open = true")
    faults = Axe().run(page, options=RULES).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    context.close()
