"""The rules of a robots.txt for one agent are those that Protego finds in the whole."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from crawler.discovery.robots_rules import cut_at_line, select_rules

AGENTS = ("*", "Vigia", "Otherbot", "vig")
PATHS = ("/", "/a", "/a/b", "/*.pdf$", "/index.html", "/x*y", "/%7Ea", "/a?b=c", "")
LINES = st.one_of(
    st.sampled_from(AGENTS).map("User-agent: {}".format),
    st.sampled_from(PATHS).map("Disallow: {}".format),
    st.sampled_from(PATHS).map("Allow: {}".format),
    st.sampled_from(("Crawl-delay: 7", "Crawl-delay: x", "Sitemap: https://faro.example/s.xml", "", "# a comment")),
)
URLS = [
    f"https://faro.example{path}" for path in ("/", "/a", "/a/b/c", "/f.pdf", "/xzy", "/~a", "/a?b=c", "/robots.txt")
]


@given(st.lists(LINES, max_size=20))
def test_the_rules_of_one_agent_are_those_of_the_whole_file(lines: list[str]) -> None:
    text = "\n".join(lines)
    whole = Protego.parse(text)
    selected = pickle.loads(pickle.dumps(select_rules(text.encode(), "Vigia")))
    assert [selected.can_fetch(url, "Vigia") for url in URLS] == [whole.can_fetch(url, "Vigia") for url in URLS]
    assert selected.crawl_delay("Vigia") == whole.crawl_delay("Vigia")


def test_what_is_said_to_others_is_left_out() -> None:
    others = "".join(f"User-agent: bot{number}\nDisallow: /{number}\n" for number in range(2000))
    selected = select_rules(f"{others}User-agent: *\nDisallow: /b\n".encode(), "Vigia")
    assert not selected.can_fetch("https://faro.example/b", "Vigia")
    assert len(pickle.dumps(selected)) < 2000


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /b\n",
        b"\xef\xbb\xbf\xef\xbb\xbf\nUser-agent: *\nDisallow: /b\n",
        b"\xff\xfe" + "User-agent: *\r\nDisallow: /b\r\n".encode("utf-16-le"),
        b"User-agent: *\x00\rDisallow: /b\r",
        b"# caf\xe9\nUSER-AGENT : *\n\n\nDISALLOW : /b # all\n",
    ],
)
def test_marks_and_old_line_ends_hide_no_rule(body: bytes) -> None:
    rules = select_rules(body, "Vigia")
    assert not rules.can_fetch("https://faro.example/b", "Vigia")
    assert rules.can_fetch("https://faro.example/a", "Vigia")


@given(st.lists(st.sampled_from(["Disallow: /ab", "Allow: /", "# x", ""]), max_size=9), st.sampled_from("\r\n"))
def test_a_long_robots_txt_is_cut_after_a_whole_line(lines: list[str], end: str) -> None:
    body = end.join([*lines, ""]).encode()
    for size in range(len(body) + 1):
        cut = cut_at_line(body, size)
        assert len(cut) <= size
        assert body.startswith(cut)
        assert cut == b"" or cut.endswith(end.encode())
        assert body[len(cut) : size].count(end.encode()) == 0
