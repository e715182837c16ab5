"""Run news-please on a WARC file: `python peers_warc.py FILE`; prints how many articles it read, and failures by kind.

Imports nothing of Vigía, so that it runs in an interpreter that has only the other program.
"""

from __future__ import annotations

import pathlib
import sys
from collections import Counter

try:
    from newsplease import NewsPlease
    from warcio.archiveiterator import ArchiveIterator
except ImportError as missing:
    sys.exit(f"news-please cannot be imported by {sys.executable}: {missing}; name another with --peer-python")


def read(path: pathlib.Path) -> Counter[str]:
    """Read every response as its own reader of CC-NEWS does, but request no pictures."""
    counts: Counter[str] = Counter()
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                try:
                    article = NewsPlease.from_warc(record, fetch_images=False)
                except Exception as error:  # noqa: BLE001 - it raises many kinds; its own reader goes on, too
                    counts[type(error).__name__] += 1
                else:
                    counts["articles" if article.maintext else "no text"] += 1
    return counts


if __name__ == "__main__":
    print(dict(read(pathlib.Path(sys.argv[1]))))
