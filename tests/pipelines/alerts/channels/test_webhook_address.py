"""Addresses of signed webhooks: the forms of a key, and the error of an invalid address."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.alerts.channels import webhook
from pipelines.alerts.errors import SendError

KEY = "whsec_" + base64.b64encode(bytes(range(200, 232))).decode()  # holds "/" and "+" among others


@pytest.mark.parametrize(
    "address",
    [
        "signed+https://example.org/hook",
        "signed+https://short@example.org/hook",
        "signed+https://whsec_%%%@example.org/hook",
        f"signed+https://{KEY}@/hook",
        f"signed+https://{KEY}@user:password@example.org/hook",
        f"signed+ftp://{KEY}@example.org/hook",
        f"signed+https://{KEY}@example.org:port/hook",
        f"signed+https://whsec_{base64.b64encode(bytes(65)).decode()}@example.org/",
        "signed+https://",
        "signed+",
    ],
)
async def test_an_invalid_address_is_an_error_that_shows_no_part_of_it(address: str) -> None:
    with pytest.raises(SendError) as caught:
        webhook.parse_webhook_address(address)
    assert str(caught.value) == webhook._ADDRESS_HELP
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("written", [KEY, KEY.replace("/", "%2F").replace("+", "%2B"), KEY.rstrip("=")])
def test_a_key_may_be_percent_encoded_or_without_padding(written: str) -> None:
    hook = webhook.parse_webhook_address(f"signed+https://{written}@example.org/hook/@me?a=b")
    assert hook.keys == (bytes(range(200, 232)),)
    assert hook.url == "https://example.org/hook/@me?a=b"
    assert KEY[8:20] not in repr(hook)


@settings(deadline=None)  # a busy machine is no fault
@given(key=st.binary(min_size=24, max_size=64))
def test_any_key_of_the_right_length_is_read_back(key: bytes) -> None:
    address = f"signed+https://whsec_{base64.b64encode(key).decode()}@example.org/"
    assert webhook.parse_webhook_address(address).keys == (key,)


@settings(deadline=None)  # a busy machine is no fault
@given(text=st.text(max_size=2_500))
def test_any_text_is_read_as_an_address_or_refused(text: str) -> None:
    said: str = webhook._ADDRESS_HELP
    keys: tuple[bytes, ...] = ()
    try:
        keys = webhook.parse_webhook_address("signed+https://" + text).keys
    except SendError as error:
        said = str(error)
    assert said == webhook._ADDRESS_HELP
    assert all(24 <= len(key) <= 64 for key in keys)
