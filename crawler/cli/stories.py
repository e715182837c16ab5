"""`vigia story`: the articles that tell one event, and an analyst's corrections."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import click
from sqlite_utils import Database

from crawler.cli.main import CommandGroup, desk_of, say, vigia
from crawler.cli.terminal import pluralize
from crawler.config.desk import Desk, DeskError
from crawler.operations.apply_marks import parse_address
from db.connection import explain_errors, open_news
from db.model.times import utc_now
from db.model.voices import find_independent_voices
from db.news.page_lookup import find_article
from db.news.stories.corrections import join_stories, split_story
from db.news.stories.lookup import StoryRow, read_story, to_interface
from db.news.stories.rows import find_story
from db.news.stories.undo import find_last_correction, undo_correction
from pipelines.alerts.messages.figures_line import build_figures_line
from pipelines.alerts.messages.wording import MessageWording

# Why an article is in the story, where that is not its likeness alone.
_BECAUSE = {"copy": ("a copy",), "analyst": ("by an analyst",), "merged": ("of a story that was merged",)}


class StoryGroup(CommandGroup):
    """A group in which `vigia story 12` and `vigia story URL` show a story."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command for a story's number or an address."""
        named = next((argument for argument in args if not argument.startswith("-")), None)
        return super().resolve_command(ctx, args if named in self.commands else ["show", *args])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave options that stand before a story's number to `show`."""
        if args and args[0] == "--json":
            args = ["show", *args]
        return super().parse_args(ctx, args)


@vigia.group(cls=StoryGroup)
def story() -> None:
    """Show a story by its number or an article's address; join or split stories, or undo that.

    `vigia story 12`, `vigia story URL` and `vigia story 12 --json` show one.
    """


@story.command()
@click.argument("which", metavar="ID|URL")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def show(ctx: click.Context, which: str, as_json: bool) -> None:
    """Show the articles of a story in the order of their publication."""
    desk = desk_of(ctx)
    news = open_news(desk.news_db, readonly=True)
    try:
        found = _find_story(news, which)
    finally:
        news.conn.close()
    if as_json:
        click.echo(json.dumps(to_interface(found), ensure_ascii=False, indent=1))
        return
    _print_story(found)


@story.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.pass_context
def join(ctx: click.Context, one: str, other: str) -> None:
    """Join two stories, each given by its number or by an article's address.

    It holds now and at every rebuild, like a mark. Works while `vigia up` runs.
    """
    with _writing(desk_of(ctx)) as news:
        articles = [_find_first_article(news, which) for which in (one, other)]
        if find_story(news, articles[0]) == find_story(news, articles[1]):
            say(f"{one} and {other} are one story already.")
            return
        stands = join_stories(news, *articles, now=utc_now())
    say(f"They are story {stands} now.")


@story.command()
@click.argument("url")
@click.pass_context
def split(ctx: click.Context, url: str) -> None:
    """Take the article at URL out of its story, with its copies.

    It holds now and at every rebuild, like a mark: no other article joins it until `vigia story join` does. Works while
    `vigia up` runs.
    """
    with _writing(desk_of(ctx)) as news:
        stands = split_story(news, _find_article(news, url), now=utc_now())
    say(f"It is story {stands} now, apart from others.")


@story.command()
@click.argument("which", metavar="ID|URL")
@click.pass_context
def undo(ctx: click.Context, which: str) -> None:
    """Undo the last join or split of a story, given by its number or by an article's address.

    An undone join gives both stories back what they had; an undone split brings the article back with its copies. The
    next call undoes the correction before. Works while `vigia up` runs.
    """
    with _writing(desk_of(ctx)) as news:
        found = _find_story(news, which)
        last = find_last_correction(news, [article["id"] for article in found["articles"]])
        if last is None:
            raise DeskError(f"{which}: there is no join or split of this story that can be undone")
        correction, kind = last
        undo_correction(news, correction, now=utc_now())
    say(f"The last {kind} of story {found['id']} is undone.")


@contextlib.contextmanager
def _writing(desk: Desk) -> Iterator[Database]:
    open_news(desk.news_db, readonly=True).conn.close()  # StoreError where nothing was crawled yet
    news = open_news(desk.news_db)
    try:
        with explain_errors(desk.news_db):
            yield news
    finally:
        news.conn.close()


def _find_story(news: Database, which: str) -> StoryRow:
    number = int(which) if which.isascii() and which.isdigit() and len(which) < 19 else None
    if number is None:
        number = find_story(news, _find_article(news, which))
    found = None if number is None else read_story(news, number)
    if found is None:
        raise DeskError(f"{which}: there is no such story; /news/stories in the reading room lists them")
    return found


def _find_first_article(news: Database, which: str) -> int:
    """Return the article that a person named, or the first of the story."""
    if which.isascii() and which.isdigit():
        return _find_story(news, which)["articles"][0]["id"]
    return _find_article(news, which)


def _find_article(news: Database, url: str) -> int:
    address, key = parse_address(url)
    row = find_article(news, key)
    if row is None:
        raise DeskError(f"{address}: there is no article of that address; `vigia why {address}` says what became of it")
    return int(row["id"])


def _print_story(found: StoryRow) -> None:
    articles = found["articles"]
    outlets = len({article["outlet"] for article in articles})
    languages = len({article["language"] for article in articles})
    say(f"Story {found['id']}: {articles[0]['title']}")
    say(
        f"{pluralize(len(articles), 'article')} of {pluralize(outlets, 'outlet')} in "
        f"{pluralize(languages, 'language')}, {found['began']} to {found['latest']}."
    )
    voices = len(find_independent_voices(articles))
    if 0 < voices < outlets:
        say(f"{pluralize(voices, 'independent voice')}; the other outlets ran copies alone.")
    if line := build_figures_line(found["told"], MessageWording("en")):
        say(line)
    for article in articles:
        notes = [article["language"] or "unknown language", *_BECAUSE.get(article["because"], ())]
        if article["moved_from"] is not None:
            notes.append(f"moved here from story {article['moved_from']} at {article['moved_at']}")
        say(f"{article['moment']}  {article['outlet_name']} ({', '.join(notes)})")
        say(f"  {article['title']}")
        say(f"  {article['url']}")
