"""Briefings: what they say in three languages, the same bytes again, and what never leaves the desk."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import shutil
import zipfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from lxml import html

from crawler.config.desk import Desk, load_desk
from crawler.operations.make_briefing import list_briefings, make_briefing, read_briefing, write_briefing
from db.connection import StoreError, open_news
from db.i18n.languages import LANGUAGES, Language
from db.news.stories.corrections import join_stories
from db.search.plan import TooSlowError
from db.site.briefings import collect
from db.site.briefings.briefing_error import BriefingError
from db.site.briefings.document import Briefing
from db.site.briefings.formats import BRIEFING_FORMATS
from tests.fixtures.briefing_desk import BEGAN, DATED, EVENTS, GOLDEN, NOW, SINCE, UNTIL, tell, write_briefing_desk

HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk of a week, not to be changed."""
    folder = tmp_path_factory.mktemp("briefings") / "desk"
    write_briefing_desk(folder)
    return folder


@pytest.fixture
def desk(folder: Path, tmp_path: Path) -> Desk:
    """A copy of that desk."""
    return load_desk(shutil.copytree(folder, tmp_path / "desk"))


def make(desk: Desk, *, language: Language = "en", query: str = "", days: int = 0) -> Briefing:
    """Make a briefing of the week, or of a week so many days away."""
    moved = dt.timedelta(days=days)
    return asyncio.run(
        make_briefing(desk, since=SINCE + moved, until=UNTIL + moved, query=query, language=language, now=NOW)
    )


def write(briefing: Briefing) -> dict[str, bytes]:
    """Write a briefing in each format."""
    return {ending: form(briefing) for ending, form in BRIEFING_FORMATS.items()}


@pytest.fixture(scope="module")
def files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The English briefing of the week in each format."""
    desk = load_desk(shutil.copytree(folder, tmp_path_factory.mktemp("english") / "desk"))
    return write(make(desk))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ending", [".md", ".html"])
def test_a_briefing_reads_as_its_golden_file(desk: Desk, language: Language, ending: str) -> None:
    written = BRIEFING_FORMATS[ending](make(desk, language=language)).decode()
    golden = GOLDEN / f"{language}{ending}"
    assert written == golden.read_text("utf-8"), "python -m tests.fixtures.briefing_desk writes these files again"


@pytest.mark.slow
def test_a_briefing_gives_the_same_bytes_after_all_that_happens_to_a_desk(desk: Desk, tmp_path: Path) -> None:
    first = {language: write(make(desk, language=language)) for language in LANGUAGES}
    with closing(open_news(desk.news_db)) as news:
        with news.atomic():
            columns = "outlet, title, text, words, relevance, verdict, published, first_seen, last_seen, text_sha256"
            news.execute(
                f"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
                INSERT INTO articles (url, {columns})
                SELECT 'https://sur.test/n' || i, 'sur', 'Nota', 'Texto.', 1, 1, 'relevant', :at, :at, :at, i FROM n
                """,
                {"at": "2026-11-19T12:00:00Z"},
            )
        tell(news, "haibo", "crane", "起重机倒塌", "钱凯港一台起重机倒塌，造成三人死亡。", moment=BEGAN + 9 * HOUR)
        tell(news, "sur", "bridge", EVENTS[4][4], "El puente abrirá en abril.", moment=BEGAN + 30 * HOUR, seen_at=NOW)
        join_stories(news, 96, 100, now=NOW)
        news.execute("UPDATE outlets SET name = 'Otro nombre' WHERE id = 'pativilca'")
        news.conn.commit()
    assert write(make(desk))[".md"] != first["en"][".md"]
    for number, language in enumerate(first, 1):
        assert write(read_briefing(desk, number)) == first[language], language
    write_briefing(read_briefing(desk, 1), tmp_path / "again.docx")
    assert (tmp_path / "again.docx").read_bytes() == first["en"][".docx"]


def test_only_a_sentence_of_each_text_leaves_the_desk(files: dict[str, bytes]) -> None:
    document = docx.Document(io.BytesIO(files[".docx"]))
    texts = [files[".md"].decode(), files[".html"].decode(), "\n".join(it.text for it in document.paragraphs)]
    quoted = "A gantry crane collapsed at the port of Chancay on Wednesday and stopped unloading."
    for text in texts:
        assert quoted in text
        for second in ("The terminal stays closed", "Murieron", "Costará", "正在调查"):
            assert second not in text


