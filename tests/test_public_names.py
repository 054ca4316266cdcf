import subprocess
import sys

import pytest


@pytest.mark.parametrize("first", ["compare", "Scorecard", "evaluate"])
def test_functions_are_not_hidden_by_the_folders_of_their_name(first):
    """In a fresh interpreter: whatever is touched first, tk.evaluate stays the function."""
    code = f"""
import territorykit as tk
tk.{first}
import territorykit.evaluate.compare
from territorykit.evaluate import scorecard
assert tk.evaluate is scorecard.evaluate, tk.evaluate
"""
    subprocess.run([sys.executable, "-c", code], check=True)
