"""What must be true before the classroom starts, said plainly when it is not."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from coreskills.errors import ClassroomError

_NEEDED_MB = 200
_NODE_MAJOR = 20


def check_port(port: int) -> None:
    """See that the public port is free.

    Raises:
        ClassroomError: Something listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ClassroomError(
                f"Port {port} is taken ({error.strerror}): a classroom or another program already runs there.",
                fix=f"stop it, or choose another port: make up PORT={port + 1} (coreskills up --port {port + 1})",
            ) from error


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    sockets = [socket.socket() for _ in range(n)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def check_disk(folder: Path) -> None:
    """See that there is room to write.

    Raises:
        ClassroomError: Less than 200 MB are left.
    """
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < _NEEDED_MB:
        raise ClassroomError(
            f"The disk is full: {free_mb} MB left at {folder}, the classroom needs {_NEEDED_MB} MB.",
            fix="free some space, or set CORESKILLS_STATE to a folder on another disk",
        )


def find_proxy(root: Path) -> tuple[str, ...]:
    """The command of configurable-http-proxy; ``CORESKILLS_CHP`` names another.

    Raises:
        ClassroomError: Node or the proxy is missing.
    """
    node = shutil.which("node")
    if node is None:
        raise ClassroomError("Node.js is missing; the hub's proxy needs it.", fix=f"install Node.js >= {_NODE_MAJOR}")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"v(\d+)\.", said)
    if major is None or int(major[1]) < _NODE_MAJOR:
        found = f"{node} is Node.js {said}" if major else f"{node} does not run"
        raise ClassroomError(
            f"{found}; the hub's proxy needs {_NODE_MAJOR} or newer.", fix=f"install Node.js >= {_NODE_MAJOR}"
        )
    told = os.environ.get("CORESKILLS_CHP")
    places = [Path(told)] if told else [root / folder / "node_modules" for folder in ("ui", ".install/node")]
    for place in places:
        binary = place if told else place / ".bin" / "configurable-http-proxy"
        if binary.exists():
            return (node, str(binary.resolve()))
    raise ClassroomError(f"configurable-http-proxy is not in {places[0]}.", fix="make install")
