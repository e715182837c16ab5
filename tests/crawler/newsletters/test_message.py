"""What a message links, which of it is an article, and which links are never requested."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config.outlet import Outlet
from crawler.newsletters.article_address import find_article_address
from crawler.newsletters.links import Link
from crawler.newsletters.message import Newsletter, read_message
from tests.fixtures.newsletter_desk import SENDER, SERVICE, SITE, UNSUBSCRIBE, write_essay, write_message

OUTLET = Outlet(
    id="instituto",
    name="Instituto Andino",
    home=f"{SITE}/",
    languages=("es",),
    kind="think-tank",
    mailbox="env:IMAP_INSTITUTO",
    mailbox_senders=("boletin@instituto-andino.test",),
)
ARTICLE = f"{SITE}/analisis/chancay-un-ano-despues-de-su-inauguracion"


def read(tmp_path: Path, html: str, **options: str) -> Newsletter | None:
    write_message(tmp_path / "message", html, **options)
    return read_message((tmp_path / "message").read_bytes(), outlet=OUTLET)


@pytest.mark.parametrize(
    ("href", "text"),
    [
        (UNSUBSCRIBE, "Un título de cuatro palabras"),
        (f"{SERVICE}/unsubscribe/77", "Un título de cuatro palabras"),
        (f"{SERVICE}/baja?u=77", "Un título de cuatro palabras"),
        (f"{SERVICE}/c/1", "Quiero darme de baja del boletín"),
        (f"{SERVICE}/c/1", "Click here to unsubscribe from this list"),
        (f"{SERVICE}/c/1", "Update your email preferences in one click"),
        (f"{SERVICE}/c/1", "如果您不想再收到此邮件请点击退订"),
        (f"{SERVICE}/c/1", "View this newsletter online in your browser"),
        (f"{SERVICE}/c/1", "Haga clic aquí"),
        ("https://redes.test/instituto", "Siga al instituto en las redes"),
        (f"{SITE}/eventos", "Todos los eventos del instituto"),
        ("javascript:alert(1)", "Un título de cuatro palabras"),
    ],
)
def test_a_link_that_may_lead_to_no_article_is_not_requested(tmp_path: Path, href: str, text: str) -> None:
    newsletter = read(tmp_path, f'<p><a href="{href}">{text}</a></p>')
    assert newsletter is not None
    assert newsletter.articles == newsletter.service_links == ()


def test_a_link_in_a_sentence_on_leaving_is_not_requested(tmp_path: Path) -> None:
    newsletter = read(
        tmp_path, f'<p>If you no longer wish to read us, <a href="{SERVICE}/c/1">go to this page of ours</a>.</p>'
    )
    assert newsletter is not None
    assert newsletter.service_links == ()


@pytest.mark.parametrize(
    "title", ["Perú negocia preferencias arancelarias con China", "La baja del cobre y la minería"]
)
def test_titles_with_words_that_subscriptions_also_use_are_followed(tmp_path: Path, title: str) -> None:
    newsletter = read(tmp_path, f'<p><a href="{SERVICE}/c/1?u=77">{title}</a></p>')
    assert newsletter is not None
    assert newsletter.service_links == ((f"{SERVICE}/c/1?u=77", title),)


@pytest.mark.parametrize(
    "sender",
    [
        "boletin@instituto-andino.test.ladron.test",
        '"boletin@instituto-andino.test" <otro@ladron.test>',
        f"{SENDER}, otro@ladron.test",
    ],
)
def test_a_message_of_another_sender_is_not_read(tmp_path: Path, sender: str) -> None:
    assert read(tmp_path, f'<a href="{ARTICLE}">x</a>', sender=sender) is None


@pytest.mark.parametrize(
    "url",
    [
        f"{ARTICLE}?suscriptor=77&correo=lectora%40correo.test",
        f"https://otro.test/ir?id=77&url={ARTICLE}%3Fu%3D77",
        f"{ARTICLE}#lectora",
    ],
)
def test_an_article_s_address_names_no_subscriber(url: str) -> None:
    assert find_article_address(url, OUTLET) == ARTICLE


def test_a_parameter_that_names_the_article_stays() -> None:
    assert find_article_address(f"{SITE}/?u=77&p=4321", OUTLET) == f"{SITE}/?p=4321"


def test_a_host_that_only_shares_the_domain_has_no_articles() -> None:
    assert find_article_address(ARTICLE.replace("//", "//clic."), OUTLET) is None
    assert find_article_address(f"{SITE}/analisis/a-b-c-d-e/lectora@correo.test", OUTLET) is None


@pytest.mark.parametrize("view", [f"{ARTICLE}?u=77", f"{SERVICE}/c/1?u=77"], ids=["its own page", "counted"])
def test_a_message_that_is_a_text_itself_has_a_page_of_its_own(tmp_path: Path, view: str) -> None:
    newsletter = read(tmp_path, write_essay(view), subject="Carta de noviembre: qué movió Chancay")
    assert newsletter is not None
    assert (newsletter.own_pages, newsletter.subject) == ((view,), "Carta de noviembre: qué movió Chancay")
    assert newsletter.articles == newsletter.service_links == ()


@pytest.mark.parametrize(
    "html",
    [
        write_essay(UNSUBSCRIBE),
        write_essay(f"{SERVICE}/baja?u=77"),
        write_essay(f"{SERVICE}/c/1", text="Vea en su navegador cómo darse de baja"),
        write_essay("https://redes.test/ver"),
        write_essay(f"{SERVICE}/c/1", more="".join(f'<a href="{ARTICLE}-{n}">x</a>' for n in range(4))),
        f'<p><a href="{SERVICE}/c/1">Vea este boletín en su navegador</a></p><p>Una línea.</p>',
    ],
    ids=["leaves", "leaves by its address", "leaves by its text", "another site", "a list of articles", "no text"],
)
def test_another_message_has_no_page_of_its_own(tmp_path: Path, html: str) -> None:
    newsletter = read(tmp_path, html)
    assert newsletter is not None
    assert newsletter.own_pages == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("View this email in your browser", True),
        ("View in browser", True),
        ("Read online", True),
        ("Si no ve bien este mensaje, haga clic para verlo en su navegador", True),
        ("Leer en línea", True),
        ("Ver versión web", True),
        ("在浏览器中打开此邮件", True),
        ("查看网页版", True),
        ("Forward to a friend", False),
        ("Update your preferences or view in your browser", False),
        ("Proteger la privacidad en su navegador: las diez recomendaciones de la autoridad peruana", False),
    ],
)
def test_a_link_that_shows_the_message_says_so(text: str, expected: bool) -> None:
    assert Link(url=f"{SERVICE}/c/1", text=text).shows_message is expected


def test_a_subject_that_names_the_subscriber_is_no_title(tmp_path: Path) -> None:
    newsletter = read(tmp_path, write_essay(ARTICLE), subject="lectora@correo.test, su carta")
    assert newsletter is not None
    assert newsletter.subject is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00" * 1000,
        f"From: {SENDER}\r\n\r\n".encode(),
        f"From: {SENDER}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n".encode(),
        f"From: {SENDER}\r\nContent-Type: text/html; charset=nada\r\nContent-Transfer-Encoding: x\r\n\r\n%%".encode(),
        f"From: {SENDER}\r\n".encode() + b"Content-Type: message/rfc822\r\n\r\n" * 3_000,
    ],
    ids=["empty", "bytes", "no body", "no parts", "no charset", "nested"],
)
def test_a_message_that_is_broken_links_nothing(body: bytes) -> None:
    newsletter = read_message(body, outlet=OUTLET)
    assert newsletter is None or newsletter.articles == newsletter.service_links == ()


def test_an_attachment_is_not_opened() -> None:
    link = f'<a href="{ARTICLE}">x</a>'
    head = f"From: {SENDER}\r\nContent-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n"
    newsletter = read_message((head + link).encode(), outlet=OUTLET)
    assert newsletter == Newsletter()


def test_a_plain_text_gives_its_addresses() -> None:
    newsletter = read_message(f"From: {SENDER}\r\n\r\nLea: {ARTICLE}?u=77.\r\n".encode(), outlet=OUTLET)
    assert newsletter is not None
    assert newsletter.articles == ((ARTICLE, None),)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"mailbox": "env:IMAP_INSTITUTO"}, "belong together"),
        ({"mailbox_senders": ["boletin@instituto-andino.test"]}, "belong together"),
        ({"mailbox": "imaps://u:clave@correo.test", "mailbox_senders": ["@a.test"]}, "secrets stand outside this file"),
        ({"mailbox": "env:IMAP_INSTITUTO", "mailbox_senders": ["Instituto"]}, "write the address of a sender"),
    ],
)
def test_a_mailbox_that_is_half_configured_is_told(keys: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Outlet.model_validate(OUTLET.model_dump(include={"id", "name", "home", "languages", "kind"}) | keys)
