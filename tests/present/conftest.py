"""A browser, where there is one, and names that try to get out of the text they stand in."""

import os
import shutil
import subprocess
from pathlib import Path

import matplotlib as mpl
import pytest

mpl.use("Agg")

HOSTILE = (
    "<script>document.title='HACKED'</script>",
    "</script><script>document.title='HACKED'</script>",
    "</title></style><img src=x onerror=\"document.title='HACKED'\">",
    "'\"><svg onload=\"document.title='HACKED'\">",
    "`${document.title='HACKED'}`",
    "\\u003cscript\\u003e</TEXTAREA><!-- {{ 7 * 191 }} {% raw %} {# x #}",
)


@pytest.fixture
def hostile():
    return HOSTILE


@pytest.fixture
def browse(tmp_path):
    """Opens a file in a headless browser and returns the page as it is after its scripts ran."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium here to open pages with")

    def page(file: Path) -> str:
        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=2000", "--dump-dom", file.as_uri(),
        ]  # fmt: skip
        run = subprocess.run(command, capture_output=True, timeout=120, check=True)
        return run.stdout.decode()

    return page
