"""Feeds: entries become candidates, and faults become warnings."""

import datetime as dt
from typing import Any

import pytest

from crawler.discovery import DiscoveryResult
from tests.fixtures.diario import found_in

FEED = "https://diario.test/rss"


def read(body: str | bytes, *, content_type: str = "application/rss+xml", **stated: Any) -> DiscoveryResult:
    return found_in(body, FEED, "feed", content_type=content_type, **stated)


def rss(*items: str, head: str = "") -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{head}{inner}</channel></rss>'


def test_an_rss_item_becomes_a_candidate_with_all_its_fields() -> None:
    found = read(
        rss(
            "<title>El puerto &amp;amp; el tren &lt;b&gt;de&lt;/b&gt; Chancay</title>"
            "<link>https://www.diario.test/economia/puerto-1?utm_source=rss</link>"
            "<description><![CDATA[<p>Dos líneas.</p><p>Y otra.</p>]]></description>"
            "<pubDate>Sat, 21 Nov 2026 18:30:00 -0500</pubDate>",
            head="<language>es-PE</language>",
        )
    )
    assert found.warnings == ()
    (candidate,) = found.candidates
    assert candidate.url == "https://www.diario.test/economia/puerto-1"
    assert candidate.key == "diario.test/economia/puerto-1"
    assert candidate.title == "El puerto & el tren de Chancay"
    assert candidate.published == dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC)
    assert candidate.language == "es-PE"
    assert candidate.summary == "Dos líneas. Y otra."


def test_an_atom_entry_gives_the_alternate_link_and_both_times() -> None:
    found = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><entry><id>tag:diario.test,2026:1</id>'
        '<link rel="self" href="https://diario.test/api/1"/><link rel="alternate" href="/world/one-1"/>'
        '<title type="html">Copper &amp;amp; ports</title><published>2026-11-20T10:00:00Z</published>'
        "<updated>2026-11-21T08:00:00+08:00</updated></entry></feed>"
    )
    (candidate,) = found.candidates
    assert candidate.url == "https://diario.test/world/one-1"
    assert candidate.title == "Copper & ports"
    assert candidate.published == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert candidate.modified == dt.datetime(2026, 11, 21, 0, tzinfo=dt.UTC)
    assert candidate.language == "en"


def test_an_atom_entry_with_only_updated_takes_it_as_published() -> None:
    found = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://diario.test/a-1"/><title>Uno</title>'
        "<updated>2026-11-20T10:00:00Z</updated></entry></feed>"
    )
    assert found.candidates[0].published == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert found.candidates[0].modified is None


def test_rss_1_gives_its_dublin_core_date() -> None:
    found = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><item rdf:about="https://diario.test/a-1"><title>Uno</title>'
        "<link>https://diario.test/a-1</link><dc:date>2026-11-20T10:00:00-05:00</dc:date></item></rdf:RDF>"
    )
    assert found.candidates[0].published == dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>https://diario.test/a-1</guid>", "https://diario.test/a-1"),
        ('<guid isPermaLink="false">https://diario.test/a-1</guid>', "https://diario.test/a-1"),
        ("<guid>12345</guid>", None),
        ('<guid isPermaLink="false">12345</guid><link>/a-1</link>', "https://diario.test/a-1"),
        ("<guid>12345</guid><link>a-1</link>", "https://diario.test/a-1"),
        ("<link>\n  https://diario.test/a-1\n</link>", "https://diario.test/a-1"),
        ("<link><![CDATA[https://diario.test/a-1?x=1&y=2]]></link>", "https://diario.test/a-1?x=1&y=2"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>https://diario.test/a-1#comentarios</link>", "https://diario.test/a-1"),
        (f"<link>https://diario.test/{'a' * 2000}</link>", None),
    ],
)
def test_the_address_of_an_item_is_found_in_any_element(item: str, url: str | None) -> None:
    found = read(rss(item))
    assert [candidate.url for candidate in found.candidates] == ([url] if url else [])
    assert found.warnings == (() if url else ("1 entry without an address that can be requested",))


@pytest.mark.parametrize("link", ["https://www.diario.test/", "/", "https://diario.test/portada", "https://x.test/r"])
@pytest.mark.parametrize(
    "permanent",
    [
        '<guid isPermaLink="true">https://diario.test/a-{}</guid>',
        "<guid>https://diario.test/a-{}</guid>",
        '<guid isPermaLink="true">/a-{}</guid>',
        '<atom:link rel="alternate" href="/a-{}"/>',
    ],
)
def test_where_all_items_have_one_link_their_permanent_addresses_count(link: str, permanent: str) -> None:
    items = [f"<title>Nota {number}</title><link>{link}</link>{permanent.format(number)}" for number in range(3)]
    body = rss(*items).replace("<rss", '<rss xmlns:atom="http://www.w3.org/2005/Atom"')
    assert [candidate.key for candidate in read(body).candidates] == [f"diario.test/a-{number}" for number in range(3)]


