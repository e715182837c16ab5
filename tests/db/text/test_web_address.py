"""Only plain web addresses become links."""

from __future__ import annotations

import pytest

import db.text.sanitise
from db.text.web_address import MAX_ADDRESS_CHARS, web_address
from pipelines.alerts.messages import story, webhook_payload


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://faro.test/a?b=1&c=2", "https://faro.test/a?b=1&c=2"),
        (" http://faro.test/ ", "http://faro.test/"),
        ("http://faro.test:8080/ñandú/秘鲁", "http://faro.test:8080/ñandú/秘鲁"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]/"),
        ('https://faro.test/"><script>', "https://faro.test/%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT://faro.test/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("//faro.test/", None),
        ("https://", None),
        ("https:///nowhere", None),
        ("http://[", None),
        ("https://faro.test:eighty/", None),
        ('https://faro".test/', None),
        ("https://faro.test/a b", None),
        ("https://faro.test/\r\nBcc: x", None),
        ("https://faro.test/\u202egpj", None),
        ("https://faro.test/\u200bx", None),
        ("https://bank.test@faro.test/", None),
        ("https://ana:secret@faro.test/", None),
        (None, None),
        (7, None),
    ],
)
def test_only_plain_web_addresses_become_links(url: object, address: str | None) -> None:
    assert web_address(url) == address


def test_a_very_long_address_is_refused() -> None:
    start = "https://faro.test/"
    longest = start + "a" * (MAX_ADDRESS_CHARS - len(start))
    assert web_address(longest) == longest
    assert web_address(longest + "a") is None


def test_mails_and_webhooks_use_the_rule_of_pages() -> None:
    assert story.web_address is web_address
    assert webhook_payload.web_address is web_address
    assert not hasattr(db.text.sanitise, "web_address")
