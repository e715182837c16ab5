"""What a digest tells programs."""

from __future__ import annotations

from pipelines.alerts.messages.digest import DigestContents, MessageHead, compose_digest
from pipelines.alerts.messages.story import build_story
from tests.fixtures.digest_example import CREATED, LIMA, row


def test_stories_are_in_the_order_of_their_coming_and_lost_articles_on_one_line() -> None:
    titles = ["uno", "dos", "tres"]
    rows = [row(**LIMA, title=title, url=f"https://diario.example/{title}", text=title) for title in titles]
    contents = DigestContents(
        stories=tuple(build_story(each, query="uno", zone="America/Lima", language="en") for each in rows),
        lost=("diario.example/\u202edos\n" + "x" * 900,),
    )
    head = MessageHead(desk="Vigía", name="Puerto", query="uno", thread="puerto", token="0" * 16, created=CREATED)
    facts = compose_digest(contents, head=head).facts
    assert facts is not None
    assert [story["title"] for story in facts["stories"]] == titles
    (lost,) = facts["lost"]
    assert lost.startswith("diario.example/dos x")
    assert len(lost) <= 300
