"""Canonical URLs and page keys."""

import json
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import MAX_URL_LENGTH, canonicalize, get_host, get_site, is_same_site, key
from tests.fixtures.paths import SHARED

# Addresses made of the pieces that the rules look for, so that chance finds their combinations.
PIECES = st.sampled_from(
    [
        *("http://", "https://", "//", "/", "\\", ".", "..", "./", "../", "?", "&", "=", "#", "%", "%2e", "%41", "%zz"),
        *(";", ":", "@", "[", "]", "+", " ", "é", "秘鲁", "\t", "\n", "\u200b", "\ud800", ":80", ":443", "&amp;"),
        *("www.", "m.", "amp.", "beta.", "a.pe", "gob.pe", "news.cgtn.com", "larepublica.pe", "utm_source=x", "ref="),
        *("amp", "amp/", "/amp", "/embed", ".amp", ".html", "index.html", "share_amp.html", "p.html", "index.php/"),
        *(";jsessionid=0a1b", "&sid=", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "/(S(x1))/", "(", "S(", ")", "%3B"),
        *("a-slug-12", "amp=1", "lang=en", "p=1"),
    ]
)
ADDRESSES = st.builds(
    "https://{}/{}".format, st.sampled_from(["a.pe", "www.a.pe", "m.a.pe:8080"]), st.text()
) | st.lists(PIECES, max_size=12).map("".join)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("HTTP://Example.PE", "http://example.pe/"),
        ("https://example.pe:443/a#top", "https://example.pe/a"),
        ("http://example.pe:8080/a", "http://example.pe:8080/a"),
        ("https://example.pe./a", "https://example.pe/a"),
        ("  https://example.pe/a\n", "https://example.pe/a"),
        ("https://example.pe/a/../b/./c", "https://example.pe/b/c"),
        ("https://example.pe/a/b/..", "https://example.pe/a/"),
        ("https://example.pe/../../a", "https://example.pe/a"),
        ("https://example.pe\\a\\b", "https://example.pe/a/b"),
        ("https://example.pe/economía", "https://example.pe/econom%C3%ADa"),
        ("https://example.pe/a b", "https://example.pe/a%20b"),
        ("https://example.pe/%e6%96%b0", "https://example.pe/%e6%96%b0"),
        ("https://perú.pe/a", "https://xn--per-boa.pe/a"),
        ("https://example.pe/a?x=1&amp;y=2", "https://example.pe/a?x=1&y=2"),
        ("https://example.pe/a?", "https://example.pe/a"),
        ("https://example.pe/a?&&x=1&", "https://example.pe/a?x=1"),
        ("http://127.0.0.1:8010/a", "http://127.0.0.1:8010/a"),
        ("http://[::1]:8010/a", "http://[::1]:8010/a"),
        ("www.example.pe/a", "http://www.example.pe/a"),
    ],
)
def test_an_address_has_one_form(url: str, clean: str) -> None:
    assert canonicalize(url) == clean


@pytest.mark.parametrize(
    "url",
    [
        *("", "/a", "a", "//", "http://", "http:///a", "https://?a", "http://[", "http://[::1", "http://a:99999/"),
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.pe/a", "mailto:a@example.pe"),
        *("https://me:secret@example.pe/", "https://example.pe@evil.test/", "http://exa mple.pe/", "http://a..pe/"),
        "https://example.pe/" + "a" * MAX_URL_LENGTH,
    ],
)
def test_canonicalize_returns_none_for_a_url_that_can_not_be_requested(url: str) -> None:
    assert canonicalize(url) is None
    assert get_host(url) == ""


def test_a_relative_address_needs_its_base() -> None:
    assert canonicalize("../b?x=1", base="https://example.pe/a/c/d") == "https://example.pe/a/b?x=1"
    assert canonicalize("//cdn.example.pe/a", base="https://example.pe/") == "https://cdn.example.pe/a"
    assert canonicalize("?p=7", base="https://example.pe/") == "https://example.pe/?p=7"
    assert canonicalize("www.example.pe/a", base="https://example.pe/b/") == "https://www.example.pe/a"


@pytest.mark.parametrize(
    "query",
    [
        *("ref=rpp", "ref=", "ref=dcr", "fbclid=IwAR0", "sfnsn=wa", "utm_source=chatgpt.com", "platform=hootsuite"),
        *(
            "utm_source=rss&utm_medium=rss&utm_campaign=feeds",
            "srcref=rss",
            "UTM_Source=x",
            "utm%5Fsource=x",
            "gclid=1",
        ),
        *("amp", "amp=1", "output=amp", "outputType=amp", "noamp=available", "share=facebook", "mc_cid=a&mc_eid=b"),
    ],
)
def test_trackers_and_parameters_of_twins_are_removed(query: str) -> None:
    assert canonicalize(f"https://example.pe/a-1?{query}") == "https://example.pe/a-1"
    assert canonicalize(f"https://example.pe/a-1?p=7&{query}") == "https://example.pe/a-1?p=7"


