"""Classify failed fetches: code, sentence, and whether to try again. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from twisted.web.client import ResponseFailed

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.exceptions import (
    BACK_OFF_MARK,
    ForbiddenByRobotsTxt,
    HeaderTooLarge,
    HostInBackOff,
    NestedCompression,
    OffSite,
    PrivateAddress,
    StoreFailed,
    TooManyChunks,
)
from crawler.discovery.listing_page import looks_like_article
from db.model.rejection import RejectionReason


class Retry(enum.Enum):
    """Whether a page is requested again after a failure, and how."""

    NEVER = "never"  # the page is settled as a rejection
    AS_ATTEMPT = "as attempt"  # perhaps better next time: counts towards [crawl] attempts
    LATER = "later"  # the host asks for time (429, 503): tried again without limit, at growing intervals
    NOT_ASKED = "not asked"  # no request was sent, because the host is in back-off: no attempt is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailure:
    """Why a fetch failed.

    `code` is to count by, `sentence` for a person, `reason` that of the rejection if the failure is final.
    """

    code: str
    sentence: str
    retry: Retry
    reason: RejectionReason | None = None

    @property
    def was_not_asked(self) -> bool:
        """True if no request was sent because the host is in back-off."""
        return self.code == "waits" and BACK_OFF_MARK in self.sentence


def classify_error(error: BaseException) -> FetchFailure:
    """Classify an exception of Scrapy's downloader or of a middleware."""
    if isinstance(error, ForbiddenByRobotsTxt):
        return FetchFailure(
            code="robots", sentence="robots.txt forbids it", retry=Retry.NEVER, reason=RejectionReason.ROBOTS
        )
    if isinstance(error, StoreFailed):
        return FetchFailure(code="store", sentence="a store failed", retry=Retry.NOT_ASKED)
    if isinstance(error, HostInBackOff):
        return FetchFailure(code="waits", sentence=str(error), retry=Retry.NOT_ASKED)
    if isinstance(error, (OffSite, PrivateAddress)):
        return FetchFailure(code="off-site", sentence=str(error), retry=Retry.NEVER, reason=RejectionReason.OFF_SITE)
    if isinstance(error, IgnoreRequest) and "max redirections" in str(error):
        return FetchFailure(code="redirects", sentence=str(error), retry=Retry.NEVER, reason=RejectionReason.NOT_FOUND)
    if any(isinstance(reason, HeaderTooLarge) for reason in _list_reasons(error)):
        sentence = "its header is larger than any page's should be"
        return FetchFailure(code="too-large", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.TOO_LARGE)
    if isinstance(error, TooManyChunks):
        sentence = "its body comes in too many small chunks"
        return FetchFailure(code="too-large", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.TOO_LARGE)
    if isinstance(error, NestedCompression):
        return FetchFailure(code="too-large", sentence=str(error), retry=Retry.NEVER, reason=RejectionReason.TOO_LARGE)
    if isinstance(error, (DownloadCancelledError, IgnoreRequest)):  # the latter from decompression
        sentence = "larger than [crawl] max_page_bytes allows"
        return FetchFailure(code="too-large", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.TOO_LARGE)
    text = "; ".join(map(str, _list_reasons(error))) or str(error)
    name = type(error).__name__
    for word, sign, sentence in _NETWORK:
        if re.search(sign, f"{name} {text}", re.IGNORECASE):
            return FetchFailure(code=word, sentence=sentence, retry=Retry.AS_ATTEMPT)
    return FetchFailure(code="network", sentence=f"{name}: {' '.join(text.split())[:200]}", retry=Retry.AS_ATTEMPT)


def _list_reasons(error: BaseException | None) -> list[BaseException]:
    """Return the errors that Twisted wrapped into a failed response; Scrapy wraps that once more."""
    while error is not None and not isinstance(error, ResponseFailed):
        error = error.__cause__
    return [reason.value for reason in error.reasons] if error is not None else []


