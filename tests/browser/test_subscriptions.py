"""A reader makes a subscription of a search in the browser, without a script, deletes it and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.browsing import PHONE, fits
from tests.fixtures.subscription_desk import SubscriptionDesk, subscription_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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
