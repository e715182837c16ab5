"""Sitemaps, news sitemaps, indexes of sitemaps and plain lists."""

import datetime as dt
import gzip
from typing import Any

import pytest

from crawler.discovery import DiscoveryResult
from tests.fixtures.diario import found_in

SITEMAP = "https://diario.test/sitemap.xml"
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)


def read(body: str | bytes, *, content_type: str = "application/xml", **stated: Any) -> DiscoveryResult:
    return found_in(body, SITEMAP, "sitemap", content_type=content_type, **stated)


def urlset(*entries: str, spaces: str = SPACES) -> str:
    inner = "".join(f"<url>{entry}</url>" for entry in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {spaces}>{inner}</urlset>'


def index(*children: tuple[str, str | None]) -> str:
    inner = "".join(
        f"<sitemap><loc>{loc}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>" for loc, day in children
    )
    return f"<sitemapindex {SPACES}>{inner}</sitemapindex>"


NEWS = (
    "<loc>https://diario.test/economia/puerto-1</loc><lastmod>2026-11-21T09:00:00-05:00</lastmod>"
    "<news:news><news:publication><news:name>Diario</news:name><news:language>es</news:language></news:publication>"
    "<news:publication_date>2026-11-20T18:30:00-05:00</news:publication_date>"
    "<news:title>El puerto &amp; el tren</news:title></news:news>"
    "<image:image><image:loc>https://diario.test/foto.jpg</image:loc><image:title>Foto</image:title></image:image>"
)


def test_a_news_sitemap_gives_title_date_and_language() -> None:
    found = read(urlset(NEWS))
    assert found.warnings == ()
    (candidate,) = found.candidates
    assert candidate.url == "https://diario.test/economia/puerto-1"
    assert candidate.title == "El puerto & el tren"
    assert candidate.published == dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)
    assert candidate.modified == dt.datetime(2026, 11, 21, 14, tzinfo=dt.UTC)
    assert candidate.language == "es"


@pytest.mark.parametrize("spaces", ["", 'xmlns:news="http://otro.test/"', 'xmlns="https://www.sitemaps.org/0.84"'])
def test_wrong_or_missing_namespaces_do_not_matter(spaces: str) -> None:
    (candidate,) = read(urlset(NEWS, spaces=spaces)).candidates
    assert (candidate.title, candidate.language) == ("El puerto & el tren", "es")


def test_the_article_pattern_applies_to_a_sitemap() -> None:
    found = read(
        urlset("<loc>/economia/2026/11/20/puerto-1</loc>", "<loc>/nosotros</loc>"),
        article_pattern=r"^https://www\.diario\.test/[a-z]+/\d{4}/",
    )
    assert [candidate.key for candidate in found.candidates] == ["diario.test/economia/2026/11/20/puerto-1"]


def test_the_article_pattern_does_not_apply_to_a_news_sitemap() -> None:
    assert read(urlset(NEWS), article_pattern="^never$").candidates


def test_alternates_and_images_are_not_pages() -> None:
    found = read(
        urlset(
            "<image:image><image:loc>https://diario.test/foto.jpg</image:loc></image:image>"
            '<xhtml:link rel="alternate" hreflang="en" href="https://diario.test/en/a-1"/><loc>https://diario.test/a-1</loc>'
        )
    )
    assert [candidate.key for candidate in found.candidates] == ["diario.test/a-1"]


@pytest.mark.parametrize(
    ("lastmod", "moment"),
    [
        ("2026-11-20", dt.datetime(2026, 11, 20, tzinfo=dt.UTC)),
        ("2026-11-20T10:00Z", dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)),
        ("2026-11-20T10:00:00.123+08:00", dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)),
        (" 2026-11-20 10:00:00 ", dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)),
        ("Fri, 20 Nov 2026 10:00:00 -0500", dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)),
        ("2026", None),
        ("2026-11", None),
        ("20/11/2026", dt.datetime(2026, 11, 20, tzinfo=dt.UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-11-31", None),
    ],
)
def test_dates_are_read_as_sitemaps_write_them(lastmod: str, moment: dt.datetime | None) -> None:
    (candidate,) = read(urlset(f"<loc>/a-1</loc><lastmod>{lastmod}</lastmod>")).candidates
    assert candidate.modified == moment