def test_where_all_entries_of_atom_have_one_link_their_ids_count() -> None:
    entries = [
        f'<entry><link href="https://diario.test/"/><id>https://diario.test/a-{number}</id></entry>' for number in "12"
    ]
    found = read(f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>')
    assert [candidate.key for candidate in found.candidates] == ["diario.test/a-1", "diario.test/a-2"]


def test_items_that_lead_to_the_front_page_alone_are_no_candidates() -> None:
    found = read(rss("<link>https://diario.test/</link><guid>1</guid>", "<link>/index.html</link>", "<link>/a</link>"))
    assert [candidate.key for candidate in found.candidates] == ["diario.test/a"]
    assert found.warnings == ("2 entries link to the front page alone",)


def test_a_link_that_items_share_stays_where_they_have_no_other() -> None:
    items = [f"<title>{number}</title><link>/en-vivo</link><guid>{number}</guid>" for number in range(3)]
    assert [candidate.key for candidate in read(rss(*items)).candidates] == ["diario.test/en-vivo"]


@pytest.mark.parametrize(
    ("head", "link", "url"),
    [
        ("<link>https://www.diario.test/</link>", "/a-1", "https://www.diario.test/a-1"),
        ("<link>https://www.diario.test/economia/</link>", "a-1", "https://www.diario.test/economia/a-1"),
        ("<link>//blog.diario.test/</link>", "/a-1", "https://blog.diario.test/a-1"),
        ("<link>/</link>", "/a-1", "https://www.diario.test/a-1"),
        ("<link>https://otro.test/</link>", "/a-1", "https://www.diario.test/a-1"),
        ("", "/a-1", "https://www.diario.test/a-1"),
        ("", "//www.diario.test/a-1", "https://www.diario.test/a-1"),
    ],
)
def test_links_without_a_host_are_the_channels_and_not_the_feed_servers(head: str, link: str, url: str) -> None:
    found = found_in(
        rss(f"<link>{link}</link>", head=head), "https://feeds.diario.test/rss/1.xml", "feed", content_type=""
    )
    assert [candidate.url for candidate in found.candidates] == [url]


def test_the_original_link_wins_over_a_redirectors() -> None:
    body = rss(
        "<link>http://feeds.feedburner.com/~r/diario/~3/x</link>"
        "<feedburner:origLink>https://diario.test/a-1</feedburner:origLink>"
    ).replace("<rss", '<rss xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"')
    assert read(body).candidates[0].url == "https://diario.test/a-1"


def test_entries_off_the_site_are_left_out_and_counted() -> None:
    body = rss(*(f"<link>https://{name}.test/a-1</link>" for name in ("otro", "ajeno", "blog.diario", "prensa")))
    found = read(body, hosts=["prensa.test"])
    assert [candidate.key for candidate in found.candidates] == ["blog.diario.test/a-1", "prensa.test/a-1"]
    assert found.warnings == ("2 candidates off the outlet's site left out (otro.test, ajeno.test)",)


def test_the_article_pattern_does_not_apply_to_a_feed() -> None:
    assert read(rss("<link>/nota</link>"), article_pattern=r"/\d{4}/").candidates


def test_two_entries_for_one_page_are_one_candidate() -> None:
    found = read(
        rss(
            "<link>http://diario.test/a-1/</link><title>Uno</title>",
            "<link>https://www.diario.test/a-1?utm_source=rss</link><pubDate>Sat, 21 Nov 2026 18:30:00 GMT</pubDate>",
        )
    )
    (candidate,) = found.candidates
    assert (candidate.url, candidate.title, candidate.published is None) == ("http://diario.test/a-1/", "Uno", False)


def test_candidates_come_newest_first_and_those_without_a_date_last() -> None:
    days = ("19 Nov 2026", "21 Nov 2026", None, "20 Nov 2026")
    items = [
        f"<link>/a-{number}</link>" + (f"<pubDate>{day} 10:00:00 GMT</pubDate>" if day else "")
        for number, day in enumerate(days)
    ]
    assert [candidate.url[-1] for candidate in read(rss(*items)).candidates] == ["1", "3", "0", "2"]


def test_entries_older_than_since_are_left_out_with_a_day_of_tolerance() -> None:
    items = [f"<link>/a-{day}</link><pubDate>{day} Nov 2026 10:00:00 GMT</pubDate>" for day in (15, 17, 18, 19)]
    found = read(rss(*items, "<link>/a-undated</link>"), since=dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC))
    assert [candidate.url.rpartition("-")[2] for candidate in found.candidates] == ["19", "18", "undated"]


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("Mon, 23 Nov 2026 11:00:00 GMT", True),
        ("Tue, 24 Nov 2026 11:00:00 GMT", False),
        ("Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("Thu, 31 Feb 2026 00:00:00 GMT", False),
        ("Thu, 01 Jan 9999 00:00:00 -1400", False),
        ("ayer", False),
    ],
)
def test_an_impossible_or_future_date_is_none(date: str, kept: bool) -> None:
    (candidate,) = read(rss(f"<link>/a-1</link><pubDate>{date}</pubDate>")).candidates
    assert (candidate.published is not None) == kept


