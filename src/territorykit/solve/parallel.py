"""Work in threads, results in order: what comes out does not depend on the number of workers."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_Out = TypeVar("_Out")


def in_order(work: Callable[..., _Out], jobs: Iterable[tuple[Any, ...]], workers: int) -> Iterator[_Out]:
    """Results of the jobs in their order; jobs that were not begun are dropped when the caller stops.

    Kernels release the interpreter's lock, so threads run side by side.

    Examples
    --------
    >>> list(in_order(pow, [(2, 3), (3, 2)], workers=2))
    [8, 9]
    """
    if workers == 1:
        yield from (work(*job) for job in jobs)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="territorykit") as pool:
        futures = [pool.submit(work, *job) for job in jobs]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
