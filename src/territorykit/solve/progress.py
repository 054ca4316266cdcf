"""Watching a search: an observer with no-op defaults, and a progress bar for terminals and notebooks."""

import math
from importlib.util import find_spec
from typing import Any

from territorykit.errors import BackendError
from territorykit.model.problem import Problem
from territorykit.model.result import Result
from territorykit.solve.stop import Progress, Stop


class Observer:
    """Is told what a search does. Override what you want to hear; the defaults do nothing."""

    def on_start(self, problem: Problem, stop: Stop) -> None:
        """A run begins."""

    def on_progress(self, progress: Progress) -> None:
        """Some time has passed, a few times a second."""

    def on_end(self, result: Result) -> None:
        """The run is over and its plan is re-checked."""


class ProgressBar(Observer):
    """A bar with the best objective and what it still violates, on standard error or in a notebook.

    Needs tqdm, which the extra ``viz`` installs.

    Raises
    ------
    BackendError
        If tqdm is not installed.
    """

    def __init__(self) -> None:
        self._tqdm = _tqdm()
        self._bar: Any = None
        self._by_time = False

    def on_start(self, problem: Problem, stop: Stop) -> None:
        """Draw an empty bar."""
        self._by_time = stop.iteration_budget is None and stop.time_limit is not None
        total = stop.time_limit if self._by_time else stop.iteration_budget
        form = "{desc} {percentage:3.0f}%|{bar}| {elapsed}{postfix}" if total else "{desc} {elapsed}{postfix}"
        self._bar = self._tqdm(total=total, desc=f"{problem.n_territories} territories", bar_format=form)

    def on_progress(self, progress: Progress) -> None:
        """Move the bar on."""
        done = progress.seconds if self._by_time else progress.iterations
        self._bar.n = min(done, self._bar.total) if self._bar.total else done
        if math.isfinite(progress.objective):
            bound = "" if progress.bound is None else f", bound {progress.bound:.6g}"
            self._bar.set_postfix_str(
                f"best {progress.objective:.6g}, violation {progress.violation:.3g}{bound}", refresh=False
            )
        self._bar.refresh()

    def on_end(self, result: Result) -> None:
        """Close the bar with the outcome."""
        self._bar.set_postfix_str(result.status.value, refresh=True)
        self._bar.close()
        self._bar = None


def _tqdm() -> Any:  # noqa: ANN401 - tqdm's class
    if find_spec("tqdm") is None:
        message = 'the progress bar needs tqdm: pip install "territorykit[viz]"'
        raise BackendError(message)
    if find_spec("ipywidgets") is not None and find_spec("IPython") is not None:
        from tqdm.auto import tqdm  # noqa: PLC0415 - optional

        return tqdm
    from tqdm import tqdm as plain  # noqa: PLC0415 - optional

    return plain