@pytest.mark.parametrize(
    "query",
    [
        *("lang=en", "p=31228", "id_noticia=44619", "outputType=xml", "referrer=/action", "page=2", "s=perú-china"),
        *("idcomentario=301c4&idforo=cc0", "m=vod-search", "source=3", "type=analysis", "attachment_id=4", "atlas=1"),
    ],
)
def test_parameters_that_select_a_page_are_kept(query: str) -> None:
    assert key(f"https://example.pe/a?{query}") != key("https://example.pe/a")


@pytest.mark.parametrize(
    "address",
    [
        "/nota.jsp;jsessionid={}?id=7",
        "/nota.jsp;JSESSIONID={}.node1?id=7",
        "/nota.jsp%3Bjsessionid={}?id=7",
        "/nota.jsp?id=7;jsessionid={}",
        "/nota.jsp?id=7&jsessionid={}",
        "/nota.jsp?PHPSESSID={}&id=7",
        "/nota.jsp?ASPSESSIONIDQQABCDEF={}&id=7",
        "/nota.jsp?CFID=12345&CFTOKEN={}&id=7",
        "/nota.jsp?id=7&session_id={}",
        "/nota.jsp?id=7&sessionId={}",
        "/nota.jsp?id=7&my_sess_key={}",
        "/nota.jsp?id=7&sid={}",
        "/(S({}))/nota.jsp?id=7",
        "/(X(1)S({}))/nota.jsp?id=7",
    ],
)
def test_the_id_of_a_session_is_no_part_of_an_address(address: str) -> None:
    for session in (
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "k3j4h5g6f7d8s9a0q1w2e3r4t5",
        "0A1B2C3D4E5F60718293A4B5C6D7E8F9",
    ):
        assert canonicalize(f"https://example.pe{address.format(session)}") == "https://example.pe/nota.jsp?id=7"


