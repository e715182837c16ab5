"""The shipped sample of what articles say anyway: `python -m tests.benchmarks.train_stories background`."""

from __future__ import annotations

from collections import Counter

import numpy as np

from crawler.demo.content import load_web
from db.model.times import utc_now
from pipelines.stories.article_wording import HEAD_SENTENCES, make_lead_vector, split_article
from pipelines.stories.background import BACKGROUND_FILE, to_unit, write_background
from pipelines.stories.names import find_names, find_rare_figures
from pipelines.vectors import encode_sentences


def write_sample() -> None:
    """Write background.npz from the texts of the demo web."""
    _, stories = load_web(utc_now())
    texts = [story for story in stories if story.copy_of is None]
    sentences = [split_article(story.title, story.text) for story in texts]
    vectors = [encode_sentences(one) for one in sentences]
    means = {
        language: np.mean(
            [v for story, one in zip(texts, vectors, strict=True) if story.language == language for v in one], axis=0
        )
        for language in sorted({story.language for story in texts})
    }
    means[""] = np.mean(list(means.values()), axis=0)
    means = {language: mean.astype(np.float16).astype(np.float32) for language, mean in means.items()}
    centred = [to_unit(one - means[story.language]) for story, one in zip(texts, vectors, strict=True)]
    names, figures = Counter(), Counter()
    for story, one in zip(texts, sentences, strict=True):
        names.update(frozenset().union(*find_names(one)))
        figures.update(
            frozenset().union(*(find_rare_figures(sentence, story.language, in_head=True) for sentence in one))
        )
    write_background(
        BACKGROUND_FILE,
        means=means,
        articles=[
            (story.language, one, make_lead_vector(one[:HEAD_SENTENCES]))
            for story, one in zip(texts, centred, strict=True)
        ],
        names=names,
        figures=figures,
    )
    print(f"{BACKGROUND_FILE}: {len(texts)} articles, {BACKGROUND_FILE.stat().st_size / 1e3:.0f} kB")
