"""Read vigia.toml and the shipped outlets into one frozen Desk."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from crawler.config.outlet import Duration, Outlet
from crawler.config.validation_error import describe_validation_error
from db.i18n.languages import Language
from pipelines.alerts.subscriptions.person import Person, Reference, Zone
from pipelines.alerts.subscriptions.planned_briefing import PlannedBriefing
from pipelines.alerts.subscriptions.reader_subscription import DeskReaders
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.relevance.topic_file import FIRST_TOPIC

OUTLET_DIRECTORY = Path(__file__).parent / "outlets"
CONFIG_FILE = "vigia.toml"
SESSION_KEY_FILE = "sessions.key"  # signs readers' cookies; where it is deleted, all readers must log in again

ModelT = TypeVar("ModelT", bound=BaseModel)
MailingT = TypeVar("MailingT", Subscription, PlannedBriefing)


class DeskError(Exception):
    """The desk can't be used as it is.

    The message is one line: place, problem and remedy.
    """


def _check_network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError('not an address or a network; write "127.0.0.1", or "127.0.0.0/8" for a network') from error
    return value


def _check_contact(value: str) -> str:
    if not re.fullmatch(r"(mailto:|https?://)[!-~]+", value):
        raise ValueError('write an address that people can use: "mailto:desk@example.org" or "https://…"')
    return value


def _check_public_url(value: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?", value):
        raise ValueError('write scheme and name alone: "https://vigia.example.org"')
    return value.rstrip("/")


def _check_directory(value: object) -> object:
    if isinstance(value, str) and value not in {"all", "none"}:
        raise ValueError(f'write "all", "none" or a list of files: ["{value}"]')
    return value


class DeskSettings(BaseModel):
    """The `[desk]` table: name, time zone, outlets, topic, reading room."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = "Vigía"
    timezone: Zone = "America/Lima"
    directory: Annotated[Literal["all", "none"] | tuple[str, ...], BeforeValidator(_check_directory)] = "all"
    operator: Reference | None = None  # a reference to an Apprise URL that gets the operator's notices
    language: Language = "en"  # of the operator's notices
    topic: str = FIRST_TOPIC  # the name of a shipped topic, or a path relative to the desk folder
    host: str = "127.0.0.1"
    port: int = Field(default=8001, ge=0, le=65535)
    public_url: Annotated[str, AfterValidator(_check_public_url)] | None = None  # the reading room's public address
    # Addresses and networks of web servers before the reading room, whose word about a reader's address is believed.
    trusted_proxies: tuple[Annotated[str, AfterValidator(_check_network)], ...] = ()
    metrics: Literal["password", "open"] = "password"  # who may read /-/metrics: readers who signed in, or anybody
    password: Reference | None = None  # a reference to the hash of the reading room's password: `vigia hash-password`


