"""Warn of names in a topic file that are ordinary words: 秘方 is said of Peru's side, and is a secret recipe."""

from __future__ import annotations

from db.text.folding import clean, fold
from db.text.word_segmentation import read_ordinary_words
from pipelines.relevance.topic import Topic

LONGEST_SHORT_NAME = 3  # characters
_SHOWN = 8  # names in the warning


def find_ordinary_names(topic: Topic) -> tuple[str, ...]:
    """Return the short Chinese names that stand for a side, are ordinary words and have no witness.

    Names under `[topic] meant` in the topic file are left out: their ordinary sense is the one that the topic wants.
    """
    short = [
        name.text
        for name in topic.matcher.names
        if name.role == "concept"
        and name.side != "none"
        and name.strong
        and name.language == "zh"
        and not name.is_doubtful
        and name.text not in topic.meant
        and len(name.text) <= LONGEST_SHORT_NAME
    ]
    ordinary = read_ordinary_words() if short else frozenset()
    return tuple(dict.fromkeys(text for text in short if fold(clean(text)) in ordinary))


def warn_of_ordinary_names(topic: Topic) -> str | None:
    """Return one line that names them with the remedy, or None."""
    if not (found := find_ordinary_names(topic)):
        return None
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f'topic "{topic.id}": these names are ordinary words too: {", ".join(found[:_SHOWN])}{more}; list them as '
        "`doubtful` with a `witness`, or under `meant` of [topic] if every use of the word is meant"
    )
