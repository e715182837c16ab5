"""Run queries over articles with tantivy, in memory: `python peers_alerts.py < asked.json`.

Prints one JSON answer. Imports nothing of Vigía, so that it runs in an interpreter that has only tantivy. As in a
percolator, the articles are indexed once and each query is run on this index for all its matches.
"""

from __future__ import annotations

import json
import resource
import sys
import time

try:
    import tantivy
except ImportError as error:
    sys.exit(f"tantivy cannot be imported by {sys.executable}: {error}; name another with --peer-python")

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=False)
    builder.add_integer_field("id", stored=True)
    index = tantivy.Index(builder.build())
    writer = index.writer(heap_size=50_000_000, num_threads=1)
    for number, text in enumerate(asked["articles"]):
        writer.add_document(tantivy.Document(text=text, id=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    indexed = time.process_time()
    queries = [index.parse_query(query, ["text"]) for query in asked["queries"]]
    parsed = time.process_time()
    limit = len(asked["articles"])
    matches = sum(len(searcher.search(query, limit, count=False).hits) for query in queries)
    end = time.process_time()
    print(
        json.dumps(
            {
                "name": f"tantivy {tantivy.__version__}",
                "index": indexed - began,
                "parse": parsed - indexed,
                "search": end - parsed,
                "matches": matches,
                "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
            }
        )
    )