def test_a_future_date_gives_a_warning() -> None:
    found = read(rss("<link>/a-1</link><pubDate>Tue, 01 Dec 2026 11:00:00 GMT</pubDate>"))
    assert found.warnings == ("1 date in the future dropped",)


def test_a_broken_feed_gives_what_can_be_read() -> None:
    whole = rss("<title>Uno &nbsp; & 2 < 3</title><link>/a-1?x=1&y=2</link>", "<title>Dos</title><link>/a-2</link>")
    found = read(whole)
    assert [candidate.key for candidate in found.candidates] == ["diario.test/a-1?x=1&y=2", "diario.test/a-2"]
    assert [candidate.title for candidate in found.candidates] == ["Uno & 2 < 3", "Dos"]
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("broken XML: ")


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_cut_off_address_is_no_candidate(cut: int) -> None:
    body = rss("<link>/a-1</link>", "<link>https://diario.test/a-very-long-slug-2</link>")
    torn = body[: body.index("slug-2") - 10 + cut]
    allowed = {"https://diario.test/a-1", "https://diario.test/a-very-long-slug-2"}
    assert {candidate.url for candidate in read(torn).candidates} <= allowed
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://diario.test/a-very-long-slug-2"/></entry>'
    )
    assert {candidate.url for candidate in read(atom[: 60 + cut * 2] + "<<&\x00").candidates} <= allowed


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ("", "empty"),
        (" \r\n\ufeff", "empty"),
        ("<!DOCTYPE html><html><head><title>Un momento</title></head></html>", "answered an HTML page, not a feed"),
        ("<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "answered an HTML page, not a feed"),
        ("Too many requests", "answered plain text, not a feed"),
        (rss(), "a feed without entries"),
        ('{"code": "rest_no_route"}', 'no list at "items" of the JSON; there is code'),
    ],
)
def test_an_answer_that_is_not_a_feed_gives_a_warning(body: str, warning: str) -> None:
    found = read(body, content_type="text/html")
    assert found == DiscoveryResult(warnings=(warning,))


def test_text_before_the_xml_is_ignored() -> None:
    body = "\r\n<br />\nNotice: Undefined index in feed.php on line 3\n" + rss("<link>/a-1</link>")
    assert read(body).candidates
    assert read(b"\xef\xbb\xbf" + rss("<link>/a-1</link>").encode()).warnings == ()


def test_a_sitemap_where_a_feed_was_expected_is_still_read() -> None:
    assert read("<urlset><url><loc>https://diario.test/a-1</loc></url></urlset>").candidates[0].key == "diario.test/a-1"


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", "text/xml"),
        ("utf-8", "gb2312", "text/xml; charset=iso-8859-1"),
        ("gb2312", "gb2312", "text/xml"),
        ("gb18030", "gb2312", ""),
        ("gbk", "", "application/rss+xml; charset=GBK"),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "utf-16", "application/xml"),
        ("big5", "big5", "text/html"),
        ("gbk", "utf-8", "text/xml; charset=utf-8"),
    ],
)
def test_a_title_is_decoded_as_it_was_encoded(encoding: str, declared: str, content_type: str) -> None:
    title = "中國秘" if encoding == "big5" else "中国与秘鲁"
    declaration = f' encoding="{declared}"' if declared else ""
    body = rss(f"<title>{title}</title><link>/a-1</link>").replace(' encoding="UTF-8"', declaration)
    assert read(body.encode(encoding), content_type=content_type).candidates[0].title == title


def test_titles_are_cut_at_500_characters_and_hold_no_control_characters() -> None:
    (candidate,) = read(rss(f"<title>a\u202e \u200bb\n\n c {'x' * 600}</title><link>/a-1</link>")).candidates
    assert candidate.title is not None
    assert candidate.title.startswith("a b c xxx")
    assert len(candidate.title) == 500
    assert candidate.title.endswith("…")


def test_an_entity_bomb_is_a_broken_feed() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha ha ha ha ">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    found = read(
        f'<?xml version="1.0"?>{bomb}]><rss><channel><item><link>/a-1</link><title>&j;</title></item></channel></rss>'
    )
    assert all(len(candidate.title or "") <= 500 for candidate in found.candidates)


def test_an_entity_of_a_file_is_not_read() -> None:
    body = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + rss("<link>/a-1</link><title>&f;</title>")[38:]
    assert all(candidate.title in {None, "&f;"} for candidate in read(body).candidates)
