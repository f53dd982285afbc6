"""Folders as zip files over the wire, and what is refused in them."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from coreskills.errors import ClassroomError

MAX_FILES = 500
MAX_BYTES = 50_000_000
_SKIPPED = {".ipynb_checkpoints", "__pycache__", ".git", "feedback", ".DS_Store", ".virtual_documents"}
# All that zipfile raises on bytes that are no whole zip.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)
_EPOCH = (1980, 1, 1, 0, 0, 0)

Files = dict[str, bytes]


class BundleRefused(ClassroomError):
    """An upload that is not a plain zip of plain files; nothing of it was kept."""


def read_folder(folder: Path) -> Files:
    """The files of a folder, by their path in it; checkpoints, caches and fetched feedback left out."""
    files: Files = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not _SKIPPED.intersection(inside.parts):
            files[inside.as_posix()] = path.read_bytes()
    return files


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of files; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, date_time=_EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(data: bytes, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> Files:
    """Read an uploaded zip, trusting nothing in it.

    Raises:
        BundleRefused: Not a zip, too large, or a path that leaves the folder, a link, a device, a name twice.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > max_files:
                raise BundleRefused(
                    f"The upload holds {len(entries)} files, more than {max_files}.", fix="leave some out"
                )
            if sum(entry.file_size for entry in entries) > max_bytes:
                raise BundleRefused(
                    f"The upload unpacks to more than {max_bytes:,} bytes.", fix="leave large files out"
                )
            files: Files = {}
            left = max_bytes
            for entry in entries:
                name = _safe_name(entry, files)
                with archive.open(entry) as file:
                    files[name] = file.read(left + 1)  # a header may lie about its size: never read past the limit
                left -= len(files[name])
                if left < 0:
                    raise BundleRefused(
                        f"The upload unpacks to more than {max_bytes:,} bytes.", fix="leave large files out"
                    )
    except _BROKEN as error:
        raise BundleRefused(f"The upload is not a whole zip file: {error}.", fix="send it again") from error
    if not files:
        raise BundleRefused("The upload holds no file.", fix="send the lab's notebook")
    return files


def _safe_name(entry: zipfile.ZipInfo, taken: Mapping[str, bytes]) -> str:
    name = entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    parts = name.split("/")
    reason = ""
    if kind not in (0, stat.S_IFREG):
        reason = "is a link or a device"
    elif name.startswith("/") or "\\" in name or ":" in name or "\0" in name or "\0" in entry.orig_filename:
        reason = "is no plain relative path"
    elif any(part in ("", ".", "..") for part in parts):
        reason = "leaves its folder"
    elif any(ord(char) < 32 for char in name) or len(name) > 300:
        reason = "has a name no file should have"
    elif name.casefold() in {other.casefold() for other in taken}:
        reason = "is there twice"
    elif any(other.casefold().startswith(f"{name.casefold()}/") for other in taken) or any(
        "/".join(parts[:n]).casefold() in {o.casefold() for o in taken} for n in range(1, len(parts))
    ):
        reason = "is a file and a folder at once"
    if reason:
        raise BundleRefused(f"The upload was refused: {name!r} {reason}.", fix="send the lab's own files only")
    return name


def manifest(files: Mapping[str, bytes]) -> bytes:
    """What a bundle holds, as canonical JSON; its SHA-256 is the bundle's name."""
    rows = {name: {"sha256": hashlib.sha256(files[name]).hexdigest(), "n_bytes": len(files[name])} for name in files}
    return json.dumps({"files": rows}, sort_keys=True, separators=(",", ":")).encode()


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Lay files out in a folder that replaces what was there."""
    beside = folder.with_name(f".{folder.name}.new")
    _remove(beside)
    for name, data in files.items():
        path = beside / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    beside.mkdir(parents=True, exist_ok=True)
    _remove(folder)
    beside.rename(folder)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
