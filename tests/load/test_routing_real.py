"""Real routing engines on loopback, where they are installed: a town with a river, a bridge and a one-way loop."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from load.routing_town import dense

import territorykit as tk
from territorykit.load.routing import RoutingError, RoutingServer
from territorykit.load.ways.places import Places

# A town on a river: a street along each bank, a bridge at the east end, and a one-way loop in the south-west.
CORNERS = {1: (9.0, 48.0), 2: (9.01, 48.0), 3: (9.02, 48.0), 4: (9.0, 48.01), 5: (9.01, 48.01), 6: (9.02, 48.01),
           7: (9.0, 47.995), 8: (9.01, 47.995)}  # fmt: skip
STREETS = [(1, 2, ""), (2, 3, ""), (3, 6, "bridge"), (6, 5, ""), (5, 4, ""),
           (1, 7, "oneway"), (7, 8, "oneway"), (8, 2, "oneway")]  # fmt: skip
ACROSS, UP, LOOP = 746.0, 1112.0, 556.0  # metres of the sides
PBF = """
import osmium
with osmium.SimpleWriter("town.osm.pbf") as writer:
    for item in osmium.FileProcessor("town.osm"):
        writer.add(item)
"""
FOLDER = "import importlib.util as u; print(*(u.find_spec({!r}) or u.find_spec('os')).submodule_search_locations or [])"


def town_map() -> str:
    nodes = [f'<node id="{i}" version="1" lon="{x}" lat="{y}"/>' for i, (x, y) in CORNERS.items()]
    ways = [
        f'<way id="{i}" version="1"><nd ref="{a}"/><nd ref="{b}"/><tag k="highway" v="secondary"/>'
        '<tag k="maxspeed" v="60"/>' + (f'<tag k="{kind}" v="yes"/>' if kind else "") + "</way>"
        for i, (a, b, kind) in enumerate(STREETS, 1)
    ]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">', *nodes, *ways, "</osm>"])


def package_folder(name: str) -> Path | None:
    """Where a package is: in this Python, or in the one that TERRITORYKIT_ENGINES_PYTHON names."""
    python = os.environ.get("TERRITORYKIT_ENGINES_PYTHON")
    if python is None:
        spec = importlib.util.find_spec(name)
        return Path(spec.submodule_search_locations[0]) if spec else None
    done = subprocess.run([python, "-c", FOLDER.format(name)], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()) if done.stdout.strip() else None


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_osrm(folder: Path, port: int) -> list[str]:
    home = package_folder("osrm")
    if home is None or not (home / "bin" / "osrm-routed").exists():
        pytest.skip("OSRM is not installed: pip install osrm-bindings, see TERRITORYKIT_ENGINES_PYTHON")
    tools = home / "bin"
    for command in (
        [tools / "osrm-extract", "-p", home / "share" / "profiles" / "car.lua", "town.osm"],
        [tools / "osrm-contract", "town.osrm"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return [str(tools / "osrm-routed"), "--algorithm", "ch", "-i", "127.0.0.1", "-p", str(port), "town.osrm"]


def start_valhalla(folder: Path, port: int) -> list[str]:
    home = package_folder("valhalla")
    if home is None or not (home / "bin" / "valhalla_service").exists() or package_folder("osmium") is None:
        pytest.skip("Valhalla is not installed: pip install pyvalhalla osmium, see TERRITORYKIT_ENGINES_PYTHON")
    python = os.environ.get("TERRITORYKIT_ENGINES_PYTHON", sys.executable)
    subprocess.run([python, "-c", PBF], cwd=folder, check=True, timeout=120)
    settings = subprocess.run(
        [python, home / "valhalla_build_config.py", "--mjolnir-tile-dir", folder / "tiles"],
        capture_output=True, check=True, text=True, timeout=120,
    )  # fmt: skip
    config = json.loads(settings.stdout)
    config["httpd"]["service"]["listen"] = f"tcp://127.0.0.1:{port}"
    text = json.dumps(config).replace("ipc:///tmp/", f"ipc://{folder}/")
    (folder / "valhalla.json").write_text(text)
    command = [home / "bin" / "valhalla_build_tiles", "-c", "valhalla.json", "town.osm.pbf"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return [str(home / "bin" / "valhalla_service"), "valhalla.json", "1"]


@pytest.fixture(params=["osrm", "valhalla"])
def real(request, tmp_path_factory):
    """A real engine on loopback with the map of the town; its tools take a second or two."""
    folder = tmp_path_factory.mktemp("e")
    (folder / "town.osm").write_text(town_map())
    port = free_port()
    command = {"osrm": start_osrm, "valhalla": start_valhalla}[request.param](folder, port)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 30
            while not listens(port) and time.monotonic() < until:
                time.sleep(0.05)
            yield request.param, f"http://127.0.0.1:{port}"
        finally:
            process.kill()  # Valhalla takes its time otherwise
            process.wait(10)


@pytest.mark.parametrize("most_pairs", [None, 6])
def test_a_real_engine(real, most_pairs):
    engine, url = real
    ids = [1, 3, 4, 7]
    corners = Places(np.array(ids, object), None, np.array([CORNERS[i] for i in ids]), "units")
    server = RoutingServer(url, engine, most_pairs=most_pairs)
    found = server.ways(corners, corners, within=np.inf, workers=2)
    there = 4 * ACROSS + UP  # over the bridge and back along the other bank
    metres = np.array([
        [0, 2 * ACROSS, there, LOOP],
        [2 * ACROSS, 0, UP + 2 * ACROSS, 2 * ACROSS + LOOP],
        [there, UP + 2 * ACROSS, 0, there + LOOP],
        [LOOP + 2 * ACROSS, LOOP + 2 * ACROSS, LOOP + 4 * ACROSS + UP, 0],  # around the one-way loop
    ])  # fmt: skip
    np.testing.assert_allclose(dense(found, 4)[1], metres, atol=15)
    kmh = {"osrm": 48.0, "valhalla": 60.0}[engine]  # OSRM takes four fifths of a posted limit
    slowest = 30 / 60  # turns
    minutes = dense(found, 4)[0]
    plain = metres / (kmh * 1000 / 60)
    assert minutes[0, 3] == pytest.approx(plain[0, 3], abs=0.02)
    assert (minutes >= plain - 0.03).all()
    assert (minutes <= plain + slowest).all()
    near = server.ways(corners, corners, within=2.0, workers=1)
    np.testing.assert_array_equal(dense(near, 4)[0], np.where(minutes <= 2.0, minutes, np.nan))
    away = corners._replace(lonlat=corners.lonlat + np.array([[0, 0], [0, 0], [0, 0.2], [0, 0]]))
    with pytest.raises(tk.DataError, match="1 units lie more than 1,000 m from any street"):
        server.ways(away, corners, within=np.inf, workers=1)
    with pytest.raises(RoutingError, match="it answers 4"):
        RoutingServer(url + "/nowhere", engine).ways(corners, corners, within=np.inf, workers=1)
