"""A reader marks articles with the buttons of a list and of a page, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from db.site.analysts.forms import AnalystForms
from db.site.analysts.reader import AnalystDesk
from db.site.marks.mark_forms import list_mark_forms
from db.site.server import SiteServer
from tests.fixtures.browsing import PHONE
from tests.fixtures.marked_room import apply_stored_marks, write_news
from tests.fixtures.story_desk import NOON

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteServer]:
    path = write_news(tmp_path_factory.mktemp("desk"))
    desk = AnalystDesk(news_db=path, desk_db=path.parent / "desk.db")
    forms = AnalystForms(list_mark_forms(lambda: apply_stored_marks(path)), desk=desk, now=lambda: NOON)
    with SiteServer(path, port=0, forms=forms, now=lambda: NOON) as server:
        yield server


def test_an_article_is_marked_in_the_list_and_put_back_and_marked_on_its_page(
    site: SiteServer, browser: Browser
) -> None:
    context = browser.new_context(viewport=PHONE, locale="es-PE", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/?by=article")
    entry = page.locator(".entry", has_text="chasqui sobre x")
    entry.get_by_text("Corregir", exact=True).click()
    note = entry.get_by_label("¿Por qué? (opcional)")
    note.fill("otro puerto")
    note.press("Enter")  # which sends nothing: there are two buttons
    entry.get_by_role("button", name="No pertinente", exact=True).click()
    page.wait_for_url("**/?by=article&marked=1")
    status = page.locator(".marked")
    assert "ya no aparece en listas, búsquedas ni alertas" in (status.text_content() or "")
    assert entry.count() == 0
    status.get_by_role("button", name="Deshacer").click()
    page.wait_for_url("**/?by=article&marked=1")
    assert "Se deshizo su marca." in (status.text_content() or "")
    entry.locator("h3 a").click()
    page.locator("summary", has_text="Corregir").click()
    page.get_by_role("button", name="Pertinente", exact=True).click()
    page.wait_for_url("**marked=2")
    assert "queda marcado" in (status.text_content() or "")
    page.emulate_media(media="print")
    assert not page.locator("details.marking").is_visible()
    assert not status.is_visible()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Sus marcas").first.click()
    page.wait_for_url("**/marks")
    assert page.get_by_text("otro puerto").is_visible()
    assert page.locator(".marks-made li").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()
