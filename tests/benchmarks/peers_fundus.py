"""Run Fundus on a WARC file: `python peers_fundus.py FILE`; prints how many pages it read, and of how many a text.

Fundus reads pages of outlets that it knows. All hosts of the file are given to one of these, so its parser runs on
each page as on its own; it finds a text on few, for its rules are for that outlet. Fundus reads files from addresses
alone, so a server on loopback gives it this one. Imports nothing of Vigía.
"""

from __future__ import annotations

import functools
import http.server
import pathlib
import sys
import threading
from collections import Counter

try:
    from fundus import PublisherCollection
    from fundus.scraping.html import CCNewsSource
    from fundus.scraping.scraper import CCNewsScraper
except ImportError as missing:
    sys.exit(f"Fundus cannot be imported by {sys.executable}: {missing}; name another with --fundus-python")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the folder of the file and logs nothing."""

    def log_message(self, *args: object) -> None:
        pass


class AllHosts(dict):  # type: ignore[type-arg]
    """Gives every host to one publisher."""

    def __init__(self, publisher: object) -> None:
        super().__init__()
        self.publisher = publisher

    def __contains__(self, host: object) -> bool:
        return True

    def __missing__(self, host: str) -> object:
        return self.publisher


def read(path: pathlib.Path) -> Counter[str]:
    """Read every response as its own crawler of CC-NEWS does."""
    handler = functools.partial(QuietHandler, directory=str(path.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    publisher = PublisherCollection.es.ElPais
    source = CCNewsSource(publisher, warc_path=f"http://127.0.0.1:{server.server_address[1]}/{path.name}")
    source._publisher_mapping = AllHosts(publisher)
    counts: Counter[str] = Counter()
    for article in CCNewsScraper(source).scrape("catch"):
        counts["pages"] += 1
        counts["texts"] += bool(article.exception is None and article.plaintext)
    server.shutdown()
    return counts


if __name__ == "__main__":
    print(dict(read(pathlib.Path(sys.argv[1]).absolute())))