def test_a_word_document_has_styles_notes_and_safe_links(files: dict[str, bytes]) -> None:
    document = docx.Document(io.BytesIO(files[".docx"]))
    for paragraph, after in pairwise(document.paragraphs):
        style, styles_after = paragraph.style, after.style
        if style and style.name == "Story Lead" and styles_after and styles_after.name in ("Quote", "List Label"):
            assert paragraph.paragraph_format.keep_with_next  # the heading before it stands at the foot of no page
    by_style: dict[str, list[str]] = {}
    for paragraph in document.paragraphs:
        by_style.setdefault(paragraph.style.name if paragraph.style else "", []).append(paragraph.text)
    assert by_style["Title"] == ["News briefing · Puertos"]
    assert by_style["Heading 1"][0] == "1. Crane collapses at the port of Chancay"
    assert by_style["Heading 1"][-1] == "Notes"
    assert by_style["List Label"][:3] == ["Who has it", "Outlets give different figures", "Who has nothing"]
    assert [note.partition(".")[0] for note in by_style["Note"]] == [str(n) for n in range(1, 10)]
    links = [link for paragraph in document.paragraphs for link in paragraph.hyperlinks]
    assert {link.address for link in links if link.address} == {
        *(f"https://{outlet}-{event}.test/1" for _, outlet, _, event, *_ in EVENTS),
        "https://sur-notice.test/1",
        "https://east-wire.test/95",
    }
    names = {mark.get(f"{{{mark.nsmap['w']}}}name") for mark in document.element.iter("{*}bookmarkStart")}
    assert {link.fragment for link in links if not link.address} <= names
    assert document.core_properties.created == NOW
    with zipfile.ZipFile(io.BytesIO(files[".docx"])) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_hostile_headline_stays_a_text(files: dict[str, bytes]) -> None:
    page = html.fromstring(files[".html"])
    assert page.xpath("//script | //b") == []
    assert all(address.startswith(("https://", "#")) for address in page.xpath("//a/@href"))
    (heading,) = [it.text_content() for it in page.xpath("//h2") if "alert(1)" in it.text_content()]
    assert "\u202e" not in heading
    lines = files[".md"].decode().splitlines()
    (line,) = [line for line in lines if line.startswith("## ") and "alert" in line]
    assert line == r"## 4. \<script\>alert(1)\</script\> \[click\](javascript:alert(1)) gnp.exe \| www\.evil.test"


@pytest.mark.parametrize(
    "title", ["א (עברית)", "\ufffe\x00\x1b[31m", "\u200b\u202e", "A" * 9_000, "]]></w:t>", "===", "{{ 7 }} {% raw %}"]
)
def test_a_strange_headline_breaks_no_format(desk: Desk, title: str) -> None:
    with closing(open_news(desk.news_db)) as news:
        tell(news, "sur", "n1", title, f"{title} se abrió la grada. Otra frase.", moment=BEGAN + HOUR)
    written = write(make(desk, query="grada"))
    assert max(map(len, written[".md"].decode().splitlines())) < 600
    heading = html.fromstring(written[".html"]).xpath("string(//h2)")
    document = docx.Document(io.BytesIO(written[".docx"]))
    assert heading in [paragraph.text for paragraph in document.paragraphs]
    assert heading.isprintable()
    assert heading.removeprefix("1. ").strip()


def test_a_search_leaves_the_other_stories_out(desk: Desk) -> None:
    made = make(desk, language="es", query="puente")
    assert [section.heading.text for section in made.stories] == ["El puente a Chancay abrirá en marzo"]
    assert made.introduction[0] == "Búsqueda: puente"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "No story of this period was found."),
        ("es", "No se encontró ninguna noticia de este periodo."),
        ("zh", "本期未发现任何事件。"),
    ],
)
def test_an_empty_period_makes_an_honest_page(desk: Desk, language: Language, said: str) -> None:
    made = make(desk, language=language, days=-700)
    assert (made.introduction, made.stories, made.notes, made.further) == ((said,), (), (), "")
    assert all(write(made).values())


