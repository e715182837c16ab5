"""Files of a dossier, opened by the libraries of their formats."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import bibtexparser
import docx
import pytest
import rispy

from db.connection import open_desk
from db.desk.analysts import dossiers
from db.site.dossiers.evidence_packs import MAX_HELD_PACKS, EvidencePacker, EvidencePackError
from tests.fixtures.briefing_desk import NOW, write_briefing_desk
from tests.fixtures.dossier_room import DossierRoom, dossier_room

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

HOSTILE = '=1+1 <b>x</b> [l](javascript:alert(1)) | `c` "../../x\r\nSet-Cookie: a=b"'
STORY_URLS = {
    "https://pativilca-crane.test/1",
    "https://sur-crane.test/1",
    "https://ledger-crane.test/1",
    "https://nanfeng-crane.test/1",
    "https://costa.test/copy",
}


class Packs:
    """Makes packs that hold the addresses, and remembers where."""

    def __init__(self) -> None:
        self.made: list[Path] = []
        self.error: EvidencePackError | None = None

    def __call__(self, addresses: Sequence[str], target: Path) -> None:
        self.made.append(target)
        target.write_text("\n".join(addresses), "utf-8")
        if self.error:
            raise self.error


@pytest.fixture(scope="module")
def told_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The news.db of a desk with stories that several outlets tell."""
    return write_briefing_desk(tmp_path_factory.mktemp("told")).news_db


@pytest.fixture
def packs() -> Packs:
    return Packs()


@pytest.fixture
async def room(told_desk: Path, tmp_path: Path, packs: Packs) -> AsyncIterator[DossierRoom]:
    """A room with a dossier of an article, a story and another article, with notes."""
    desk_db = tmp_path / "desk.db"
    async with dossier_room(told_desk, desk_db, now=NOW, pack=packs) as room:
        await room.change("/dossier/add", tick=["a100", "s96", "a102"], name="Muelle", back="/")
        with contextlib.closing(open_desk(desk_db)) as desk:
            dossiers.edit_dossier(
                desk, 1, "local", name=HOSTILE, note=f"Primera\n\n{HOSTILE}", tags="puerto", is_shared=False, now=NOW
            )
            dossiers.write_note(desk, 1, "local", 2, f"1. nota\n{HOSTILE}", now=NOW)
        yield room


async def test_citations_are_of_every_article_of_the_dossier_once(room: DossierRoom) -> None:
    await room.change("/dossier/add", tick=["a96"], dossier="1", back="/")  # of the story as well
    ris = rispy.loads(await room.read("/dossier/1.ris"))
    bib = bibtexparser.parse_string(await room.read("/dossier/1.bib"))
    csl = json.loads(await room.read("/dossier/1.json"))
    urls = [record["urls"][0] for record in ris]
    assert urls[0] == "https://sur-bridge.test/1"
    assert set(urls[1:-1]) == STORY_URLS
    assert urls[-1] == "https://ledger-lone.test/1"
    assert [entry["url"] for entry in bib.entries] == [item["URL"] for item in csl] == urls
    assert not bib.failed_blocks


async def test_a_briefing_has_the_order_and_the_notes_of_the_dossier(room: DossierRoom) -> None:
    answer = await room.client.get("/dossier/1.docx")
    document = docx.Document(io.BytesIO(answer.content))
    headings = [one.text for one in document.paragraphs if one.style.name == "Heading 1"]
    assert headings[:2] == ["1. El puente a Chancay abrirá en marzo", "2. Crane collapses at the port of Chancay"]
    assert headings[2].startswith("3. <script>alert(1)</script>")
    assert headings[3:] == ["Notes"]
    texts = [one.text for one in document.paragraphs]
    assert texts[0] == " ".join(HOSTILE.split())
    assert "Primera" in texts
    assert texts[texts.index("Analyst’s note") + 1] == "1. nota"
    assert "Outlets give different figures" in texts
    quoted = [one.text for one in document.paragraphs if one.style.name == "Quote"]
    assert len(quoted) == 3  # one sentence of a story or an article
    assert answer.headers["content-disposition"] == 'attachment; filename="vigia-dossier-1.docx"'
    assert "set-cookie" not in answer.headers


