"""How the micro-benchmarks time a kernel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Clock:
    """Times one kernel: every round from arguments made anew, outside the time."""

    benchmark: Any

    def time(self, kernel: Callable[..., object], arguments: Callable[[], tuple[object, ...]], rounds: int) -> None:
        """Time some rounds, after one that compiles the kernel or loads it."""
        if not self.benchmark.disabled:
            kernel(*arguments())
        self.benchmark.pedantic(kernel, setup=lambda: (arguments(), {}), rounds=rounds)

    def count(self, name: str, times: int) -> None:
        """Write down how often something happened in a second of the median round."""
        if not self.benchmark.disabled:
            self.benchmark.extra_info[name] = round(times / self.benchmark.stats.stats.median)


@pytest.fixture
def clock(benchmark: Any) -> Clock:  # noqa: ANN401 - the plugin's own class
    """pytest-benchmark, with the few lines that all cases share."""
    return Clock(benchmark)
