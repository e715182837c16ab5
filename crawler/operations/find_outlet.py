"""Find the outlet that an address belongs to, by its host."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.http import list_hosts

MAX_CACHED_HOSTS = 100_000  # a file of a web archive names some thousands


class OutletFinder:
    """Finds outlets by address: the one with that host, else with the nearest domain above it, else of that site.

    Several outlets may share a host, as the ministries of one portal or the editions of one agency. Then the one whose
    `article_pattern` fits is taken, else the one under whose home the address lies. In doubt there is none.
    """

    def __init__(self, outlets: Iterable[Outlet]) -> None:
        """Index the outlets by their hosts and sites."""
        self._by_host: defaultdict[str, list[Outlet]] = defaultdict(list)
        self._by_site: defaultdict[str, list[Outlet]] = defaultdict(list)
        for outlet in outlets:
            hosts = {_bare(host) for host in list_hosts(outlet)}
            for host in hosts:
                self._by_host[host].append(outlet)
            for site in {urls.get_site(host) for host in hosts}:
                self._by_site[site].append(outlet)
        self._known: dict[str, Sequence[Outlet]] = {}

    def find(self, url: str) -> Outlet | None:
        """Return the outlet of a canonical address (crawler.urls); None if there is none, or more than one."""
        candidates = self.list_candidates(url)
        if len(candidates) < 2:
            return next(iter(candidates), None)
        fitting = [one for one in candidates if one.article_pattern and re.search(one.article_pattern, url)]
        if len(fitting) == 1:
            return fitting[0]
        above = [one for one in candidates if _is_under(url, one.home)]
        nearest = max((len(urlsplit(one.home).path) for one in above), default=0)
        above = [one for one in above if len(urlsplit(one.home).path) == nearest]
        return above[0] if len(above) == 1 else None

    def list_candidates(self, url: str) -> Sequence[Outlet]:
        """Return the outlets that have the host of a canonical address, or the nearest domain above it."""
        host = _bare(urlsplit(url).netloc)
        if host not in self._known:
            if len(self._known) >= MAX_CACHED_HOSTS:
                self._known.clear()
            self._known[host] = self._search(host)
        return self._known[host]

    def _search(self, host: str) -> Sequence[Outlet]:
        site, name = urls.get_site(host), host
        while name:
            if name in self._by_host:
                return self._by_host[name]
            if name == site:
                break
            name = name.partition(".")[2]
        return self._by_site.get(site, ())


def _bare(host: str) -> str:
    return urls.key(f"http://{host.lower()}/").partition("/")[0]


def _is_under(url: str, home: str) -> bool:
    one, other = urlsplit(url), urlsplit(home)
    folder = f"{other.path.rstrip('/')}/"
    return _bare(one.netloc) == _bare(other.netloc) and f"{one.path}/".startswith(folder)