class CrawlSettings(BaseModel):
    """The `[crawl]` table: politeness, limits and revisits.

    Durations are written like "30m", sizes are bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    # Where the webmaster of an outlet reaches this desk; sent in the User-Agent.
    contact: Annotated[str, AfterValidator(_check_contact)] | None = None
    proxy: str | None = None  # http://host:port, or a reference if it holds a password
    allow_networks: tuple[Annotated[str, AfterValidator(_check_network)], ...] = ()
    concurrency: int = Field(default=16, ge=1, le=256)  # outlets that are crawled at the same time
    delay: float = Field(default=1.0, ge=0)  # least number of seconds between two requests to one host
    timeout: float = Field(default=30.0, gt=0)  # seconds for one response
    max_page_bytes: int = Field(default=8_000_000, ge=10_000)  # after decompression
    max_pages: int = Field(default=200, ge=1)  # of one outlet in one crawl, newest first; the others wait
    max_age: Duration | None = None  # candidates older than this are fetched by `vigia backfill` alone
    revisit: tuple[Duration, ...] = Field(default=("1h", "6h", "1d", "7d"), validate_default=True)
    attempts: int = Field(default=5, ge=1)  # fetches of one page before it is rejected as unreachable
    keep_rejected: Duration = Field(default="30d", validate_default=True)
    workers: int = Field(default=2, ge=1, le=64)  # analysis processes


class Desk(BaseModel):
    """The checked configuration of a desk, and the paths in its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    desk: DeskSettings = DeskSettings()
    crawl: CrawlSettings = CrawlSettings()
    outlets: tuple[Outlet, ...] = ()
    people: tuple[Person, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    briefings: tuple[PlannedBriefing, ...] = ()

    @property
    def mailings(self) -> tuple[Subscription, ...]:
        """Everything that is sent by a rhythm: the subscriptions, and the planned briefings."""
        return (*self.subscriptions, *(briefing.mailing for briefing in self.briefings))

    @property
    def enabled_outlets(self) -> tuple[Outlet, ...]:
        """The outlets that are crawled, in the order of their first crawl: unconfirmed ones last."""
        enabled = (outlet for outlet in self.outlets if outlet.enabled)
        return tuple(sorted(enabled, key=lambda outlet: outlet.unconfirmed))

    @property
    def readers(self) -> DeskReaders:
        """Who can make subscriptions in the reading room."""
        return DeskReaders(people=self.people, has_local=self.desk.password is None or not self.people)

    def outlet(self, id: str) -> Outlet:  # noqa: A002 - the key's name in `[[outlet]]`
        """Return the outlet with that id.

        Raises DeskError with similar ids if there is none.
        """
        for outlet in self.outlets:
            if outlet.id == id:
                return outlet
        near = [outlet.id for outlet in self.outlets if id.lower() in f"{outlet.id} {outlet.name}".lower()][:5]
        near = near or get_close_matches(id.lower(), [outlet.id for outlet in self.outlets])
        hint = f"did you mean {', '.join(near)}?" if near else "`vigia outlets list` shows all"
        raise DeskError(f'no outlet "{id}" on this desk; {hint}')

    @property
    def news_db(self) -> Path:
        """Path of the database of articles, which may be published."""
        return self.folder / "news.db"

    @property
    def desk_db(self) -> Path:
        """Path of the private database: candidates, schedule, subscriptions, alerts."""
        return self.folder / "desk.db"

    @property
    def learned(self) -> Path:
        """Path of the folder for what `vigia topics train` writes: models of topics, and the marks behind them."""
        return self.folder / "topics" / Path(self.desk.topic).stem

    @property
    def archive(self) -> Path:
        """Path of the folder of WARC files."""
        return self.folder / "archive"


def load_desk(folder: Path, *, directory: Path = OUTLET_DIRECTORY) -> Desk:
    """Read FOLDER/vigia.toml and the shipped outlets that it selects.

    Raises DeskError, whose one line names file, place and remedy.
    """
    path = folder / CONFIG_FILE
    raw = _read_toml(path, missing=f"{path}: no such file; `vigia --desk {folder} init` writes one")
    unknown = sorted(set(raw) - {"desk", "crawl", "outlet", "person", "subscription", "briefing"})
    if unknown:
        there = "[desk], [crawl], [[outlet]], [[person]], [[subscription]], [[briefing]]"
        raise DeskError(f"{path}: unknown table {unknown[0]}; there are {there}")
    settings = _validate(DeskSettings, raw.get("desk", {}), path, "[desk]")
    crawl = _validate(CrawlSettings, raw.get("crawl", {}), path, "[crawl]")
    shipped = _read_shipped_rows(settings.directory, directory, path)
    outlets = _build_outlets(raw.get("outlet", []), shipped, path)
    people = _build_people(raw.get("person", []), path)
    subscriptions = _build_subscriptions(raw.get("subscription", []), people, path)
    return Desk(
        folder=folder,
        desk=settings,
        crawl=crawl,
        outlets=outlets,
        people=people,
        subscriptions=subscriptions,
        briefings=_build_briefings(raw.get("briefing", []), people, path),
    )


def _build_people(raw: Any, path: Path) -> tuple[Person, ...]:
    people = tuple(
        _validate(Person, row, path, f'person "{row.get("id", number)}"')
        for number, row in enumerate(_check_tables(raw, path, "person"), 1)
    )
    _check_unique([person.id for person in people], path, "person")
    return people


def _build_subscriptions(raw: Any, people: tuple[Person, ...], path: Path) -> tuple[Subscription, ...]:
    """Check the subscriptions and join each with its people."""
    return _build_mailings(Subscription, "subscription", raw, people, path)


def _build_briefings(raw: Any, people: tuple[Person, ...], path: Path) -> tuple[PlannedBriefing, ...]:
    """Check the planned briefings and join each with its people."""
    return _build_mailings(PlannedBriefing, "briefing", raw, people, path)


def _build_mailings(
    model: type[MailingT], table: str, raw: Any, people: tuple[Person, ...], path: Path
) -> tuple[MailingT, ...]:
    people_by_id = {person.id: person for person in people}
    mailings = []
    for number, row in enumerate(_check_tables(raw, path, table), 1):
        place = f'{table} "{row.get("name", number)}"'
        mailing = _validate(model, row, path, place)
        try:
            mailings.append(mailing.with_people(people_by_id))
        except ValueError as error:
            raise DeskError(f"{path}: {place} people: {error}") from error
    _check_unique([mailing.name for mailing in mailings], path, table)
    return tuple(mailings)


def shipped_outlets(directory: Path = OUTLET_DIRECTORY) -> tuple[Outlet, ...]:
    """Return every shipped outlet, for commands that need no desk."""
    return _build_outlets([], _read_shipped_rows("all", directory, directory), directory)


def _read_toml(path: Path, *, missing: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DeskError(missing) from error
    except tomllib.TOMLDecodeError as error:
        raise DeskError(f"{path}: not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise DeskError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except OSError as error:
        raise DeskError(f"{path}: {error.strerror}; check the file's permissions") from error


def _read_shipped_rows(selection: str | tuple[str, ...], directory: Path, path: Path) -> dict[str, dict[str, Any]]:
    """Read the shipped rows that `[desk] directory` selects, by outlet id."""
    there = {file.stem: file for file in sorted(directory.glob("*.toml"))}
    names = there if selection == "all" else () if selection == "none" else selection
    rows: dict[str, dict[str, Any]] = {}
    for name in names:
        if name not in there:
            raise DeskError(
                f'{path}: [desk] directory: no file "{name}"; there are {", ".join(there)}, or "all", "none"'
            )
        tables = _read_toml(there[name], missing=str(there[name]))
        for row in _check_tables(tables.get("outlet", []), there[name], "outlet"):
            if row.get("id") in rows:
                raise DeskError(f'{there[name]}: outlet "{row["id"]}" stands twice in the directory; remove one')
            rows[row.get("id", "")] = row
            _validate(Outlet, row, there[name], f'outlet "{row.get("id", "?")}"')
    return rows


def _build_outlets(raw: Any, shipped: dict[str, dict[str, Any]], path: Path) -> tuple[Outlet, ...]:
    """Merge the desk's own outlets into the shipped ones.

    A row with the same id overrides the shipped one key by key.
    """
    own = _check_tables(raw, path, "outlet")
    _check_unique([str(row.get("id", "")) for row in own], path, "outlet")
    rows = dict(shipped)
    for row in own:
        rows[row.get("id", "")] = {**shipped.get(row.get("id", ""), {}), **row}
    outlets = []
    for id, row in rows.items():  # noqa: A001 - the key's name in `[[outlet]]`
        place = f'outlet "{id or "?"}"'
        if id not in shipped and not {"name", "home", "kind"} & set(row):
            place += " (not in the shipped files that [desk] directory names, so it needs all of its own keys)"
        outlets.append(_validate(Outlet, row, path, place))
    return tuple(outlets)


def _check_tables(raw: Any, path: Path, table: str) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
        raise DeskError(f"{path}: {table} is a list of tables; write [[{table}]] with two brackets")
    return raw


def _check_unique(names: list[str], path: Path, table: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DeskError(f'{path}: {table} "{name}" stands twice; rename or remove one')


def _validate(model: type[ModelT], raw: Any, path: Path, place: str) -> ModelT:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise DeskError(f"{path}: {place}{describe_validation_error(error, model)}") from error
