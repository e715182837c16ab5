"""Reading vigia.toml: a desk, or an error of one line."""

from pathlib import Path

import pytest

from crawler.config.desk import Desk, DeskError, load_desk
from crawler.config.first_file import write_first_file
from pipelines.relevance.topic import load_topic
from pipelines.relevance.topic_file import TopicError

OUTLET = """
[[outlet]]
id = "faro"
name = "El Faro"
home = "https://faro.example/"
languages = ["es"]
kind = "press"
feeds = ["https://faro.example/feed.xml"]
"""


def desk_of(folder: Path, text: str, *, directory: Path | None = None) -> Desk:
    (folder / "vigia.toml").write_text(text, encoding="utf-8")
    shipped = directory or folder / "shipped"
    shipped.mkdir(exist_ok=True)
    return load_desk(folder, directory=shipped)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(DeskError) as caught:
        desk_of(folder, text)
    line = str(caught.value)
    assert "\n" not in line
    assert str(folder) in line
    return line


def test_an_empty_file_is_a_desk_with_the_defaults(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, "")
    assert desk.desk.name == "Vigía"
    assert [wait.total_seconds() for wait in desk.crawl.revisit] == [3600, 21600, 86400, 604800]


def test_an_outlet_has_its_sources_in_the_order_in_which_they_are_read(tmp_path: Path) -> None:
    (outlet,) = desk_of(tmp_path, OUTLET + 'sitemaps = ["https://faro.example/news.xml"]').outlets
    assert [(source.kind, source.url) for source in outlet.sources] == [
        ("feed", "https://faro.example/feed.xml"),
        ("sitemap", "https://faro.example/news.xml"),
    ]


def test_the_desk_overrides_a_shipped_outlet_key_by_key(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "peru.toml").write_text(OUTLET, encoding="utf-8")
    (outlet,) = desk_of(tmp_path, '[[outlet]]\nid = "faro"\nevery = "5m"', directory=shipped).outlets
    assert (outlet.name, outlet.interval.total_seconds()) == ("El Faro", 300)


