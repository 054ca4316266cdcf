"""The folder outside the project: instances, published values, maps, and the referee."""

import csv
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

CHECKOUT = Path(__file__).parents[1]
DEFAULT = CHECKOUT.parent / "shared"


@dataclass(frozen=True)
class Shared:
    """Paths inside the folder; each is checked when it is used, so that an absent part stops nothing else."""

    root: Path = DEFAULT

    def path(self, *parts: str) -> Path:
        """A file or folder in it that must be there."""
        path = self.root.joinpath(*parts)
        if not path.exists():
            message = f"{path} does not exist; name the folder that holds {parts[0]}/ with --shared FOLDER"
            raise SystemExit(message)
        return path

    def instances(self, *parts: str) -> Path:
        """A path among the published instances."""
        return self.path("instances", *parts)

    def data(self, *parts: str) -> Path:
        """A path among the real maps."""
        return self.path("data", *parts)

    def tool(self, name: str) -> ModuleType:
        """A module of `tools/`, such as "referee"."""
        spec = importlib.util.spec_from_file_location(f"shared_{name}", self.path("tools", f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str | None) -> float | None:
    """A number, or None where a cell holds none, as in "-", "?" or "infeasible"."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
