"""`vigia mark`: an analyst's correction of the topic's rule."""

from __future__ import annotations

import time

import click

from crawler.cli.main import desk_of, say, vigia
from crawler.config.desk import Desk
from crawler.crawling.lock import DeskBusy
from crawler.crawling.reactor import run_in_reactor
from crawler.crawling.session import CrawlSession
from crawler.operations.apply_marks import apply_marks, parse_address
from crawler.operations.explain import explain_address
from db.connection import open_news
from db.model.times import utc_now
from db.model.verdict import Mark
from db.news.marks import find_mark, put_mark, remove_mark
from db.news.page_lookup import find_article, find_rejection

OUTCOME_TIMEOUT_SECONDS = 15.0  # a running `vigia up` usually applies a mark within this time


@vigia.command()
@click.argument("url")
@click.argument(
    "verdict", required=False, type=click.Choice([str(mark) for mark in Mark]), metavar="[relevant|irrelevant]"
)
@click.option("--note", help="Why, in a sentence. It stands in news.db beside the mark.")
@click.option("--remove", is_flag=True, help="Take the mark back: the rule decides again.")
@click.pass_context
def mark(ctx: click.Context, url: str, verdict: str | None, note: str | None, remove: bool) -> None:
    """Correct the rule: say that the page at URL is relevant or irrelevant.

    The mark wins over the rule, now and at every later crawl and rebuild. Irrelevant takes an article out of all lists
    and alerts; relevant makes an article of a page that was rejected, from the archive. Nothing is lost by either:
    --remove brings back what the rule says. Works while `vigia up` runs. What was decided before and is decided now,
    and by which sentence, is printed; `vigia why URL` tells all of it.
    """
    if (verdict is None) is not remove:
        raise click.UsageError("say relevant or irrelevant, or --remove")
    desk = desk_of(ctx)
    address, key = parse_address(url)
    before = explain_address(desk, url)  # StoreError where nothing was crawled yet
    news = open_news(desk.news_db)
    try:
        # A page may have several addresses: the mark goes to the key of its record.
        row = find_article(news, key) or find_rejection(news, key)
        key = (row and row["key"]) or key
        if verdict is None:
            if not remove_mark(news, key):
                say(f"{address}: there is no mark on it.")
                ctx.exit(1)
        else:
            put_mark(news, key=key, url=address, verdict=Mark(verdict), note=note, at=utc_now())
    finally:
        news.conn.close()
    say(f"{address}: {_apply_mark(desk, key)}.")
    say(f"  before: {before.summary()}")
    say(f"  now: {explain_address(desk, url).summary()}")


def _apply_mark(desk: Desk, key: str) -> str:
    """Apply the mark and return its outcome.

    If another process holds the desk, wait until that one applies it.
    """
    alone = desk.model_copy(update={"crawl": desk.crawl.model_copy(update={"workers": 1})})

    async def apply() -> str:
        async with CrawlSession(alone) as session:
            return {applied.key: outcome for applied, outcome in await apply_marks(session)}.get(key, "applied")

    try:
        return run_in_reactor(apply)
    except DeskBusy:
        return _wait_for_outcome(desk, key)


def _wait_for_outcome(desk: Desk, key: str) -> str:
    news = open_news(desk.news_db, readonly=True)
    until = time.monotonic() + OUTCOME_TIMEOUT_SECONDS
    try:
        while time.monotonic() < until:
            found = find_mark(news, [key])
            if found is None:
                return "left to the rule again"
            if found.outcome:
                return found.outcome
            time.sleep(0.3)
    finally:
        news.conn.close()
    return "noted; the Vigía that runs on this desk applies it soon (`vigia why` shows it)"
