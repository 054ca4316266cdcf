"""Print the lower bounds of pyproject.toml as exact versions, for `pip install -c`.

Usage: python .ci/lowest.py [EXTRA ...] > constraints.txt
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)\s*(?:\[(?P<extras>[^\]]*)\])?\s*(?:>=(?P<low>[0-9.]+))?")


def lowest(project: dict, requirements: list[str]) -> Iterator[str]:
    """Yield one exact version per requirement; the project's own extras are followed."""
    for text in requirements:
        match = REQUIREMENT.match(text)
        if match["name"] == project["name"]:
            for extra in match["extras"].split(","):
                yield from lowest(project, project["optional-dependencies"][extra.strip()])
        elif match["low"] is None:
            message = f"{text!r} has no lower bound; write {match['name']}>=..."
            raise SystemExit(message)
        else:
            yield f"{match['name']}=={match['low']}"


def main(extras: list[str]) -> None:
    """Print the constraints of the dependencies and of the extras named."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [f"{project['name']}[{extra}]" for extra in extras]
    print("\n".join(sorted(set(lowest(project, wanted)))))


if __name__ == "__main__":
    main(sys.argv[1:])
