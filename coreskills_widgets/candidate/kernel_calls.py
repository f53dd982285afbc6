"""The system calls that Python has no name for, through libc."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_NOSYMFOLLOW, MS_BIND, MS_REC, MS_PRIVATE = 256, 4096, 16384, 1 << 18
MNT_DETACH = 2

_CLONE = {"x86_64": 56, "aarch64": 220}
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_PDEATHSIG = 4, 24, 38, 22, 1

_PR_CAP_AMBIENT, _PR_SET_CHILD_SUBREAPER = 47, 36
CAP_SETPCAP, CAP_NET_ADMIN, CAP_SYS_ADMIN = 8, 12, 21

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces named by ``flags``."""
    _check(_libc.unshare(flags), "unshare")


def fork_into(flags: int, *, at_end: int = signal.SIGCHLD) -> int:
    """Fork like ``os.fork``, the child in new namespaces.

    Args:
        at_end: The signal that tells us of its end; with 0, ``os.wait`` does not see it either.

    One call instead of unshare, fork and a reaper between: each fork of a parent with 200 MB costs 4 ms.
    """
    number = _CLONE.get(platform.machine())
    if number is None:
        raise OSError(f"no clone call is known for {platform.machine()}")
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(_libc.syscall(number, flags | at_end, 0, 0, 0, 0))
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    error = ctypes.get_errno()
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(error, f"clone: {os.strerror(error)}")
    return pid


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount ``source`` at ``target``."""
    _check(
        _libc.mount(
            source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None
        ),
        f"mount {source} at {target}",
    )


def unmount(target: str) -> None:
    """Take a mount away, now from sight and later for good."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str) -> None:
    """Make ``new_root`` the root and drop the old one."""
    os.chdir(new_root)
    _check(_libc.syscall(_PIVOT_ROOT[platform.machine()], b".", b"."), "pivot_root")
    unmount(".")
    os.chdir("/")


def set_hostname(name: bytes) -> None:
    _check(_libc.sethostname(name, len(name)), "sethostname")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def keep_capabilities(*capabilities: int) -> None:
    """Let these survive the start of a program; the holder of a user namespace loses all of them otherwise."""
    low = sum(1 << capability for capability in capabilities)
    header = struct.pack("=Ii", 0x20080522, 0)
    have = ctypes.create_string_buffer(24)
    _check(_libc.syscall(_CAPSET[platform.machine()] - 1, header, have), "capget")
    effective, permitted, _, *high = struct.unpack("=6I", have.raw)
    data = struct.pack("=6I", effective, permitted, low, *high)
    _check(_libc.syscall(_CAPSET[platform.machine()], header, data), "capset")
    for capability in capabilities:
        _check(_libc.prctl(_PR_CAP_AMBIENT, 2, capability, 0, 0), "ambient capability")


def bound_capabilities() -> None:
    """Empty the bounding set: no program started from here can ever gain a capability."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # past the kernel's last one


def drop_capabilities() -> None:
    """Give up the capabilities held now, and the right to gain any by starting a program."""
    header = struct.pack("=Ii", 0x20080522, 0)
    _check(_libc.syscall(_CAPSET[platform.machine()], header, bytes(24)), "capset")
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def set_dumpable(yes: bool) -> None:
    """Say whether /proc/<pid> of this process belongs to its user; a uid change turns it off."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, int(yes), 0, 0, 0), "dumpable")


def install_filter(program: bytes) -> None:
    """Install a seccomp filter made of ``sock_filter`` records."""
    code = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    _check(_libc.prctl(_PR_SET_SECCOMP, 2, fprog, 0, 0), "seccomp")
