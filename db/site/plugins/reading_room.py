"""Datasette plugin hooks, thin shells around db.site: routes, SQL functions, security, cells, errors.

Plain `datasette --plugins-dir` loads it too, where Vigía is installed: the package `db` must be importable.
"""

# mypy: disable-error-code="untyped-decorator"
# Datasette has no types.

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.plugins import pm
from datasette.utils.asgi import Base400, Forbidden, Request, Response
from datasette.views.base import DatasetteError
from markupsafe import Markup, escape

from db.connection import StoreError
from db.search import prefixes
from db.search.highlight import cut_snippet
from db.search.plain_query import fts_query
from db.search.plan import TooSlowError
from db.site.analysts import person_pages
from db.site.analysts.forms import find_form_token, list_form_paths, mount_analyst_forms
from db.site.analysts.reader import find_reader, has_people
from db.site.briefings import briefing_pages
from db.site.briefings.formats import BRIEFING_FORMATS
from db.site.dossiers import dossier_files, dossier_pages, result_documents
from db.site.dossiers.dossier_files import DOSSIER_SUFFIXES
from db.site.exports.citations import CITATION_FORMATS
from db.site.exports.cited_articles import CITATION_LIST_FORMATS
from db.site.exports.copy_files import COPY_FORMATS, PAIR_FORMATS
from db.site.exports.edit_files import EDIT_FORMATS
from db.site.exports.figure_files import FIGURE_FORMATS
from db.site.exports.result_files import FORMATS
from db.site.marks.shown_marks import describe_mark_done, find_here, show_marks
from db.site.mounts import mount_behind_password
from db.site.page_context import page_context
from db.site.pages import (
    article,
    concepts,
    copy_matrix,
    downloads,
    edits,
    figures_page,
    framing_page,
    front,
    outlets,
    search_help,
    story_copies,
    story_files,
    story_page,
)
from db.site.pages.story_files import STORY_SUFFIXES
from db.site.password_gate import PasswordGate
from db.site.reader_api import device_pages
from db.site.reader_api.application import list_api_post_paths, mount_reader_api
from db.site.reader_language import add_reader_language, list_language_links, wording_of
from db.site.readers.admission import share_work, write_busy_answer
from db.site.readers.client_address import read_networks, trust_proxies
from db.site.readers.shares import OverloadedError
from db.site.security import guard
from db.site.subscriptions import list_page, new_page, subscription_page
from db.site.subscriptions.alert_desk import find_alert_desk
from db.text.web_address import web_address

_log = logging.getLogger(__name__)


