"""Serve the reading room: Datasette, read-only on the live news.db, in a thread with its own event loop."""

from __future__ import annotations

import datetime as dt
import errno
import ipaddress
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import uvicorn
import yaml
from datasette.app import Datasette
from datasette.database import Database as Served

from db.connection import open_news
from db.model.times import utc_now
from db.site.analysts.forms import AnalystForms, list_form_paths, put_analyst_forms
from db.site.briefings.briefing_pages import ListComing, put_coming_briefings
from db.site.dossiers.evidence_packs import PackEvidence, put_evidence_packer
from db.site.mounts import mount, put_behind_password
from db.site.page_context import set_page_clock
from db.site.reader_api.application import list_api_post_paths
from db.site.readers.connections import MAX_ACCEPTED_AT_ONCE, MAX_HEAD_BYTES, ReaderConnection
from db.site.security import AsgiApplication, guard
from db.site.subscriptions.alert_desk import AlertDesk, put_alert_desk

SITE_FOLDER = Path(__file__).parent
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
DATASETTE_SETTINGS = {
    "default_allow_sql": False,
    "allow_download": False,
    "sql_time_limit_ms": 2_000,
    "facet_time_limit_ms": 200,
    "max_returned_rows": 1_000,
    "default_page_size": 50,
    "truncate_cells_html": 240,
    "suggest_facets": False,  # they cost a scan of the table for each column
    "max_csv_mb": 200,
}


