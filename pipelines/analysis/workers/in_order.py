"""Run coroutines side by side and give their results back in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def await_in_order(works: Iterable[Coroutine[Any, Any, Result]], *, ahead: int) -> AsyncGenerator[Result]:
    """Yield the results of coroutines in order, at most `ahead` of which run at the same time. Raises their errors."""
    running: deque[asyncio.Task[Result]] = deque()
    try:
        for work in works:
            running.append(asyncio.create_task(work))
            if len(running) >= ahead:
                yield await running[0]
                running.popleft()
        while running:
            yield await running[0]
            running.popleft()
    finally:  # after an error nobody takes the others: asyncio would print a traceback for each that fails as well
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
