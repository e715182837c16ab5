"""Tags of thousands of attributes take bounded time, and a script that only looks like one is left alone."""

from __future__ import annotations

import pytest

from pipelines.analysis.text import extraction, page_tree
from tests.fixtures.growth import measure_growth

FIRST = "The harbour master of the northern port said on Monday that the second crane would be tested before the rains."
LARGE = f"<div hidden>{'x' * 300_000}</div>"


@pytest.mark.parametrize("value", ["1", "'>'", '"<"'])
@pytest.mark.slow
def test_the_time_of_a_tag_grows_no_faster_than_its_attributes(value: str) -> None:
    def make(attributes: int) -> str:
        return f"<body><p {' '.join(f'a{n}={value}' for n in range(attributes))}>{FIRST}</p>"

    assert measure_growth(page_tree.parse_html, make, size=100_000, limit=2.5) <= 2.5
    tree = page_tree.parse_html(make(100_000))
    assert tree is not None
    assert [line.text for line in extraction.extract_lines(tree, size=10)] == [FIRST]


def test_long_values_of_attributes_stay() -> None:
    state = "{a: 'b > c = d'} " * 30_000
    tree = page_tree.parse_html(f'<body><div data-state="{state}"><p>{FIRST}</p></div>')
    assert tree is not None
    assert tree.find(".//div").get("data-state") == state


@pytest.mark.parametrize("end", ["", ">", "\x00 a='b'"])
@pytest.mark.parametrize("element", ["script", "style", 'SCRIPT type="a>b"'])
def test_comparisons_in_a_script_begin_no_tag(element: str, end: str) -> None:
    state = "".join(f'"k{n}":"v {n}",' for n in range(2_000))
    written = f"for(i=0;i<n;i++){{f(i)}} s={{{state}}}{end}"
    name = element.partition(" ")[0]
    tree = page_tree.parse_html(f"<body><{element}>{written}</{name}><p>{FIRST}</p>{LARGE}")
    assert tree is not None
    assert tree.findtext(f".//{name.lower()}") == written.replace("\x00", "")
    assert tree.findtext(".//p") == FIRST


@pytest.mark.parametrize(
    "before",
    ["<!-- <script> -->", "<!-- <script> --><b></script>", "<script/>", "<scripts>", "<textarea><script></textarea>"],
)
def test_what_only_looks_like_a_script_hides_no_tag(before: str) -> None:
    attributes = " ".join(f"a{n}=1" for n in range(5_000))
    tree = page_tree.parse_html(f"<body>{before}<p {attributes}>{FIRST}</p></script>{LARGE}")
    assert tree is not None
    assert max(len(element.attrib) for element in tree.iter()) < 2_000
