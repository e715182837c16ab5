"""Write what stories are made with, and measure it: `python -m tests.benchmarks.train_stories COMMAND`.

`background` writes background.npz from the texts of the demo web. `model` learns model.json from every file of labelled
stories in ../shared/stories. `judge` writes nothing: it prints for each writer precision and recall of stories that are
made by a model of the other writers alone, in the order of publication and shuffled: of each file, of all in a short
time ("dense"), and of the writer's articles among those of all writers in a short time ("crowd"). `--shipped` judges
the files that are named by model.json, which may not have been learned from them. The shipped model is written by
`model --threshold -1.0 --growth 1.4`: chosen in view of each writer's articles by weights of the others.

Files are `stories_WRITER*.jsonl`, one article a line with id, event, copy_of, language, published, title, text. The
letter after `stories_` is the writer. Further files may be named.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import itertools
import json
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from db.news.stories.grouping import group_alike, link
from db.news.stories.joining import MAX_NEAR, NEAR_LOGITS
from db.news.stories.regrouping import MAX_MOVABLE
from pipelines.stories.article_wording import (
    ArticleWording,
    pack_wording,
    read_article_wording,
    unpack_wording,
)
from pipelines.stories.background import load_background
from pipelines.stories.pair_model import (
    MEASURES,
    PAIR_MODEL_FILE,
    WINDOW,
    PairModel,
    load_pair_model,
    measure_pairs,
    write_pair_model,
)
from tests.benchmarks.story_background import write_sample

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("VIGIA_SHARED", ROOT.parent / "shared")) / "stories"
INVERSE_PENALTY = 0.1
DENSE = dt.timedelta(days=8)  # all events of a writer are moved into so short a time, to learn what a busy desk sees
PRECISION_SHARE = 0.73  # of the score by which thresholds are chosen; recall has the rest: apart in doubt
THRESHOLDS = np.arange(-1.25, 1.01, 0.25)
GROWTHS = np.arange(0, 1.01, 0.2)
NEARLY_BEST = 0.003  # the mean of thresholds with so nearly the best score is taken
DISORDER_HOURS = 7.0  # standard deviation of shuffled arrivals


@dataclasses.dataclass
class Labelled:
    id: str
    group: str
    at: dt.datetime
    wording: ArticleWording

    @property
    def writer(self) -> str:
        """The letter after `stories_` in the name of its file."""
        return self.group.removeprefix("stories_")[0]


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
    is_near: np.ndarray  # whether they are within WINDOW: what is learned from, and what is compared at first


def make_pairs(articles: list[Labelled]) -> Pairs:
    places, measures, same, is_near = [], [], [], []
    for i, one in enumerate(articles):
        others = range(i + 1, len(articles))
        gaps = [one.at - articles[j].at for j in others]
        measures.append(measure_pairs(one.wording, [articles[j].wording for j in others], gaps=gaps))
        places += [(i, j) for j in others]
        same += [one.group == articles[j].group for j in others]
        is_near += [abs(gap) <= WINDOW for gap in gaps]
    return Pairs(articles, places, np.vstack(measures), np.array(same), np.array(is_near))


def fit(sets: Sequence[Pairs]) -> PairModel:
    rows = np.vstack([pairs.measures[pairs.is_near] for pairs in sets])
    scaler = StandardScaler().fit(rows)
    fitted = LogisticRegression(C=INVERSE_PENALTY, max_iter=5000).fit(
        scaler.transform(rows), np.hstack([pairs.same[pairs.is_near] for pairs in sets])
    )
    weights = fitted.coef_[0] / scaler.scale_
    bias = float(fitted.intercept_[0] - weights @ scaler.mean_)
    return PairModel(
        weights=dict(zip(MEASURES, map(float, weights), strict=True)), bias=bias, threshold=0.0, growth=0.0
    )


def make_stories(pairs: Pairs, model: PairModel, *, seed: int | None = None) -> list[int]:
    """Return the story of each article, as the store makes them (db.news.stories.joining), but all of one is read."""
    number = len(pairs.articles)
    logits = dict(zip(pairs.places, model.weigh(pairs.measures).tolist(), strict=True))
    alike: list[dict[int, float]] = [{} for _ in range(number)]
    near: list[set[int]] = [set() for _ in range(number)]
    for ((one, other), logit), is_near in zip(logits.items(), pairs.is_near, strict=True):
        alike[one][other] = alike[other][one] = logit
        if is_near:
            near[one].add(other)
            near[other].add(one)
    rng = random.Random(seed)
    late = [rng.gauss(0, DISORDER_HOURS) if seed is not None else 0.0 for _ in pairs.articles]
    order = sorted(range(number), key=lambda place: pairs.articles[place].at + dt.timedelta(hours=late[place]))
    stories: list[list[int]] = []
    for arrived, article in enumerate(order):
        around = near[article] & set(order[:arrived])
        threshold = model.find_threshold(len(around))
        likeness = {
            place: link([alike[article][member] for member in story])
            for place, story in enumerate(stories)
            if not around.isdisjoint(story)
        }
        likeliest = sorted(likeness, key=lambda place: (-likeness[place], place))[:MAX_NEAR]
        close = [place for place in likeliest if likeness[place] >= threshold - NEAR_LOGITS]
        if all(alike[article][member] < threshold for place in close for member in stories[place]):
            stories.append([article])
            continue
        units = [[article]]
        for place in close:
            story = stories[place]
            is_movable = len(story) <= MAX_MOVABLE
            units += [[member] for member in story] if is_movable else [story]
        units.sort(key=lambda unit: (pairs.articles[unit[0]].at, unit[0]))
        compared = set(itertools.chain(*units))
        within = {pair: logits[pair] for pair in itertools.combinations(sorted(compared), 2)}
        groups = group_alike(units, within, threshold=threshold)
        left = [story for place, story in enumerate(stories) if place not in close]
        stories = left + [list(itertools.chain(*(units[place] for place in group))) for group in groups]
    story_of = {article: story[0] for story in stories for article in story}
    return [story_of[article] for article in range(number)]


def score(pairs: Pairs, stories: Sequence[int], *, writer: str = "") -> tuple[float, float]:
    """Return B-cubed precision and recall, of the articles of one writer or of all."""
    told, true = defaultdict(set), defaultdict(set)
    for number, article in enumerate(pairs.articles):
        told[stories[number]].add(number)
        true[article.group].add(number)
    shares = [
        (len(both) / len(told[stories[number]]), len(both) / len(true[article.group]))
        for number, article in enumerate(pairs.articles)
        if writer in ("", article.writer)
        for both in [told[stories[number]] & true[article.group]]
    ]
    precision, recall = np.mean(shares, axis=0)
    return float(precision), float(recall)


def choose_threshold(crowded: Sequence[Pairs], model: PairModel) -> PairModel:
    """Return the model with the threshold and the growth that are best on crowded sets."""
    choices = [(threshold, growth) for threshold in THRESHOLDS for growth in GROWTHS]
    scores = []
    for threshold, growth in choices:
        chosen = dataclasses.replace(model, threshold=threshold, growth=growth)
        found = [score(pairs, make_stories(pairs, chosen)) for pairs in crowded]
        scores.append(np.mean([1 / (PRECISION_SHARE / p + (1 - PRECISION_SHARE) / r) for p, r in found]))
    threshold, growth = np.mean(np.array(choices)[np.array(scores) >= max(scores) - NEARLY_BEST], axis=0)
    return dataclasses.replace(model, threshold=round(float(threshold), 3), growth=round(float(growth), 3))


@dataclasses.dataclass
class Writers:
    """The pairs of each writer's files, of all of a writer's articles in a short time, and of all writers' likewise."""

    files: dict[str, dict[str, Pairs]]
    dense: dict[str, Pairs]
    crowd: Pairs

    def learn(self, names: Sequence[str], *, threshold: float | None, growth: float | None) -> PairModel:
        """Learn from writers; with `threshold` and `growth`, the weights alone."""
        model = fit([pairs for name in names for pairs in (*self.files[name].values(), self.dense[name])])
        if threshold is not None and growth is not None:
            return dataclasses.replace(model, threshold=threshold, growth=growth)
        return choose_threshold([*(self.dense[name] for name in names), choose_writers(self.crowd, names)], model)


