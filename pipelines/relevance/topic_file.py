"""Read and check topic files: what stands in them, and what is wrong in one line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from db.i18n.languages import LANGUAGES, Language
from db.text.folding import clean

TOPICS_FOLDER = Path(__file__).parent / "topics"

FIRST_TOPIC = "china_peru"  # what a desk watches that names no topic, and what a topic starts with that learned nothing
SideName = Literal["a", "b", "both", "none"]


def _is_name(value: str) -> str:
    if not clean(value).strip():
        raise ValueError("an empty name; write one or remove it")
    return value


NameList = tuple[Annotated[str, AfterValidator(_is_name)], ...]


class TopicError(Exception):
    """The topic file is not valid. The message is one line: file, place, remedy."""


class NamesEntry(BaseModel):
    """Names by language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: NameList = ()
    es: NameList = ()
    zh: NameList = ()

    def by_language(self) -> dict[str, tuple[str, ...]]:
        """Return the names of each language."""
        return {language: getattr(self, language) for language in LANGUAGES}


class ConceptEntry(NamesEntry):
    """A `[[concept]]`. The head of topics/china_peru.toml says what its keys mean."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    label: dict[Language, Annotated[str, Field(min_length=1)]] = {}
    kind: str = Field(min_length=1)
    side: SideName
    tells: Literal["strong", "hint", "weak", "faint"] = "strong"
    shown: bool = True
    many: bool = False  # stands for many things, so that figures of two of them are not compared
    doubtful: NamesEntry = NamesEntry()
    witness: NamesEntry = NamesEntry()
    alone: dict[Language, Literal["a", "b"]] = {}


class SignalEntry(NamesEntry):
    """A `[[signal]]`: words of a frame such as sport."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    kind: str = Field(min_length=1)


class SideEntry(BaseModel):
    """A side: `[sides.a]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = Field(min_length=1)


class SidesEntry(BaseModel):
    """Both sides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: SideEntry
    b: SideEntry


class AboutEntry(BaseModel):
    """`[topic]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str = Field(min_length=1)
    meant: NameList = ()  # names that are ordinary words, and no warning is wanted
    timezone: str = "UTC"  # of the desk that `vigia init` writes for the topic
    directory: tuple[str, ...] = ()  # the files of shipped outlets that such a desk watches, none: all


class CommonFile(BaseModel):
    """What a file that topics include may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meant: NameList = ()  # names that are ordinary words, and no warning is wanted
    concept: tuple[ConceptEntry, ...] = ()
    agencies: NamesEntry = NamesEntry()
    homonyms: NamesEntry = NamesEntry()
    home: NamesEntry = NamesEntry()
    titles: NamesEntry = NamesEntry()
    countries: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], NamesEntry] = {}
    signal: tuple[SignalEntry, ...] = ()


class TopicFile(CommonFile):
    """A whole topic file."""

    include: tuple[str, ...] = ()
    topic: AboutEntry
    sides: SidesEntry
    concept: tuple[ConceptEntry, ...] = Field(min_length=1)


def list_shipped_topics() -> tuple[str, ...]:
    """Return the names of the shipped topics, sorted: of the files that have a table `[topic]`."""
    files = sorted(TOPICS_FOLDER.glob("*.toml"))
    return tuple(file.stem for file in files if "[topic]" in file.read_text(encoding="utf-8").splitlines())


def read_shipped_topic(name: str) -> TopicFile:
    """Read the file of a shipped topic, without what it includes. Raises TopicError if there is none."""
    path = find_topic_file(name)
    if path.parent != TOPICS_FOLDER:
        raise TopicError(f"{path}: no shipped topic; shipped: {', '.join(list_shipped_topics())}")
    file: TopicFile = parse_file(TopicFile, path)
    return file


def find_topic_file(name_or_path: str | Path) -> Path:
    """Return the path of a shipped topic or of a file. Raises TopicError if there is no topic of that name."""
    if isinstance(name_or_path, str) and "/" not in name_or_path and not name_or_path.endswith(".toml"):
        path = TOPICS_FOLDER / f"{name_or_path}.toml"
        if name_or_path not in list_shipped_topics():
            shipped = ", ".join(list_shipped_topics())
            raise TopicError(f'no topic "{name_or_path}"; shipped: {shipped}; name your own file by its path')
        return path
    return Path(name_or_path)


def find_included_file(path: Path, name: str) -> Path:
    """Return the path of a file that a topic file includes: beside it, or else a shipped one."""
    beside = path.parent / f"{name}.toml"
    return beside if beside.is_file() else TOPICS_FOLDER / f"{name}.toml"


def parse_file(model: type[Any], path: Path) -> Any:
    """Read a file as CommonFile or TopicFile. Raises TopicError if that can't be."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TopicError(f"{path}: no such file; name a shipped topic or the path of a topic file") from error
    except tomllib.TOMLDecodeError as error:
        raise TopicError(f"{path}: not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise TopicError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except OSError as error:
        raise TopicError(f"{path}: {error.strerror}; check the path and its permissions") from error
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise TopicError(f"{path}: {_sentence(error, raw)}") from error


def _sentence(error: ValidationError, raw: Mapping[str, Any]) -> str:
    problem = error.errors()[0]
    place = list(problem["loc"])
    words: list[str] = []
    if place and place[0] in {"concept", "signal", "measure", "scope"} and len(place) > 1 and isinstance(place[1], int):
        row = raw[str(place[0])][place[1]]
        words.append(f'{place[0]} "{row.get("id", place[1] + 1)}"' if isinstance(row, dict) else str(place[0]))
        place = place[2:]
    words.extend(str(part) for part in place)
    remedy = {
        "extra_forbidden": "no such key; remove it or mend its spelling",
        "missing": "is missing; add it",
    }.get(problem["type"], problem["msg"])
    return f"{' · '.join(words)}: {remedy}".replace("\n", " ")
