"""Serves the miniature web on loopback as a forward HTTP proxy: no invented host needs a name server.

Point `[crawl] proxy` at `DemoWeb().proxy`; it answers for its own `.test` hosts (RFC 6761, section 6.2) and no other.
"""

from __future__ import annotations

import datetime as dt
import threading
from types import TracebackType
from typing import Literal, get_args
from urllib.parse import urlsplit

from crawler.demo.connection import Connection, Server
from crawler.demo.content import DemoOutlet, DemoStory, load_web
from crawler.demo.dates import shows_time
from crawler.demo.render import render_page, render_picture
from crawler.demo.sources import DemoResponse, answer_source, child_sitemap, listed_address, listing_page, robots_txt
from crawler.demo.truth import DemoRequest, ExpectedPage

Fault = Literal["500", "503", "429", "403", "drop", "slow", "robots503", "garbage", "empty", "none"]
_HTML = "text/html; charset=utf-8"


class DemoWeb:
    """The miniature web, running from `with DemoWeb() as web:` on; `port` 0 takes a free one.

    `now` fixes its clock. Otherwise the clock goes on, and stories are dated relative to `began`, or to the moment of
    making: who opens the same web again gives the same `began`, so that addresses and dates stay as they were.
    `slow` is how many seconds a slow host waits.
    """

    def __init__(
        self,
        *,
        now: dt.datetime | None = None,
        port: int = 0,
        began: dt.datetime | None = None,
        slow: float = 20.0,
    ) -> None:
        self._fixed = now is not None
        began = now or began or dt.datetime.now(dt.UTC)
        self.began = began.astimezone(dt.UTC).replace(second=0, microsecond=0)
        self._ahead = dt.timedelta(0)
        self._revised_at: dt.datetime | None = None
        self._faults: dict[str, Fault] = {}
        self._hits: list[DemoRequest] = []
        self._lock = threading.Lock()
        self.ended = threading.Event()
        self.slow = slow
        outlets, self._stories = load_web(self.began)
        self._hosts = {outlet.host: outlet for outlet in outlets}
        self._server = Server(("127.0.0.1", port), Connection)
        self._server.web = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> DemoWeb:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> DemoWeb:
        """Begin to serve, for callers that have no `with`."""
        return self.__enter__()

    def close(self) -> None:
        """Stop serving and close the socket; connections that are open are ended."""
        self.ended.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=10)
        self._server.server_close()

    @property
    def proxy(self) -> str:
        """What `[crawl] proxy` must say."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def now(self) -> dt.datetime:
        """The miniature web's moment, aware UTC: the machine's, or the fixed one, plus what it was advanced."""
        start = self.began if self._fixed else dt.datetime.now(dt.UTC)
        return start + self._ahead

    @property
    def hits(self) -> list[DemoRequest]:
        """All requests so far, in the order of their answers."""
        with self._lock:
            return list(self._hits)

    @property
    def outlets(self) -> tuple[DemoOutlet, ...]:
        """The invented outlets."""
        return tuple(self._hosts.values())

    def forget_hits(self) -> None:
        """Begin the list of hits anew."""
        with self._lock:
            self._hits.clear()

    def advance(self, span: dt.timedelta) -> None:
        """Let time pass: stories whose moment has come appear, revisions are published."""
        self._ahead += span

    def revise(self) -> None:
        """Publish every revision now, whatever the clock says."""
        self._revised_at = self._revised_at or self.now

    def fail(self, host: str, how: Fault) -> None:
        """Make a host (or "*", all hosts) fail from now on; "none" mends it."""
        if how not in get_args(Fault):
            raise ValueError(f'no such fault: "{how}"; there are {", ".join(get_args(Fault))}')
        if how == "none":
            self._faults.pop(host, None)
        else:
            self._faults[host] = how

    def fault(self, host: str) -> Fault:
        """How that host fails now."""
        return self._faults.get(host) or self._faults.get("*", "none")

    def record(self, hit: DemoRequest) -> None:
        """Add to the list of hits."""
        with self._lock:
            self._hits.append(hit)

    def expected(self) -> list[ExpectedPage]:
        """The truth of each page that is visible now."""
        visible = {story.id: story for outlet in self.outlets for story in self._visible(outlet)}
        return [self._truth(story, visible) for story in visible.values()]

    def source_urls(self) -> dict[str, list[str]]:
        """Each outlet's sources, by its id."""
        return {one.id: [f"http://{one.host}{source.path}" for source in one.sources] for one in self.outlets}

    def _truth(self, story: DemoStory, visible: dict[str, DemoStory]) -> ExpectedPage:
        named = {listed_address(story), *(f"http://{story.outlet.host}{path}" for path in story.twins.values())}
        tells_time = shows_time(story.outlet.date_form) or bool({"jsonld", "times"} & set(story.outlet.metadata))
        return ExpectedPage(
            url=story.url,
            outlet=story.outlet.id,
            title=story.title,
            text=story.text,
            published=story.published,
            precision="time" if tells_time else "day",
            language=story.language,
            label=story.label,
            copy_of=visible[story.copy_of].url if story.copy_of else None,
            credited_to=story.credit or None,
            paywalled=story.paywalled,
            sponsored=story.sponsored,
            authors=story.authors,
            forbidden=story.forbidden,
            twins=tuple(sorted(named - {story.url})),
        )

    def _visible(self, outlet: DemoOutlet) -> list[DemoStory]:
        """The outlet's stories at this moment, newest first."""
        now = self.now
        mine = (self._current(story, now) for story in self._stories if story.outlet is outlet)
        return sorted((story for story in mine if story.published <= now), key=lambda one: one.published, reverse=True)

    def _current(self, story: DemoStory, now: dt.datetime) -> DemoStory:
        if story.revision is None:
            return story
        due = self.began + story.revision.after
        if self._revised_at is not None:
            return story.revised(min(due, self._revised_at))
        return story.revised(due) if due <= now else story

    def answer(self, host: str, target: str) -> DemoResponse | None:
        """What stands at that host and path; None for a host that is not of this web."""
        outlet = self._hosts.get(host.removeprefix("www.").removeprefix("m."))
        if outlet is None:
            return None
        parts, now = urlsplit(target), self.now
        stories = self._visible(outlet)
        if parts.path == "/robots.txt":
            return robots_txt(outlet)
        if (source := next((one for one in outlet.sources if urlsplit(one.path).path == parts.path), None)) is not None:
            return answer_source(source, outlet, stories, now=now)
        if parts.path in {"", "/"}:
            return listing_page(outlet, stories)
        if any(source.kind == "sitemap-index" for source in outlet.sources) and (
            child := child_sitemap(parts.path, outlet, stories, now=now)
        ):
            return child
        if parts.path.startswith("/img/"):
            return DemoResponse("image/png", render_picture(outlet.color))
        return self._page(outlet, stories, parts.path, parts.query)

    def _page(self, outlet: DemoOutlet, stories: list[DemoStory], path: str, query: str) -> DemoResponse:
        kind = f"text/html; charset={outlet.charset}" if outlet.charset_in_header else "text/html"
        own = "&".join(part for part in query.split("&") if part and not part.startswith("utm_"))
        wanted = f"{path}?{own}" if own else path
        by_path = {story.path: story for story in stories}
        if (story := by_path.get(wanted) or by_path.get(path)) is not None:
            body = render_page(story, others=stories, now=self.now)
            return DemoResponse(kind, body, modified=story.modified or story.published)
        for story in stories:
            if story.twins.get("redirect") == path:
                return DemoResponse(_HTML, b"", status=301, location=story.url)
            if story.twins.get("amp") == path:
                body = render_page(story, others=stories, now=self.now, amp=True)
                return DemoResponse(kind, body, modified=story.modified or story.published)
        return DemoResponse(
            _HTML, b"<!doctype html><title>404</title><h1>404</h1><p>Nada por aqu&iacute;.</p>", status=404
        )
