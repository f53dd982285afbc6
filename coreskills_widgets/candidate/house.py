"""The file system a candidate lives in: an allow-list of read-only folders, built once per zygote.

Nothing that is not listed here exists for learner code: no course folder, no gradebook, no other submission, no home.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from coreskills_widgets.candidate import kernel_calls as k

FIRST_UID = 61000
N_SLOTS = 64

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = (
    "alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic", "mime.types",
    "nsswitch.conf", "protocols", "services", "ssl", "timezone", "ca-certificates", "pki",
)  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


@dataclass(frozen=True)
class House:
    """Where the template root lies, and the scratch folder whose slots candidates work in.

    Attributes:
        base: The scratch folder; the same path inside and outside, so that a path means one file.
        maps_uid: Each candidate gets a uid of its own (we are root); otherwise all share ours.
        is_walled: ``False`` for a run that was asked to go without a sandbox: slots are plain folders then.
        below_tmp: Shown paths below ``/tmp``, which each candidate's own ``/tmp`` would cover.
    """

    base: Path
    maps_uid: bool
    is_walled: bool = True
    below_tmp: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.base / "root"

    def slot(self, number: int) -> Path:
        return self.base / str(number)

    def uid(self, slot: int) -> int:
        return FIRST_UID + slot if self.maps_uid else os.getuid()


def build(house: House, *, shown: tuple[str, ...] = (), hidden: tuple[str, ...] = ()) -> None:
    """Build the template root.

    Args:
        shown: More paths learner programs may read.
        hidden: Paths inside shown ones that they may not.
    """
    root = house.root
    root.mkdir(exist_ok=True)
    k.mount("none", str(root), "tmpfs", k.MS_NOSUID, "mode=0755,size=8m")
    for path in (*_SYSTEM, *(f"/etc/{name}" for name in _ETC), *_python_paths(), *shown):
        _show(root, Path(path))
        if path.startswith("/tmp/") and Path(path).exists():  # noqa: S108  where it lies, not a file of ours
            house.below_tmp.append(path)
    for path in hidden:
        if (root / path[1:]).is_dir():
            k.mount("none", str(root / path[1:]), "tmpfs", k.MS_RDONLY | k.MS_NOSUID, "mode=0755,size=4k")
    _devices(root)
    _accounts(root, house)
    for name in ("proc", "tmp", "var/tmp", "run", "sys", *(str(house.slot(n))[1:] for n in range(N_SLOTS))):
        (root / name).mkdir(parents=True, exist_ok=True)
    k.mount("none", str(root), "", k.MS_REMOUNT | k.MS_RDONLY | k.MS_NOSUID, "mode=0755,size=8m")


def open_slot(house: House, number: int, *, size_mb: int) -> Path:
    """Give a slot an empty disk of its own.

    ``nosymfollow`` holds for everyone outside the candidate: whatever link learner code leaves there, a test cell that
    opens it gets an error, never a file of the grader.
    """
    path = house.slot(number)
    path.mkdir(exist_ok=True)
    if house.is_walled:
        _mount_disk(house, number, size_mb)
    for name in ("work", "tmp", "home"):
        folder = path / name
        folder.mkdir()
        folder.chmod(0o1777 if name == "tmp" else 0o777)
    return path


def _mount_disk(house: House, number: int, size_mb: int) -> None:
    flags = k.MS_NOSUID | k.MS_NODEV | k.MS_NOSYMFOLLOW
    owner = f"uid={house.uid(number)},gid={house.uid(number)}," if house.maps_uid else ""
    options = f"{owner}mode=0700,size={size_mb}m,nr_inodes=20000"
    k.mount("none", str(house.slot(number)), "tmpfs", flags, options)


def close_slot(house: House, number: int) -> None:
    """Throw a slot's disk away; again does nothing."""
    path = house.slot(number)
    if house.is_walled and path.is_mount():
        k.unmount(str(path))
    elif not house.is_walled:
        shutil.rmtree(path, ignore_errors=True)


def enter(house: House, number: int) -> None:
    """Make the template root ours, with our slot writable in it; called in the candidate's own mount namespace."""
    root, slot = house.root, house.slot(number)
    inner = root / str(slot)[1:]
    k.mount(str(slot), str(inner), "", k.MS_BIND)
    k.mount("none", str(inner), "", k.MS_REMOUNT | k.MS_BIND | k.MS_NOSUID | k.MS_NODEV)
    for path in house.below_tmp:  # as in the template: read-only, hidden parts hidden
        _bind_again(root / path[1:], inner / path[1:])
    k.mount(str(inner / "tmp"), str(root / "tmp"), "", k.MS_BIND | k.MS_REC)
    k.mount(str(inner / "tmp"), str(root / "var/tmp"), "", k.MS_BIND) if house.base.parts[1:3] != (
        "var",
        "tmp",
    ) else None
    k.mount("proc", str(root / "proc"), "proc", k.MS_NOSUID | k.MS_NODEV | k.MS_NOEXEC)
    k.mount("none", str(root / "dev/shm"), "tmpfs", k.MS_NOSUID | k.MS_NODEV, "mode=1777,size=64m")
    k.pivot_root(str(root))


def _bind_again(shown: Path, target: Path) -> None:
    if target.exists():  # below another one that is there already
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir() if shown.is_dir() else target.touch()
    k.mount(str(shown), str(target), "", k.MS_BIND | k.MS_REC)


def _show(root: Path, path: Path) -> None:
    target = root / str(path)[1:]
    if path.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_symlink() and not target.exists():
            target.symlink_to(path.readlink())
        return
    if not path.exists() or (target.exists() and _same(path, target)):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True) if path.is_dir() else target.touch()
    k.mount(str(path), str(target), "", k.MS_BIND | k.MS_REC)
    k.mount("none", str(target), "", k.MS_REMOUNT | k.MS_BIND | k.MS_RDONLY | k.MS_NOSUID | _locked_flags(path))


def _same(path: Path, target: Path) -> bool:
    return path.samefile(target)


def _locked_flags(path: Path) -> int:
    """Flags that a mount inherited from outside a user namespace carries and may not lose."""
    flags = os.statvfs(path).f_flag
    known = ((os.ST_NODEV, k.MS_NODEV), (os.ST_NOEXEC, k.MS_NOEXEC), (os.ST_NOATIME, 1024), (os.ST_RELATIME, 1 << 21))
    return sum(ours for theirs, ours in known if flags & theirs)


def _python_paths() -> list[str]:
    """The interpreter, its libraries, and the learner-side package; never the folder a package lies in."""
    ours = Path(__file__).resolve().parents[1]
    return [sys.base_prefix, sys.prefix, os.path.realpath(sys.executable), str(ours)]


def _devices(root: Path) -> None:
    (root / "dev").mkdir()
    for name in _DEVICES:
        (root / "dev" / name).touch()
        k.mount(f"/dev/{name}", str(root / "dev" / name), "", k.MS_BIND)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        (root / "dev" / name).symlink_to(f"/proc/self/fd{target}")
    (root / "dev/shm").mkdir()


def _accounts(root: Path, house: House) -> None:
    uids = sorted({house.uid(slot) for slot in range(N_SLOTS)})
    users = "".join(f"learner{i or ''}:x:{uid}:{uid}::/tmp:/bin/sh\n" for i, uid in enumerate(uids))
    groups = "".join(f"learner{i or ''}:x:{uid}:\n" for i, uid in enumerate(uids))
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n" + users)
    (root / "etc/group").write_text("root:x:0:\n" + groups)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
