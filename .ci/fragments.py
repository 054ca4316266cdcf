"""Check that changelog.d holds a fragment for what is not released yet, and nothing that towncrier overlooks."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Print what is wrong; 1 where anything is."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
    kinds = [kind["directory"] for kind in settings["type"]]
    files = sorted(path.name for path in (ROOT / settings["directory"]).iterdir() if not path.name.startswith("."))
    wrong = [name for name in files if name.split(".")[1:] not in ([kind, "md"] for kind in kinds)]
    if wrong:
        print(f"{settings['directory']}: {', '.join(wrong)}: name fragments +NAME.KIND.md, KIND one of {kinds}")
    elif not files:
        print(f"{settings['directory']} holds no fragment: say what changed, see CONTRIBUTING.md")
    else:
        print(f"{len(files)} changelog fragments")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
