"""Crawls of an outlet that sends newsletters, by the real command, with a real IMAP server over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.imap_server import PASSWORD, USER, ImapServer
from tests.fixtures.newsletter_desk import (
    OWN_PAGE,
    READER,
    SERVICE,
    SITE,
    UNSUBSCRIBE,
    SmallWeb,
    mailbox_secret,
    write_essay,
    write_message,
    write_newsletter_desk,
)
from tests.fixtures.own_certificate import write_certificate

DIRECT = f"{SITE}/analisis/arandanos-en-shanghai"
COUNTED = f"{SITE}/analisis/chancay-un-ano-despues"
LETTER = f"""<p><a href="{DIRECT}?utm_source=boletin&suscriptor=77&correo=lectora%40correo.test">Los arándanos del Perú
en el mercado de Shanghái</a></p>
<p><a href="{SERVICE}/c/abc?u=77">Chancay, un año después de su inauguración</a></p>
<p><a href="{SERVICE}/c/hidden?u=77">Haga clic en este otro enlace de aquí</a></p>
<p><a href="{SERVICE}/c/broken?u=77">El cobre del Perú y las fundiciones de China</a></p>
<p><a href="https://redes.test/instituto">Siga al instituto en las redes sociales</a></p>
<p><a href="{SERVICE}/c/browser?u=77">Vea este boletín completo en su navegador</a></p>
<p>Recibe este boletín porque se inscribió. <a href="{UNSUBSCRIBE}">Deje aquí la lista de lectores del boletín</a>.
<a href="{SERVICE}/c/baja?u=77">Darse de baja de la lista de correo</a>
<a href="{SERVICE}/unsubscribe/77">Gestione aquí sus datos de lectora</a>
<a href="{SERVICE}/c/zh?u=77">如果您不想再收到此邮件请点击这里退订</a></p>"""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The mail server's certificate."""
    return write_certificate(tmp_path / "both.pem", "localhost")


@pytest.fixture
def server(tmp_path: Path, certificate: Path) -> Iterator[ImapServer]:
    """A mail server with a newsletter, one without an article, two of others, and one that is a text itself."""
    folder = tmp_path / "mail"
    folder.mkdir()
    write_message(folder / "1", LETTER)
    write_message(folder / "2", "<p>El instituto no publica esta semana.</p>")
    write_message(folder / "3", LETTER, sender="boletin@instituto-andino.test.ladron.test")
    write_message(folder / "4", LETTER, sender='"boletin@instituto-andino.test" <otro@ladron.test>')
    write_message(folder / "5", write_essay(f"{SERVICE}/c/own?u=77"), subject="Carta de noviembre del instituto")
    running = ImapServer(certificate, folder)
    yield running
    running.close()


@pytest.fixture
def web() -> Iterator[SmallWeb]:
    """The outlet's site and the mailing service."""
    redirects = {f"{SERVICE}/c/abc?u=77": f"{SERVICE}/next?u=77", f"{SERVICE}/next?u=77": f"{COUNTED}?mc_eid=77"}
    redirects[f"{SERVICE}/c/own?u=77"] = f"{OWN_PAGE}?u=77"
    redirects[f"{SERVICE}/c/hidden?u=77"] = f"{SITE}/unsubscribe?u=77"
    redirects[f"{SERVICE}/c/broken?u=77"] = "http://[boletines.test/"
    with SmallWeb(redirects) as running:
        yield running


@pytest.fixture
def desk(
    tmp_path: Path, web: SmallWeb, server: ImapServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> DemoDesk:
    """A desk that was never crawled."""
    monkeypatch.setenv("IMAP_INSTITUTO", mailbox_secret(server.port))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return write_newsletter_desk(tmp_path / "desk", proxy=web.proxy)


@pytest.mark.slow
def test_articles_of_a_newsletter_are_read_and_no_link_of_the_subscription_is_requested(
    desk: DemoDesk, web: SmallWeb, server: ImapServer, certificate: Path
) -> None:
    desk.crawl()
    pages = [hit for hit in web.hits if not hit.endswith("/robots.txt")]
    followed = [f"{SERVICE}/{path}?u=77" for path in ("c/abc", "next", "c/hidden", "c/broken", "c/own")]
    assert sorted(pages) == sorted([*followed, DIRECT, COUNTED, OWN_PAGE])
    assert sorted(url for (url,) in desk.news("SELECT url FROM articles")) == sorted([DIRECT, COUNTED, OWN_PAGE])
    dated = desk.news("SELECT url FROM articles WHERE source_published IS NOT NULL")
    assert dated == [(OWN_PAGE,)]  # by the date of the message that is a text itself
    assert server.flags(certificate) == [{"\\Seen"}, {"\\Seen", "\\Flagged"}, set(), set(), {"\\Seen"}]
    kept = b"".join(path.read_bytes() for path in desk.folder.rglob("*") if path.is_file())
    secrets = (READER, USER, PASSWORD, "u=77", "suscriptor")
    assert [secret for secret in secrets if secret.encode() in kept] == []


@pytest.mark.slow
def test_a_check_of_an_outlet_marks_no_message_and_a_refused_login_is_one_clear_line(
    desk: DemoDesk, server: ImapServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = desk.run("outlets", "check", "instituto")
    assert "mailbox:instituto: 3 items" in checked.stdout
    assert server.flags(certificate) == [set()] * 5
    monkeypatch.setenv("IMAP_INSTITUTO", mailbox_secret(server.port, password="equivocada"))
    refused = desk.run("outlets", "check", "instituto")
    assert "mailbox:instituto: the mail server refused the login" in refused.stdout
    assert not [secret for secret in (USER, "equivocada") if secret in refused.stdout + refused.stderr]
