"""Guess an outlet's article_pattern from addresses of its articles. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import takewhile
from urllib.parse import parse_qsl, urlsplit

from crawler import urls

MIN_ADDRESSES = 3  # two addresses have too much in common by chance
MIN_MATCH_SHARE = 0.8  # of the addresses, which a pattern must match to be proposed
MAX_SHAPES = 3

# Classes of path segments, narrowest first: (expression that all values match, expression to write).
_CLASSES = (
    (re.compile(r"(?:19|20)\d\d"), r"\d{4}"),
    (re.compile(r"\d\d"), r"\d{2}"),
    (re.compile(r"(?:19|20)\d{6}"), r"\d{8}"),
    (re.compile(r"(?:19|20)\d{4}"), r"\d{6}"),
    (re.compile(r"(?:19|20)\d\d-\d\d-\d\d"), r"\d{4}-\d{2}-\d{2}"),
    (re.compile(r"(?:19|20)\d\d_\d\d_\d\d\w*"), r"\d{4}_\d{2}_\d{2}\w*"),
    (re.compile(r"\d+"), r"\d+"),
    (re.compile(r"[0-9a-f]{24,}"), r"[0-9a-f]+"),
    (re.compile(r"[a-z0-9-]+-\d+"), r"[a-z0-9-]+-\d+"),
    (re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){2,}"), r"[a-z0-9]+(-[a-z0-9]+){2,}"),
    (re.compile(r"[a-z0-9-]+"), r"[a-z0-9-]+"),
    (re.compile(r"[\w.-]+", re.ASCII), r"[\w.-]+"),
)


def guess_pattern(addresses: Sequence[str]) -> str | None:
    """Return a regular expression that most of the addresses match, or None.

    Their home page does not match it. Addresses with the same number of path segments share a shape. At most
    MAX_SHAPES shapes become alternatives.
    """
    addresses = list(dict.fromkeys(filter(None, map(urls.canonicalize, addresses))))
    if len(addresses) < MIN_ADDRESSES:
        return None
    shapes: dict[tuple[int, str], list[str]] = defaultdict(list)
    for url in addresses:
        parts = urlsplit(url)
        segments = [part for part in parts.path.split("/") if part]
        names = "&".join(sorted(name for name, value in parse_qsl(parts.query) if re.search(r"\d", value)))
        shapes[len(segments), f"{_extension(segments)}?{names}"].append(url)
    largest = sorted(shapes.values(), key=len, reverse=True)[:MAX_SHAPES]
    paths = list(dict.fromkeys(_path_pattern(group) for group in largest if len(group) >= max(2, len(addresses) // 10)))
    combined = "" if "" in paths else paths[0] if len(paths) == 1 else f"({'|'.join(paths)})"
    for path in (combined, _any_depth_pattern(addresses)):
        if path and (pattern := _verified_pattern(path, addresses)):
            return pattern
    return None


def _verified_pattern(path: str, addresses: list[str]) -> str | None:
    """Return the pattern with its hosts, or None if it is not good enough.

    It must match MIN_MATCH_SHARE of the addresses, and not their home page.
    """
    pattern = f"^https?://{_hosts_pattern(addresses)}{path}"
    matched = sum(bool(re.search(pattern, url)) for url in addresses)
    homes = {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/" for url in addresses}
    return (
        pattern
        if matched >= MIN_MATCH_SHARE * len(addresses) and not any(re.search(pattern, home) for home in homes)
        else None
    )


def _any_depth_pattern(addresses: list[str]) -> str:
    """Return one expression for the last path segment, below any number of sections.

    Returns "" if it is not specific.
    """
    slugs = [urlsplit(url).path.rstrip("/").rpartition("/")[2] for url in addresses]
    column = _segment_pattern(slugs, last=True)
    is_specific = re.search(r"\\d|\{2,\}|^[a-z]{3,}-|-[a-z]{3,}$", column) and "[^/]+" not in column
    return rf"/([\w-]+/)*{column}/?$" if is_specific else ""


def _hosts_pattern(addresses: list[str]) -> str:
    names = {urlsplit(url).netloc.removeprefix("www.") for url in addresses}
    if len(names) == 1:
        return rf"(www\.)?{_escape(names.pop())}"
    sites = {urls.get_site(name) for name in names}
    together = "|".join(_escape(name) for name in sorted(sites))
    return rf"([\w-]+\.)*({together})" if len(sites) > 1 else rf"([\w-]+\.)*{together}"


def _path_pattern(group: list[str]) -> str:
    """Return one expression for addresses with equally many path segments.

    It covers their paths and the numbers in their queries. Returns "" if it would match too much.
    """
    split = [urlsplit(url) for url in group]
    columns = list(zip(*([part for part in parts.path.split("/") if part] for parts in split), strict=True))
    written = [_segment_pattern(list(values), last=number == len(columns) - 1) for number, values in enumerate(columns)]
    path = "/" + "/".join(written)
    queries = [dict(parse_qsl(parts.query)) for parts in split]
    names = [name for name in queries[0] if all(query.get(name, "").isdecimal() for query in queries)]
    if names:
        return path + r"\?(.*&)?" + rf"{_escape(names[0])}=\d+"
    # Paths of single words are sections, not articles.
    if not re.search(r"\\d|\{2,\}|\[0-9a-f\]|/[a-z]{3,}-\[|\+-[a-z]{3,}$", path):
        return ""
    return path + ("$" if columns and _extension(list(columns[-1][:1])) else "/?$")


def _segment_pattern(values: list[str], *, last: bool) -> str:
    """Return the expression for the values of one path segment."""
    if len(set(values)) == 1 and not re.fullmatch(r"\d[\d-]*", values[0]):
        return _escape(values[0])
    extension = _extension(values) if last else ""
    stems = [value.removesuffix(extension) for value in values]
    templates = {re.sub(r"\d+", "0", stem) for stem in stems}
    if len(templates) == 1 and len(set(stems)) > 1 and not re.fullmatch(r"0|0-0-0", template := templates.pop()):
        return _escape(template).replace("0", r"\d+") + _escape(extension)
    before, after = _shared_affixes(stems) if last else ("", "")
    cores = [stem[len(before) : len(stem) - len(after)] for stem in stems]
    core = next((written for known, written in _CLASSES if all(map(known.fullmatch, cores))), "[^/]+")
    return _escape(before) + core + _escape(after) + _escape(extension)


def _shared_affixes(stems: list[str]) -> tuple[str, str]:
    """Return the words that all slugs begin and end with ("noticia-", "-noticia").

    Returns "" if a slug would become empty.
    """
    if len(set(stems)) < 2:
        return "", ""
    before = re.sub(r"[^-_]*$", "", _common_prefix(stems))
    after = re.sub(r"^[^-_]*", "", _common_prefix([stem[::-1] for stem in stems])[::-1])
    before, after = (word if re.search(r"[a-z]{3}", word) else "" for word in (before, after))
    return (before, after) if all(len(stem) > len(before) + len(after) for stem in stems) else ("", "")


def _common_prefix(texts: list[str]) -> str:
    """Return the longest beginning that all texts share."""
    return "".join(
        same[0] for same in takewhile(lambda same: same[0] == same[1], zip(min(texts), max(texts), strict=False))
    )


def _extension(values: Iterable[str]) -> str:
    """Return the file extension of the last value, such as ".html".

    Returns "" if it has none.
    """
    found = {match[0] if (match := re.search(r"\.[a-z]{3,5}$", value)) else "" for value in list(values)[-1:]}
    return found.pop() if len(found) == 1 else ""


def _escape(text: str) -> str:
    """Escape a text for a regular expression, but leave "-" as it is: that is easier to read."""
    return re.escape(text).replace(r"\-", "-")
