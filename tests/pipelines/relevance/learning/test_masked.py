"""Training texts without the names of their countries: other names stay, and the model learns from both forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipelines.relevance.evidence import read_sentences
from pipelines.relevance.learning import training
from pipelines.relevance.learning.examples import Features
from pipelines.relevance.learning.masked import mask_countries
from pipelines.relevance.topic import load_topic
from tests.fixtures.learned_topics import make_direction, make_example


@pytest.mark.parametrize(
    ("language", "text", "masked"),
    [
        ("es", "Barcos de China llegan de Ningbo al Perú.", "Barcos de el país llegan de Ningbo al el país."),
        ("en", "Chinese ships leave Callao for Brazil.", "the country ships leave Callao for Brazil."),
        ("zh", "中国货轮从宁波驶往秘鲁钱凯港。", "该国货轮从宁波驶往该国钱凯港。"),
        (None, "Nada de aquí.", "Nada de aquí."),
    ],
)
def test_the_names_of_both_countries_give_way_and_other_names_stay(language: str, text: str, masked: str):
    sentences = read_sentences("", text, language=language, topic=load_topic("china_peru"))
    (before,), (after,) = sentences, mask_countries(sentences, language=language, home="")
    assert after.text == masked
    assert not any(hit.name.kind == "country" for hit in after.hits)
    kept = [hit for hit in before.hits if hit.name.kind != "country"]
    assert list(after.hits) == kept
    assert after.others == before.others
    assert (after.a, after.b, after.both) == tuple(
        sum(hit.name.side == side and hit.name.strong for hit in kept) for side in ("a", "b", "both")
    )


@pytest.mark.slow
def test_a_text_is_learned_a_second_time_without_its_countries():
    examples = [make_example(f"n-{n}", is_relevant=n % 2 == 0, about=1 + n % 2) for n in range(40)]
    told = [
        dataclasses.replace(
            example,
            masked=Features(
                measures=example.measures,
                means=np.stack([make_direction(3 if example.is_relevant else 4)] * 2),
            ),
        )
        for example in examples
    ]
    alone, both = training.train_model(examples), training.train_model(told)
    assert alone.head[3] == alone.head[4] == 0
    assert both.head[3] > 0 > both.head[4]
    assert both.texts == alone.texts