def choose_writers(pairs: Pairs, names: Sequence[str]) -> Pairs:
    """Return the pairs of the articles of some writers."""
    chosen = [number for number, article in enumerate(pairs.articles) if article.writer in names]
    place = {number: n for n, number in enumerate(chosen)}
    rows = [row for row, (i, j) in enumerate(pairs.places) if i in place and j in place]
    places = [(place[i], place[j]) for i, j in (pairs.places[row] for row in rows)]
    return Pairs(
        [pairs.articles[number] for number in chosen],
        places,
        pairs.measures[rows],
        pairs.same[rows],
        pairs.is_near[rows],
    )


def read_writers(files: Sequence[Path]) -> Writers:
    by_writer: dict[str, dict[str, Pairs]] = defaultdict(dict)
    for path in files:
        pairs = make_pairs(read_articles(path))
        by_writer[pairs.articles[0].writer][path.stem.removeprefix("stories_")] = pairs
    articles = {name: [a for pairs in sets.values() for a in pairs.articles] for name, sets in by_writer.items()}
    return Writers(
        files=by_writer,
        dense={name: make_pairs(make_dense(written)) for name, written in articles.items()},
        crowd=make_pairs(make_dense(list(itertools.chain(*articles.values())))),
    )


def print_scores(writers: Writers, name: str, model: PairModel) -> None:
    """Print precision and recall of a writer's articles by a model."""
    for label, pairs in (*writers.files[name].items(), ("dense", writers.dense[name]), ("crowd", writers.crowd)):
        print(
            f"  {label:8s}",
            *(
                f"{order} {p:.3f} {r:.3f};"
                for order, seed in (("published", None), ("shuffled 1", 1), ("shuffled 2", 2))
                for p, r in [score(pairs, make_stories(pairs, model, seed=seed), writer=name)]
            ),
            flush=True,
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("command", choices=("background", "model", "judge"))
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--shipped", action="store_true", help="of judge: judge the named files by model.json")
    arguments.add_argument("--without", metavar="WRITER", help="of model: learn from the others alone")
    arguments.add_argument("--to", type=Path, default=PAIR_MODEL_FILE, help="of model: where to write it")
    arguments.add_argument("--threshold", type=float, help="with --growth: use them instead of choosing them")
    arguments.add_argument("--growth", type=float)
    asked = arguments.parse_intermixed_args()
    if (asked.threshold is None) != (asked.growth is None):
        arguments.error("--threshold and --growth go together")
    chosen = {"threshold": asked.threshold, "growth": asked.growth}
    if asked.command == "background":
        write_sample()
        return
    if asked.shipped:
        writers, model = read_writers(asked.files), load_pair_model()
        for name in writers.files:
            print(f"writer {name}, by {PAIR_MODEL_FILE.name}; threshold {model.threshold}, growth {model.growth}")
            print_scores(writers, name, model)
        return
    files = [*(p for p in sorted(SHARED.glob("stories_*.jsonl")) if not p.stem.endswith("_events")), *asked.files]
    writers = read_writers(files)
    if asked.command == "model":
        model = writers.learn([name for name in writers.files if name != asked.without], **chosen)
        write_pair_model(asked.to, model)
        print(f"{asked.to}: threshold {model.threshold}, growth {model.growth}, {model.weights}")
        return
    for name in writers.files:
        taught = sorted(writers.files.keys() - {name})
        model = writers.learn(taught, **chosen)
        print(f"writer {name}, learned from {', '.join(taught)}; threshold {model.threshold}, growth {model.growth}")
        print_scores(writers, name, model)


if __name__ == "__main__":
    main()
