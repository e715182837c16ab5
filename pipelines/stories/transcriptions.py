"""Foreign names in Chinese characters, in a form that names in Latin letters have too: 阿雷基帕 is Arequipa. Pure."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

MAX_TRANSCRIBED = 100  # of an article; labelled ones have 30 at most
_MAX_READ_CHARACTERS = 1_000  # of one sentence
_LEAST_SOUNDS = 6  # shorter forms are alike by chance, and most are of names that many articles have: Lima, Chancay
_LEAST_CHARACTERS, _MOST_CHARACTERS = 2, 7  # of a name
_SOUNDS = {
    character: sound
    for sound, characters in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["sounds"].items()
    for character in characters
}
_RUN = re.compile(f"[{''.join(_SOUNDS)}]{{{_LEAST_CHARACTERS},12}}+")
_TWICE = re.compile(r"(.)\1+")
# How Spanish and most names of Peru are spoken, in folded letters; a capital stands for a sound that is settled.
_SPELLINGS = [
    (re.compile(written), spoken)
    for written, spoken in (
        ("^h|h(?=u[aei])", ""),
        ("sh", "s"),
        ("ch", "C"),
        ("qu|gu(?=[ei])", "k"),
        ("[gj](?=i)", "s"),
        ("g(?=e)|j", "h"),
        ("c(?=[ei])", "s"),
        ("th", "t"),
        ("ph", "f"),
        ("x", "ks"),
        ("m(?=[bpf])", "n"),
        ("u(?=[aei])", ""),
        ("y(?=[aeiou])|(?<=[ao])[iy](?![aeiou])", ""),
    )
]
_LETTERS = str.maketrans("abpvwdtszlrckqgmnfhiy", "APPPPTTSSLLKKKKMNFHII", "eou")


def find_transcribed(sentence: str) -> frozenset[str]:
    """Return what the names in Chinese characters sound like that a sentence may have, as `spell_sounds` does.

    Where a name begins and ends is not known, so it is every part of a run of characters that write foreign names.
    """
    found: set[str] = set()
    for run in set(_RUN.findall(sentence[:_MAX_READ_CHARACTERS])):
        sounds = [_SOUNDS[character] for character in run]
        for start in range(len(sounds)):
            for end in range(start + _LEAST_CHARACTERS, min(len(sounds), start + _MOST_CHARACTERS) + 1):
                found.add(_TWICE.sub(r"\1", "".join(sounds[start:end])))
    return frozenset(heard for heard in found if len(heard) >= _LEAST_SOUNDS)


@functools.lru_cache(maxsize=10_000)
def spell_sounds(name: str) -> str:
    """Return what a folded name in Latin letters sounds like, or "" for one that is too short to be told apart."""
    for written, spoken in _SPELLINGS:
        name = written.sub(spoken, name)
    heard = _TWICE.sub(r"\1", re.sub("[^A-Z]", "", name.translate(_LETTERS)))
    return heard if len(heard) >= _LEAST_SOUNDS else ""
