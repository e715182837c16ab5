"""`vigia outlets import` and `export --opml`: a feed reader's list becomes outlets, and nothing is lost on the way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import listparser
import pytest
from click.testing import CliRunner, Result

from crawler.cli.main import vigia
from crawler.config.desk import load_desk, shipped_outlets
from crawler.config.outlet import Outlet
from crawler.operations.opml.foreign_pattern import has_nested_repeats
from crawler.operations.opml.import_outlets import plan_import
from crawler.operations.opml.read_opml import KEYS_ATTRIBUTE, NAMESPACE, OpmlError, read_opml
from crawler.operations.opml.write_opml import write_opml

READER = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mis fuentes</title></head><body>
<outline text="Chile"><outline text="Prensa">
  <outline type="rss" text="El Faro" xmlUrl="https://elfaro.test/economia.xml" htmlUrl="https://elfaro.test/economia/"/>
  <outline type="rss" text="El Faro: puertos" xmlUrl="https://elfaro.test/puertos.xml" htmlUrl="https://www.elfaro.test/p/"/>
</outline></outline>
<outline text="中国"><outline text="Think tanks">
  <outline TEXT="Instituto &quot;X&quot; &#x7f;" XMLURL="feed://instituto.test/feed" language="en-us"/>
</outline></outline>
<outline text="Gestión" xmlUrl="https://gestion.pe/otra/rss" htmlUrl="https://www.gestion.pe"/>
<outline text="Router" xmlUrl="http://192.168.1.1/rss"/>
<outline text="Loop" xmlUrl="http://0x7f.1/rss"/>
<outline text="NAS" xmlUrl="https://nas/rss"/>
<outline text="Office" xmlUrl="https://ok.test/rss" htmlUrl="http://wiki.internal/"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
</body></opml>
"""
CROWDED = " ".join(f'a{number}="x"' for number in range(400))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = ["peru"]\n', encoding="utf-8")
    return tmp_path


def run(desk: Path, *words: str) -> Result:
    return CliRunner().invoke(vigia, ["--desk", str(desk), "outlets", *words])


def document(outlines: str) -> bytes:
    return f'<opml version="2.0" xmlns:vigia="{NAMESPACE}"><body>{outlines}</body></opml>'.encode()


@pytest.mark.slow
def test_feeds_of_a_reader_become_outlets_of_vigia_toml(desk: Path) -> None:
    (desk / "reader.opml").write_text(READER, encoding="utf-8")
    (desk / "vigia.toml").chmod(0o640)
    ended = run(desk, "import", str(desk / "reader.opml"))
    assert ended.exit_code == 0, ended.output
    read = load_desk(desk)
    faro, instituto = read.outlet("elfaro"), read.outlet("instituto")
    assert (faro.home, faro.country, faro.kind, faro.languages) == ("https://elfaro.test/", "CL", "press", ("es",))
    assert faro.feeds == ("https://elfaro.test/economia.xml", "https://elfaro.test/puertos.xml")
    assert (instituto.name, instituto.home) == ('Instituto "X"', "http://instituto.test/")
    assert (instituto.country, instituto.kind, instituto.languages) == ("CN", "think-tank", ("en",))
    assert (desk / "vigia.toml").stat().st_mode & 0o777 == 0o640
    for name in ("Router", "Loop", "NAS", "Office"):
        assert f"Not added: {name} (" in ended.output
    assert ended.output.count("is in a private network") == 4
    assert 'outlet "gestion" has the same host' in ended.output
    assert "javascript:alert(1): no address of the web" in ended.output
    assert "2 outlets added to" in ended.output
    assert "Correct country" in ended.output


def test_a_second_import_adds_nothing(desk: Path) -> None:
    (desk / "vigia.toml").write_bytes(written := b'[desk]\r\ndirectory = ["peru"]  # mine\r\n')
    reader = desk / os.fsdecode(b"r\xe9ader.opml")
    reader.write_text(READER, encoding="utf-8")
    run(desk, "import", str(reader))
    before = (desk / "vigia.toml").read_bytes()
    assert before.startswith(written.rstrip())
    ended = run(desk, "import", str(reader))
    assert (ended.exit_code, (desk / "vigia.toml").read_bytes()) == (0, before)
    assert 'outlet "elfaro" reads it' in ended.output
    assert "Nothing to add." in ended.output


