"""Starting the warm parent, and asking it for candidates."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from coreskills.errors import SandboxError
from coreskills_widgets.candidate import channel as channels
from coreskills_widgets.candidate import kernel_calls as k
from coreskills_widgets.candidate.channel import Channel
from coreskills_widgets.candidate.house import House
from coreskills_widgets.candidate.sandbox import GATEWAY_PORT, Limits

GATEWAY_URL = f"http://127.0.0.1:{GATEWAY_PORT}"
# One thread each: faiss or torch with a thread pool made before a fork hang the child.
_THREAD_SETTINGS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS",
)  # fmt: skip
_SINGLE_THREADED = dict.fromkeys(_THREAD_SETTINGS, "1")
# All memory in one heap of huge pages: a fork copies a hundred page-table entries instead of 45,000 (4 ms, not 14).
QUICK_TO_FORK = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1"}
FIX = (
    "run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces=10000, "
    "and kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu); in a container add --cap-add SYS_ADMIN. "
    "Only for hand-ins you trust like your own programs: coreskills autograde --unsafe-no-sandbox"
)


@dataclass(frozen=True)
class Settings:
    """What the warm parent shows and imports.

    Attributes:
        shown: Paths beside the system's and Python's that learner programs may read.
        hidden: Paths inside those that they may not.
        preload: Modules to import beside the usual ones.
        gateway: Load the gateway at start; where labs call no models, a second is saved.
        sandbox: ``False`` only where the operator asks for it: learner code then has all rights of this user.
    """

    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    gateway: bool = True
    sandbox: bool = True


@dataclass
class Forked:
    """A candidate that is ready.

    Attributes:
        door: Listening in the candidate's network; the gateway is served on it.
    """

    pid: int
    channel: Channel
    door: socket.socket = field(repr=False)


def leave_mount_namespace() -> bool:
    """Give this process mounts of its own, which end with it; call before any thread starts.

    Returns:
        Whether we are root outside, so that each candidate can have a uid of its own.

    Raises:
        SandboxError: The machine does not let us; says what to enable.
    """
    uid, gid = os.getuid(), os.getgid()
    try:
        try:
            k.unshare(k.NEWNS)
            maps_uid = True
        except PermissionError:
            k.unshare(k.NEWUSER | k.NEWNS)
            for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
            k.keep_capabilities(k.CAP_SETPCAP, k.CAP_NET_ADMIN, k.CAP_SYS_ADMIN)
            maps_uid = False
        k.mount("none", "/", "", k.MS_REC | k.MS_PRIVATE)
    except OSError as error:
        raise SandboxError(f"This machine cannot isolate learner code: {error}.", fix=FIX) from error
    return maps_uid


class WarmParent:
    """The process that candidates are forked from.

    Args:
        base: An empty folder, mounted over by us where we may; then nothing of it reaches the disk.
    """

    def __init__(self, base: Path, *, settings: Settings) -> None:
        maps_uid = leave_mount_namespace() if settings.sandbox else False
        self.house = House(base, maps_uid=maps_uid, is_walled=settings.sandbox)
        if settings.sandbox:
            k.mount("none", str(base), "tmpfs", k.MS_NOSUID | k.MS_NODEV, "mode=0755,size=64m")
        row = {
            "base": str(base),
            "maps_uid": maps_uid,
            **asdict(settings),
            "hidden": [*settings.hidden, *_course_side()],
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "coreskills_widgets.candidate.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            env=_clean_environment(base),
            text=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(row) + "\n")
        self._process.stdin.flush()

    def wait(self) -> None:
        """Wait until it is warm.

        Raises:
            SandboxError: It cannot isolate anything here.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if line != "ready":
            why = line.removeprefix("refused ") or f"the warm parent ended with code {self._process.wait()}"
            raise SandboxError(f"This machine cannot isolate learner code: {why}.", fix=FIX)

    def stop(self) -> None:
        """End it and all its candidates."""
        self._process.kill()  # its candidates die with it
        self._process.wait()


def fork_candidate(
    house: House,
    slot: int,
    *,
    limits: Limits,
    env: dict[str, str],
    uses: tuple[str, ...] = (),
    programs: bool = False,
) -> Forked:
    """Have the warm parent fork a candidate into a slot.

    Args:
        uses: Names from ``first_uses.ON_REQUEST`` that it is likely to need.
        programs: It will run Python programs: keep a process ready that they are forked from.

    Raises:
        SandboxError: It could not be cut off; learner code has not run.
    """
    ours, theirs = channels.pair()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(house.base / "zygote.sock"))
        parent = Channel(connection)
        wanted = {"slot": slot, "limits": asdict(limits), "env": env, "uses": uses, "programs": programs}
        parent.send(wanted, fds=(theirs.fileno(),))
        theirs.close()
        pid = int(parent.receive()["pid"])
    channel = Channel(ours)
    try:
        answer = channel.receive()
    except channels.ChannelClosed as error:
        raise SandboxError(
            "A candidate ended before it was ready.", fix="look at the memory of this machine"
        ) from error
    if "refused" in answer:
        raise SandboxError(f"This machine cannot isolate learner code: {answer['refused']}.", fix=FIX)
    return Forked(pid, channel, socket.socket(fileno=channel.take_fds()[0]))


def learner_environment(key: str, lab: str) -> dict[str, str]:
    """The environment that a learner's kernel has too: the gateway's address and a key that means nothing elsewhere."""
    return {
        **_SINGLE_THREADED,
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUTF8": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "MPLBACKEND": "agg",
        "ANTHROPIC_BASE_URL": GATEWAY_URL,
        "ANTHROPIC_API_KEY": key,
        "OPENAI_BASE_URL": f"{GATEWAY_URL}/v1",
        "OPENAI_API_KEY": key,
        "CORESKILLS_GATEWAY_URL": GATEWAY_URL,
        "CORESKILLS_LAB": lab,
        "NBGRADER_EXECUTION": "autograde",
    }


def _clean_environment(base: Path) -> dict[str, str]:
    """What the warm parent starts with: nothing of the grader's own environment, where keys may stand."""
    kept = learner_environment("", "")
    return {**{name: value for name, value in kept.items() if "KEY" not in name}, "HOME": str(base), **QUICK_TO_FORK}


def _course_side() -> list[str]:
    """The course side's own package, where it is installed among the libraries."""
    import coreskills

    return [str(Path(coreskills.__file__).resolve().parent)]