def test_the_desk_selects_files_of_the_directory(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "peru.toml").write_text(OUTLET, encoding="utf-8")
    (shipped / "china.toml").write_text(OUTLET.replace('"faro"', '"torre"'), encoding="utf-8")
    ids = {
        choice: [outlet.id for outlet in desk_of(tmp_path, f"[desk]\ndirectory = {choice}", directory=shipped).outlets]
        for choice in ('"all"', '"none"', '["peru"]')
    }
    assert ids == {'"all"': ["torre", "faro"], '"none"': [], '["peru"]': ["faro"]}


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ('[desk]\nnam = "x"', "[desk] nam", "there are name, timezone"),
        ('[crawl]\nrevisit = ["soon"]', "[crawl] revisit", '"30m"'),
        ("[desks]\n", "unknown table desks", "[desk]"),
        ("[desk]\nname =\n", "line 2", "not TOML"),
        ('[crawl]\ncontact = "me"', "[crawl] contact", "mailto:"),
        ('[crawl]\ncontact = "mailto:me\\nX-Injected: 1"', "[crawl] contact", "mailto:"),
        ('[desk]\ntimezone = "Lima"', "[desk] timezone", "America/Lima"),
        ('[desk]\ndirectory = ["perú"]', 'no file "perú"', '"all"'),
        ('[crawl]\nallow_networks = ["localhost"]', "allow_networks", "127.0.0.0/8"),
        (OUTLET.replace("feeds", "feed"), 'outlet "faro" feed', "there are id, name"),
        (OUTLET.replace('feeds = ["https://faro.example/feed.xml"]', ""), 'outlet "faro"', "add feeds"),
        (OUTLET.replace('"press"', '"newspaper"'), 'outlet "faro" kind', "'think-tank'"),
        (OUTLET + 'article_pattern = "(("', 'outlet "faro" article_pattern', "not a regular expression"),
        (OUTLET.replace("https://faro.example/feed.xml", "faro.example/feed"), 'outlet "faro" feeds', "http://"),
        (OUTLET.replace("https://faro", "https://me:pw@faro"), 'outlet "faro" home', "no password"),
        (OUTLET + OUTLET, 'outlet "faro" stands twice', "rename or remove"),
        ('[outlet]\nid = "x"', "outlet", "[[outlet]]"),
        ('[[subscription]]\nname = "a"\nquery = "b"\nto = ["mailto://me:pw@x"]', 'subscription "a" to', "env:NAME"),
        ('[[subscription]]\nname = "a"\nquery = "b"\npeople = ["ana"]', 'subscription "a" people', 'no person "ana"'),
        (
            '[[person]]\nid = "ana"\nto = ["env:A"]\n[[subscription]]\nname = "a"\nquery = "b"\npeople = ["anna"]',
            'subscription "a" people',
            "there are ana",
        ),
        ('[[person]]\nid = "ana"', 'person "ana" to', "missing"),
        ('[[person]]\nid = "ana"\nto = []', 'person "ana" to', "at least 1"),
        ('[[person]]\nid = "ana"\nto = ["ana@example.org"]', 'person "ana" to', "env:NAME"),
        ('[[person]]\nid = "ana"\nto = ["env:A"]\nlanguage = "fr"', 'person "ana" language', "should be 'en', 'es'"),
        ('[[person]]\nid = "ana"\nto = ["env:A"]\ntimezone = "Lima"', 'person "ana" timezone', "America/Lima"),
        ('[[person]]\nid = "x"\nto = ["env:A"]\n[[person]]\nid = "x"\nto = ["env:B"]', 'person "x"', "twice"),
        ('[[person]]\nid = "ana@example.org"\nto = ["env:A"]', "id", "an address is no id"),
        ('[[subscription]]\nname = "a"\nquery = "b"\nwhen = "often"', 'subscription "a" when', "immediately"),
    ],
)
def test_an_error_is_one_line_with_place_and_remedy(tmp_path: Path, text: str, place: str, remedy: str) -> None:
    line = complaint(tmp_path, text)
    assert place in line
    assert remedy in line


def test_a_secret_in_the_file_is_not_repeated_in_an_error(tmp_path: Path) -> None:
    line = complaint(tmp_path, '[[subscription]]\nname = "a"\nquery = "b"\nto = ["mailto://me:hunter2@x"]')
    assert "hunter2" not in line


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="init"):
        load_desk(tmp_path)


def test_an_unknown_outlet_gives_similar_names(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="did you mean faro"):
        desk_of(tmp_path, OUTLET).outlet("far")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (OUTLET + "every = 30", 'every: write a duration like "30m"'),
        (OUTLET + 'every = "0s"', 'every: write a duration like "30m"'),
        (OUTLET + 'country = "Perú"', 'country: write the two capital letters of ISO 3166, like "PE"'),
        ('[desk]\ndirectory = "peru"', 'directory: write "all", "none" or a list of files: ["peru"]'),
        ('[crawl]\nrevisit = "1h"', 'revisit: write a list: ["1h"]'),
        ('[[outlet]]\nid = "fharo"\nenabled = false', 'outlet "fharo" (not in the shipped files'),
    ],
)
def test_an_error_says_what_to_write_instead(tmp_path: Path, text: str, remedy: str) -> None:
    assert remedy in complaint(tmp_path, text)


def test_a_first_file_watches_the_topic_it_was_written_for(tmp_path):
    write_first_file(tmp_path, "china_chile")
    desk = load_desk(tmp_path)
    assert (desk.desk.topic, desk.desk.timezone) == ("china_chile", "America/Santiago")
    assert {"CL", "CN"} < {outlet.country for outlet in desk.enabled_outlets}
    assert load_topic(desk.desk.topic).b.countries == ("CL",)
    with pytest.raises(TopicError, match="shipped: china_chile, china_peru"):
        write_first_file(tmp_path / "other", "china_mars")
    assert not (tmp_path / "other").exists()
