"""Serve the miniature web on loopback as a forward HTTP proxy.

So its invented hosts need no DNS. Point `[crawl] proxy` at `DemoWeb().proxy`; it answers for its own `.test` hosts
(RFC 6761, section 6.2) and no other.
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
    """The miniature web. Use it as `with DemoWeb() as web:`.

    `port` 0 takes a free port. `now` fixes its clock. Otherwise the clock runs, and the stories' dates are relative to
    `began`, by default the moment of construction. With the same `began`, a second web has the same addresses and
    dates as the first. `slow` is how many seconds a host with the fault "slow" waits.
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
        """Start to serve, for callers that do not use `with`."""
        return self.__enter__()

    def close(self) -> None:
        """Stop serving, end open connections and close the socket."""
        self.ended.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=10)
        self._server.server_close()

    @property
    def proxy(self) -> str:
        """The value for `[crawl] proxy`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def now(self) -> dt.datetime:
        """The time of the miniature web, aware UTC.

        It is the machine's or the fixed time, plus all calls of `advance`.
        """
        start = self.began if self._fixed else dt.datetime.now(dt.UTC)
        return start + self._ahead

    @property
    def hits(self) -> list[DemoRequest]:
        """All requests so far, in the order of their responses."""
        with self._lock:
            return list(self._hits)

    @property
    def outlets(self) -> tuple[DemoOutlet, ...]:
        """The invented outlets."""
        return tuple(self._hosts.values())

    def forget_hits(self) -> None:
        """Clear the list of requests."""
        with self._lock:
            self._hits.clear()

    def advance(self, duration: dt.timedelta) -> None:
        """Move the clock forward: stories and revisions that are due by then are published."""
        self._ahead += duration

    def revise(self) -> None:
        """Publish every revision now, independent of its time."""
        self._revised_at = self._revised_at or self.now

    def fail(self, host: str, fault: Fault) -> None:
        """Give a host (or "*", all hosts) a fault.

        "none" ends it. Raises ValueError for an unknown fault.
        """
        if fault not in get_args(Fault):
            raise ValueError(f'no such fault: "{fault}"; there are {", ".join(get_args(Fault))}')
        if fault == "none":
            self._faults.pop(host, None)
        else:
            self._faults[host] = fault

    def fault(self, host: str) -> Fault:
        """Return the host's current fault."""
        return self._faults.get(host) or self._faults.get("*", "none")

    def record(self, hit: DemoRequest) -> None:
        """Add a request to the list."""
        with self._lock:
            self._hits.append(hit)

    def expected(self) -> list[ExpectedPage]:
        """Return what a correct analysis gives for each page that is visible now."""
        visible = {story.id: story for outlet in self.outlets for story in self._visible(outlet)}
        return [self._expected_page(story, visible) for story in visible.values()]

    def source_urls(self) -> dict[str, list[str]]:
        """Return the addresses of each outlet's sources, by outlet id."""
        return {one.id: [f"http://{one.host}{source.path}" for source in one.sources] for one in self.outlets}

    def _expected_page(self, story: DemoStory, visible: dict[str, DemoStory]) -> ExpectedPage:
        named = {listed_address(story), *(f"http://{story.outlet.host}{path}" for path in story.twins.values())}
        has_time = shows_time(story.outlet.date_form) or bool({"jsonld", "times"} & set(story.outlet.metadata))
        return ExpectedPage(
            url=story.url,
            outlet=story.outlet.id,
            title=story.title,
            text=story.text,
            published=story.published,
            precision="time" if has_time else "day",
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
        """Return the outlet's published stories, newest first."""
        now = self.now
        current = (self._current(story, now) for story in self._stories if story.outlet is outlet)
        return sorted(
            (story for story in current if story.published <= now), key=lambda one: one.published, reverse=True
        )

    def _current(self, story: DemoStory, now: dt.datetime) -> DemoStory:
        if story.revision is None:
            return story
        due = self.began + story.revision.after
        if self._revised_at is not None:
            return story.with_revision(min(due, self._revised_at))
        return story.with_revision(due) if due <= now else story

    def answer(self, host: str, target: str) -> DemoResponse | None:
        """Return the response for a host and a path with query.

        Returns None for a host outside this web.
        """
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
        target = f"{path}?{own}" if own else path
        by_path = {story.path: story for story in stories}
        if (story := by_path.get(target) or by_path.get(path)) is not None:
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
