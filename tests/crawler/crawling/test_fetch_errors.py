"""Why a fetch failed, and what follows for the page."""

import datetime as dt

import pytest
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, DownloadTimeoutError, IgnoreRequest

from crawler.crawling.exceptions import HostWaits, RobotsForbid
from crawler.crawling.fetch_errors import Blame, of_answer, of_error
from crawler.crawling.retry import retry_after, retry_at, wait_for
from db.model.rejection import RejectionReason

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("status", "blame", "reason"),
    [
        (404, Blame.PAGE, RejectionReason.NOT_FOUND),
        (410, Blame.PAGE, RejectionReason.NOT_FOUND),
        (403, Blame.PAGE, RejectionReason.FORBIDDEN),
        (451, Blame.PAGE, RejectionReason.FORBIDDEN),
        (500, Blame.PASSING, None),
        (503, Blame.BUSY, None),
        (429, Blame.BUSY, None),
    ],
)
def test_a_status_says_who_is_to_blame(status: int, blame: Blame, reason: RejectionReason | None) -> None:
    failure = of_answer(status, {}, b"")
    assert failure is not None
    assert (failure.blame, failure.reason) == (blame, reason)
    assert str(status) in failure.sentence


@pytest.mark.parametrize("status", [200, 203, 304])
def test_a_good_answer_is_no_failure(status: int) -> None:
    assert of_answer(status, {}, b"<p>Buenos dias</p>") is None


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (403, {"cf-mitigated": "challenge"}, b""),
        (503, {}, b"<html><title>Just a moment...</title>"),
        (200, {}, b'<script src="/_Incapsula_Resource?x"></script>'),
    ],
)
def test_a_bot_wall_is_known_and_left_alone(status: int, headers: dict[str, str], body: bytes) -> None:
    failure = of_answer(status, headers, body)
    assert failure is not None
    assert (failure.word, failure.reason) == ("bot-wall", RejectionReason.FORBIDDEN)


def test_an_article_that_loads_such_a_script_is_no_bot_wall() -> None:
    assert of_answer(200, {}, b"cdn-cgi/challenge-platform" + b"<p>Un parrafo largo.</p>" * 2000) is None


@pytest.mark.parametrize(
    ("error", "word", "blame"),
    [
        (RobotsForbid("no"), "robots", Blame.PAGE),
        (HostWaits("later"), "waits", Blame.HOST),
        (IgnoreRequest("max redirections reached"), "redirects", Blame.PAGE),
        (DownloadCancelledError("too big"), "too-large", Blame.PAGE),
        (CannotResolveHostError("x.example"), "dns", Blame.PASSING),
        (DownloadTimeoutError("30 s"), "timeout", Blame.PASSING),
        (ValueError("odd"), "network", Blame.PASSING),
    ],
)
def test_an_error_says_who_is_to_blame(error: Exception, word: str, blame: Blame) -> None:
    failure = of_error(error)
    assert (failure.word, failure.blame) == (word, blame)


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
