"""Debian's nginx and Caddy, with the blocks of docs/server.md, hand on who reads: each reader has limits of his own."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password

from db.site.password import MAX_WRONG_PASSWORDS
from db.site.readers.admission import admission_of
from db.site.server import ReaderAccess, SiteServer
from tests.fixtures.invented_desk import build
from tests.fixtures.own_certificate import write_certificate
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until

NAME = "vigia.example.org"  # as in the documentation
PASSWORD = "un puerto, dos grúas"
SERVER_PAGE = (ROOT / "docs" / "server.md").read_text("utf-8")


def block_of(language: str, part: str) -> str:
    """Return the one code block of docs/server.md in that language that has that part."""
    blocks = re.findall(rf"^```{language}\n(.+?)^```$", SERVER_PAGE, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if part in block]
    return str(found)


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def nginx_command(folder: Path, port: int, behind: int) -> list[str]:
    """The documented block with this test's ports and certificate, inside what Debian's nginx.conf has around it."""
    certificate = write_certificate(folder / "site.pem", NAME)
    block = block_of("nginx", "proxy_pass")
    for documented, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("http://127.0.0.1:8001", f"http://127.0.0.1:{behind}"),
        (f"/etc/ssl/{NAME}.pem", str(certificate)),
        (f"/etc/ssl/{NAME}.key", str(certificate)),
    ):
        assert documented in block
        block = block.replace(documented, here)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{paths}{block}\n}}\n",
        encoding="utf-8",
    )
    return ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def caddy_command(folder: Path, port: int, behind: int) -> list[str]:
    """The documented block with this test's ports; the certificate is Caddy's own, as no authority is asked here."""
    block = block_of("caddy", "reverse_proxy")
    for documented, here in (
        (f"{NAME} {{", f"{NAME}:{port} {{\n    bind 127.0.0.1"),
        ("127.0.0.1:8001", f"127.0.0.1:{behind}"),
    ):
        assert documented in block
        block = block.replace(documented, here)
    (folder / "Caddyfile").write_text(
        "{\n    admin off\n    local_certs\n    skip_install_trust\n    auto_https disable_redirects\n"
        f"    storage file_system {folder}/storage\n}}\n{block}",
        encoding="utf-8",
    )
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


PROXIES: dict[str, Callable[[Path, int, int], list[str]]] = {"nginx": nginx_command, "caddy": caddy_command}


@contextlib.contextmanager
def reader_at(address: str, port: int) -> Iterator[httpx.Client]:
    """A reader with a loopback address of its own, who reaches the proxy under its documented name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    transport = httpx.HTTPTransport(verify=context, local_address=address)
    headers = {"host": NAME}
    with httpx.Client(
        transport=transport, base_url=f"https://127.0.0.1:{port}", headers=headers, timeout=DEADLINE_SECONDS
    ) as client:
        send = client.send
        client.send = lambda request, **more: send(_named(request), **more)  # type: ignore[method-assign]
        yield client


def _named(request: httpx.Request) -> httpx.Request:
    request.extensions["sni_hostname"] = NAME
    return request


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("desk"))


@pytest.mark.parametrize("proxy", PROXIES)
def test_readers_behind_a_documented_proxy_have_limits_of_their_own(news_db: Path, tmp_path: Path, proxy: str) -> None:
    if shutil.which(proxy) is None:
        pytest.skip(
            f"{proxy} is not on this machine (Debian: apt-get install {'nginx-light' if proxy == 'nginx' else proxy})"
        )
    trusted = tomllib.loads(block_of("toml", "trusted_proxies"))["desk"]["trusted_proxies"]
    access = ReaderAccess(password_hash=hash_password(PASSWORD, iterations=10_000), secret="s" * 64)
    port = find_free_port()
    site = SiteServer(news_db, port=0, access=access, public_url=f"https://{NAME}", trusted_proxies=trusted)
    with site, (tmp_path / "output").open("w") as output:
        command = PROXIES[proxy](tmp_path, port, site.port)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(tmp_path)}
        running = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            with reader_at("127.0.0.2", port) as guesser, reader_at("127.0.0.3", port) as other:
                wait_until(lambda: running.poll() is not None or _answers(other), what=f"an answer of {proxy}")
                assert running.poll() is None, (tmp_path / "output").read_text("utf-8")
                for number in range(MAX_WRONG_PASSWORDS):
                    forged = {"x-forwarded-for": f"198.51.100.{number}"}
                    if number % 2:
                        forged["forwarded"] = "for=127.0.0.2"  # true, and so no way out
                    answer = guesser.post("/-/login", data={"password": f"guess {number}"}, headers=forged)
                    assert answer.status_code == 403
                for forged in ({}, {"x-forwarded-for": "127.0.0.3"}, {"x-forwarded-for": "198.51.100.77, 127.0.0.1"}):
                    assert guesser.post("/-/login", data={"password": "x"}, headers=forged).status_code == 429
                assert other.post("/-/login", data={"password": "wrong"}).status_code == 403
                assert other.post("/-/login", data={"password": PASSWORD}).status_code == 303
                assert other.get("/?q=chancay").status_code == 200
                # Work is counted by reader as well.
                assert site._datasette is not None
                used = admission_of(site._datasette).threads.used["quick"]
                assert used.read("127.0.0.2") > 0
                assert used.read("127.0.0.3") > 0
                assert used.read("127.0.0.1") == 0
        finally:
            running.terminate()
            running.wait(DEADLINE_SECONDS)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/-/login").status_code == 200
    except httpx.TransportError:
        return False