@pytest.mark.slow
def test_what_is_exported_is_imported_without_loss(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', encoding="utf-8")
    odd = Outlet.model_validate(
        {
            "id": "odd",
            "name": 'A "<&>" \n 钱',
            "home": "https://odd.test/",
            "languages": ["es"],
            "kind": "press",
            "feeds": ["https://odd.test/a?b=1&c=2", "https://odd.test/b"],
            "every": "90m",
            "hosts": ["m.odd.test"],
            "indexes": [{"url": "https://odd.test/i", "link": "a.b"}],
            "article_pattern": "^https?://'\\d",
        }
    )
    outlets = {outlet.id: outlet for outlet in (*shipped_outlets(), odd)}
    (tmp_path / "all.opml").write_bytes(write_opml(list(outlets.values()), title="Mesa", language="zh"))
    ended = run(tmp_path, "import", str(tmp_path / "all.opml"))
    assert (ended.exit_code, "Correct country" in ended.output) == (0, False)  # nothing was guessed
    assert {outlet.id: outlet for outlet in load_desk(tmp_path).outlets} == outlets


def test_a_feed_reader_reads_each_feed_of_an_export_in_its_folders() -> None:
    outlets = [outlet for outlet in shipped_outlets() if outlet.country == "PE"]
    read = listparser.parse(write_opml(outlets, title="Mesa", language="es"))
    assert read.meta.title == "Mesa"
    assert {feed.url for feed in read.feeds} == {url for outlet in outlets if outlet.enabled for url in outlet.feeds}
    assert ["Perú", "prensa"] in next(feed.categories for feed in read.feeds if "gestion.pe" in feed.url)
    assert (read.lists, read.opportunities) == ([], [])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'<!DOCTYPE o [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><opml><outline text="&c;"/></opml>', "document type"),
        (b'<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml/>', "document type"),
        (b" " * 5_000_001, "larger than 5 MB; split the list"),
        (document('<outline text="a">' * 9_000), "not well-formed XML at line 1"),
        (document('<outline xmlUrl="https://a.test/?a=1&b=2"/>'), "not well-formed XML at line 1"),
        (document('<outline xmlUrl="https://a.test/"/>' * 5_001), "more than 5000 feeds; split the list"),
        (b"<html><body/></html>", "begins with <html>, not with <opml>"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "begins with <feed>, not with <opml>"),
        (b"", "not well-formed XML"),
        (document(f"<outline {CROWDED}/>"), "more than 100 attributes"),
        (document('<outline xmlUrl="https://a.test/" vigia:keys="[1]"/>'), "no JSON object"),
        (document(f'<outline xmlUrl="https://a.test/" vigia:keys="{"[" * 100_000}"/>'), "are not JSON"),
    ],
)
def test_a_hostile_or_broken_file_gives_one_line(body: bytes, message: str) -> None:
    with pytest.raises(OpmlError, match=message) as raised:
        read_opml(body, name="a.opml")
    assert str(raised.value).startswith("a.opml: ")
    assert "\n" not in str(raised.value)


def test_what_is_left_out_is_told_in_one_short_line(desk: Path) -> None:
    addresses = [
        "javascript:a&#10;[desk]&#10;password=x",
        f"https://gestion.pe/{'x' * 100_000}",
        "http://127.0.0.1/&#155;1m",
    ]
    body = document("".join(f'<outline text="&#133;A" xmlUrl="{address}"/>' for address in addresses))
    plan = plan_import(load_desk(desk), read_opml(body, name="a.opml"))
    assert plan.added == []
    assert len(plan.left_out) == len(addresses)
    assert [line for line in plan.left_out if not line.isprintable() or len(line) > 600] == []


def test_an_entry_without_a_feed_is_told(desk: Path) -> None:
    outlines = (
        '<outline text="Solo" type="rss" htmlUrl="https://solo.test/"/><outline text="Nota"/>'
        '<outline text="Gestión" htmlUrl="https://gestion.pe/"/><outline text="Script" htmlUrl="javascript:a"/>'
        '<outline text="Carpeta" htmlUrl="https://carpeta.test/"><outline xmlUrl="https://a.test/rss"/></outline>'
        '<outline text="Portada" htmlUrl="https://www.a.test/portada"/><outline text="Roto" xmlUrl="http://[x/rss"/>'
    )
    plan = plan_import(load_desk(desk), read_opml(document(outlines), name="a.opml"))
    assert [outlet.home for outlet, _ in plan.added] == ["https://a.test/"]
    assert plan.left_out == [
        "Solo (https://solo.test/): the list names no feed of it; `vigia outlets add` looks for one at its address",
        'Gestión (https://gestion.pe/): outlet "gestion" has the same host',
        "Script (javascript:a): javascript:a: no address of the web (https://…)",
        "Roto (http://[x/rss): http://[x/rss: no address of the web (https://…)",
    ]


