"""Discovery never raises, whatever the bytes of a source are."""

import csv
import datetime as dt
import gzip
import re
import tarfile
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.config.outlet import Outlet, Source, SourceKind
from crawler.discovery import DiscoveryResult, discover
from crawler.discovery.candidates import MAX_SUMMARY_CHARS, MAX_TITLE_CHARS
from crawler.urls import MAX_URL_LENGTH, canonicalize, is_same_site, key
from tests.fixtures.paths import SHARED

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
URL = "https://diario.test/s"
OUTLET = Outlet(id="d", name="D", home="https://diario.test/", languages=("es",), kind="press", feeds=(URL,))
KINDS: tuple[SourceKind, ...] = ("feed", "sitemap", "listing", "index")

PIECES = st.sampled_from(
    [
        *(
            b"<?xml version='1.0' encoding='gb2312'?>",
            b"<rss>",
            b"<channel>",
            b"<item>",
            b"</item>",
            b"<link>",
            b"</link>",
        ),
        *(b"<feed>", b"<entry>", b"</entry>", b"<link href='/a-1'/>", b"<id>", b"<guid>", b"<title>", b"</title>"),
        *(b"<urlset>", b"<url>", b"</url>", b"<loc>", b"</loc>", b"<lastmod>", b"</lastmod>", b"<sitemapindex>"),
        *(b"<sitemap>", b"</sitemap>", b"<news:news>", b"<news:title>", b"<pubDate>", b"</pubDate>", b"<updated>"),
        *(
            b"2026-11-20",
            b"0001-01-01T00:00:00+14:00",
            b"Fri, 20 Nov 2026 10:00:00 -9999",
            b"/a-1",
            b"https://[",
            b"//",
        ),
        *(
            b"<![CDATA[",
            b"]]>",
            b"<!--",
            b"-->",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
            b"&a;",
            b"&#xD800;",
            b"&",
            b"<",
            b">",
        ),
        *(b"<a href='", b"'>", b"</a>", b"<base href='//['>", b"<html>", b"[", b"]", b"{", b"}", b'"link"', b":", b","),
        *(b"\x00", b"\xff\xfe", b"\x1f\x8b\x08", b"\xef\xbb\xbf", b"\xc4\xe3", b"\n", b" ", b"javascript:alert(1)"),
    ]
)
BODIES = st.binary(max_size=300) | st.lists(PIECES, max_size=40).map(b"".join)


def check(found: DiscoveryResult, outlet: Outlet) -> None:
    """Assert what is true of every result of discovery."""
    keys = [candidate.key for candidate in found.candidates]
    assert len(set(keys)) == len(keys)
    hosts = {urlsplit(outlet.home).netloc, *outlet.hosts}
    for candidate in found.candidates:
        assert canonicalize(candidate.url) == candidate.url
        assert key(candidate.url) == candidate.key
        assert len(candidate.url) <= MAX_URL_LENGTH
        assert is_same_site(candidate.url, hosts)
        for text, most in ((candidate.title, MAX_TITLE_CHARS), (candidate.summary, MAX_SUMMARY_CHARS)):
            assert text is None or (0 < len(text) <= most and "\n" not in text and "\x00" not in text)
        for moment in (candidate.published, candidate.modified):
            assert moment is None or (moment.tzinfo is dt.UTC and moment <= NOW + dt.timedelta(days=1))
    for source in found.further:
        assert is_same_site(source.url, hosts)
        assert source.kind == "sitemap"
    assert all(warning and "\n" not in warning and len(warning) < 300 for warning in found.warnings)


@given(BODIES, st.sampled_from(KINDS), st.sampled_from(["", "text/html; charset=x", "text/xml; charset=gbk", "\x00;"]))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@pytest.mark.slow
def test_discover_never_raises(body: bytes, kind: SourceKind, content_type: str) -> None:
    source = Source(url=URL, kind=kind)
    for answered in (body, gzip.compress(body), gzip.compress(body)[:-6]):
        check(discover(source, answered, url=URL, content_type=content_type, outlet=OUTLET, now=NOW), OUTLET)


@given(st.text(min_size=1), st.integers(min_value=662_688_000, max_value=int(NOW.timestamp())))
def test_every_well_formed_entry_is_found_with_any_title(title: str, seconds: int) -> None:
    published = dt.datetime.fromtimestamp(seconds, dt.UTC)
    body = (
        "<rss><channel><item><link>https://diario.test/a-1</link><title>"
        + "".join(f"&#{ord(character)};" for character in title if character.isprintable())
        + f"</title><pubDate>{published:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item></channel></rss>"
    )
    found = discover(Source(url=URL, kind="feed"), body.encode(), url=URL, outlet=OUTLET, now=NOW)
    assert found.candidates[0].published == published


@pytest.mark.slow
def test_discover_reads_every_feed_of_the_collection() -> None:
    if not (packed := SHARED / "feeds" / "feeds.tar.gz").exists():
        pytest.skip("../shared/feeds is not here")
    with (SHARED / "feeds" / "index.tsv").open(encoding="utf-8", newline="") as lines:
        rows = {row["path"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    read = 0
    with tarfile.open(packed) as files:
        for file in files:
            row = rows.get(file.name.removeprefix("./"))
            if row is None or row["kind"] not in {"feed", "feed-malformed", "sitemap"}:
                continue
            body = files.extractfile(file).read()  # type: ignore[union-attr]
            hosts = {match.decode("ascii") for match in re.findall(rb"//([a-z0-9.-]+\.[a-z]{2,})", body[:200_000])}
            outlet = OUTLET.model_copy(update={"hosts": tuple(sorted(hosts))})
            kind: SourceKind = "sitemap" if row["kind"] == "sitemap" else "feed"
            check(discover(Source(url=URL, kind=kind), body, url=URL, outlet=outlet, now=NOW), outlet)
            read += 1
    assert read >= 2_163
