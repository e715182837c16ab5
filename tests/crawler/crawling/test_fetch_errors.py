"""Classification of failed fetches, and whether the page is requested again."""

import pytest
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, DownloadTimeoutError, IgnoreRequest

from crawler.crawling.exceptions import ForbiddenByRobotsTxt, HostInBackOff
from crawler.crawling.fetch_errors import Retry, classify_error, classify_redirect, classify_response
from db.model.rejection import RejectionReason
from tests.fixtures.diario import diario

OUTLET = diario(feeds=["https://diario.test/rss"])


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
def test_a_bot_wall_is_recognised_and_not_retried(status: int, headers: dict[str, str], body: bytes) -> None:
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


@pytest.mark.parametrize(
    ("requested", "answered"),
    [
        *(
            (f"https://diario.test{asked}", "https://diario.test/")
            for asked in ("/economia/nota-7-123457", "/a/1", "/?p=7")
        ),
        ("https://diario.test/economia/nota-7-123457", "https://www.diario.test/index.html"),
        ("https://diario.test/economia/nota-7-123457", "https://diario.test/portada"),
        ("https://diario.test/economia/nota-7-123457", "https://diario.test/es/"),
        ("https://diario.test/economia/nota-7-123457", "https://diario.test/economia/"),
        ("https://diario.test/economia/nota-7-123457", "https://diario.test/404.html"),
        ("https://diario.test/economia/nota-7-123457", "https://diario.test/404?url=/economia/nota-7-123457"),
        ("https://diario.test/economia/nota-7-123457", "https://diario.test/error/esa-pagina-que-busca-no-existe"),
        ("https://diario.test/2026/11/14/un-puerto-nuevo.html", "https://diario.test/pagina-no-encontrada.html"),
        ("https://diario.test/2026/11/14/un-puerto-nuevo.html", "https://diario.test/page-not-found/"),
        ("https://diario.test/a/202611/14/1_99871.html", "https://diario.test/err/"),
        ("https://diario.test/?p=12345", "https://diario.test/pagina-no-encontrada"),
        ("https://diario.test/a/202611/14/1_99871.html", "https://diario.test/error.html"),
    ],
)
def test_an_article_whose_address_leads_elsewhere_is_gone(requested: str, answered: str) -> None:
    failure = classify_redirect(requested, answered, outlet=OUTLET)
    assert failure is not None
    assert (failure.code, failure.retry, failure.reason) == ("dead-end", Retry.NEVER, RejectionReason.NOT_FOUND)


@pytest.mark.parametrize(
    ("requested", "answered"),
    [
        ("http://diario.test/nota-7-123457", "https://www.diario.test/nota-7-123457/"),
        ("https://diario.test/nota-7-123457", "https://diario.test/economia/nota-7-123457.html"),
        ("https://diario.test/?p=123", "https://diario.test/2026/11/un-puerto-nuevo-en-chancay/"),
        ("https://diario.test/?p=123", "https://diario.test/opinion/un-error-que-cuesta-caro"),
        ("https://diario.test/node/4711", "https://diario.test/economia/un-puerto-nuevo-en-chancay"),
        ("https://diario.test/un-puerto-nuevo", "https://diario.test/economia/puerto"),
        ("https://diario.test/economia/un-error-de-la-aduana", "https://diario.test/economia/error-de-la-aduana"),
        ("https://diario.test/a/202611/14/1_99871.html", "https://diario.test/n1/2026/1114/c1004-4012345.html"),
        ("https://diario.test/a/1", "https://diario.test/b/2"),
        ("https://diario.test/r/1234", "https://diario.test/trade/rail-survey"),
    ],
)
def test_an_article_that_moved_is_not_gone(requested: str, answered: str) -> None:
    assert classify_redirect(requested, answered, outlet=OUTLET) is None