@hookimpl
def startup() -> None:
    """Replace Datasette's error page by ours: it prints every error, a 404 included, with local variables."""
    if pm.has_plugin("datasette.handle_exception"):
        pm.unregister(name="datasette.handle_exception")


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Register our pages, which come before Datasette's own."""
    return [
        (r"^/$", front.show_front_page),
        (r"^/article/(?P<id>\d{1,15})$", article.show_article),
        (rf"^/article/(?P<id>\d{{1,15}})\.(?P<suffix>{_one_of(CITATION_FORMATS)})$", downloads.download_citation),
        (r"^/story/(?P<id>\d{1,15})$", story_page.show_story),
        (r"^/story/(?P<id>\d{1,15})/coverage\.csv$", story_page.download_story_coverage),
        (rf"^/search\.(?P<suffix>{_one_of(FORMATS)})$", downloads.download_results),
        (
            rf"^/search\.(?P<suffix>{_one_of(CITATION_LIST_FORMATS)})$",
            result_documents.download_result_citations,
        ),
        (
            rf"^/search\.(?P<suffix>{_one_of(ending[1:] for ending in BRIEFING_FORMATS)})$",
            result_documents.download_result_briefing,
        ),
        (r"^/subscribe$", new_page.show_new_subscription),
        (r"^/subscriptions$", list_page.show_subscriptions),
        (r"^/subscription/(?P<id>\d{1,15})$", subscription_page.show_subscription),
        (r"^/help$", search_help.show_search_help),
        (r"^/concepts$", concepts.show_concepts),
        (r"^/concept/(?P<id>[^/]{1,300})$", concepts.show_concept),
        (r"^/concept/(?P<id>[^/]{1,300})/coverage\.csv$", concepts.download_concept_coverage),
        (rf"^/story/(?P<id>\d{{1,15}})\.(?P<suffix>{_one_of(STORY_SUFFIXES)})$", story_files.download_story),
        (r"^/story/(?P<id>\d{1,15})/copies$", story_copies.show_story_copies),
        (
            rf"^/story/(?P<id>\d{{1,15}})/copies\.(?P<suffix>{_one_of(COPY_FORMATS)})$",
            story_copies.download_story_copies,
        ),
        (r"^/copies$", copy_matrix.show_copy_matrix),
        (rf"^/copies\.(?P<suffix>{_one_of(PAIR_FORMATS)})$", copy_matrix.download_copy_matrix),
        (r"^/edits$", edits.show_edits),
        (rf"^/edits\.(?P<suffix>{_one_of(EDIT_FORMATS)})$", edits.download_edits),
        (r"^/framing$", framing_page.show_framing),
        (r"^/framing\.csv$", framing_page.download_framing),
        (r"^/figures$", figures_page.show_figures),
        (rf"^/figures\.(?P<suffix>{_one_of(FIGURE_FORMATS)})$", figures_page.download_figures),
        (r"^/briefings$", briefing_pages.show_briefings),
        (r"^/briefing/(?P<id>\d{1,15})$", briefing_pages.show_briefing),
        (
            rf"^/briefing/(?P<id>\d{{1,15}})\.(?P<suffix>{_one_of(ending[1:] for ending in BRIEFING_FORMATS)})$",
            briefing_pages.download_briefing,
        ),
        (r"^/-/person$", person_pages.show_people),
        (r"^/-/person/link$", person_pages.show_link),
        (r"^/dossiers$", dossier_pages.show_dossiers),
        (r"^/dossier/(?P<id>\d{1,15})$", dossier_pages.show_dossier),
        (rf"^/dossier/(?P<id>\d{{1,15}})\.(?P<suffix>{_one_of(DOSSIER_SUFFIXES)})$", dossier_files.download_dossier),
        (r"^/search\.zip$", result_documents.download_result_evidence),
        (r"^/marks$", show_marks),
        (r"^/apps$", device_pages.show_apps),
        (r"^/outlets$", outlets.show_outlets),
        (r"^/outlet/(?P<id>[^/]{1,300})$", outlets.show_outlet),
    ]


def _one_of(words: Iterable[str]) -> str:
    """Return a regular expression that matches each of the words."""
    return "|".join(map(re.escape, words))


@hookimpl(trylast=True)
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Set caches and add SQL functions.

    escape_fts replaces Datasette's own, so that `?_search=` on a table's page reads words as our search does.
    """
    conn.execute("PRAGMA cache_size = -32000")  # kB: SQLite's own 2 MB hold little of the indexes of a large file
    conn.execute(f"PRAGMA mmap_size = {2**31 - 65_536}")  # as much as SQLite takes: read in place, not copied
    prefixes.attach_terms_table(conn)
    conn.create_function("escape_fts", 1, _fts_query, deterministic=True)
    conn.create_function("fts_query", 1, _fts_query, deterministic=True)
    conn.create_function("snippet_of", 2, _snippet, deterministic=True)


def _fts_query(words: object) -> str:
    return fts_query(str(words or ""))


def _snippet(text: object, words: object) -> str:
    return "".join(part.text for part in cut_snippet(str(text or ""), str(words or "")))


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Any:
    """Wrap Datasette: security headers, trusted proxies, the reader's language and share, the password."""
    configured = datasette.plugin_config("vigia") or {}
    trusted = read_networks(configured.get("trusted_proxies") or ())

    def wrap(app: Any) -> Any:
        app = mount_analyst_forms(mount_behind_password(app, datasette), datasette)
        gate = PasswordGate(app, datasette)
        shared = add_reader_language(share_work(mount_reader_api(gate, datasette), datasette, gate.find_session))
        forms = list_form_paths(datasette) | list_api_post_paths(datasette)
        return guard(trust_proxies(shared, trusted), forms=forms)

    return wrap


