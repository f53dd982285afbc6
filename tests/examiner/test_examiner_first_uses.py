"""First uses that the warm parent makes for its candidates."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """\
import socket
from coreskills_widgets.candidate import first_uses

def refuse(*address):
    raise AssertionError(f"a first use asked the network: {address}")

socket.socket.connect = refuse
for use in first_uses.ON_REQUEST.values():
    use()
print("made")
"""


def test_every_first_use_works_and_asks_nobody() -> None:
    """The warm parent goes on without one that fails, so nobody would notice that candidates are slow again."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.stdout == "made\n", done.stderr[-2000:]
