"""Messages in the forms in which mail programs and services write them."""

from __future__ import annotations

import pytest

from crawler.newsletters.article_address import find_article_address
from crawler.newsletters.links import Link
from crawler.newsletters.message import Newsletter, read_message
from crawler.newsletters.senders import find_sender
from tests.crawler.newsletters.test_message import ARTICLE, OUTLET
from tests.fixtures.newsletter_desk import SENDER, SERVICE, SITE, UNSUBSCRIBE, write_essay

ADDRESS = "boletin@instituto-andino.test"
TITLE = "Chancay, un año después de su inauguración"
HTML = f'<a href="{ARTICLE}">{TITLE}</a>'


def read(body: str, *, kind: str = "text/html") -> Newsletter:
    head = f"From: {SENDER}\r\nList-Unsubscribe: <{UNSUBSCRIBE}>\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n"
    newsletter = read_message((head + body).encode(), outlet=OUTLET)
    assert newsletter is not None
    return newsletter


def write_part(kind: str, body: str, head: str = "") -> str:
    return f"Content-Type: {kind}; charset=utf-8\r\n{head}\r\n{body}\r\n"


def join(boundary: str, *parts: str) -> str:
    return "".join(f"--{boundary}\r\n{part}" for part in parts) + f"--{boundary}--\r\n"


@pytest.mark.parametrize(
    "field",
    [
        f'"Instituto Andino de Estudios\r\n Internacionales" <{ADDRESS}>',
        f'"Instituto Andino\r\n\t(Lima)" <{ADDRESS}>',
        f"Instituto Andino, Lima <{ADDRESS}>",
        f"Instituto Andino; Lima [Perú] <{ADDRESS}>",
        f"{ADDRESS} <{ADDRESS.upper()}>",
        f'"Instituto Andino <{ADDRESS}>',
        f"=?utf-8?B?SW5zdGl0dXRv?=\r\n =?utf-8?B?IEFuZGlubw==?= <{ADDRESS}>",
        f"Equipo: {ADDRESS};",
        f"{ADDRESS} (Instituto Andino)",
    ],
)
def test_the_one_author_is_found_in_whatever_form(field: str) -> None:
    assert find_sender(f"From: {field}\r\nTo: x@correo.test\r\n".encode()) == ADDRESS


@pytest.mark.parametrize(
    "field",
    [
        f"{ADDRESS} <otro@ladron.test>, Lima <{ADDRESS}>",
        f"{ADDRESS}, otro@ladron.test",
        f"Lima, {ADDRESS}, Instituto",
        f"Lima, <{ADDRESS}@ladron.test>",
        f"<{ADDRESS}>\r\nFrom: <{ADDRESS}>",
        "",
    ],
)
def test_of_several_authors_or_none_there_is_no_sender(field: str) -> None:
    assert find_sender(f"From: {field}\r\n".encode()) is None


def test_a_message_within_a_message_is_not_opened() -> None:
    inner = f"From: otro@ladron.test\r\n{write_part('text/html', HTML)}"
    parts = join("m", write_part("text/plain", "Reenviamos."), f"Content-Type: message/rfc822\r\n\r\n{inner}")
    assert read(parts, kind="multipart/mixed; boundary=m").articles == ()


def test_all_texts_of_a_message_are_read_and_of_alternatives_the_html() -> None:
    letter = join("a", write_part("text/plain", f"{ARTICLE}-sin-formato"), write_part("text/html", HTML))
    parts = join(
        "m",
        write_part("text/plain", f"Además: {ARTICLE}-otra"),
        f"Content-Type: multipart/alternative; boundary=a\r\n\r\n{letter}",
        write_part("text/html", "<p>Instituto Andino</p>"),
    )
    found = read(parts, kind="multipart/mixed; boundary=m").articles
    assert found == ((ARTICLE, TITLE), (f"{ARTICLE}-otra", None))


@pytest.mark.parametrize("behind", ["，请查看。", "请查看", "）", " 请看"])
def test_chinese_behind_an_address_is_not_of_it(behind: str) -> None:
    assert read(f"请访问{ARTICLE}{behind}", kind="text/plain").articles == ((ARTICLE, None),)