async def test_what_is_hostile_is_plain_text_in_every_file(room: DossierRoom) -> None:
    text = await room.read("/dossier/1.md")
    assert "[l](javascript" not in text
    assert "<b>" not in text
    assert "- 1\\. nota" in text
    page = await room.read("/dossier/1.html")
    assert "<b>x</b>" not in page
    assert "<script" not in page


@pytest.mark.parametrize("ending", ["docx", "html", "md"])
async def test_the_same_dossier_makes_the_same_bytes_at_another_time(
    told_desk: Path, tmp_path: Path, room: DossierRoom, ending: str
) -> None:
    first = (await room.client.get(f"/dossier/1.{ending}")).content
    async with dossier_room(told_desk, tmp_path / "desk.db", now=NOW.replace(year=2027)) as later:
        assert (await later.client.get(f"/dossier/1.{ending}")).content == first
        await later.change("/dossier/move", dossier="1", entry="1", to="2")
        assert (await later.client.get(f"/dossier/1.{ending}")).content != first


async def test_evidence_is_of_every_article_and_its_file_is_deleted(room: DossierRoom, packs: Packs) -> None:
    assert 'href="/dossier/1.zip"' in await room.read("/dossier/1")
    answer = await room.client.get("/dossier/1.zip")
    assert set(answer.text.split("\n")) == STORY_URLS | {"https://sur-bridge.test/1", "https://ledger-lone.test/1"}
    assert answer.headers["content-disposition"] == 'attachment; filename="vigia-dossier-1.zip"'
    assert answer.headers["content-length"] == str(len(answer.content))
    assert not packs.made[0].exists()
    assert "/search.zip?q=chancay" in await room.read("/?q=chancay")
    found = (await room.client.get("/search.zip?q=obreros")).text.split("\n")
    assert found == ["https://sur-crane.test/1", "https://pativilca-crane.test/1"]


async def test_a_pack_that_fails_leaves_nothing_and_shows_no_paths(room: DossierRoom, packs: Packs) -> None:
    packs.error = EvidencePackError("/secret/desk/archive: damaged")
    answer = await room.client.get("/dossier/1.zip")
    assert answer.status_code == 500
    assert "/secret" not in answer.text
    assert not packs.made[0].exists()
    packs.error = None
    assert (await room.client.get("/dossier/1.zip")).status_code == 200


async def test_an_empty_dossier_has_files_without_entries_and_no_evidence(room: DossierRoom) -> None:
    await room.change("/dossier/make", name="Vacío")
    assert await room.read("/dossier/2.ris") == ""
    assert "This dossier is empty" in await room.read("/dossier/2.md")
    await room.read("/dossier/2.zip", status=404)


def test_one_pack_is_made_at_a_time_and_few_are_held() -> None:
    may_end, began = threading.Event(), threading.Event()

    def pack(addresses: Sequence[str], target: Path) -> None:
        began.set()
        assert may_end.wait(20)
        target.write_bytes(b"x")

    packer = EvidencePacker(pack)
    made: list[Path | None] = []
    making = threading.Thread(target=lambda make: made.append(make(["https://a.test/1"])), args=(packer.make,))
    making.start()
    assert began.wait(20)
    assert packer.make(["https://a.test/2"]) is None
    may_end.set()
    making.join(20)
    made += [packer.make(["https://a.test/3"]) for _ in range(MAX_HELD_PACKS)]
    held = [path for path in made if path is not None]
    assert len(held) == MAX_HELD_PACKS
    (folder,) = {path.parent for path in held}
    assert folder.parent == Path(tempfile.gettempdir())
    assert folder.stat().st_mode & 0o077 == 0
    packer.delete(held[0])
    again = packer.make(["https://a.test/4"])
    assert again is not None
    packer.delete(again)
    assert sorted(folder.iterdir()) == sorted(held[1:])
    del packer  # at the end of the process
    gc.collect()
    assert not folder.exists()
