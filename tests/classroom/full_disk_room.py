"""Run in a small file system of its own: fill it, use the classroom, make room, use it again; tell as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import requests

from coreskills.classroom.store.bundle import pack

sys.path.insert(0, str(Path(__file__).parent))
from conftest import LAB, Running, make_room, notebook, serve_room


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def submit(running: Running, text: str) -> dict[str, Any]:
    bundle = pack({f"{LAB}.ipynb": notebook(text)})
    return ask(running, "POST", f"/api/labs/{LAB}/submissions", data=bundle)


def ask(running: Running, method: str, path: str, **more: Any) -> dict[str, Any]:
    answer = requests.request(method, running.url + path, headers=running.as_("ada"), timeout=30, **more)
    return {"status": answer.status_code, **answer.json()}


def main(folder: Path) -> None:
    ballast = folder / "ballast"
    with serve_room(make_room(folder)) as running:
        told = {"before": submit(running, "first")}
        fill(ballast)
        told["submit"] = submit(running, "second" * 5000)
        told["key"] = ask(running, "POST", "/api/keys", json={"lab": LAB, "kernel_id": "k"})
        ballast.unlink()
        told["after"] = submit(running, "second" * 5000)
        told["kept"] = ask(running, "GET", "/api/submissions")
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