class SiteError(Exception):
    """The site can't be served. Its text is one line with the place and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAccess:
    """What logging in needs: the hash of the password, and the secret that signs cookies.

    With the path of desk.db, a session that was ended stays so after a restart.
    """

    password_hash: str = field(repr=False)
    secret: str = field(repr=False)
    desk_db: Path | None = None


def make_datasette(
    news_db: Path,
    *,
    name: str = "Vigía",
    timezone: str = "UTC",
    access: ReaderAccess | None = None,
    https: bool = False,
    trusted_proxies: Sequence[str] = (),
    briefings: Path | None = None,
    now: Callable[[], dt.datetime] = utc_now,
) -> Datasette:
    """Make a Datasette on a news.db, which is created if it does not exist. Raises db.connection.StoreError.

    With a `access` it asks for the password. With `https` its cookie is sent over https alone.
    `trusted_proxies`: addresses and networks whose X-Forwarded-For or Forwarded is believed. Raises ProxyError.
    `briefings`: the desk.db whose briefings it shows, None for none. `now`: the clock of its pages.
    """
    open_news(news_db).close()
    metadata: dict[str, Any] = yaml.safe_load((SITE_FOLDER / "metadata.yaml").read_text("utf-8"))
    metadata["title"] = name
    configured: dict[str, Any] = {"name": name, "timezone": timezone, "trusted_proxies": list(trusted_proxies)}
    configured["briefings"] = str(briefings) if briefings else None
    if access:
        desk_db = str(access.desk_db) if access.desk_db else None
        configured |= {"password_hash": access.password_hash, "https": https, "desk_db": desk_db}
    metadata.setdefault("plugins", {})["vigia"] = configured
    served = Datasette(
        files=[str(news_db)],  # opened with mode=ro: another process writes it
        metadata=metadata,
        plugins_dir=str(SITE_FOLDER / "plugins"),
        template_dir=str(SITE_FOLDER / "templates"),
        static_mounts=[("site", str(SITE_FOLDER / "static"))],
        settings=DATASETTE_SETTINGS,
        secret=access.secret if access else None,
    )
    set_page_clock(served, now)
    if "news" not in served.databases:
        # metadata.yaml names the database "news", whatever the file's name is.
        served.remove_database(served.get_database().name)
        served.add_database(Served(served, str(news_db), is_mutable=True), name="news")
    return served


def make_application(
    news_db: Path,
    *,
    name: str = "Vigía",
    timezone: str = "UTC",
    hosts: tuple[str, ...] = (),
    now: Callable[[], dt.datetime] = utc_now,
) -> AsgiApplication:
    """Make the reading room as an ASGI application; with `hosts` it answers to these host names alone."""
    datasette = make_datasette(news_db, name=name, timezone=timezone, now=now)
    return guard(cast("AsgiApplication", datasette.app()), hosts=hosts)


class SiteServer:
    """The reading room in a thread. `start()` returns when it answers, `stop()` when it has ended.

    Raises SiteError if `host` can be reached from the network and there is no `access`.
    """

    def __init__(
        self,
        news_db: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 8001,
        name: str = "Vigía",
        timezone: str = "UTC",
        access: ReaderAccess | None = None,
        public_url: str | None = None,
        mounts: Mapping[str, AsgiApplication] | None = None,
        mounts_behind_password: Mapping[str, AsgiApplication] | None = None,
        forms: AnalystForms | None = None,
        pack_evidence: PackEvidence | None = None,
        alert_desk: AlertDesk | None = None,
        list_coming_briefings: ListComing | None = None,
        trusted_proxies: Sequence[str] = (),
        briefings: Path | None = None,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.host = host
        self.port = port  # 0 for any free port; start() sets the one in use
        self._news_db = news_db
        self._now = now
        self._name = name
        self._timezone = timezone
        self._access = access
        self._public = urlsplit(public_url or "")  # the address for readers, through a reverse proxy
        self._trusted_proxies = tuple(trusted_proxies)
        self._briefings = briefings  # desk.db
        self._mounts = mounts or {}  # without the password of the pages
        self._mounts_behind_password = mounts_behind_password or {}
        self.forms = forms  # by which readers write
        self._pack_evidence = pack_evidence
        self._alert_desk = alert_desk  # which sends their subscriptions
        self._list_coming_briefings = list_coming_briefings
        self._datasette: Datasette | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        if access is None and not is_loopback(host):
            raise SiteError(
                f'[desk] host = "{host}" shows the reading room to the network, and it has no password: '
                'set [desk] password (`vigia hash-password` makes its hash), or host = "127.0.0.1"'
            )

    @property
    def url(self) -> str:
        """Address for a browser."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 -- compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> None:
        """Bind and serve. Raises SiteError if the port is taken or forbidden, StoreError for the database."""
        bound = self._bind()
        try:
            self._datasette = make_datasette(
                self._news_db,
                name=self._name,
                timezone=self._timezone,
                access=self._access,
                https=self._public.scheme == "https",
                trusted_proxies=self._trusted_proxies,
                briefings=self._briefings,
                now=self._now,
            )
        except BaseException:  # raised again, after the port is free
            bound.close()
            raise
        put_behind_password(self._datasette, self._mounts_behind_password)
        if self.forms is not None:
            put_analyst_forms(self._datasette, self.forms)
        if self._pack_evidence is not None:
            put_evidence_packer(self._datasette, self._pack_evidence)
        if self._alert_desk is not None:
            put_alert_desk(self._datasette, self._alert_desk)
        if self._list_coming_briefings is not None:
            put_coming_briefings(self._datasette, self._list_coming_briefings)
        # On loopback only its own names are answered, and that of a reverse proxy before it.
        hosts = (*LOOPBACK_NAMES, self.host, *filter(None, [self._public.hostname])) if is_loopback(self.host) else ()
        app = mount(cast("AsgiApplication", self._datasette.app()), self._mounts)
        app = guard(app, hosts=hosts, forms=list_form_paths(self._datasette) | list_api_post_paths(self._datasette))
        config = uvicorn.Config(
            cast("Any", app),
            log_config=None,  # the program's own logging; who reads what is not logged
            log_level="error",  # its warnings are a line for each broken request
            access_log=False,
            lifespan="off",
            server_header=False,
            http=ReaderConnection,
            backlog=MAX_ACCEPTED_AT_ONCE,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            proxy_headers=False,  # db.site.readers.client_address reads them, of trusted proxies alone
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([bound],), name="reading-room", daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.02)
            if not self._thread.is_alive():
                raise SiteError(f"the reading room did not start on {self.url}; the log says why")

    def stop(self) -> None:
        """Wait at most 3 s for answers under way, then close everything. Safe to call twice."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        if self._datasette is not None:
            if self._datasette.executor is not None:
                self._datasette.executor.shutdown(cancel_futures=True)
            for database in self._datasette.databases.values():
                database.close()
        self._server = self._thread = self._datasette = None

    def __enter__(self) -> SiteServer:
        """Start; `stop()` follows."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # asyncio sets TCP_NODELAY only where the protocol is named; without it answers wait for an acknowledgement.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self.host, self.port))
        except (OSError, OverflowError) as error:
            bound.close()
            raise SiteError(_explain_bind_error(error, self.host, self.port)) from error
        self.port = bound.getsockname()[1]
        return bound


def is_loopback(host: str) -> bool:
    """Return True if only programs of this machine can reach a server on that host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _explain_bind_error(error: Exception, host: str, port: int) -> str:
    where = f"{host}:{port}"
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"{where} is in use, perhaps by another Vigía; stop that one or choose another port"
    if number == errno.EACCES:
        return f"{where} may not be used by this account; choose a port above 1023"
    return f"{where} can't be served ({error}); check host and port"
