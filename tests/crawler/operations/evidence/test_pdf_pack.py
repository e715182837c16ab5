"""A PDF in an evidence pack: as it was received, in each version, and called a PDF in all three languages."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from wacz.main import main as run_wacz
from warcio.archiveiterator import ArchiveIterator

from crawler.config.desk import load_desk
from crawler.operations.evidence.check_pack import check_pack
from crawler.operations.evidence.write_pack import write_pack
from db.connection import open_news
from db.model.article import Article
from db.news.articles import save_article
from pipelines.analysis.analyse import analyse
from pipelines.archive.warc_files import Archive
from pipelines.relevance.topic import load_topic
from tests.fixtures.archived_pages import NOON, page
from tests.fixtures.evidence_desk import read_files
from tests.fixtures.pdf_files import SPANISH, SPANISH_TITLE, write_pdf

URL = "https://faro.example/comunicado-de-comercio-2026.pdf"
ABOVE = ("Ministerio de Comercio Exterior", "Lima, 20 de noviembre de 2026")
CORRECTED = (SPANISH[0].replace("cinco años", "tres años"), *SPANISH[1:])
DOCUMENTS = [write_pdf(texts[:1] + SPANISH[1:], title=SPANISH_TITLE, above=ABOVE) for texts in (SPANISH, CORRECTED)]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of a PDF that was read, read again unchanged, and read corrected."""
    folder = tmp_path_factory.mktemp("pdf")
    (folder / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', "utf-8")
    archive = Archive(folder / "archive", user_agent="Vigia/0")
    topic = load_topic("china_peru")
    with closing(open_news(folder / "news.db")) as news:
        news.table("outlets").insert({"id": "faro", "name": "El Faro del Sur", "country": "PE", "kind": "government"})
        for body, hours in ((DOCUMENTS[0], 0), (DOCUMENTS[0], 1), (DOCUMENTS[1], 26)):
            at = NOON + dt.timedelta(hours=hours)
            headers = (("Content-Type", "application/pdf"),)
            fetched = page(body=body, url=URL, key=URL[8:], answered_url=URL, fetched_at=at, headers=headers)
            article = analyse(fetched, topic=topic)
            assert isinstance(article, Article)
            place = archive.write(fetched, rejected=False)
            save_article(news, article, seen_at=at + dt.timedelta(seconds=40), place=place)
    archive.close()
    write_pack(load_desk(folder), [URL], folder / "pack.zip")
    return folder / "pack.zip"


def read_responses(warc: bytes) -> list[bytes]:
    records = ArchiveIterator(io.BytesIO(warc), check_digests=True)
    return [record.content_stream().read() for record in records if record.rec_type == "response"]


@pytest.mark.slow
def test_each_version_of_a_document_is_packed_as_it_was_received(pack: Path, tmp_path: Path) -> None:
    assert check_pack(pack).faults == ()
    files = {name.partition("/")[2]: content for name, content in read_files(pack.read_bytes()).items()}
    wacz = tmp_path / "pages.wacz"
    wacz.write_bytes(files["data/pages.wacz"])
    assert run_wacz(["validate", "-f", str(wacz)]) == 0
    with zipfile.ZipFile(wacz) as pages:
        warcs = [pages.read(name) for name in sorted(pages.namelist()) if name.startswith("archive/")]
        index = pages.read("indexes/index.cdx").decode()
    received = [body for warc in warcs for body in read_responses(warc)]
    assert [DOCUMENTS.index(body) for body in received] == [0, 0, 1]
    assert index.count('"mime": "application/pdf"') == len(received)
    (article,) = json.loads(files["data/metadata.json"])["articles"]
    assert (article["format"], article["published"], len(article["versions"])) == ("pdf", "2026-11-20T00:00:00Z", 2)
    assert "[-cinco-] {+tres+}" in files[article["versions"][1]["changes"]["file"]].decode()
    assert files["data/citations.ris"].startswith(b"TY  - RPRT")
    for language, line in {"en": "Form:       PDF", "es": "Formato:         PDF", "zh": "格式：    PDF"}.items():
        assert line in files[f"data/README.{language}.txt"].decode()
