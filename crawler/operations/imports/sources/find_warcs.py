"""Find the WARC files that the arguments of `vigia import` name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from crawler.config.desk import DeskError
from pipelines.archive.warc_files import is_warc_name


@dataclass(frozen=True, slots=True)
class WarcSource:
    """A file to import: where it lies, or the address from which it is downloaded."""

    path: Path | None
    url: str | None = None

    def __str__(self) -> str:
        return self.url or (show_path(self.path) if self.path else "")

    @property
    def name(self) -> str:
        """The name of the file, without its folder or host."""
        return self.path.name if self.path else PurePosixPath(urlsplit(self.url or "").path).name


def show_path(path: Path) -> str:
    """Return a path for people and databases: bytes in it that are no UTF-8 become "�"."""
    return os.fsencode(path).decode("utf-8", "replace")


def find_warcs(named: Iterable[str]) -> list[WarcSource]:
    """Return the files in the order of their names, each once.

    Names tell when crawlers wrote them, so earlier captures come first, and the order of the arguments changes nothing.

    Of a folder, files are found by their names; hidden ones are passed over, such as those that macOS writes beside
    each ("._a.warc.gz").

    Raises DeskError for an argument that names no file.
    """
    found: dict[Path | str, WarcSource] = {}
    for argument in named:
        if argument.lower().startswith(("http://", "https://")):
            found.setdefault(argument, WarcSource(None, argument))
            continue
        try:
            paths = list(_expand(argument))
        except OSError as error:
            raise DeskError(
                f"{argument}: can't be read ({error.strerror}); check the name and its permissions"
            ) from error
        if not paths:
            raise DeskError(f"{argument}: no WARC file there; name a file, a folder with *.warc.gz, or a pattern")
        for path in paths:
            found.setdefault(path.resolve(), WarcSource(path))
    return sorted(found.values(), key=lambda source: (source.name, str(source)))


def _expand(argument: str) -> Iterator[Path]:
    argument = os.path.expanduser(argument)  # noqa: PTH111 - patterns too: the shell leaves ~ in quotes as it is
    path = Path(argument)
    if path.is_dir():
        yield from (
            one for one in path.rglob("*") if (is_found_by_name(one.name) or _is_wacz(one.name)) and one.is_file()
        )
    elif path.is_file():
        yield path
    elif path.exists():
        raise DeskError(f"{argument}: a pipe or a device, not a file; write it to the disk first, then import that")
    else:
        yield from (Path(one) for one in glob.glob(argument, recursive=True) if Path(one).is_file())  # noqa: PTH207 - absolute too


def is_found_by_name(name: str) -> bool:
    """Whether a file in a folder is named as a WARC file, and not hidden."""
    return is_warc_name(name) and not name.startswith(".")


def _is_wacz(name: str) -> bool:
    return name.lower().endswith(".wacz") and not name.startswith(".")
