"""The wording of an article, as it is compared with others: vectors of its sentences, names and rare figures. Pure."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from db.model.story_wording import StoryWording
from db.text.chinese_variants import TO_SIMPLIFIED
from db.text.scripts import width_of
from db.text.sentences import iter_sentences
from pipelines.stories.background import Background, load_background, quantise, restore_vectors, to_unit
from pipelines.stories.capitals import write_small
from pipelines.stories.names import MAX_SHARED_FIGURES, MAX_SHARED_NAMES, find_names, find_rare_figures
from pipelines.stories.transcriptions import MAX_TRANSCRIBED, find_transcribed, spell_sounds
from pipelines.vectors import ENCODER, MAX_SENTENCE_CHARACTERS, VECTOR_LENGTH, Vectors, encode_sentences

MAX_SENTENCES = 24  # of a text, without its title
_MIN_WORDS = 4  # of a line without an end mark that counts as a sentence, or
_MIN_WIDTH = 30  # so many letters, or ten Chinese characters
HEAD_SENTENCES = 3  # the title and two more
NAMED_SENTENCES = 4  # a shared name or figure must stand in these of one of two articles
LEAD_WEIGHTS = np.array([1.5, 1.0, 0.7], np.float32)
# Of each sentence, before what many articles say weighs less.
_PLACE_WEIGHTS = np.array([1.5, *(1 / (1 + 0.3 * place) for place in range(MAX_SENTENCES))], np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class ArticleWording:
    """An article's wording. Names and figures: what each says (`Background.weigh_name`), and whether a head has it."""

    language: str
    sentences: Vectors = field(repr=False)  # shape (sentences, VECTOR_LENGTH), the title first
    likeness: Vectors = field(repr=False)  # of each sentence to the background
    weights: Vectors = field(repr=False)  # of each sentence
    unrelated: Mapping[str, tuple[float, float]] = field(repr=False)  # mean and spread of unrelated leads, by language
    names: Mapping[str, tuple[float, bool]] = field(repr=False)
    figures: Mapping[str, tuple[float, bool]] = field(repr=False)
    # How names in Chinese characters sound -> whether the head has one.
    transcribed: Mapping[str, bool] = field(repr=False)

    @functools.cached_property
    def spoken_names(self) -> dict[str, tuple[float, bool]]:
        """The names by how they sound, those that can be told apart by it."""
        return {spoken: says for name, says in self.names.items() if (spoken := spell_sounds(name))}

    @property
    def head(self) -> Vectors:
        """The vectors of the title and the first sentences."""
        return self.sentences[:HEAD_SENTENCES]

    @functools.cached_property
    def lead(self) -> Vectors:
        """The vector of title and lead."""
        return make_lead_vector(self.head)

    def find_unrelated(self, language: str) -> tuple[float, float]:
        """Return mean and spread of the cosines of this lead and unrelated ones of a language, or of any."""
        return self.unrelated.get(language) or self.unrelated[""]


def split_article(title: str, text: str) -> list[str]:
    """Return a title and the first sentences of a text, Chinese in simplified characters; never empty."""
    found = (
        stripped for sentence in iter_sentences(text) if (stripped := sentence.strip()) and not _is_label(stripped)
    )
    return [
        sentence.translate(TO_SIMPLIFIED)
        for sentence in (" ".join(title.split()), *itertools.islice(found, MAX_SENTENCES))
        if sentence
    ] or [""]


def _is_label(line: str) -> bool:
    """True for a line of a few words without an end mark, such as "Data note": it is alike in many articles."""
    return line[-1].isalnum() and len(line.split()) < _MIN_WORDS and width_of([line]) < _MIN_WIDTH


def make_lead_vector(head: Vectors) -> Vectors:
    """Return the vector of a lead, the weighted sum of its sentences' with length 1."""
    return to_unit((head * LEAD_WEIGHTS[: len(head), None]).sum(axis=0))


