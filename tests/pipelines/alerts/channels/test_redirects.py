"""No channel follows a redirect: a message is sent to the address of its target only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram

from pipelines.alerts.channels.send import send_message
from pipelines.alerts.errors import SendError
from tests.fixtures.digest_example import trial_message

KEY = "c2lnbmVkLXdpdGgtdGhpcnR5LXR3by1ieXRlcy4u"
CHANNELS = {
    "signed": "signed+http://" + KEY + "@{server}/first",
    "json": "json://{server}/first",
    "json that asks for redirects": "json://{server}/first?redirect=yes",
    "xml": "xml://{server}/first",
    "form": "form://{server}/first",
    "ntfy": "ntfy://{server}/topic",
    "gotify": "gotify://{server}/token123",
    "mattermost": "mmost://{server}/3ccdd113474722377935511fc85d3dd4",
    "rocketchat": "rocket://1234567890abcdefghij/abcdefghijklmnopqrstuvwxyz0123456789ABCD@{server}/#channel",
    "apprise": "apprise://{server}/" + "a" * 32,
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
    "telegram": "tgram://123456789:abcdefg_hijklmnop/12315544/",
}


class Redirecting:
    """A server that redirects each request to another path of its own, which accepts anything."""

    def __init__(self, status: int) -> None:
        self.asked: list[str] = []
        redirecting = self

        class Answer(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                redirecting.asked.append(f"{self.command} {self.path}")
                moved = self.path != "/elsewhere"
                self.send_response(status if moved else 200)
                if moved:
                    self.send_header("Location", f"http://{redirecting.address}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = answer  # noqa: N815 -- http.server's names

            def log_message(self, *_: object) -> None:
                """Keep the test's output quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.address = f"127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture(params=[302, 307, 308])
def redirecting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redirecting]:
    server = Redirecting(request.param)
    # The addresses of these two services are constants.
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{server.address}/first")
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://{server.address}/first")
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_redirect_is_an_error_on_every_channel(
    redirecting: Redirecting, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = trial_message()
    address = CHANNELS[channel].format(server=redirecting.address)
    with pytest.raises(SendError) as caught:
        await send_message(address, message, limit=10)
    assert redirecting.asked, "there was a request"
    assert not [asked for asked in redirecting.asked if asked.endswith("/elsewhere")]
    for said in (str(caught.value), caplog.text):
        assert redirecting.address not in said
        assert KEY[4:] not in said
