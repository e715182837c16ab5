"""A reader makes a subscription of a search in the browser, without a script, deletes it and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.fixtures.browsing import DESKTOP, LOCALES, PHONE, fits
from tests.fixtures.subscription_desk import SubscriptionDesk, subscription_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SubscriptionDesk]:
    with subscription_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.mark.slow
def test_a_search_on_a_phone_becomes_mail(desk: SubscriptionDesk, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="es-PE", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.address}/?q=chancay")
    page.get_by_role("link", name="Crear una suscripción").click()
    page.wait_for_url("**/subscribe?q=chancay")
    rhythm = page.get_by_label("Frecuencia")
    assert not page.get_by_label("a las", exact=True).is_visible()  # a rhythm that is at once has no hour
    rhythm.select_option("weekly")
    assert page.get_by_label("a las", exact=True).is_visible()
    rhythm.select_option("immediately")
    page.get_by_label("Nombre", exact=True).fill("Puerto")
    page.get_by_label("desde", exact=True).fill("22:00")
    page.get_by_label("Destinatario de los mensajes").select_option("ana")
    page.get_by_role("button", name="Suscribirse").click()
    page.wait_for_url("**/subscribe?draft=*")
    assert page.get_by_role("alert").text_content() == "Escriba las dos horas, por ejemplo 22:00 y 07:00, o ninguna."
    assert page.get_by_label("Nombre", exact=True).input_value() == "Puerto"
    assert fits(page)
    page.get_by_label("desde", exact=True).fill("")
    page.get_by_role("button", name="Suscribirse").click()
    page.wait_for_url("**/subscription/*?done=made")
    assert "Suscripción creada." in (page.get_by_role("status").text_content() or "")
    desk.news.article("Chancay recibe una grúa")
    assert desk.send().sent == 1
    assert [address for address, _ in desk.mail] == ["ana@example.org"]
    page.reload()
    assert page.get_by_role("link", name="Chancay recibe una grúa").count() >= 1
    assert fits(page)
    page.get_by_role("button", name="Eliminar").click()
    page.wait_for_url("**/subscriptions?done=deleted*")
    assert fits(page)
    page.get_by_role("status").get_by_role("button", name="Recuperar").click()
    page.wait_for_url("**/subscriptions?done=taken_back*")
    assert page.get_by_role("link", name="Puerto").count() == 1
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize(("language", "size", "scheme"), [("es", PHONE, "dark"), ("zh", DESKTOP, "light")])
def test_axe_finds_nothing_on_what_readers_write(
    desk: SubscriptionDesk, browser: Browser, language: str, size: ViewportSize, scheme: str
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, locale=LOCALES[language])
    page = context.new_page()
    page.goto(f"{desk.address}/subscribe?q=mina")
    page.locator("form[action='/subscription/make'] [name=name]").fill(f"Mina {language}")
    page.locator("form[action='/subscription/make'] button").last.click()
    page.wait_for_url("**/subscription/*?done=made")
    found = {}
    paths = ["/subscribe?q=mina", "/subscriptions", "/marks", "/dossiers", "/briefings"]
    for address in (page.url, *(desk.address + path for path in paths)):
        page.goto(address)
        page.evaluate("for (const it of document.querySelectorAll('details')) it.open = true")
        violations = Axe().run(page, options=RULES).response["violations"]
        found[address] = [(it["id"], node["target"]) for it in violations for node in it["nodes"]]
        if not fits(page):
            found[address].append(("wider than its window", []))
    context.close()
    assert {address: faults for address, faults in found.items() if faults} == {}
