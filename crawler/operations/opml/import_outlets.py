"""Import the feeds of an OPML file as outlets of the desk, for `vigia outlets import`."""

from __future__ import annotations

import re
import shutil
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urljoin, urlsplit

from babel.languages import get_official_languages
from pydantic import ValidationError

from crawler import urls
from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from crawler.config.outlet import Outlet, OutletKind, Source
from crawler.config.outlet_block import outlet_block, write_outlet, write_value
from crawler.config.validation_error import describe_validation_error
from crawler.crawling.networks import Networks, may_reach, parse_ip_host, parse_networks
from crawler.operations.opml.foreign_pattern import has_nested_repeats
from crawler.operations.opml.read_opml import MAX_OPML_BYTES, OpmlEntry, OpmlError, read_opml
from db.draft_files import settle_file
from db.i18n.catalogue import Catalogue
from db.i18n.languages import LANGUAGES
from db.text.folding import fold
from db.text.sanitise import one_line

_MAX_SHOWN_CHARACTERS = 200  # of an address in a message

# Names that never lead out of a network (RFC 6761, 6762, 8375, and ICANN's reservation of .internal).
_LOCAL_NAMES = re.compile(r"(?:.+\.)?(?:localhost|local|internal|home\.arpa)|[^.:\[\]]+")


@dataclass(slots=True)
class OutletImport:
    """What an import adds, as (outlet, its [[outlet]] table), and a line for each entry that it does not add.

    `guessed`: the ids of those whose country, languages or kind the file does not state.
    """

    added: list[tuple[Outlet, str]] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class _KnownOutlets:
    """The outlets of a desk by id, by the addresses of their sources and by the hosts of their home pages."""

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        self.by_id = {outlet.id: outlet for outlet in outlets}
        self.by_source = {urls.key(source.url): outlet for outlet in outlets for source in outlet.sources}
        self.by_host = {_home_host(outlet.home): outlet for outlet in reversed(outlets)}

    def find(self, *, id: str | None, home: str, addresses: Sequence[str]) -> str | None:  # noqa: A002 - the key
        """Say which outlet has that id, one of the addresses or the home page's host; None if there is none."""
        if outlet := next(filter(None, (self.by_source.get(urls.key(url)) for url in addresses)), None):
            return f"{_describe(outlet)} reads it"
        if outlet := self.by_host.get(_home_host(home)):
            return f"{_describe(outlet)} has the same host"
        return f"{_describe(self.by_id[id])} has the same id" if id in self.by_id else None


def read_opml_file(path: Path) -> tuple[OpmlEntry, ...]:
    """Read an OPML file. Raises OpmlError, also for a file without feeds, and OSError."""
    with path.open("rb") as file:
        entries = read_opml(file.read(MAX_OPML_BYTES + 1), name=str(path))
    if not entries:
        raise OpmlError(f"{path}: an OPML file without feeds; name another one")
    return entries


def plan_import(desk: Desk, entries: Sequence[OpmlEntry]) -> OutletImport:
    """Make outlets of the entries whose feed and home page are not yet on the desk.

    Feeds whose home pages have one host are one outlet. Country and kind are those that folders name, in English,
    Spanish or Chinese.
    """
    plan = OutletImport()
    known = _KnownOutlets(desk.outlets)
    networks = parse_networks(desk.crawl.allow_networks)
    groups: dict[str, list[OpmlEntry]] = {}
    hosts_with_feed = {_home_host(_choose_home(entry)) for entry in entries if urls.canonicalize(entry.feed)}
    for entry in entries:
        if entry.keys is not None:
            groups.setdefault(f"id {entry.keys.get('id')}", []).append(entry)
        elif not entry.feed:
            if _home_host(entry.home) in hosts_with_feed:
                continue
            reason = _find_fault([entry.home], networks) or known.find(id=None, home=entry.home, addresses=())
            reason = reason or "the list names no feed of it; `vigia outlets add` looks for one at its address"
            plan.left_out.append(f"{entry.title or 'without a title'} ({_shorten(entry.home)}): {reason}")
        elif fault := _find_fault([entry.feed, entry.home or entry.feed], networks):
            plan.left_out.append(f"{entry.title or 'without a title'} ({_shorten(entry.feed)}): {fault}")
        else:
            groups.setdefault(f"host {_home_host(_choose_home(entry))}", []).append(entry)
    for group in groups.values():
        if group[0].keys is None:
            _plan_found(group, known, plan)
        else:
            _plan_stated(group, known, networks, plan)
    return plan


def append_outlets(desk: Desk, plan: OutletImport, *, source: Path) -> None:
    """Append the added outlets to the desk's vigia.toml, in one move.

    Raises DeskError if the file does not take them, and OSError; it is then as it was.
    """
    path = (desk.folder / CONFIG_FILE).resolve()
    blocks = "\n".join(block for _, block in plan.added)
    added = f"\n\n# From {write_value(source.name)}:\n{blocks}".encode("utf-8", "backslashreplace")
    with tempfile.TemporaryDirectory(prefix=".import-", dir=path.parent) as folder:
        draft = Path(folder) / CONFIG_FILE
        with draft.open("xb") as file:
            file.write(path.read_bytes().rstrip() + added)
        try:
            load_desk(draft.parent)
        except DeskError as error:
            reason = str(error).replace(f"{draft}: ", "")
            raise DeskError(f"{path}: can't be extended ({reason}); correct it, nothing was changed") from error
        shutil.copymode(path, draft)
        settle_file(draft, path)


