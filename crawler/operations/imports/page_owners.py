"""Whose page an address is, for an import."""

from __future__ import annotations

from collections.abc import Iterable

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.operations.find_outlet import OutletFinder
from crawler.operations.imports.skip_reason import SkipReason
from pipelines.page import OutletProfile


class PageOwners:
    """Finds the outlet of an address, or why there is none; with `any_host`, a host that is no outlet becomes one."""

    def __init__(self, outlets: Iterable[Outlet], *, any_host: bool) -> None:
        self._finder = OutletFinder(outlets)
        self._any_host = any_host

    def find(self, url: str) -> OutletProfile | SkipReason:
        """Return the outlet of a canonical address (crawler.urls)."""
        if outlet := self._finder.find(url):
            return outlet.profile
        if self._finder.list_candidates(url):
            return SkipReason.SEVERAL_OUTLETS
        if not self._any_host:
            return SkipReason.UNKNOWN_OUTLET
        site = urls.get_site(urls.get_host(url))
        if "." not in site:  # no name of the web; it might be an outlet's id
            return SkipReason.BAD_ADDRESS
        return OutletProfile(id=site, name=site, home=f"https://{site}/", country="XX")
