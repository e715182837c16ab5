"""How long a page of a PDF takes, and how much memory a document. Prints a table.

    .venv/bin/python tests/benchmarks/pdf.py [FILE.pdf …]

Without files it writes its own: a press release of one page, papers of 20 and 120 pages, a Chinese one, and a scan.
Each is read in a process of its own, with pypdf loaded before; "analysis" is the whole way to an article.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from db.model.article import Article
from pipelines.analysis.analyse import analyse
from pipelines.analysis.pdf.pdf_reader import PdfError, read_pdf
from pipelines.page import OutletProfile, Page
from pipelines.relevance.topic import load_topic
from tests.fixtures import pdf_files

PARAGRAPHS_PER_PAGE = 9


def make_files() -> dict[str, bytes]:
    """Write the documents that are measured without files of the caller."""

    def paper(pages: int) -> bytes:
        texts = pdf_files.SPANISH * (pages * PARAGRAPHS_PER_PAGE // len(pdf_files.SPANISH))
        numbered = [f"{number}. {text}" for number, text in enumerate(texts, 1)]
        return pdf_files.write_pdf(numbered, title=pdf_files.SPANISH_TITLE, head="Cuadernos del Pacífico")

    chinese = pdf_files.write_pdf(pdf_files.CHINESE * 60, title=pdf_files.CHINESE_TITLE, font=pdf_files.SONG)
    return {
        "press release": pdf_files.press_release(),
        "paper": paper(20),
        "long paper": paper(120),
        "Chinese paper": chinese,
        "scan": pdf_files.write_scan(40),
        "bomb": pdf_files.bomb(),
    }


def measure(name: str, body: bytes) -> None:
    """Read one document, analyse it, and print a row."""
    topic = load_topic("china_peru")
    outlet = OutletProfile(id="office", name="Office", country="PE", kind="government")
    url = "https://office.example/paper.pdf"
    page = Page(url=url, key=url[8:], body=body, outlet=outlet, fetched_at=dt.datetime.now(dt.UTC))
    for warm_up in (pdf_files.press_release(), pdf_files.write_pdf(pdf_files.CHINESE, title="x", font=pdf_files.SONG)):
        analyse(Page(**{**page.__dict__, "body": warm_up}), topic=topic)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    try:
        document = read_pdf(body)
        read, found = document.paragraphs[-1].page + 1, f"{document.pages} pages"
    except PdfError as error:
        read, found = 0, str(error)
    seconds = time.process_time() - start
    start = time.process_time()
    outcome = analyse(page, topic=topic)
    whole = time.process_time() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    result = "article" if isinstance(outcome, Article) else outcome.reason
    each = f"{1000 * seconds / read:6.1f}" if read else "     -"
    print(
        f"{name:24} {len(body) / 1000:8.0f} kB {read:4} read {1000 * seconds:8.0f} ms {each} ms a page"
        f" {1000 * whole:8.0f} ms analysis {memory:6.0f} MB  {result}: {found}",
        flush=True,
    )


def main() -> None:
    """Measure the files named, or our own."""
    files = {Path(name).name: Path(name).read_bytes() for name in sys.argv[1:]} or make_files()
    for name, body in files.items():
        process = multiprocessing.get_context("fork").Process(target=measure, args=(name, body))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
