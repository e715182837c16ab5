"""Limits of modules in a folder and lines in a file, and file names that occur more than once."""

from __future__ import annotations

from collections import Counter

from tests.fixtures.source_tree import CODE, TESTS, path_name

MAX_MODULES = 14  # modules in a folder, without its __init__.py
MAX_LINES = 320  # lines of a file of code or tests

# File names that occur in several folders, each time in the same role.
SHARED_FILE_NAMES = {
    "alerts.py": "the table, the run that fills it, and its commands",
    "analyse.py": "the analysis of a page, and its command",
    "article.py": "the value, and its page",
    "articles.py": "the table, the alerts that match it, and the SQL of its pages",
    "candidates.py": "the table, and what fills it",
    "concepts.py": "the page, and its SQL",
    "connection.py": "the desk's databases, and the demo web's connections",
    "crawl.py": "the command of `vigia`, and that of `scrapy`, which takes its name from the file",
    "desk.py": "the configuration, and the demo's",
    "heartbeats.py": "the table, and the messages",
    "notices.py": "the table, and the messages",
    "outlet.py": "the configuration of one, and its spider",
    "outlets.py": "the table, the directory, the page, its SQL and its commands",
    "repeated_lines.py": "the value, the table, and the rule",
    "revisions.py": "the table, and the alerts that match it",
    "server.py": "the reading room's, and the demo web's",
    "sources.py": "the table, and the demo web's",
    "wording.py": "the site's, and the messages'",
}


def test_a_folder_of_code_holds_few_modules() -> None:
    modules = Counter(path_name(path.parent) for path in CODE if path.name != "__init__.py")
    crowded = {folder: number for folder, number in modules.items() if number > MAX_MODULES}
    assert crowded == {}, "give what belongs together a folder of its own"


def test_a_file_is_short() -> None:
    lengths = {path_name(path): len(path.read_text("utf-8").splitlines()) for path in (*CODE, *TESTS)}
    long = {path: lines for path, lines in lengths.items() if lines > MAX_LINES}
    assert long == {}, "split each by what it is about"


def test_a_file_name_occurs_once_or_has_one_role() -> None:
    folders: dict[str, list[str]] = {}
    for path in CODE:
        if path.name != "__init__.py":
            folders.setdefault(path.name, []).append(path_name(path.parent))
    shared = {name: where for name, where in folders.items() if len(where) > 1 and name not in SHARED_FILE_NAMES}
    assert shared == {}, "name the new file after what sets it apart, or state the role that it shares with the other"


def test_the_list_has_no_file_name_that_occurs_once() -> None:
    names = Counter(path.name for path in CODE)
    assert [name for name in SHARED_FILE_NAMES if names[name] < 2] == []
