"""Read all files of ../shared/feeds with `discover`; print how many give items, the errors, and the time.

python tests/benchmarks/feeds.py [FOLDER]      (default: the folder `shared` beside the repository)
"""

import collections
import csv
import datetime as dt
import re
import sys
import tarfile
import time
from pathlib import Path

from crawler.config.outlet import Outlet, Source
from crawler.discovery import discover

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
URL = "https://example.org/feed"


def main() -> None:
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[3] / "shared"
    with (shared / "feeds" / "index.tsv").open(encoding="utf-8", newline="") as lines:
        rows = {row["path"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    said: collections.Counter[str] = collections.Counter()
    totals: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    fewer: list[str] = []
    slowest: list[tuple[float, str]] = []
    with tarfile.open(shared / "feeds" / "feeds.tar.gz") as files:
        for file in files:
            row = rows.get(file.name.removeprefix("./"))
            if row is None or row["kind"] not in {"feed", "feed-malformed", "sitemap"}:
                continue
            body = files.extractfile(file).read()  # type: ignore[union-attr]
            # Every host in the file counts as the outlet's own: only reading is measured, not the choice of addresses.
            hosts = {match.decode("ascii") for match in re.findall(rb"//([a-z0-9.-]+\.[a-z]{2,})", body[:500_000])}
            outlet = Outlet(
                id="x", name="X", home=URL, languages=("en",), kind="press", feeds=(URL,), hosts=tuple(hosts)
            )
            source = Source(url=URL, kind="sitemap" if row["kind"] == "sitemap" else "feed")
            started = time.perf_counter()
            found = discover(source, body, url=URL, outlet=outlet, now=NOW)
            seconds = time.perf_counter() - started
            expected, items = int(row["n_entries"] or 0), len(found.candidates) + len(found.further)
            for group in ("all files", "real captures" if "real" in row["origin"] else "synthetic and mixed"):
                totals[group].update(files=1, with_items=items > 0, items=items, n_entries=expected, ms=seconds * 1000)
            said.update({re.sub(r":.*|\(.*|\d+ ", "", warning).strip() for warning in found.warnings})
            slowest.append((seconds, file.name))
            if "real" in row["origin"] and items < expected:
                fewer.append(f"  {items} of {expected}: {file.name} {list(found.warnings)}")
    for group, total in totals.items():
        print(f"{group}: {dict(total, ms=round(total['ms']))}")
    print("files with a warning, by what it says:")
    for warning, number in said.most_common():
        print(f"  {number:5} {warning}")
    print("real captures with fewer items than entries:", *fewer or ["none"], sep="\n")
    print("slowest:", ", ".join(f"{name} {seconds:.2f} s" for seconds, name in sorted(slowest, reverse=True)[:3]))


if __name__ == "__main__":
    main()
