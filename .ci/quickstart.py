"""Print the commands of README's section Quick start, or one of them.

Usage: python .ci/quickstart.py [NUMBER]

Fails unless the section's first code block holds exactly two lines, each a command of its own.
"""

import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
HEADING = "Quick start"
N_COMMANDS = 2


def commands(text: str) -> list[str]:
    """Lines of the first code block in the section, comments and blank lines left out."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("#") and line.lstrip("# ").startswith(HEADING):
            break
    for line in lines:
        if line.startswith("```"):
            break
        if line.startswith("#"):
            return []
    found = []
    for line in lines:
        if line.startswith("```"):
            break
        if line.strip() and not line.startswith("#"):
            found.append(line)
    return found


def main(arguments: list[str]) -> int:
    """Print the commands asked for; 1 where README does not hold exactly two."""
    found = commands(README.read_text(encoding="utf-8"))
    if len(found) != N_COMMANDS or any(line.endswith("\\") for line in found):
        print(f"README: {HEADING!r} must hold {N_COMMANDS} one-line commands, found {len(found)}", file=sys.stderr)
        return 1
    print("\n".join([found[int(arguments[0]) - 1]] if arguments else found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
