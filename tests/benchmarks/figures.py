"""Measure the grammar of quantities: `python tests/benchmarks/figures.py`.

Prints F1 for each set of labelled sentences of the shared material (VIGIA_SHARED, or ../shared beside the repository),
by its own score.py, then CPU time an article, median and the slowest, for real pages' texts of each language.
"""

from __future__ import annotations

import json
import os
import runpy
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from db.figures.find import find_figures

SHARED = Path(os.environ.get("VIGIA_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def main() -> None:
    if not SHARED.exists():
        sys.exit(f"{SHARED}: not there; set VIGIA_SHARED to the folder of the shared material")
    score = runpy.run_path(str(SHARED / "figures" / "score.py"))["score"]
    for file in sorted((SHARED / "figures").glob("*.jsonl")):
        sentences = read_lines(file)
        answers = [
            {
                "id": sentence["id"],
                "quantities": [
                    figure.as_dict()
                    for figure in find_figures(sentence["text"], sentence["language"], sentence.get("country"))
                ],
            }
            for sentence in sentences
        ]
        tallies, _ = score(sentences, answers)
        shown = (f"{name} {tallies[name]['f1']:.3f}" for name in ("all", "es", "en", "zh") if name in tallies)
        print(f"{file.name:24s} F1 {'  '.join(shown)}  on traps {tallies['all']['on_traps']} of {tallies['traps']}")
    for language in ("es", "en", "zh"):
        times, lengths = [], []
        for text in texts_of(language):
            begun = time.process_time()
            find_figures(text, language)
            times.append(1000 * (time.process_time() - begun))
            lengths.append(len(text))
        if times:
            print(
                f"{language}: {len(times)} articles, half of them over {statistics.median(lengths):.0f} characters:"
                f" mean {statistics.mean(times):.2f} ms, median {statistics.median(times):.1f}, most {max(times):.1f}"
            )


def read_lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def texts_of(language: str) -> Iterator[str]:
    """Yield the labelled texts of pages, which are whole articles."""
    for file in (*sorted((SHARED / "relevance").glob("*.jsonl")), *sorted((SHARED / "stories").glob("*.jsonl"))):
        for row in read_lines(file):
            if row.get("language") == language and isinstance(row.get("text"), str):
                yield str(row["text"])


if __name__ == "__main__":
    main()