@pytest.mark.parametrize(
    ("base", "href"),
    [
        (f'<base href="{SITE}/">', ARTICLE.removeprefix(f"{SITE}/")),
        ("", ARTICLE.removeprefix("http:")),
        ('<base href="https://[">', ARTICLE),
    ],
)
def test_links_are_relative_to_the_base_that_a_message_names(base: str, href: str) -> None:
    ((address, title),) = read(f'{base}<a href="{href}">{TITLE}</a>').articles
    assert (address.partition(":")[2], title) == (ARTICLE.partition(":")[2], TITLE)


@pytest.mark.parametrize("href", [ARTICLE.removeprefix(SITE), "//[x/analisis/a-b-c-d-e"])
def test_a_relative_link_without_a_base_leads_nowhere(href: str) -> None:
    assert read(f'<a href="{href}">{TITLE}</a>').articles == ()


@pytest.mark.parametrize(
    "url",
    [
        f"https://aviso.test/v3/__{ARTICLE}?u=77__;!!AbC$",
        f"https://aviso.test/https:/{ARTICLE.partition('//')[2]}",
        f"https://aviso.test/ver?url={ARTICLE}",
    ],
)
def test_an_address_within_an_address_is_found(url: str) -> None:
    found = find_article_address(url, OUTLET)
    assert found is not None
    assert found.partition(":")[2] == ARTICLE.partition(":")[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Leer más »", True),
        ("Ver nota completa", True),
        ("Lee la nota completa", True),
        ("Conozca más", True),
        ("Seguir leyendo", True),
        ("Read the full report", True),
        ("→ Continue reading", True),
        ("Saiba mais", True),
        ("阅读全文", True),
        ("点击查看详情 >>", True),
        ("Haga clic aquí", False),
        ("Ver en el navegador", False),
        ("Leer más sobre sus preferencias", False),
        ("Facebook", False),
        ("", False),
    ],
)
def test_a_link_that_invites_to_read_on_says_so(text: str, expected: bool) -> None:
    assert Link(url=f"{SERVICE}/c/1", text=text).reads_on is expected


def test_an_article_whose_title_stands_above_its_link_is_followed() -> None:
    link = f'<a href="{SERVICE}/c/1">Leer más</a>'
    assert read(f"<h3>{TITLE}</h3><p>Un resumen.</p>{link}").service_links == ((f"{SERVICE}/c/1", None),)
    assert read(f"<p>Para darse de baja:</p>{link}").service_links == ()
    assert read(f"<p>{link} y dese de baja</p>").service_links == ()


def test_links_with_a_title_come_before_those_that_only_invite_to_read() -> None:
    invites, names = f'<p><a href="{SERVICE}/c/1">Leer más</a></p>', f'<p><a href="{SERVICE}/c/2">{TITLE}</a></p>'
    assert read(invites + names).service_links == ((f"{SERVICE}/c/2", TITLE), (f"{SERVICE}/c/1", None))


def test_a_title_and_its_invitation_count_as_one_article_of_a_letter() -> None:
    pairs = [
        f'<p><a href="{SERVICE}/c/{n}">{TITLE}</a></p><p><a href="{SERVICE}/m/{n}">Leer más</a></p>' for n in range(4)
    ]
    view = f"{SERVICE}/c/9"
    assert read(write_essay(view, more="".join(pairs[:2]))).own_pages == (view,)
    assert read(write_essay(view, more="".join(pairs))).own_pages == ()


def test_the_foot_of_a_message_is_not_of_its_last_article() -> None:
    title = "中国与秘鲁签署自由贸易协定升级议定书"
    foot = f'<p>不想再收到？<a href="{UNSUBSCRIBE}">退订</a></p>'
    article = f'<a href="{SERVICE}/c/1">{title}</a>'
    for block in (f"<p>{article}</p>", f"<table><tr><td>{article}</td></tr></table>", f"<h3>{article}</h3>"):
        assert read(block + foot).service_links == ((f"{SERVICE}/c/1", title),)
    assert read(f"<p>{article}，退订请点击</p>").service_links == ()


def test_what_a_link_of_another_block_says_is_not_said_of_this_one() -> None:
    leave = f'<a href="{SERVICE}/c/9">Darse de baja</a>'
    article = f'<a href="{SERVICE}/c/1">{TITLE}</a>'
    assert read(f"<p>{leave}</p><p>{article}</p><p>{leave}</p>").service_links == ((f"{SERVICE}/c/1", TITLE),)
    assert read(f"<p>{leave} | {article}</p>").service_links == ()
    assert read(f"<p>{article} | {leave}</p>").service_links == ()
    assert read(f'<p>Darse de baja: {article} <a href="{ARTICLE}">x</a></p>').service_links == ()