# Code, pattern in the error's name or text, sentence. The first that matches counts.
_NETWORK = (
    ("private-address", "not a public address", "its name resolves to an address that is not public"),
    ("certificate", "certificate|ssl|tls", "its certificate can't be verified or TLS failed"),
    ("dns", "resolve|dnslookup", "its name can't be resolved"),
    ("timeout", "timeout|timed ?out", "no answer in time"),
    ("refused", "refused", "the connection was refused"),
    ("dropped", "lost|closed|reset|dataloss|connectionaborted|unclean", "the connection broke off"),
)


def classify_response(status: int, headers: Mapping[str, str], body: bytes) -> FetchFailure | None:
    """Classify a response by its status and body; None if it can be used."""
    if is_bot_wall(status, headers, body):
        sentence = f"a bot wall answered ({status}); it is left alone"
        return FetchFailure(code="bot-wall", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.FORBIDDEN)
    if 200 <= status < 300 or status == 304:
        return None
    sentence = f"answered {status}"
    if status in {404, 410}:
        return FetchFailure(
            code=f"http-{status}", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.NOT_FOUND
        )
    if status in {401, 402, 403, 405, 406, 407, 451}:
        return FetchFailure(
            code=f"http-{status}", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.FORBIDDEN
        )
    if status in {429, 503}:
        return FetchFailure(code=f"http-{status}", sentence=sentence, retry=Retry.LATER)
    if status in {413, 414} or 300 <= status < 400:
        return FetchFailure(
            code=f"http-{status}", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.NOT_FOUND
        )
    return FetchFailure(code=f"http-{status}", sentence=sentence, retry=Retry.AS_ATTEMPT)


_CHALLENGE = re.compile(
    rb"<title>Just a moment\.\.\.</title>|cdn-cgi/challenge-platform|_Incapsula_Resource|captcha-delivery\.com"
    rb"|/_sec/cp_challenge|Pardon Our Interruption|px-captcha",
    re.IGNORECASE,
)


def is_bot_wall(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """True for a challenge of Cloudflare, Imperva, DataDome, Akamai, PerimeterX."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    # An ordinary article may load such a script too. A challenge is a short page or has an error status.
    return bool(_CHALLENGE.search(body[:20_000])) and (status >= 400 or len(body) < 20_000)


# What names an article in an address: words, numbers, hashes. Shorter pieces are in any address by chance.
_MARK = re.compile(r"[^\W\d_]{4,}|\d{3,}")
_FILE_END = re.compile(r"(?i)(?:/(?:index|default))?\.[a-z]\w{1,4}$")
_ERROR = re.compile(
    r"(?i)(?<![^\W_])(?:40[34]|410|errors?(?:40\d)?|not[-_]?found|no[-_](?:encontrad[ao]s?|existe|disponible))(?![^\W_])"
)


def classify_redirect(requested: str, answered: str, *, outlet: Outlet) -> FetchFailure | None:
    """Return why the page that answered is not the article that was requested, or None if it may be.

    An article that moved keeps a word or a number of its name, or its new address looks like an article's. What has
    neither is where an outlet sends the readers of what it has removed: the front page, a section, "not found".
    """
    key = urls.key(answered)
    if key == urls.key(requested):
        return None
    asked = urlsplit(requested)
    marks = _marks_of(f"{_FILE_END.sub('', asked.path).rstrip('/').rpartition('/')[2]} {asked.query}")
    path = _FILE_END.sub("", urlsplit(answered).path)
    if key != urls.key(outlet.home) and re.search(r"[/?]", key):
        is_short = all(map(str.isdecimal, marks))  # such as /r/123 and ?p=123, which stand for any name
        looks_so = looks_like_article(answered) or bool(re.search(outlet.article_pattern or "(?!)", answered))
        may_be = looks_so or (is_short and re.search(r"\w-\w[^/]*/?$", path))
        is_error = _ERROR.search(unquote(path)) and not (is_short and looks_so)
        if not marks or marks & _marks_of(path) or (may_be and not is_error):
            return None
    sentence = f"its address leads to another page: {answered[:300]}"
    return FetchFailure(code="dead-end", sentence=sentence, retry=Retry.NEVER, reason=RejectionReason.NOT_FOUND)


def _marks_of(text: str) -> set[str]:
    return {mark.lower() for mark in _MARK.findall(unquote(text))}
