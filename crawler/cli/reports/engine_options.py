"""The options that say where pages are analysed: on how many processes, or on which scheduler of Dask."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import click
from rich.progress import Progress, TaskID

from crawler.cli.terminal import pluralize
from crawler.config.desk import Desk
from crawler.operations.splits.dask_engine import DaskEngine, EnginePlace, check_engine_place, is_engine_installed

_MIN_DASK_BYTES = 32_000_000  # packed, about 700 pages


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --workers and --on, as its parameters `workers` and `scheduler`."""
    workers = click.option(
        "--workers",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Analyse in so many processes, those of Dask if installed.",
    )
    scheduler = click.option(
        "--on", "scheduler", metavar="ADDRESS", help="Analyse on the workers of a Dask scheduler: tcp://HOST:8786."
    )
    return workers(scheduler(command))


def choose_engine(
    desk: Desk, *, workers: int | None, scheduler: str | None, size: int | None = None
) -> tuple[Desk, EnginePlace | None]:
    """Return where splits run, None for the worker processes of the session, and the desk with as many of these.

    size: packed bytes of all files together, if known; small ones have been read before processes of Dask are ready.
    Raises DeskError if the address is wrong or Dask is not installed, and click.UsageError for both options.
    """
    if workers and scheduler:
        raise click.UsageError("--workers is for this machine, --on for a scheduler: leave one out")
    is_small = size is not None and size < _MIN_DASK_BYTES
    if scheduler or (workers and is_engine_installed() and not is_small):
        place = EnginePlace(workers=workers or 0, address=scheduler or "")
        check_engine_place(place)
        return desk, place
    if workers:
        desk = desk.model_copy(update={"crawl": desk.crawl.model_copy(update={"workers": workers})})
    return desk, None


@contextlib.asynccontextmanager
async def open_engine(place: EnginePlace | None, bar: Progress, task: TaskID) -> AsyncIterator[DaskEngine | None]:
    """Start or connect to what splits run on, None without a place, and show on the bar what is waited for.

    Raises WorkersError.
    """
    if place is None:
        yield None
        return
    bar.update(task, description=describe_start(place))
    async with DaskEngine(place) as engine:
        yield engine


def describe_start(place: EnginePlace) -> str:
    """Say what is waited for until splits can be analysed."""
    if place.address:
        return f"connecting to {place.address}"
    return f"starting {pluralize(place.workers, 'process', 'processes')} of Dask"
