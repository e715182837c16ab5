"""What elements within a sentence say: quotations, footnote marks, struck text, controls; tables in figures."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.text import extraction, page_tree

PROSE = (
    "The harbour master of the northern port said on Monday that the second crane would be tested before the rains.",
    "Engineers had waited for a part since August, when the ship that carried it was sent to another terminal.",
    "Fishing boats may use the inner basin again from Friday, the port authority added in a short statement.",
)


def read(piece: str) -> str:
    """Return the text of an article whose second paragraph, or block, is `piece`."""
    first, second, third = PROSE
    tree = page_tree.parse_html(f"<html><body><article><p>{first}</p>{piece}<p>{second}</p><p>{third}</p></article>")
    assert tree is not None
    lines = [line.text for line in extraction.extract_lines(tree, size=20)]
    assert [line for line in lines if line in PROSE] == list(PROSE)
    return "\n".join(line for line in lines if line not in PROSE)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("The minister said <q>we will not sign</q> and left.", "The minister said “we will not sign” and left."),
        ("He said <q>she told me <q>never</q> twice</q>.", "He said “she told me ‘never’ twice”."),
        ("El ministro dijo «<q>no firmaremos</q>» y se fue.", "El ministro dijo «no firmaremos» y se fue."),
        ("部长说：<q>我们不会签署</q>，随后离开。", "部长说：“我们不会签署”，随后离开。"),
        ("Trade grew to 37<sup>1</sup> billion dollars last year.", "Trade grew to 37 billion dollars last year."),
        ("It cost 1.3<sup><a href='#n2'>2</a></sup> billion in all.", "It cost 1.3 billion in all."),
        ("It cost 1.3<a href='#n2'><sup>2</sup></a> billion in all.", "It cost 1.3 billion in all."),
        ("It cost 1.3<a href='/page#_ftn4' class='x'>4</a> billion in all.", "It cost 1.3 billion in all."),
        ("It cost 1.3<span style='vertical-align: super'>12</span> billion.", "It cost 1.3 billion."),
        ("It cost 1.3<sup>1, 2</sup> billion and grew 8<sup>*</sup> percent.", "It cost 1.3 billion and grew 8 percent."),
        ("贸易额达到370<sup>3</sup>亿美元，创下新高。", "贸易额达到370亿美元，创下新高。"),
        ("Stores of 1 200 m<sup>2</sup> and 40 km<sup>2</sup> of land.", "Stores of 1 200 m2 and 40 km2 of land."),
        ("占地40平方米<sup>2</sup>，是全国最大的。", "占地40平方米2，是全国最大的。"),
        ("The 21<sup>st</sup> century, the 1<sup>er</sup> puesto, N<sup>o</sup> 7.", "The 21st century, the 1er puesto, No 7."),
        ("A mass of 3 × 10<sup>9</sup> kg and CO<sub>2</sub>.", "A mass of 3 × 10⁹ kg and CO2."),
        ("A pipe of 3<sup>1</sup>/<sub>2</sub> inches was laid.", "A pipe of 3 1/2 inches was laid."),
        ("Dated by <sup>14</sup>C in the laboratory.", "Dated by 14C in the laboratory."),
        ("Chapter <a href='#three'>3</a> of the report (<a href='#n1'>1</a>) says so.", "Chapter 3 of the report (1) says so."),
        ("It costs <del>US$ 1.3</del> <ins>US$ 3.6</ins> billion.", "It costs US$ 3.6 billion."),
        ("It costs <b style='color:red;text-decoration-line:line-through'>1.3</b> 3.6 billion.", "It costs 3.6 billion."),
        ("It costs <span class='price line-through'>1.3</span> 3.6 billion.", "It costs 3.6 billion."),
        ("<style>.a{x:y} .old { color: red; text-decoration: line-through }</style>It costs <i class=old>1.3</i> 3.6 billion.", "It costs 3.6 billion."),
        ("<del><p>The pier will close in May, he said.</p></del><p>It stays open.</p>", "It stays open."),
        ("<p style='text-decoration:line-through'>The pier will close in May, he said.</p><p>It stays open.</p>", "It stays open."),
        ("It costs <s>1.3</s> <strike>2.0</strike> 3.6 billion.", "It costs 3.6 billion."),
        ("It costs <span style='text-decoration: line-through'>1.3</span> 3.6 billion.", "It costs 3.6 billion."),
        ("The line <button>Cosco</button>, based in Shanghai, runs the port.", "The line Cosco, based in Shanghai, runs the port."),
        ("They want to revise the <label>trade treaty</label>. Exporters agree.", "They want to revise the trade treaty. Exporters agree."),
        ("<button><b>Cosco</b></button> runs the port in the north.", "Cosco runs the port in the north."),
        ("运营商<button>中远海运</button>表示，港口将扩建。", "运营商中远海运表示，港口将扩建。"),
        ("The port was built by the shipping line <button>Cosco</button>", "The port was built by the shipping line Cosco"),
        ("It will be ready in May. <button>Share</button>", "It will be ready in May."),
        ("It will be ready in May. <button>Like</button> 12", "It will be ready in May. 12"),
        ("<label>Mail <input name=m></label> It will be ready in May.", "It will be ready in May."),
    ],
)  # fmt: skip
def test_an_element_of_a_sentence_reads_as_a_reader_sees_it(markup: str, text: str) -> None:
    assert read(f"<p>{markup}</p>") == text


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("<figure><img src=a><figcaption>A crane at dusk</figcaption></figure>", ""),
        ("<figure><a href=b><img src=a></a><p>A crane at dusk</p></figure>", ""),
        ("<figure><table><tr><td>2025</td><td>1 204 000</td></tr></table><figcaption>Boxes a year</figcaption></figure>", "2025\n1 204 000\nBoxes a year"),
        ("<figure><img src=a><blockquote>We are ready, he said.</blockquote><figcaption>A crane</figcaption></figure>", "We are ready, he said."),
        ("<figure><blockquote><p>We are ready.</p></blockquote></figure>", "We are ready."),
        ("<figure><p>We are ready, said the mayor of the town.</p></figure>", "We are ready, said the mayor of the town."),
        ("<figure><figure><img src=a></figure><div><pre>2025 1 204</pre></div></figure>", "2025 1 204"),
    ],
)  # fmt: skip
def test_a_figure_gives_its_tables_and_quotations_but_no_caption_of_a_picture(figure: str, text: str) -> None:
    assert read(figure) == text


@given(
    st.lists(st.sampled_from(["<q>", "</q>", "<sup>", "</sup>", "2", "<del>", "<button>", "<a href='#n'>", "m", "<figure>", "<td>", "“", "港"]), max_size=40)
)  # fmt: skip
def test_any_nesting_of_them_is_read(parts: list[str]) -> None:
    tree = page_tree.parse_html(f"<p>{''.join(parts)}</p>")
    assert tree is None or isinstance(extraction.extract_lines(tree, size=50), list)


@pytest.mark.parametrize(
    "piece",
    [
        "<figure><table><tr><td>1</table></figure>" * 10_000,
        "<figure>" * 250 + "<table><tr><td>1" * 200,
        "<q>" * 10_000 + "text",
        "3<sup>2</sup>" * 20_000,
        "<button>" * 250 + "word " * 100_000,
        "<button>word</button>," * 20_000,
        "<p>" + "word " * 400_000 + "<sup>1</sup>" * 1_000,
    ],
    ids=["figures", "nested figures", "nested quotations", "powers", "nested controls", "controls", "long paragraph"],
)
@pytest.mark.slow
def test_many_of_them_take_bounded_time(piece: str) -> None:
    tree = page_tree.parse_html(f"<html><body><div><p>{PROSE[0]}</p>{piece}</div>")
    assert tree is not None
    began = time.process_time()
    extraction.extract_lines(tree, size=20_000)
    assert time.process_time() - began < 12
