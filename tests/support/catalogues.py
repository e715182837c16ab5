"""What holds of every catalogue of sentences, and what templates ask of it."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from db.i18n.catalogue import Entry, Spoken, catalogue
from db.i18n.languages import Language

FORMS: dict[Language, set[str]] = {"en": {"one", "other"}, "es": {"one", "other"}, "zh": {"other"}}  # of whole numbers


def wanted(entry: Entry) -> set[str]:
    """The values that a sentence wants; a plural form may leave the number out, which chooses it all the same."""
    if isinstance(entry, str):
        return {name for _, name, _, _ in string.Formatter().parse(entry) if name is not None}
    return {"n"}.union(*map(wanted, entry.values()))


def assert_agrees_with_english(folder: Path, language: Language) -> None:
    """The same keys with the same values, each plural form that the language needs, and no stray spaces."""
    here, english = catalogue(folder, language), catalogue(folder, "en")
    assert sorted(here) == sorted(english)
    assert {key: wanted(entry) for key, entry in here.items()} == {key: wanted(it) for key, it in english.items()}
    plurals = {key: set(entry) for key, entry in here.items() if isinstance(entry, dict)}
    assert {key: forms for key, forms in plurals.items() if forms != FORMS[language]} == {}
    sentences = {key: list(entry.values()) if isinstance(entry, dict) else [entry] for key, entry in here.items()}
    joints = ("list.between", "health.between", "matches.near")
    spaced = [key for key, forms in sentences.items() if any(form != form.strip() or not form for form in forms)]
    assert [key for key in spaced if key not in joints and not key.startswith("signs.")] == []


def _parsed(templates: Path) -> Iterator[tuple[str, nodes.Template]]:
    for path in sorted(templates.iterdir()):
        yield path.name, Environment(autoescape=True).parse(path.read_text("utf-8"))


def _asked(template: nodes.Template) -> Iterator[tuple[str, set[str]]]:
    """(key, names of the values) wherever a template asks for a sentence by its name: `t("front.empty")`."""
    for call in template.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            for key in _texts(call.args[0]):
                yield key, {value.key for value in call.kwargs}


def _texts(asked_for: nodes.Node) -> list[str]:
    """The keys that an expression may be: a text, or one of two; what is put together of parts is none of them."""
    if isinstance(asked_for, nodes.Const):
        return [asked_for.value]
    if isinstance(asked_for, nodes.CondExpr):
        return [*_texts(asked_for.expr1), *(_texts(asked_for.expr2) if asked_for.expr2 else [])]
    return []


def unfit(templates: Path, words: Spoken) -> list[str]:
    """Where a template asks for what is not there, or gives a sentence other values than it wants."""
    entries = words.entries
    sentences = [
        f"{name}: {key} {sorted(given)}"
        for name, template in _parsed(templates)
        for key, given in _asked(template)
        if key not in entries or given != wanted(entries[key])
    ]
    # Jinja writes nothing for an attribute that is not there, and a list loses its commas without a word.
    attributes = [
        f"{name}: {node.node.name}.{node.attr}"
        for name, template in _parsed(templates)
        for node in template.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name in ("t", "speech") and not hasattr(words, node.attr)
    ]
    return sentences + attributes
