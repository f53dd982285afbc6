"""Cutting one process off: what a freshly forked candidate does before it meets learner code."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from coreskills_widgets.candidate import house as houses
from coreskills_widgets.candidate import kernel_calls as k
from coreskills_widgets.candidate import seccomp

NAMESPACES = k.NEWNS | k.NEWPID | k.NEWNET | k.NEWIPC | k.NEWUTS | k.NEWCGROUP
GATEWAY_PORT = 47000
SHARED_MEMORY_MB = 64
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


@dataclass(frozen=True)
class Limits:
    """What one candidate may use.

    Attributes:
        memory_mb: Memory of all processes together; also the address space of each beyond what the warm parent maps.
        disk_mb: All files together; also the largest single file.
        processes: Processes and threads together.
        output_kb: Text kept of one cell.
    """

    memory_mb: int = 2048
    disk_mb: int = 256
    processes: int = 256
    output_kb: int = 512
    files: int = 1024


def confine(house: houses.House, slot: int, limits: Limits) -> socket.socket:
    """Enter the house, give up all rights, and open the gateway's door.

    Returns:
        A socket listening on loopback in our network namespace; the examiner serves the gateway on it.
    """
    loopback_up()
    door = socket.create_server(("127.0.0.1", GATEWAY_PORT), backlog=128)
    k.set_hostname(b"lab")
    houses.enter(house, slot)
    is_bounded = limit_shared_memory()
    os.setsid()  # a session of its own also gets its own share of the processor
    set_limits(limits)
    give_up_rights(house, slot)
    # After the user namespace, so that only our own processes count.
    resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes, limits.processes))
    seccomp.install(shared_memory=is_bounded)
    return door


def bound(limits: Limits) -> socket.socket:
    """Do without a sandbox what can be done: limits, and no way to more rights. Files and network stay open.

    Returns:
        A socket listening on the machine's own loopback.
    """
    door = socket.create_server(("127.0.0.1", 0), backlog=128)
    k.adopt_orphans()  # so that whoever ends us finds all that we started
    os.setsid()
    set_limits(limits)
    k.drop_capabilities()
    k.die_with_parent()
    seccomp.install(shared_memory=True)
    return door


def loopback_up() -> None:
    """Bring 127.0.0.1 up in a new network namespace; there is no other interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(probe, _SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def limit_shared_memory() -> bool:
    """Bound System V segments, which live outside of every process; PostgreSQL needs a small one.

    Returns:
        Whether that could be done: only root may. Otherwise there must be none at all.
    """
    try:
        for name, value in (("shmall", SHARED_MEMORY_MB * 256), ("shmmax", SHARED_MEMORY_MB * 2**20)):
            Path(f"/proc/sys/kernel/{name}").write_text(str(value), encoding="ascii")
    except PermissionError:
        return False
    return True


def set_limits(limits: Limits) -> None:
    """Set hard limits that no later program can raise."""
    statm = Path("/proc/self/statm").read_text(encoding="ascii")
    mapped = int(statm.split()[0]) * os.sysconf("SC_PAGE_SIZE")
    for what, value in (
        (resource.RLIMIT_AS, mapped + limits.memory_mb * 2**20),
        (resource.RLIMIT_FSIZE, limits.disk_mb * 2**20),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(what, (value, value))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # too large a file is an OSError in the cell, not a death


def give_up_rights(house: houses.House, slot: int) -> None:
    """Become a user without capabilities, for good."""
    k.bound_capabilities()
    uid = house.uid(slot)
    if house.maps_uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    else:
        # A user namespace of its own gives each candidate its own count of processes.
        own_user_namespace(os.getuid(), os.getgid())
    k.drop_capabilities()
    k.set_dumpable(True)
    k.die_with_parent()
    os.umask(0o022)


def own_user_namespace(uid: int, gid: int) -> None:
    """Enter a new user namespace in which we are who we were."""
    k.unshare(k.NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
