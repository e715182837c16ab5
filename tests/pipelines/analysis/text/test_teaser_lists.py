"""Lists of excerpts of other stories within an article are left out; linked words of the article are not."""

from __future__ import annotations

import pytest

from pipelines.analysis.text import extraction

FIRST = "The harbour master of the northern port said on Monday that the second crane would be tested before the rains."
SECOND = "Engineers had waited for a part since August, when the ship that carried it was sent to another terminal."
CHOIR = "The choir of the old town will sing in the cathedral on Sunday, and the entrance will be free for children."
FERRY = "The ferry to the islands stops for a week, because its engine has to be looked at by a surveyor from abroad."


def read(inner: str) -> str:
    markup = f"<title>Crane | Notes</title><body><h1>Crane</h1><div class='story'><p>{FIRST}</p><p>{SECOND}</p>{inner}"
    tree = extraction.parse_html(f"<html>{markup}</div>")
    assert tree is not None
    return "\n".join(line.text for line in extraction.extract_lines(tree, size=100))


@pytest.mark.parametrize("label", ["Related reading", "Más en Economía", "相关阅读", "From the coast"])
@pytest.mark.parametrize(
    "story",
    [
        "<p><a href='/{0}'>A story of {0}</a></p><p>{1}</p>",
        "<div><a href='/{0}'>A story of {0}</a><p>{1}</p><span>2 hours ago</span></div>",
        "<h4><a href='/{0}'>A story of {0}</a></h4><p>{1}</p><p>By Rosa Tello</p>",
    ],
)
@pytest.mark.parametrize("tag", ["h3", "p", "strong"])
def test_a_labelled_list_of_excerpts_is_left_out(label: str, story: str, tag: str) -> None:
    stories = story.format("song", CHOIR) + story.format("sea", FERRY)
    text = read(f"<div class='x'><{tag}>{label}</{tag}>{stories}</div>")
    assert FIRST in text
    assert SECOND in text
    assert label not in text
    assert CHOIR not in text
    assert FERRY not in text


def test_the_article_goes_on_behind_such_a_list() -> None:
    story = f"<p><a href='/song'>A choir sings</a></p><p>{CHOIR}</p>"
    assert FERRY in read(f"<div class='x'><p>Read also</p>{story}</div><p>{FERRY}</p>")


@pytest.mark.parametrize(
    "inner",
    [
        f"<p>Read also: <a href='/song'>A choir sings</a></p><p>{CHOIR}</p>",
        f"<p>READ MORE</p><p><a href='/song'>A choir sings</a></p><p>{CHOIR}</p>",
        f"<h3>The songs</h3><p>{CHOIR}</p><p><a href='/sea'>The whole programme</a></p><p>{FERRY}</p>",
        f"<h3>Five songs</h3><p><a href='/1'>Ave</a></p><p>{CHOIR}</p><p><a href='/2'>Salve</a></p><p>{FERRY}</p>",
    ],
)
def test_paragraphs_beside_links_stay(inner: str) -> None:
    assert CHOIR in read(inner)