@pytest.mark.parametrize(
    "written",
    [
        '<opml version="2.0" xmlns="http://opml.test/spec2"><body>{}</body></opml>',
        '\ufeff\r\n\r\n<?xml version="1.0" encoding="UTF-8"?>\r\n<opml version="1.0"><body>{}</body></opml>',
        '<o:opml xmlns:o="http://opml.test/spec2"><o:body>{}</o:body></o:opml>',
    ],
    ids=["namespace", "empty lines", "prefix"],
)
def test_a_list_is_read_in_whatever_form(desk: Path, written: str) -> None:
    feed = '<outline text="X" xmlUrl="https://x.test/rss" category="/Noticias/Perú, /prensa,"/>'
    plan = plan_import(load_desk(desk), read_opml(written.format(feed).encode(), name="a.opml"))
    ((outlet, _),) = plan.added
    assert (outlet.country, outlet.kind) == ("PE", "press")


def test_keys_of_another_desk_are_checked(desk: Path) -> None:
    keys = {"id": "x", "name": "X", "home": "https://x.test/", "languages": ["es"], "kind": "press"}
    others = [{"hosts": ["10.0.0.1"]}, {"kind": "tabloid"}, {"id": "gestion"}, {"sitemaps": ["http://[::1]/s.xml"]}]
    outlines = [
        json.dumps({**keys, "id": f"x{number}", "home": f"https://x{number}.test/", **other})
        for number, other in enumerate(others)
    ]
    quoted = (outline.replace('"', "&quot;") for outline in outlines)
    body = document(
        "".join(
            f'<outline text="X" xmlUrl="https://x{number}.test/rss" vigia:keys="{one}"/>'
            for number, one in enumerate(quoted)
        )
    )
    plan = plan_import(load_desk(desk), read_opml(body, name="a.opml"))
    assert plan.added == []
    assert [line.partition("): ")[2] or line for line in plan.left_out] == [
        "10.0.0.1 is in a private network, which no outlet may lead to",
        plan.left_out[1],
        'outlet "gestion" has the same id',
        "::1 is in a private network, which no outlet may lead to",
    ]
    assert plan.left_out[1].startswith('outlet "X" kind: should be')
    assert KEYS_ATTRIBUTE.startswith("{urn:vigia:")


def test_an_outlet_comes_without_a_pattern_that_can_take_hours(desk: Path) -> None:
    keys = {"id": "x", "name": "X", "home": "https://x.test/", "languages": ["es"], "kind": "press"}
    keys["article_pattern"] = "^https://x.test/([a-z]+)+$"
    quoted = json.dumps(keys).replace('"', "&quot;")
    body = document(f'<outline text="X" xmlUrl="https://x.test/rss" vigia:keys="{quoted}"/>')
    plan = plan_import(load_desk(desk), read_opml(body, name="a.opml"))
    ((outlet, block),) = plan.added
    assert outlet.article_pattern is None
    assert "article_pattern" not in block
    (line,) = plan.left_out
    assert line.startswith('article_pattern of outlet "x": it repeats what holds a repeat')


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(?:a|aa)+$",
        "(a*){1,30}$",
        "((a+)/?)*$",
        "([a-z/]+/)*$",
        r"([a-z.]+\.)+$",
        "([a-z]*[a-z]*/)+$",
        r"(\w+_)*$",
        "(?x)(a+) +$",
        "(?x: (a+) + )$",
        "(?=(a+)+$)",
        "[](]((a+)+)[)]",
        "([]a]+])+",
    ],
)
def test_a_repeat_within_a_repeat_is_noticed(pattern: str) -> None:
    assert has_nested_repeats(pattern)


def test_a_list_of_parts_is_no_nested_repeat() -> None:
    patterns = [outlet.article_pattern for outlet in shipped_outlets() if outlet.article_pattern]
    assert sum(")+" in pattern or ")*" in pattern for pattern in patterns) > 10
    assert [one for one in [*patterns, r"^\(+[(]+(?:-\d*)*\)+$"] if has_nested_repeats(one)] == []


def test_a_vigia_toml_that_does_not_take_them_stays_as_it_was(desk: Path) -> None:
    text = '[desk]\ndirectory = "none"\n'
    (desk / "vigia.toml").write_text(f"outlet = []\n{text}", encoding="utf-8")
    (desk / "reader.opml").write_text(READER, encoding="utf-8")
    ended = run(desk, "import", str(desk / "reader.opml"))
    assert ended.exit_code == 1
    assert "can't be extended" in ended.output
    assert (desk / "vigia.toml").read_text("utf-8") == f"outlet = []\n{text}"
    assert sorted(path.name for path in desk.iterdir()) == ["reader.opml", "vigia.toml"]