@pytest.mark.parametrize(
    "address",
    [
        *("/a;lang=es", "/a;v=2", "/a?sid=12345", "/a?sid=nota-1-de-noviembre", "/a?s=perú-china", "/a?session=2026"),
        *("/a?sessionid=12", "/a?s=0123456789", "/a?obsession_id=7", "/a?token=0a1b2c3d4e5f6071", "/a/(S)/b", "/a(1)"),
    ],
)
def test_what_is_no_session_stays_in_the_address(address: str) -> None:
    assert key(f"https://example.pe{address}") not in {key("https://example.pe/a"), key("https://example.pe/a/b")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.pe/a", "https://www.example.pe/a/"),
        ("https://m.example.pe/a", "https://example.pe/a"),
        ("https://amp.example.pe/a", "https://www.example.pe/a"),
        ("https://beta.gestion.pe/a", "https://gestion.pe/a"),
        ("https://example.pe/a?y=2&x=1", "https://example.pe/a?x=1&y=2"),
        ("https://example.pe//a//b", "https://example.pe/a/b"),
        ("https://example.pe/%7Ea/%e6%96%b0", "https://example.pe/~a/新"),
        ("https://example.pe/a/index.html", "https://example.pe/a/"),
        (
            "https://larepublica.pe/amp/economia/2024/04/10/slug-158310",
            "https://larepublica.pe/economia/2024/04/10/slug-158310",
        ),
        ("https://example.pe/some-slug/amp", "https://example.pe/some-slug/"),
        ("https://example.pe/some-slug/amp/", "https://example.pe/some-slug"),
        ("https://example.pe/some-slug/embed/", "https://example.pe/some-slug/"),
        ("https://example.pe/story_0.amp.html", "https://example.pe/story_0.html"),
        ("https://example.pe/story-1.amp", "https://example.pe/story-1"),
        ("https://example.pe/m/economia/slug-1", "https://example.pe/economia/slug-1"),
        ("https://peru21.pe/index.php/economia/slug-noticia", "https://peru21.pe/economia/slug-noticia"),
    ],
)
def test_twins_of_a_page_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.pe/tag/amp", "https://example.pe/tag"),
        ("https://m.pe/a", "https://pe/a"),
        ("https://m.gob.pe/a", "https://gob.pe/a"),
        ("https://www.gob.pe:8080/a", "https://www.gob.pe/a"),
        ("https://espanol.cgtn.com/a-1", "https://www.cgtn.com/a-1"),
        ("https://example.pe/A", "https://example.pe/a"),
        ("https://example.pe/a_5.html", "https://example.pe/a.html"),
        ("https://example.pe/m", "https://example.pe/"),
        ("https://example.pe/p.html", "https://example.pe/index.html"),
    ],
)
def test_a_page_that_only_looks_like_a_twin_has_its_own_key(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_a_story_of_cgtn_is_one_page_under_all_its_names() -> None:
    story = "https://news.cgtn.com/news/2024-11-17/Some-words-1yAJjdqQ4eI/{}.html"
    names = ("index", "p", "share", "share_amp")
    assert len({key(story.format(name)) for name in names}) == 1
    assert [canonicalize(story.format(name)) for name in names] == [
        story.format(name) for name in ("index", "p", "share", "index")
    ]


def test_the_full_page_is_requested_instead_of_its_stub() -> None:
    assert (
        canonicalize("https://larepublica.pe/amp/economia/2024/slug-1") == "https://larepublica.pe/economia/2024/slug-1"
    )
    assert canonicalize("https://example.pe/some-slug/amp/") == "https://example.pe/some-slug/"
    assert canonicalize("https://example.pe/some-slug/embed/amp") == "https://example.pe/some-slug"
    assert canonicalize("https://example.pe/amp/economia/slug-1") == "https://example.pe/amp/economia/slug-1"
    assert (
        canonicalize("https://peru21.pe/index.php/economia/slug-noticia")
        == "https://peru21.pe/index.php/economia/slug-noticia"
    )


def test_a_site_is_a_registrable_domain() -> None:
    assert is_same_site("https://news.cgtn.com/a", {"www.cgtn.com"})
    assert is_same_site("https://gob.pe/a", {"www.gob.pe"})
    assert is_same_site("https://finance.people.com.cn/a", ["people.com.cn"])
    assert is_same_site("http://m.diario.test/a", {"diario.test"})
    assert is_same_site("http://localhost:8010/a", {"localhost:8010"})
    assert not is_same_site("https://sunat.gob.pe/a", {"www.gob.pe"})
    assert not is_same_site("https://xinhuanet.com.cn/a", {"people.com.cn"})
    assert not is_same_site("https://one.blogspot.com/a", {"two.blogspot.com"})
    assert not is_same_site("http://127.0.0.1:8010/a", {"127.0.0.1:8011"})
    assert not is_same_site("http://otro.test/a", {"diario.test"})
    assert not is_same_site("javascript:0", {"javascript"})
    assert get_site("mfa.gov.cn") != get_site("fmprc.gov.cn")


@pytest.mark.slow
@given(ADDRESSES)
def test_canonical_is_idempotent_and_keeps_the_key(url: str) -> None:
    clean = canonicalize(url)
    if clean is not None:
        assert canonicalize(clean) == clean
        assert key(clean) == key(url)
        assert clean.isascii()
        assert len(clean) <= MAX_URL_LENGTH
        assert re.match(r"https?://[^/@]+/", clean)
        assert is_same_site(clean, {get_host(clean)})


@given(ADDRESSES)
def test_the_scheme_and_www_do_not_make_another_page(url: str) -> None:
    clean = canonicalize(url)
    if clean is not None and urlsplit(clean).port is None and "." in get_host(clean):
        assert key(re.sub(r"^https?://", "https://www.", clean)) == key(clean)


@given(st.text(), st.none() | st.text())
def test_urls_never_raises_on_any_text(url: str, base: str | None) -> None:
    canonicalize(url, base=base)
    assert isinstance(key(url), str)
    assert is_same_site(url, {get_host(url)}) == bool(get_host(url))


def test_every_address_of_the_replayed_web_keeps_its_own_key_and_can_still_be_fetched() -> None:
    if not (pages := SHARED / "web" / "pages.jsonl").exists():
        pytest.skip("../shared/web is not here")
    urls = [json.loads(line)["url"] for line in pages.read_text(encoding="utf-8").splitlines()]
    assert len({key(url) for url in urls}) == len(urls)
    # What the replay server answers: host and path with query, or the path alone where a tracker was in the query.
    served = {(urlsplit(url).netloc, url.split("/", 3)[3]) for url in urls}
    served |= {(name, path.split("?")[0]) for name, path in served if re.search(r"[?&](utm_|srcref|ref=)", path)}
    cleaned = [canonicalize(url) or "" for url in urls]
    assert [url for url in cleaned if (urlsplit(url).netloc, url.split("/", 3)[3]) not in served] == []
