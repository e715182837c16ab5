"""Results of splits come back as they were, and what is not of their kind is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from crawler.operations.splits.split_results import ResultWriter, SplitResultError, SplitRow, open_result
from db.model.article import Article
from db.model.figure import Figure
from db.model.rejection import Rejection, RejectionReason
from db.model.repeated_lines import LinePosition, SeenLine, SeenLines
from db.model.story_wording import StoryWording
from db.model.verdict import Mark, Mention, RelevanceReason, ScoreParts, SimilarText, Verdict
from db.news.article_row import without_surrogates
from pipelines.analysis.workers.jobs import WorkersError
from pipelines.page import Hint, OutletProfile, Page

LINES = SeenLines(title=2**63, anchors=(1, -5), lines=(SeenLine(text="Lea más", line=7, standing=LinePosition.LAST),))
PAGE = Page(
    url="https://faro.example/a",
    key="faro.example/a",
    body=b"\xff\x00<p>\xf1",
    outlet=OutletProfile(id="faro", name="El Faro", languages=("es",)),
    fetched_at=dt.datetime(2019, 6, 3, 15, tzinfo=dt.UTC),
    headers=(("Content-Type", "text/html"), ("X", "ñ")),
    hint=Hint(title="秘鲁", published=dt.datetime(2019, 6, 3, tzinfo=dt.UTC)),
    mark=Mark.RELEVANT,
)
ARTICLE = Article(
    url=PAGE.url,
    key=PAGE.key,
    outlet="faro",
    title="钱凯港",
    text="Perú\n\u2028 y China",
    language="es",
    authors=("Ana", "Bo"),
    published="2019-06-03T00:00:00Z",
    published_precision="day",
    relevance=0.1 + 0.2,
    verdict=Verdict.BORDERLINE,
    reasons=(RelevanceReason(sentence="s", concepts=("a", "b"), place="lead", weight=0.5, share=-1.25),),
    score_parts=ScoreParts(names=1.5, head=-2.0, similar=(SimilarText(title="t", label="relevant", similarity=0.3),)),
    mentions=(Mention(concept="chancay-port", count=2, in_title=True),),
    figures=(
        Figure(start=0, end=4, surface="3 km", kind="distance", unit="m", value=3000.0),
        Figure(start=5, end=9, surface="2019", kind="date", unit="", value="2019-06-03"),
    ),
    fingerprint=(2**64 - 1, 3),
    seen_lines=LINES,
    wording=StoryWording(encoder="e", language="es", signature=b"\x00\xff", heads=b"", body=b"\x80", details="{}"),
)
REJECTION = Rejection(
    url=PAGE.url, key=PAGE.key, outlet="faro", reason=RejectionReason.OFF_TOPIC, relevance=0.2, seen_lines=LINES
)


def write(path: Path, *, key: str = "k", outcome: Article | Rejection = ARTICLE) -> Path:
    with ResultWriter(path, key, start=10) as results:
        results.add_row(SplitRow(offset=10, record_id="<urn:a>", page=PAGE, outcome=outcome))
        results.count("no-actors")
        results.finish(99)
    return path


@pytest.mark.parametrize("outcome", [ARTICLE, REJECTION], ids=["article", "rejection"])
def test_a_row_comes_back_as_it_was(tmp_path: Path, outcome: Article | Rejection) -> None:
    result = open_result(write(tmp_path / "a.parquet", outcome=outcome), key="k")
    assert result is not None
    assert (result.note.records, dict(result.note.counts), result.note.next) == (2, {"no-actors": 1}, 99)
    (row,) = result.read_rows()
    assert (row.offset, row.record_id) == (10, "<urn:a>")
    assert row.page == (PAGE if outcome is ARTICLE else row.page)
    assert row.outcome == outcome
    for name in ("seen_lines", "wording"):  # which no comparison looks at
        assert getattr(row.outcome, name, None) == getattr(outcome, name, None)


def test_half_a_surrogate_pair_is_written_as_it_is_stored(tmp_path: Path) -> None:
    outcome = replace(ARTICLE, title="Un muelle \ud83d nuevo", authors=("Rosa \udc00",))
    result = open_result(write(tmp_path / "a.parquet", outcome=outcome), key="k")
    assert result is not None
    (row,) = result.read_rows()
    assert row.outcome == without_surrogates(outcome)


def test_results_of_something_else_and_other_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet")
    assert open_result(tmp_path / "none.parquet", key="k") is None
    with pytest.raises(SplitResultError, match="something else"):
        open_result(path, key="other")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SplitResultError):
        open_result(path, key="k")
    stranger = Rejection(url="https://else.example/", key="else.example/", outlet="x", reason=RejectionReason.OFF_TOPIC)
    result = open_result(write(tmp_path / "b.parquet", outcome=stranger), key="k")
    assert result is not None
    with pytest.raises(WorkersError, match="another page; delete this file"):  # which the commands tell in one line
        list(result.read_rows())


def test_rows_are_copied_by_their_inputs_and_lines(tmp_path: Path) -> None:
    shown = replace(ARTICLE, line_hashes=b"12345678")
    with ResultWriter(tmp_path / "a.parquet", "k") as results:
        for number in range(4):
            row = SplitRow(offset=number, inputs=f"i{number % 3}", cut=b"%d" % number, page=PAGE, outcome=shown)
            results.add_row(row)
        results.finish()
    earlier = open_result(tmp_path / "a.parquet", key=None)
    assert earlier is not None
    with ResultWriter(tmp_path / "b.parquet", "l") as results:
        wanted = {("i2", b"12345678", b"2"), ("i0", b"12345678", b"3"), ("i1", b"", b"1"), ("i7", b"12345678", b"")}
        assert results.copy_rows(earlier, lambda *about: about in wanted) == {"i0", "i2"}
        results.finish()
    copy = open_result(tmp_path / "b.parquet", key="l")
    assert copy is not None
    assert list(copy.read_rows()) == list(earlier.read_rows())[2:]


def test_a_writer_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ResultWriter(tmp_path / "a.parquet", "k") as results:
        results.count("status" if 1 / 0 else "")
    assert list(tmp_path.iterdir()) == []
