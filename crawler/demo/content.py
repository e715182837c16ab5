"""Read crawler/demo/web: a folder for each invented outlet.

A folder has outlet.toml and one file for each story.

A story file has TOML front matter between two lines of `+++`, then paragraphs separated by blank lines; `## ` starts a
subhead. `{date}` becomes the day of publication in the story's language, `{copy}` the text of the copied story.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crawler.demo.dates import short_date
from crawler.demo.truth import Label

WEB = Path(__file__).parent / "web"
_AGE = re.compile(r"(-)?(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?")
_MARKUP = re.compile(r"\*\*(.+?)\*\*|\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, kw_only=True)
class DemoSource:
    """A source of an invented outlet.

    Its `kind` decides its format and its key in `[[outlet]]`.
    """

    kind: str  # rss, atom, news-sitemap, sitemap-index, listing, wordpress, json, gone
    path: str


@dataclass(frozen=True, kw_only=True)
class DemoOutlet:
    """An invented outlet, with the settings of its pages and sources."""

    id: str
    name: str
    host: str
    country: str
    languages: tuple[str, ...]
    kind: str
    ownership: str
    zone: str
    template: str
    path: str  # of a story, a format string
    date_form: str
    sources: tuple[DemoSource, ...]
    metadata: tuple[str, ...] = ()  # jsonld, opengraph, times
    charset: str = "utf-8"
    charset_in_header: bool = True
    gzip: bool = False
    trackers: bool = False  # its feed adds utm_ parameters to links, its pages have tracking markup
    counter: bool = False  # its pages show a count of readers, so no two responses are equal
    article_pattern: str | None = None
    robots: str = ""
    color: str = "#204060"
    motto: str = ""
    sections: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """The address of the front page."""
        return f"http://{self.host}/"


@dataclass(frozen=True)
class DemoRevision:
    """The changes of a story, and when they are published."""

    after: dt.timedelta  # time from the start of the miniature web
    title: str
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class DemoStory:
    """One page of an invented outlet."""

    id: str  # outlet/file
    outlet: DemoOutlet
    slug: str
    number: int
    title: str
    authors: tuple[str, ...]
    published: dt.datetime
    language: str
    section: str
    paragraphs: tuple[str, ...]
    label: Label
    summary: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    biography: str = ""
    credit: str = ""  # the source that the page names for its text
    more: str = ""  # "read more" where the text was cut
    copy_of: str | None = None
    shown: int | None = None  # paragraphs in front of the paywall
    sponsored: bool = False
    forbidden: bool = False
    amp: bool = False
    redirected: bool = False  # its source lists a short address that redirects with 301
    address: str = ""
    revision: DemoRevision | None = None
    modified: dt.datetime | None = None

    @cached_property
    def path(self) -> str:
        """The path on the outlet's host."""
        if self.address:
            return self.address
        local = self.published.astimezone(ZoneInfo(self.outlet.zone))
        private = {"es": "/privado", "en": "/internal", "zh": "/neibu"}[self.outlet.languages[0]]
        path = self.outlet.path.format(
            slug=self.slug, number=self.number, section=_section_slug(self.section), day=local.strftime("%Y/%m/%d")
        )
        return private + path if self.forbidden else path

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{self.outlet.host}{self.path}"

    @property
    def twins(self) -> dict[str, str]:
        """Further paths of this page, by kind: "amp", "redirect"."""
        return ({"amp": f"/amp{self.path}"} if self.amp else {}) | (
            {"redirect": f"/r/{self.number}"} if self.redirected else {}
        )

    @property
    def paywalled(self) -> bool:
        """True if the page shows only its first paragraphs."""
        return self.shown is not None

    @property
    def visible_paragraphs(self) -> tuple[str, ...]:
        """The paragraphs that the page shows, with markup."""
        return self.paragraphs[: self.shown]

    @property
    def text(self) -> str:
        """The text that the page shows, without markup."""
        return "\n\n".join(strip_markup(paragraph).removeprefix("## ") for paragraph in self.visible_paragraphs)

    def with_revision(self, at: dt.datetime) -> DemoStory:
        """Return the story after its revision; the story itself if it has none."""
        if self.revision is None:
            return self
        return replace(
            self,
            title=self.revision.title,
            paragraphs=tuple(_apply_changes(paragraph, self.revision.changes) for paragraph in self.paragraphs),
            modified=at,
        )


def strip_markup(paragraph: str) -> str:
    """Remove the markup of **bold** text and [links](…) from a paragraph."""
    return _MARKUP.sub(lambda match: match[1] or match[2], paragraph)


