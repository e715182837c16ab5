"""Write what stories are made with, and measure it: `python -m tests.benchmarks.train_stories COMMAND`.

`background` writes background.npz from the texts of the demo web. `model` learns model.json from every file of labelled
stories in ../shared/stories. `judge` writes nothing: it prints for each writer precision and recall of stories that are
made by a model of the other writers alone, in the order of publication and shuffled.

Files are `stories_WRITER*.jsonl`, one article a line with id, event, copy_of, language, published, title, text. The
letter after `stories_` is the writer. Further files may be named.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import itertools
import json
import math
import os
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from crawler.demo.content import load_web
from db.model.times import utc_now
from pipelines.stories.article_wording import (
    HEAD_SENTENCES,
    ArticleWording,
    make_lead_vector,
    pack_wording,
    read_article_wording,
    split_article,
    unpack_wording,
)
from pipelines.stories.background import BACKGROUND_FILE, load_background, to_unit, write_background
from pipelines.stories.names import find_names, find_rare_figures
from pipelines.stories.pair_model import MEASURES, PAIR_MODEL_FILE, WINDOW, PairModel, measure_pairs, write_pair_model
from pipelines.vectors import encode_sentences

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("VIGIA_SHARED", ROOT.parent / "shared")) / "stories"
INVERSE_PENALTY = 0.1
DENSE = dt.timedelta(days=8)  # all events of a writer are moved into so short a time, to learn what a busy desk sees
CAUTION = 0.5  # logits above the best threshold of the labelled texts: apart in doubt
DISORDER_HOURS = 7.0  # standard deviation of shuffled arrivals


@dataclasses.dataclass
class Labelled:
    id: str
    group: str
    at: dt.datetime
    wording: ArticleWording


def read_articles(path: Path) -> list[Labelled]:
    background = load_background()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    by_id = {row["id"]: row for row in rows}

    def group(row: dict) -> str:
        while not row["event"] and row["copy_of"] in by_id:
            row = by_id[row["copy_of"]]
        return f"{path.stem} {row['event'] or row['id']}"

    return [
        Labelled(
            id=row["id"],
            group=group(row),
            at=dt.datetime.fromisoformat(row["published"]),
            # As it is stored: with 8 bits a number.
            wording=unpack_wording(
                pack_wording(
                    read_article_wording(row["title"], row["text"], language=row["language"], background=background)
                )
            ),
        )
        for row in rows
    ]


def make_dense(articles: Sequence[Labelled]) -> list[Labelled]:
    """Move each event as a whole into the first days."""
    began: dict[str, dt.datetime] = {}
    for article in articles:
        began[article.group] = min(began.get(article.group, article.at), article.at)
    first: dict[str, dt.datetime] = {}  # of each file
    for name, at in began.items():
        file = name.split()[0]
        first[file] = min(first.get(file, at), at)
    moved = []
    for article in articles:
        file = first[article.group.split()[0]]
        days = (began[article.group] - file) // DENSE
        moved.append(dataclasses.replace(article, at=article.at - days * DENSE - (file - min(first.values()))))
    return moved


@dataclasses.dataclass
class Pairs:
    articles: list[Labelled]
    places: list[tuple[int, int]]
    measures: np.ndarray
    same: np.ndarray


def make_pairs(articles: list[Labelled]) -> Pairs:
    places, measures, same = [], [], []
    for i, one in enumerate(articles):
        near = [j for j in range(i + 1, len(articles)) if abs(one.at - articles[j].at) <= WINDOW]
        measures.append(
            measure_pairs(
                one.wording,
                [articles[j].wording for j in near],
                gaps=[one.at - articles[j].at for j in near],
            )
        )
        places += [(i, j) for j in near]
        same += [one.group == articles[j].group for j in near]
    return Pairs(articles, places, np.vstack(measures), np.array(same))


def fit(sets: Sequence[Pairs]) -> PairModel:
    rows = np.vstack([pairs.measures for pairs in sets])
    scaler = StandardScaler().fit(rows)
    fitted = LogisticRegression(C=INVERSE_PENALTY, max_iter=5000).fit(
        scaler.transform(rows), np.hstack([pairs.same for pairs in sets])
    )
    weights = fitted.coef_[0] / scaler.scale_
    bias = float(fitted.intercept_[0] - weights @ scaler.mean_)
    return PairModel(weights=dict(zip(MEASURES, map(float, weights), strict=True)), bias=bias, threshold=0.0)


def make_stories(pairs: Pairs, model: PairModel, threshold: float, *, seed: int | None = None) -> list[int]:
    """Return the story of each article, as the store makes them (db.news.stories): average link, one by one."""
    logits = dict(zip(pairs.places, model.weigh(pairs.measures).tolist(), strict=True))
    rng = random.Random(seed)
    late = [rng.gauss(0, DISORDER_HOURS) if seed is not None else 0.0 for _ in pairs.articles]
    order = sorted(
        range(len(pairs.articles)), key=lambda number: pairs.articles[number].at + dt.timedelta(hours=late[number])
    )
    stories: dict[int, list[int]] = {}

    def link(one: Sequence[int], other: Sequence[int]) -> float:
        found = [logits[min(i, j), max(i, j)] for i in one for j in other if (min(i, j), max(i, j)) in logits]
        return sum(found) / len(found) if found else -math.inf

    for number in order:
        here = number
        stories[here] = [number]
        while True:
            near = [(link(stories[here], members), story) for story, members in stories.items() if story != here]
            best = max(near, default=(-math.inf, -1))
            if best[0] < threshold:
                break
            stories[best[1]] += stories.pop(here)
            here = best[1]
    return [next(story for story, members in stories.items() if number in members) for number in range(len(order))]


def score(pairs: Pairs, stories: Sequence[int]) -> tuple[float, float]:
    """Return B-cubed precision and recall."""
    told, true = defaultdict(set), defaultdict(set)
    for number, article in enumerate(pairs.articles):
        told[stories[number]].add(number)
        true[article.group].add(number)
    shares = [
        (len(both) / len(told[stories[number]]), len(both) / len(true[article.group]))
        for number, article in enumerate(pairs.articles)
        for both in [told[stories[number]] & true[article.group]]
    ]
    precision, recall = np.mean(shares, axis=0)
    return float(precision), float(recall)


def choose_threshold(dense: Sequence[Pairs], model: PairModel) -> float:
    """Return the middle of the thresholds with the best F1 on dense sets."""
    thresholds = np.arange(-4, 6, 0.25)
    f1 = []
    for threshold in thresholds:
        scores = [score(pairs, make_stories(pairs, model, threshold)) for pairs in dense]
        f1.append(np.mean([2 * p * r / (p + r) for p, r in scores]))
    return float(np.mean(thresholds[np.array(f1) >= max(f1) - 0.004]))


def learn(writers: Sequence[tuple[list[Pairs], Pairs]]) -> PairModel:
    """Learn from writers, each with the sets as they are and one with everything in a short time."""
    model = fit([pairs for plain, dense in writers for pairs in (*plain, dense)])
    threshold = choose_threshold([dense for _, dense in writers], model) + CAUTION
    return dataclasses.replace(model, threshold=round(threshold, 3))


def read_writers(files: Sequence[Path]) -> dict[str, dict[str, Pairs]]:
    by_writer: dict[str, dict[str, Pairs]] = defaultdict(dict)
    for path in files:
        by_writer[path.stem.removeprefix("stories_")[0]][path.stem.removeprefix("stories_")] = make_pairs(
            read_articles(path)
        )
    return by_writer


def write_sample() -> None:
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
        figures.update(frozenset().union(*(find_rare_figures(sentence, story.language) for sentence in one)))
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


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("command", choices=("background", "model", "judge"))
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--without", metavar="WRITER", help="of model: learn from the others alone")
    arguments.add_argument("--to", type=Path, default=PAIR_MODEL_FILE, help="of model: where to write it")
    asked = arguments.parse_args()
    if asked.command == "background":
        write_sample()
        return
    files = [*(p for p in sorted(SHARED.glob("stories_*.jsonl")) if not p.stem.endswith("_events")), *asked.files]
    writers = read_writers(files)
    dense = {
        name: make_pairs(make_dense([article for pairs in sets.values() for article in pairs.articles]))
        for name, sets in writers.items()
    }
    if asked.command == "model":
        model = learn([(list(sets.values()), dense[name]) for name, sets in writers.items() if name != asked.without])
        write_pair_model(asked.to, model)
        print(f"{asked.to}: threshold {model.threshold}, {model.weights}")
        return
    for name, sets in writers.items():
        for taught in itertools.chain(
            [tuple(sorted(writers.keys() - {name}))],
            ((other,) for other in writers if other != name and len(writers) > 2),
        ):
            model = learn([(list(writers[other].values()), dense[other]) for other in taught])
            print(f"writer {name}, learned from {', '.join(taught)}; threshold {model.threshold}")
            for file, pairs in (*sets.items(), (f"{name} dense", dense[name])):
                print(
                    f"  {file:8s}",
                    *(
                        f"{label} {p:.3f} {r:.3f};"
                        for label, seed in (("published", None), ("shuffled 1", 1), ("shuffled 2", 2))
                        for p, r in [score(pairs, make_stories(pairs, model, model.threshold, seed=seed))]
                    ),
                )


if __name__ == "__main__":
    main()
