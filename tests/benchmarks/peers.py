"""Run another extractor on pages: `python peers.py NAME < pages.jsonl`; prints one JSON answer a line.

Imports nothing of Vigía, so that it runs in an interpreter that has only the other extractor.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import sys
import time


def trafilatura(html: bytes, url: str) -> dict[str, object]:
    from trafilatura import bare_extraction  # noqa: PLC0415 - only the chosen extractor is loaded

    day = {"original_date": True, "extensive_search": True, "outputformat": "%Y-%m-%dT%H:%M:%S%z"}
    found = bare_extraction(
        html, url=url, favor_precision=True, include_comments=False, with_metadata=True, date_extraction_params=day
    )
    if found is None:
        return {}
    authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
    return {"text": found.text, "title": found.title, "authors": authors, "published": found.date}


def newspaper4k(html: bytes, url: str) -> dict[str, object]:
    import newspaper  # noqa: PLC0415 - as above

    article = newspaper.Article(url, fetch_images=False)  # otherwise it requests the pictures
    article.download(input_html=html.decode("utf-8", "replace"))
    article.parse()
    moment = article.publish_date
    published = moment.isoformat() if hasattr(moment, "isoformat") else None
    return {"text": article.text, "title": article.title, "authors": article.authors, "published": published}


def news_please(html: bytes, url: str) -> dict[str, object]:
    from newsplease import NewsPlease  # noqa: PLC0415 - as above

    article = NewsPlease.from_html(html.decode("utf-8", "replace"), url=url, fetch_images=False)
    moment = article.date_publish
    return {
        "text": article.maintext,
        "title": article.title,
        "authors": article.authors or [],
        "published": moment.isoformat() if moment else None,
    }


EXTRACTORS = {"trafilatura": trafilatura, "newspaper4k": newspaper4k, "news-please": news_please}
MODULES = {"trafilatura": "trafilatura", "newspaper4k": "newspaper", "news-please": "newsplease"}

if __name__ == "__main__":
    name = sys.argv[1]
    try:
        __import__(MODULES[name])
    except ImportError as error:
        sys.exit(f"{name} cannot be imported by {sys.executable}: {error}; name another with --peer-python")
    for line in sys.stdin:
        asked = json.loads(line)
        page = gzip.decompress(pathlib.Path(asked["file"]).read_bytes())
        start = time.process_time()
        try:
            answer = EXTRACTORS[name](page, asked["url"])
        except Exception as error:  # noqa: BLE001 - whatever another extractor raises counts as an empty answer
            print(f"{asked['file']}: {error!r}", file=sys.stderr)
            answer = {}
        seconds = time.process_time() - start
        published = answer.get("published")
        print(
            json.dumps(
                {
                    "text": answer.get("text") or "",
                    "title": answer.get("title") or "",
                    "authors": list(answer.get("authors") or []),
                    "published": published,
                    "local": published,
                    "seconds": seconds,
                }
            ),
            flush=True,
        )