@hookimpl(tryfirst=True)
def permission_allowed(action: str) -> bool | None:
    """Refuse SQL other than canned queries, and the download of the file, whatever Datasette's settings say."""
    return False if action in ("execute-sql", "view-database-download", "permissions-debug", "debug-menu") else None


@hookimpl
def extra_template_vars(datasette: Datasette, request: Request | None) -> Any:
    """Give every template the desk's name, its database, and the wording of the reader's language as `t`."""

    async def found() -> dict[str, Any]:
        context, reader = page_context(datasette, request), find_reader(datasette, request)
        return {
            "desk": context.name,
            "database_of_desk": context.database,
            "public": await context.is_public_copy(),
            "t": context.wording,
            "reader": reader,
            "has_people": has_people(datasette, request),
            "form_token": find_form_token(datasette, request),
            "here": find_here(request),
            "mark_done": await describe_mark_done(datasette, request),
            "has_subscriptions": bool(reader and find_alert_desk(datasette)),
            "has_briefings": briefing_pages.find_briefing_store(datasette, request) is not None,
            "titles": _list_table_titles(datasette, context.database),
            "switch": list_language_links(request),
        }

    return found


def _list_table_titles(datasette: Datasette, database: str) -> dict[str, str]:
    """Return the English title of each table by its name, where the metadata has one."""
    tables = (datasette.metadata(key="tables", database=database) or {}).items()
    return {name: about["title"] for name, about in tables if "title" in about}


@hookimpl
def render_cell(value: object, column: str, table: str | None) -> Markup | None:
    """Render addresses as links without referrer, and ids of articles as links to their pages."""
    if isinstance(value, int) and (column in ("article", "original") or (column == "id" and table == "articles")):
        return Markup('<a href="/article/{0}">{0}</a>').format(value)
    address = web_address(value)
    if address and not any(character.isspace() for character in address):
        shown = address if len(address) <= 80 else f"{address[:79]}…"
        return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(address, shown)
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return escape(value)  # else Datasette makes a link of it, without rel
    return None


@hookimpl
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Any:
    """Answer an error with our page; log it with its traceback if the fault is ours."""

    async def answer() -> Response:
        title, wording = None, wording_of(request)
        if isinstance(exception, OverloadedError):
            content_type, body = await write_busy_answer(datasette, request, exception)
            headers = {"retry-after": str(exception.seconds), "cache-control": "private, no-store"}
            return Response(body, status=503, headers=headers, content_type=content_type)
        if isinstance(exception, Base400):
            status, sentence = exception.status, str(exception.args[0] if exception.args else "")
        elif isinstance(exception, Forbidden):
            status, sentence = 403, str(exception)
        elif isinstance(exception, TooSlowError | QueryInterrupted):
            status, sentence = 503, wording("error.slow")
        elif isinstance(exception, DatasetteError):
            status, title = exception.status, exception.title
            sentence = wording("error.slow") if exception.message_is_html else str(exception.message)
        elif isinstance(exception, StoreError):  # desk.db is locked, or an older Vigía made it
            _log.error("%s: %s", request.path, exception)
            status, sentence = 503, wording("error.store")
        else:
            _log.error("%s: %s", request.path, exception, exc_info=exception)
            status, sentence = 500, wording("error.ours")
        if request.path.split("?")[0].endswith(".json"):
            return Response.json({"ok": False, "error": sentence, "status": status, "title": title}, status=status)
        variables = {
            "title": title,
            "error": wording("error.no_page") if status == 404 and _is_datasette_s(sentence) else sentence,
            "status": status,
        }
        return Response.html(await datasette.render_template("error.html", variables, request=request), status=status)

    return answer()


def _is_datasette_s(sentence: str) -> bool:
    """Return True for Datasette's English sentences on what is missing: "404", "Database not found"."""
    return sentence == "404" or "not found" in sentence