def _plan_found(group: Sequence[OpmlEntry], known: _KnownOutlets, plan: OutletImport) -> None:
    """Make an outlet of feeds that a feed reader listed."""
    feeds = list(dict.fromkeys(filter(None, (urls.canonicalize(entry.feed) for entry in group))))
    homes = list(dict.fromkeys(_choose_home(entry) for entry in group))
    home = homes[0] if len(homes) == 1 else urljoin(homes[0], "/")  # several sections of one host
    title = next((entry.title for entry in group if entry.title), None)
    if there := known.find(id=None, home=home, addresses=feeds):
        plan.left_out.append(f"{title or home} ({_shorten(', '.join(feeds))}): {there}")
        return
    folders = [folder for entry in group for folder in reversed(entry.folders)]
    country = next(filter(None, (_folder_names("countries").get(fold(folder)) for folder in folders)), None)
    languages = list(dict.fromkeys(entry.language for entry in group if entry.language))
    kind = next(filter(None, (_folder_names("kinds").get(fold(folder)) for folder in folders)), None)
    block = outlet_block(
        home=home,
        sources=[Source(url=feed, kind="feed") for feed in feeds],
        name=title,
        languages=languages,
        likely_language=_official_language(country),
        country=country,
        kind=kind,
        taken={*known.by_id, *(outlet.id for outlet, _ in plan.added)},
    )
    outlet = Outlet.model_validate(tomllib.loads(block)["outlet"][0])
    plan.added.append((outlet, block))
    if not (languages and country and kind):
        plan.guessed.append(outlet.id)


def _plan_stated(group: Sequence[OpmlEntry], known: _KnownOutlets, networks: Networks, plan: OutletImport) -> None:
    """Take over an outlet that `vigia outlets export` wrote."""
    keys: dict[str, Any] = dict(group[0].keys or {})
    if feeds := [entry.feed for entry in group if entry.feed]:
        keys["feeds"] = feeds
    title = group[0].title or str(keys.get("id"))
    try:
        outlet = Outlet.model_validate(keys)
    except ValidationError as error:
        plan.left_out.append(f'outlet "{title}"{describe_validation_error(error, Outlet)}')
        return
    addresses = [source.url for source in outlet.sources]
    reason = _find_fault([outlet.home, *addresses, *(f"http://{host}/" for host in outlet.hosts)], networks)
    if reason := reason or known.find(id=outlet.id, home=outlet.home, addresses=addresses):
        plan.left_out.append(f"{title} ({_shorten(outlet.home)}): {reason}")
        return
    if outlet.article_pattern and has_nested_repeats(outlet.article_pattern):
        outlet = outlet.model_copy(update={"article_pattern": None})
        plan.left_out.append(
            f'article_pattern of outlet "{outlet.id}": it repeats what holds a repeat, which can take hours on one'
            f" address; write a simpler one in {CONFIG_FILE}"
        )
    plan.added.append((outlet, write_outlet(outlet)))


def _find_fault(addresses: Sequence[str], networks: Networks) -> str | None:
    """Say why one of the addresses can't be read; None if all can."""
    for address in addresses:
        if (clean := urls.canonicalize(address)) is None:
            return f"{_shorten(address) or 'its address'}: no address of the web (https://…)"
        host = urlsplit(clean).hostname or ""
        ip = parse_ip_host(host)
        if not may_reach(ip, networks) if ip else _LOCAL_NAMES.fullmatch(host):
            return f"{_shorten(host)} is in a private network, which no outlet may lead to"
    return None


def _shorten(address: str) -> str:
    """Return an address as one line of a message."""
    return one_line(address, _MAX_SHOWN_CHARACTERS)


def _choose_home(entry: OpmlEntry) -> str:
    """Return the home page that an entry names, else the front page of its feed's host."""
    if entry.home:
        return urls.canonicalize(entry.home) or entry.home
    parts = urlsplit(urls.canonicalize(entry.feed) or entry.feed)
    return f"{parts.scheme}://{parts.netloc}/"


def _home_host(home: str) -> str:
    return re.split(r"[/?]", urls.key(home), maxsplit=1)[0]


def _describe(outlet: Outlet) -> str:
    return f'outlet "{outlet.id}"' + ("" if outlet.enabled else ", which is switched off,")


def _official_language(country: str | None) -> str:
    """Return the first official language of a country (ISO 639-1); Spanish if there is none."""
    official = get_official_languages(country or "", de_facto=True)
    return next((code[:2] for code in official if re.fullmatch("[a-z]{2}(?:_.*)?", code)), "es")


@cache
def _folder_names(table: str) -> dict[str, str]:
    """Return the codes of countries or kinds by their names in each language, folded, and by themselves."""
    names: dict[str, str] = {}
    for language in LANGUAGES:
        catalogue = Catalogue(language)
        codes = filter(re.compile("[A-Z]{2}").fullmatch, catalogue.locale.territories)
        for code in codes if table == "countries" else get_args(OutletKind):
            named = catalogue.country_name(code) if table == "countries" else catalogue.word("kinds", code)
            names |= {fold(code): code, fold(named): code, fold(f"{named}s"): code}
    return names