def read_article_wording(title: str, text: str, *, language: str | None, background: Background) -> ArticleWording:
    """Read the wording of an article, `text` with one paragraph per line. Raises EncoderError."""
    sentences = split_article(title, text)
    names = find_names(sentences)
    known = frozenset().union(*names)
    encoded = encode_sentences([write_small(sentence[:MAX_SENTENCE_CHARACTERS], known) for sentence in sentences])
    vectors = background.centre(encoded, language or "")
    likeness, said_by = background.compare_sentences(vectors)
    figures = [
        find_rare_figures(sentence, language or "", in_head=place < NAMED_SENTENCES)
        for place, sentence in enumerate(sentences)
    ]
    return ArticleWording(
        language=language or "",
        sentences=vectors,
        likeness=likeness,
        weights=(_PLACE_WEIGHTS[: len(vectors)] / (1 + said_by)).astype(np.float32),
        unrelated=background.compare_lead(make_lead_vector(vectors[:HEAD_SENTENCES])),
        names=_choose_shared(names, background.weigh_name, most=MAX_SHARED_NAMES),
        figures=_choose_shared(figures, background.weigh_figure, most=MAX_SHARED_FIGURES),
        transcribed=_choose_transcribed(sentences),
    )


def _choose_transcribed(sentences: Sequence[str]) -> dict[str, bool]:
    """Return what names in Chinese characters sound like, the first ones first, with whether the head has it."""
    chosen: dict[str, bool] = {}
    for place, sentence in enumerate(sentences):
        if (left := MAX_TRANSCRIBED - len(chosen)) == 0:
            break
        new = sorted(find_transcribed(sentence) - chosen.keys())
        chosen.update(dict.fromkeys(new[:left], place < NAMED_SENTENCES))
    return chosen


def _choose_shared(
    found: Sequence[frozenset[str]], weigh: Callable[[str], float], *, most: int
) -> dict[str, tuple[float, bool]]:
    """Return names or figures of sentences with what each says and whether the head has it, the first ones first."""
    chosen: dict[str, tuple[float, bool]] = {}
    for place, shared in enumerate(found):
        for name in sorted(shared - chosen.keys()):
            if len(chosen) < most and (weight := weigh(name)):
                chosen[name] = weight, place < NAMED_SENTENCES
    return chosen


def make_story_wording(title: str, text: str, language: str | None) -> StoryWording:
    """Return what the store keeps of an article. Raises EncoderError and BackgroundError."""
    return pack_wording(read_article_wording(title, text, language=language, background=load_background()))


def pack_wording(wording: ArticleWording) -> StoryWording:
    """Return a wording as it is stored."""
    steps = quantise(wording.sentences)
    details = {
        "likeness": [round(float(value), 3) for value in wording.likeness],
        "weights": [round(float(value), 3) for value in wording.weights],
        "unrelated": {one: [round(value, 4) for value in values] for one, values in wording.unrelated.items()},
        "names": _by_place(wording.names),
        "figures": _by_place(wording.figures),
        "transcribed": [
            [spoken for spoken, in_head in wording.transcribed.items() if in_head is wanted] for wanted in (True, False)
        ],
    }
    return StoryWording(
        encoder=ENCODER,
        language=wording.language,
        signature=np.packbits(wording.lead > 0).tobytes(),
        heads=steps[:HEAD_SENTENCES].tobytes(),
        body=steps[HEAD_SENTENCES:].tobytes(),
        details=json.dumps(details, ensure_ascii=False, separators=(",", ":")),
    )


def unpack_wording(stored: StoryWording) -> ArticleWording:
    """Return a wording as it was stored. Raises ValueError or KeyError for one that is damaged."""
    details = json.loads(stored.details)
    in_head, in_body = details.get("transcribed", ([], []))  # older ones have none
    return ArticleWording(
        language=stored.language,
        sentences=restore_vectors(np.frombuffer(stored.heads + stored.body, np.int8).reshape(-1, VECTOR_LENGTH)),
        likeness=np.array(details["likeness"], np.float32),
        weights=np.array(details["weights"], np.float32),
        unrelated={one: (mean, spread) for one, (mean, spread) in details["unrelated"].items()},
        names=_with_place(details["names"]),
        figures=_with_place(details["figures"]),
        transcribed=dict.fromkeys(in_body, False) | dict.fromkeys(in_head, True),
    )


def _by_place(weights: Mapping[str, tuple[float, bool]]) -> list[dict[str, float]]:
    """Return what stands in the head, and what stands in the rest of a text alone."""
    return [
        {name: round(weight, 2) for name, (weight, in_head) in weights.items() if in_head is wanted}
        for wanted in (True, False)
    ]


def _with_place(stored: list[dict[str, float]]) -> dict[str, tuple[float, bool]]:
    head, body = stored
    return {name: (weight, False) for name, weight in body.items()} | {
        name: (weight, True) for name, weight in head.items()
    }
