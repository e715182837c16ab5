"""Why a fetch failed, as a person would say it, and what follows for the page. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass

from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from twisted.web.client import ResponseFailed

from crawler.crawling.exceptions import WAITS, HostWaits, OffSite, PrivateAddress, RobotsForbid, StoreFailed
from db.model.rejection import RejectionReason


class Blame(enum.Enum):
    """What a failure says about trying again."""

    PAGE = "page"  # the page itself: it is settled, nobody fetches it again
    PASSING = "passing"  # perhaps better next time: counts as an attempt
    BUSY = (
        "busy"  # the host asks for time: comes again, later each time, so that no page is always the one that it meets
    )
    HOST = "host"  # the host waits and was not asked: the page is not to blame


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`word` is to count by, `sentence` for a person; `reason` is the rejection's where the page is settled."""

    word: str
    sentence: str
    blame: Blame
    reason: RejectionReason | None = None

    @property
    def is_unasked(self) -> bool:
        """Whether nobody was asked: the host is left in peace for now (crawler.middlewares.backoff)."""
        return self.word == "waits" and WAITS in self.sentence


def of_error(error: BaseException) -> Failure:
    """What an exception of the downloader means."""
    if isinstance(error, RobotsForbid):
        return Failure(word="robots", sentence="robots.txt forbids it", blame=Blame.PAGE, reason=RejectionReason.ROBOTS)
    if isinstance(error, StoreFailed):
        return Failure(word="store", sentence="a store failed", blame=Blame.HOST)
    if isinstance(error, HostWaits):
        return Failure(word="waits", sentence=str(error), blame=Blame.HOST)
    if isinstance(error, (OffSite, PrivateAddress)):
        return Failure(word="off-site", sentence=str(error), blame=Blame.PAGE, reason=RejectionReason.OFF_SITE)
    if isinstance(error, IgnoreRequest) and "max redirections" in str(error):
        return Failure(word="redirects", sentence=str(error), blame=Blame.PAGE, reason=RejectionReason.NOT_FOUND)
    if isinstance(error, (DownloadCancelledError, IgnoreRequest)):  # the latter from decompression
        sentence = "larger than [crawl] max_page_bytes allows"
        return Failure(word="too-large", sentence=sentence, blame=Blame.PAGE, reason=RejectionReason.TOO_LARGE)
    text = str(error)
    if isinstance(error, ResponseFailed) and error.reasons:
        text = "; ".join(str(reason.value) for reason in error.reasons)
    name = type(error).__name__
    for word, sign, sentence in _NETWORK:
        if re.search(sign, f"{name} {text}", re.IGNORECASE):
            return Failure(word=word, sentence=sentence, blame=Blame.PASSING)
    return Failure(word="network", sentence=f"{name}: {' '.join(text.split())[:200]}", blame=Blame.PASSING)


# The first that fits: a word, what the error's name or text holds, a sentence.
_NETWORK = (
    ("private-address", "not a public address", "its name resolves to an address that is not public"),
    ("certificate", "certificate|ssl|tls", "its certificate can't be verified or TLS failed"),
    ("dns", "resolve|dnslookup", "its name can't be resolved"),
    ("timeout", "timeout|timed ?out", "no answer in time"),
    ("refused", "refused", "the connection was refused"),
    ("dropped", "lost|closed|reset|dataloss|connectionaborted|unclean", "the connection broke off"),
)


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> Failure | None:
    """What an answer's status means; None for one that can be read."""
    if is_bot_wall(status, headers, body):
        sentence = f"a bot wall answered ({status}); it is left alone"
        return Failure(word="bot-wall", sentence=sentence, blame=Blame.PAGE, reason=RejectionReason.FORBIDDEN)
    if 200 <= status < 300 or status == 304:
        return None
    sentence = f"answered {status}"
    if status in {404, 410}:
        return Failure(word=f"http-{status}", sentence=sentence, blame=Blame.PAGE, reason=RejectionReason.NOT_FOUND)
    if status in {401, 402, 403, 405, 406, 407, 451}:
        return Failure(word=f"http-{status}", sentence=sentence, blame=Blame.PAGE, reason=RejectionReason.FORBIDDEN)
    if status in {429, 503}:
        return Failure(word=f"http-{status}", sentence=sentence, blame=Blame.BUSY)
    if status in {413, 414} or 300 <= status < 400:
        return Failure(word=f"http-{status}", sentence=sentence, blame=Blame.PAGE, reason=RejectionReason.NOT_FOUND)
    return Failure(word=f"http-{status}", sentence=sentence, blame=Blame.PASSING)


_CHALLENGE = re.compile(
    rb"<title>Just a moment\.\.\.</title>|cdn-cgi/challenge-platform|_Incapsula_Resource|captcha-delivery\.com"
    rb"|/_sec/cp_challenge|Pardon Our Interruption|px-captcha",
    re.IGNORECASE,
)


def is_bot_wall(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the answer asks to prove to be no machine (Cloudflare, Imperva, DataDome, Akamai, PerimeterX)."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    # A whole article may carry such a script too; a challenge is a short page or comes with an error status.
    return bool(_CHALLENGE.search(body[:20_000])) and (status >= 400 or len(body) < 20_000)
