"""A wall around each learner's server: it sees Python, the learner's own home, and nothing of the course.

In the embedded classroom all servers run on one machine. Each learner's runs behind bubblewrap: own processes, own
/tmp; the course root, the hub's files and the other homes are not there at all. Where the hub runs as root, each server
also becomes an unprivileged user of its own: root without capabilities still reads root's files, and `bwrap --uid` as
root does not help, because its user namespace maps onto root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

import coreskills
import coreskills_widgets

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/etc")
_UID_FROM, _UIDS = 200_000, 60_000


def can_wall() -> str:
    """Why learners' servers cannot be walled in on this machine; empty where they can."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        return "setpriv (util-linux) is not installed"
    tried = subprocess.run(
        ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--dev", "/dev", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if tried.returncode == 0 else f"bubblewrap fails here: {tried.stderr.strip()}"


def uid_of(name: str) -> int:
    """The unprivileged user id of a learner where the hub is root: stable, and nobody else's on the system."""
    return _UID_FROM + zlib.crc32(name.encode()) % _UIDS


def python_folders() -> list[Path]:
    """The folders Python needs here: its prefixes, and our learner-side package."""
    folders = [Path(sys.prefix), Path(sys.base_prefix), Path(coreskills_widgets.__file__).parent]
    return [folder.resolve() for folder in folders]


def walled(command: list[str], *, name: str, home: Path, readable: Iterable[Path]) -> list[str]:
    """The command line that runs ``command`` behind the wall.

    Args:
        readable: Further folders the server may read, as nbgrader's configuration.
    """
    line = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run", "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    shown = [Path(place) for place in _SYSTEM] + python_folders() + [folder.resolve() for folder in readable]
    made: set[Path] = {Path("/"), Path("/tmp"), Path("/run")}  # noqa: S108
    for folder in shown:
        if folder.is_symlink():
            line += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.exists() and not any(above in made and above in shown for above in folder.parents):
            line += [*_parents(folder, made), "--ro-bind", str(folder), str(folder)]
            made.add(folder)
    course_side = Path(coreskills.__file__).parent.resolve()
    if any(above in shown for above in course_side.parents):  # a wheel lays both packages into one site-packages
        line += ["--tmpfs", str(course_side)]
    line += [*_parents(home, made), "--bind", str(home), str(home)]
    line += ["--chdir", str(home)]
    if os.getuid() == 0:
        uid = str(uid_of(name))
        line += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--inh-caps=-all"]
        line += ["--bounding-set=-all", "--no-new-privs"]
    return line + command


def _parents(folder: Path, made: set[Path]) -> list[str]:
    # bwrap makes missing parents with mode 0700, which the dropped user could not pass.
    line: list[str] = []
    for above in reversed(folder.parents):
        if above not in made and not any(over in made and str(over) in _SYSTEM for over in above.parents):
            line += ["--perms", "0755", "--dir", str(above)]
            made.add(above)
    return line


def give_home(home: Path, name: str) -> None:
    """Make a learner's home, theirs alone."""
    home.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        uid = uid_of(name)
        for path in (home, *home.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)
    home.chmod(0o700)