def test_pages_with_a_lastmod_older_than_since_are_left_out() -> None:
    days = [f"<loc>/a-{day}</loc><lastmod>2026-11-{day}</lastmod>" for day in range(10, 21)]
    found = read(urlset(*days, "<loc>/a-undated</loc>"), since=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    assert [candidate.url.rpartition("-")[2] for candidate in found.candidates] == ["20", "19", "undated"]


def test_an_old_page_with_a_recent_change_is_kept() -> None:
    old = NEWS.replace("2026-11-20T18", "2025-01-01T18")
    assert read(urlset(old), since=dt.datetime(2026, 11, 21, tzinfo=dt.UTC)).candidates


def test_an_index_gives_its_children_newest_first() -> None:
    found = read(
        index(
            ("/post-sitemap1.xml", "2026-11-01"),
            ("https://www.diario.test/post-sitemap2.xml.gz", "2026-11-20T10:00:00Z"),
            ("<![CDATA[https://diario.test/news.xml?type=1&page=2]]>", "2026-11-21"),
            ("/undated-9.xml", None),
            ("/undated-10.xml", None),
        )
    )
    assert [source.url for source in found.further] == [
        "https://diario.test/news.xml?type=1&page=2",
        "https://www.diario.test/post-sitemap2.xml.gz",
        "https://diario.test/post-sitemap1.xml",
        "https://diario.test/undated-10.xml",
        "https://diario.test/undated-9.xml",
    ]
    assert {source.kind for source in found.further} == {"sitemap"}
    assert found.warnings == ()


def test_child_sitemaps_that_are_too_old_by_lastmod_or_name_are_left_out() -> None:
    found = read(
        index(
            ("/post-1.xml", "2026-10-01"),
            ("/post-2.xml", "2026-11-19"),
            ("/sitemap-2019-03.xml", None),
            ("/sitemap/2025/", None),
            ("/sitemap-2026-10.xml", None),
            ("/sitemap-2026-11.xml", None),
            ("/sitemap?yyyy=2024&mm=01", None),
            ("/sitemap-2026.xml", None),
        ),
        since=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
    )
    assert {source.url.rpartition("/")[2] for source in found.further} == {
        "post-2.xml",
        "sitemap-2026-11.xml",
        "sitemap-2026.xml",
    }


@pytest.mark.parametrize(
    ("names", "old"),
    [
        (("posts-1.xml", "posts-2001.xml", "posts-2002.xml"), ()),  # running numbers
        (("posts-2010.xml", "posts-2030.xml"), ()),
        (("posts-1998.xml", "posts-1999.xml"), ()),  # no outlet of today ends then
        (("posts-2019.xml", "posts-2026.xml"), ("posts-2019.xml",)),
        (("posts-2026-10.xml", "posts-2026-11.xml"), ("posts-2026-10.xml",)),
        (("posts-201912.xml", "posts-202611.xml"), ("posts-201912.xml",)),
        (("posts-200001.xml", "posts-200099.xml"), ()),
        (("posts.xml?page=2003", "posts.xml?page=4"), ()),
        (("posts.xml?year=2003", "posts.xml?year=2026"), ("posts.xml?year=2003",)),
    ],
)
def test_numbers_in_names_are_years_only_if_those_of_all_brothers_are(
    names: tuple[str, ...], old: tuple[str, ...]
) -> None:
    found = read(index(*((f"/{name}", None) for name in names)), since=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    assert {source.url.rpartition("/")[2] for source in found.further} == set(names) - set(old)


@pytest.mark.parametrize(
    "stated", ["1970-01-01T00:00:00+00:00", "0001-01-01T00:00:00", "-1", "0", "0000-00-00", "9999-12-31", "1899-12-30"]
)
def test_a_date_that_no_page_can_have_is_none_and_hides_nothing(stated: str) -> None:
    since = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    (candidate,) = read(urlset(f"<loc>/a-1</loc><lastmod>{stated}</lastmod>"), since=since).candidates
    assert (candidate.published, candidate.modified) == (None, None)
    assert read(index(("/posts.xml", stated)), since=since).further


@pytest.mark.parametrize(
    "name", ["protagonistas", "reportages", "cartagena", "autoridades", "information", "montags-2", "informatos-post"]
)
def test_words_of_lists_inside_other_words_leave_no_child_sitemap_out(name: str) -> None:
    assert read(index((f"/{name}-sitemap.xml", None), (f"/sitemap-{name}.xml.gz", None))).further[1:]


def test_child_sitemaps_of_tags_and_authors_and_the_index_itself_are_left_out() -> None:
    names = ("post_tag-sitemap.xml", "category-sitemap2.xml", "author-sitemap.xml", "wp-sitemap-users-1.xml")
    names += ("wp-sitemap-taxonomies-category-1.xml", "etiquetas.xml", "sitemap_tags.xml.gz", "post_format-sitemap.xml")
    found = read(index(*((f"/{name}", None) for name in names), (SITEMAP, None), ("/post-sitemap.xml", None)))
    assert [source.url for source in found.further] == ["https://diario.test/post-sitemap.xml"]


def test_child_sitemaps_off_the_site_are_left_out_with_a_warning() -> None:
    found = read(index(("https://otro.test/s.xml", None), ("file:///etc/passwd", None), ("", None)))
    assert found == DiscoveryResult(warnings=("1 child sitemap off the outlet's site left out",))


def test_a_huge_index_keeps_its_newest_child_sitemaps() -> None:
    found = read(index(*((f"/post-{number}.xml", None) for number in range(700))))
    assert len(found.further) == 500
    assert found.further[0].url.endswith("-699.xml")
    assert found.warnings == ("200 child sitemaps beyond 500 left out",)


def test_gzip_is_unpacked_also_if_double_or_in_several_members() -> None:
    body = urlset(NEWS, "<loc>/a-2</loc>").encode()
    for packed in (
        gzip.compress(body),
        gzip.compress(gzip.compress(body)),
        gzip.compress(body[:99]) + gzip.compress(body[99:]),
    ):
        found = read(packed, content_type="application/x-gzip")
        assert len(found.candidates) == 2
        assert found.warnings == ()


@pytest.mark.slow
def test_a_gzip_file_that_was_cut_short_gives_what_can_be_read() -> None:
    body = urlset(*(f"<loc>/nota-{number * 7919}</loc>" for number in range(5000))).encode()
    found = read(gzip.compress(body)[:-4000])
    assert 100 < len(found.candidates) < 5000
    assert found.warnings[0] == "gzip cut short"


@pytest.mark.slow
def test_a_gzip_bomb_ends_at_50_megabytes() -> None:
    found = read(gzip.compress(b" " * 120_000_000, compresslevel=1))
    assert found == DiscoveryResult(warnings=("larger than 50 MB unpacked, the rest left out", "empty"))


def test_broken_gzip_gives_a_warning() -> None:
    assert read(b"\x1f\x8b" + b"x" * 50).warnings[0].startswith("broken gzip: ")


def test_broken_xml_gives_what_can_be_read() -> None:
    found = read(urlset("<loc>/a-1?x=1&y=2</loc>", "<loc>/a-2</loc><title>a < b</title>", "<loc>/a-3</loc>"))
    assert [candidate.key for candidate in found.candidates] == [
        "diario.test/a-1?x=1&y=2",
        "diario.test/a-2",
        "diario.test/a-3",
    ]
    assert found.warnings[0].startswith("broken XML: ")


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_cut_off_address_is_no_candidate(cut: int) -> None:
    body = urlset("<loc>https://diario.test/a-1</loc>", "<loc>https://diario.test/a-very-long-slug-2</loc>")
    torn = body[: body.index("a-very") - 20 + cut]
    found = read(torn + "<<&\x00" * (cut % 2))
    assert {candidate.url for candidate in found.candidates} <= {
        "https://diario.test/a-1",
        "https://diario.test/a-very-long-slug-2",
    }
    assert found.candidates[0].url == "https://diario.test/a-1"


def test_a_plain_list_of_addresses_is_read() -> None:
    found = read(
        "https://diario.test/a-1\r\n\r\n# no\nhttps://otro.test/a-2\nhttps://diario.test/a-3", content_type="text/plain"
    )
    assert [candidate.key for candidate in found.candidates] == ["diario.test/a-1", "diario.test/a-3"]
    assert found.warnings == ("1 candidate off the outlet's site left out (otro.test)",)


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ("", "empty"),
        ("<!doctype html><title>404</title>", "answered an HTML page, not a sitemap"),
        ("<html><body>Just a moment</body></html>", "answered an HTML page, not a sitemap"),
        ("Forbidden", "neither XML nor a list of addresses"),
        ("[]", "answered JSON, not a sitemap"),
        (urlset(), "a sitemap without addresses"),
    ],
)
def test_an_answer_that_is_not_a_sitemap_gives_a_warning(body: str, warning: str) -> None:
    assert read(body) == DiscoveryResult(warnings=(warning,))


def test_a_chinese_title_in_gbk_is_decoded() -> None:
    body = urlset(NEWS.replace("El puerto &amp; el tren", "钱凯港开港")).replace("UTF-8", "gb2312").encode("gbk")
    assert read(body).candidates[0].title == "钱凯港开港"


def test_an_entity_bomb_gives_no_candidate() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha ha ha ha ">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    assert read(f"{bomb}]><urlset><url><loc>https://diario.test/&j;</loc></url></urlset>").warnings
