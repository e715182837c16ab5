"""Forms of the reading room are refused if another site sent them or if they come too late."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from db.site import form_requests


@pytest.mark.parametrize(
    ("seconds", "site", "status"), [(0.0, "same-origin", 408), (form_requests.MAX_FORM_SECONDS, "cross-site", 403)]
)
async def test_a_form_that_never_ends_or_is_of_another_site_is_refused(
    monkeypatch: pytest.MonkeyPatch, seconds: float, site: str, status: int
) -> None:
    monkeypatch.setattr(form_requests, "MAX_FORM_SECONDS", seconds)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("no part of the form arrives")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    assert await form_requests.receive_form({"headers": [(b"sec-fetch-site", site.encode())]}, receive, send) is None
    assert sent[0]["status"] == status


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("/story/3?q=puerto ñ&page=2#s3", "/story/3?q=puerto ñ&page=2"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("/\t/evil.test", "/"),
        ("https://evil.test", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/-/logout", "/"),
        (f"/?q={'x' * form_requests.MAX_ADDRESS_CHARACTERS}", "/"),
        ("", "/"),
    ],
)
def test_a_form_leads_back_to_an_address_of_this_site_alone(wanted: str, found: str) -> None:
    assert form_requests.find_local_path(wanted) == found
