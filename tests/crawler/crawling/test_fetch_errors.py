"""Why a fetch failed, and what follows for the page."""

import datetime as dt

import pytest
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, DownloadTimeoutError, IgnoreRequest

from crawler.crawling.exceptions import ForbiddenByRobotsTxt, HostInBackOff
from crawler.crawling.fetch_errors import Retry, classify_error, classify_response
from crawler.crawling.retry import retry_after, retry_at, wait_for
from db.model.rejection import RejectionReason

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("status", "retry", "reason"),
    [
        (404, Retry.NEVER, RejectionReason.NOT_FOUND),
        (410, Retry.NEVER, RejectionReason.NOT_FOUND),
        (403, Retry.NEVER, RejectionReason.FORBIDDEN),
        (451, Retry.NEVER, RejectionReason.FORBIDDEN),
        (500, Retry.AS_ATTEMPT, None),
        (503, Retry.LATER, None),
        (429, Retry.LATER, None),
    ],
)
def test_a_status_says_whether_to_try_again(status: int, retry: Retry, reason: RejectionReason | None) -> None:
    failure = classify_response(status, {}, b"")
    assert failure is not None
    assert (failure.retry, failure.reason) == (retry, reason)
    assert str(status) in failure.sentence


@pytest.mark.parametrize("status", [200, 203, 304])
def test_a_good_answer_is_no_failure(status: int) -> None:
    assert classify_response(status, {}, b"<p>Buenos dias</p>") is None


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (403, {"cf-mitigated": "challenge"}, b""),
        (503, {}, b"<html><title>Just a moment...</title>"),
        (200, {}, b'<script src="/_Incapsula_Resource?x"></script>'),
    ],
)
def test_a_bot_wall_is_known_and_left_alone(status: int, headers: dict[str, str], body: bytes) -> None:
    failure = classify_response(status, headers, body)
    assert failure is not None
    assert (failure.code, failure.reason) == ("bot-wall", RejectionReason.FORBIDDEN)


def test_an_article_that_loads_such_a_script_is_no_bot_wall() -> None:
    assert classify_response(200, {}, b"cdn-cgi/challenge-platform" + b"<p>Un parrafo largo.</p>" * 2000) is None


@pytest.mark.parametrize(
    ("error", "code", "retry"),
    [
        (ForbiddenByRobotsTxt("no"), "robots", Retry.NEVER),
        (HostInBackOff("later"), "waits", Retry.NOT_ASKED),
        (IgnoreRequest("max redirections reached"), "redirects", Retry.NEVER),
        (DownloadCancelledError("too big"), "too-large", Retry.NEVER),
        (CannotResolveHostError("x.example"), "dns", Retry.AS_ATTEMPT),
        (DownloadTimeoutError("30 s"), "timeout", Retry.AS_ATTEMPT),
        (ValueError("odd"), "network", Retry.AS_ATTEMPT),
    ],
)
def test_an_error_says_whether_to_try_again(error: Exception, code: str, retry: Retry) -> None:
    failure = classify_error(error)
    assert (failure.code, failure.retry) == (code, retry)


def test_retries_grow_apart_up_to_a_day() -> None:
    waits = [retry_at(attempts, now=NOW) - NOW for attempts in range(12)]
    assert waits[0] == dt.timedelta(minutes=10)
    assert waits == sorted(waits)
    assert waits[-1] == dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("999999999999", 86400),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    asked = retry_after(header, now=NOW)
    assert (None if asked is None else asked.total_seconds()) == seconds


def test_a_host_waits_as_long_as_it_asks_else_longer_each_time() -> None:
    assert wait_for(dt.timedelta(seconds=120), failures=7) == dt.timedelta(seconds=120)
    assert [wait_for(None, failures=n).total_seconds() / 60 for n in (0, 1, 2)] == [5, 10, 20]
    assert wait_for(None, failures=50) == dt.timedelta(hours=1)
    assert wait_for(dt.timedelta(days=30), failures=0) == dt.timedelta(days=1)