def test_an_article_after_the_period_is_left_out_but_proves_that_its_group_is_not_silent(desk: Desk) -> None:
    with closing(open_news(desk.news_db)) as news:
        after = dt.datetime(2026, 11, 23, 5, tzinfo=dt.UTC)  # midnight in Lima
        tell(news, "haibo", "crane", "起重机倒塌", "钱凯港一台起重机倒塌，造成三人死亡。", moment=after)
    story = make(desk).stories[0]
    assert [listed.label for listed in story.lists] == ["Who has it", "Outlets give different figures"]
    assert story.lead.startswith("5 outlets")
    assert "haibo" not in str(story)


@pytest.mark.parametrize("zone", ["America/Lima", "Pacific/Kiritimati"])
def test_an_article_with_a_day_alone_is_of_that_day_in_each_zone(desk: Desk, zone: str) -> None:
    (desk.folder / "vigia.toml").write_text(f'[desk]\ndirectory = "none"\ntimezone = "{zone}"\n', "utf-8")
    desk = load_desk(desk.folder)
    told = {}
    for day in (15, 16, 17, 22, 23):
        on = dt.date(2026, 11, day)
        made = asyncio.run(make_briefing(desk, since=on, until=on, query="aduana", language="es", now=NOW))
        told[day] = [section.heading.text for section in made.stories]
    assert told == {15: [], 16: [DATED[0][3]], 17: [], 22: [], 23: [DATED[1][3]]}


def test_a_page_of_the_next_day_does_not_end_a_briefing(desk: Desk) -> None:
    made = make(desk, query="aduana")
    assert [section.heading.text for section in made.stories] == [DATED[0][3]]


def test_a_divergence_with_an_article_of_the_next_day_alone_is_left_out(desk: Desk) -> None:
    with closing(open_news(desk.news_db)) as news:
        news.execute(
            "UPDATE articles SET published = '2026-11-23T00:00:00Z', published_precision = 'day'"
            " WHERE outlet = 'sur' AND published < '2026-11-19'"
        )
        news.conn.commit()
    made = make(desk)
    assert "Outlets give different figures" not in [listed.label for listed in made.stories[0].lists]


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("0001-01-01", "2026-11-22", "--since 0001-01-01 is too early"),
        ("2026-11-16", "9999-12-31", "--until 9999-12-31 is too late; choose a day until 2027-11-24"),
    ],
)
def test_a_period_beyond_all_news_is_refused(desk: Desk, since: str, until: str, said: str) -> None:
    first, last = dt.date.fromisoformat(since), dt.date.fromisoformat(until)
    with pytest.raises(BriefingError, match=said):
        asyncio.run(make_briefing(desk, since=first, until=last, query="", language="en", now=NOW))


def test_a_part_that_takes_too_long_is_told_in_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def describe_slowly(*_: object, **__: object) -> None:
        raise TooSlowError("SELECT 1")

    monkeypatch.setattr(collect, "describe_outlets", describe_slowly)
    with pytest.raises(BriefingError, match="takes too long"):
        make(desk)


def test_stored_briefings_are_read_without_writing_desk_db(desk: Desk) -> None:
    assert list_briefings(desk) == []
    with pytest.raises(BriefingError, match="there is no briefing 1"):
        read_briefing(desk, 1)
    assert not desk.desk_db.exists()
    desk.desk_db.touch()  # an older one, with none of the migrations
    for read in (lambda: list_briefings(desk), lambda: read_briefing(desk, 1)):
        with pytest.raises(StoreError, match="made by an older"):
            read()
    assert desk.desk_db.stat().st_size == 0


def test_beyond_the_first_ten_stories_are_counted(desk: Desk) -> None:
    with closing(open_news(desk.news_db)) as news:
        for number in range(12):
            tell(news, "sur", f"e{number}", f"Nota e{number}", f"Se abrió la grada e{number}.", moment=BEGAN + HOUR)
    made = make(desk)
    assert len(made.stories) == 10
    assert made.further == "7 further stories of the period rank below these."
    assert made.introduction[0] == "17 stories · 21 original articles · 6 outlets"


def test_briefings_are_listed_with_their_recipes(desk: Desk) -> None:
    make(desk, language="zh", query="  Chancay\n puerto ")
    make(desk)
    listed = list_briefings(desk)
    assert [one.number for one in listed] == [2, 1]
    recipe = listed[1].recipe
    assert (recipe.since, recipe.until, recipe.query, recipe.language) == (SINCE, UNTIL, "Chancay puerto", "zh")
    assert recipe.made_at == NOW