def load_web(began: dt.datetime, *, folder: Path = WEB) -> tuple[tuple[DemoOutlet, ...], tuple[DemoStory, ...]]:
    """Load all outlets and stories, with dates relative to `began` (aware).

    Raises ValueError with the name of a file that can't be read.
    """
    outlets: list[DemoOutlet] = []
    stories: dict[str, DemoStory] = {}
    drafts: list[tuple[DemoStory, dict[str, Any]]] = []
    for place in sorted(folder.glob("*/outlet.toml")):
        outlet = _outlet(place)
        outlets.append(outlet)
        for file in sorted(place.parent.glob("*.md")):
            try:
                story, front = _story(file, outlet, began)
            except (KeyError, ValueError) as error:
                raise ValueError(f"{file.parent.name}/{file.name}: {error!r}") from error
            stories[story.id] = story
            drafts.append((story, front))
    return tuple(outlets), tuple(_with_copy(story, front, stories) for story, front in drafts)


def _outlet(place: Path) -> DemoOutlet:
    raw = tomllib.loads(place.read_text(encoding="utf-8"))
    sources = tuple(DemoSource(**source) for source in raw.pop("source"))
    lists = {key: tuple(value) for key, value in raw.items() if isinstance(value, list)}
    return DemoOutlet(id=place.parent.name, sources=sources, **{**raw, **lists})


def _story(file: Path, outlet: DemoOutlet, began: dt.datetime) -> tuple[DemoStory, dict[str, Any]]:
    _, head, body = file.read_text(encoding="utf-8").split("+++\n", 2)
    front = tomllib.loads(head)
    author = front.get("author", [])
    language = front.get("language", outlet.languages[0])
    published = began - parse_age(front["ago"])
    date = short_date(published.astimezone(ZoneInfo(outlet.zone)), language)
    revision = front.get("revision")
    paragraphs = (" ".join(paragraph.split()) for paragraph in body.split("\n\n") if paragraph.strip())
    return DemoStory(
        id=f"{outlet.id}/{file.stem}",
        outlet=outlet,
        slug=front.get("slug", file.stem.partition("-")[2]),
        number=zlib.crc32(f"{outlet.id}/{file.stem}".encode()) % 900_000 + 100_000,
        title=front["title"],
        authors=(author,) if isinstance(author, str) else tuple(author),
        published=published,
        language=language,
        section=front.get("section", outlet.sections[0]),
        paragraphs=tuple(paragraph.replace("{date}", date) for paragraph in paragraphs),
        label=front.get("label", "relevant"),
        summary=front.get("summary", ""),
        caption=front.get("caption", ""),
        tags=tuple(front.get("tags", ())),
        biography=front.get("biography", ""),
        credit=front.get("credit", ""),
        more=front.get("more", ""),
        shown=front.get("shown"),
        sponsored=front.get("sponsored", False),
        forbidden=front.get("forbidden", False),
        amp=front.get("amp", False),
        redirected=front.get("redirected", False),
        address=front.get("address", ""),
        revision=revision
        and DemoRevision(parse_age(revision["after"]), revision["title"], tuple(revision.get("changes", {}).items())),
    ), front


def _with_copy(story: DemoStory, front: dict[str, Any], stories: dict[str, DemoStory]) -> DemoStory:
    """Replace `{copy}` in a story by the text of the story that it copies."""
    if "copy_of" not in front:
        return story
    original = stories[front["copy_of"]]
    copied = tuple(
        _apply_changes(paragraph, tuple(front.get("changes", {}).items()))
        for paragraph in original.paragraphs[: front.get("cut")]
    )
    place = story.paragraphs.index("{copy}")
    paragraphs = (*story.paragraphs[:place], *copied, *story.paragraphs[place + 1 :])
    return replace(story, paragraphs=paragraphs, copy_of=original.id)


def _apply_changes(paragraph: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        paragraph = paragraph.replace(old, new)
    return paragraph


def parse_age(value: str) -> dt.timedelta:
    """Read an age such as "2d 5h 40m".

    "-4m" is in the future. Raises ValueError for anything else.
    """
    if not (match := _AGE.fullmatch(value.strip())) or not any(match.groups()):
        raise ValueError(f'ago = "{value}"; write something like "2d 5h 40m"')
    days, hours, minutes = (int(part or 0) for part in match.groups()[1:])
    span = dt.timedelta(days=days, hours=hours, minutes=minutes)
    return -span if match[1] else span


def _section_slug(section: str) -> str:
    """Write a section's name for a path: "Economía" → "economia"."""
    table = str.maketrans("áéíóúñü ", "aeiounu-")
    return section.lower().translate(table)
