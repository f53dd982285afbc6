"""What is refused in an upload."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreskills.classroom.store.bundle import BundleRefused, manifest, pack, read_folder, unpack, write_folder


def zipped(*entries: tuple[str, bytes], mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../escape.ipynb", id="parent"),
        pytest.param("a/../../escape", id="parent-inside"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param("..\\escape", id="backslash"),
        pytest.param("C:/escape", id="drive"),
        pytest.param("a//b", id="empty-part"),
        pytest.param("./a", id="dot"),
        pytest.param("a\nb", id="control-character"),
        pytest.param("x" * 301, id="very-long"),
    ],
)
def test_a_path_that_leaves_its_folder_is_refused(name: str) -> None:
    """Whatever the trick, the whole upload is refused."""
    with pytest.raises(BundleRefused):
        unpack(zipped(("fine.ipynb", b"{}"), (name, b"x")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK], ids=hex)
def test_links_and_devices_are_refused(kind: int) -> None:
    """A zip can hold a symbolic link; ours may not."""
    with pytest.raises(BundleRefused, match="link or a device"):
        unpack(zipped(("link", b"/etc/passwd"), mode=kind | 0o777))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("a.txt", "a.txt"), id="twice"),
        pytest.param(("a.txt", "A.TXT"), id="twice-but-for-case"),
        pytest.param(("a", "a/b"), id="file-then-folder"),
        pytest.param(("a/b", "a"), id="folder-then-file"),
    ],
)
def test_names_that_collide_are_refused(names: tuple[str, str]) -> None:
    """Two entries that would become one file are one too many."""
    with pytest.raises(BundleRefused):
        unpack(zipped(*((name, b"x") for name in names)))


def test_a_bomb_is_refused_before_it_grows() -> None:
    """A small zip that unpacks to much is refused by its real size, whatever its header says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", b"\0" * 2_000_000)
    honest = buffer.getvalue()
    with pytest.raises(BundleRefused, match="more than"):
        unpack(honest, max_bytes=1_000_000)
    lying = honest.replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(BundleRefused):
        unpack(lying, max_bytes=1_000_000)


def test_too_many_files_are_refused() -> None:
    """The number of files is bounded."""
    with pytest.raises(BundleRefused, match="more than 3"):
        unpack(zipped(*((f"f{n}", b"") for n in range(4))), max_files=3)


@given(st.binary(max_size=400))
def test_noise_is_refused_never_more(data: bytes) -> None:
    """Any bytes at all give a refusal or files, never another error."""
    try:
        unpack(data)
    except BundleRefused:
        return


@given(st.data())
def test_a_damaged_zip_is_refused_never_more(data: st.DataObject) -> None:
    """A zip with one byte changed is refused, or still gives plain files."""
    whole = bytearray(pack({"a.ipynb": b"{}" * 50, "data/b.csv": b"1,2\n" * 30}))
    place = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    whole[place] = data.draw(st.integers(min_value=0, max_value=255))
    try:
        files = unpack(bytes(whole))
    except BundleRefused:
        return
    assert all(".." not in name.split("/") for name in files)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,6}\.(ipynb|csv)", fullmatch=True), st.binary(max_size=200), min_size=1, max_size=5
    )
)
def test_what_is_packed_comes_out_again(files: dict[str, bytes]) -> None:
    """Packing and unpacking are each other's inverse, and equal files make equal bundles."""
    assert unpack(pack(files)) == files
    assert pack(files) == pack(dict(reversed(files.items())))
    assert manifest(files) == manifest(dict(reversed(files.items())))


def test_checkpoints_links_and_feedback_stay_out(tmp_path: Path) -> None:
    """Only the learner's own plain files are sent."""
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "a.ipynb").write_bytes(b"old")
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "page.html").write_bytes(b"page")
    (tmp_path / "a.ipynb").write_bytes(b"new")
    (tmp_path / "secret").symlink_to("/etc/passwd")
    assert read_folder(tmp_path) == {"a.ipynb": b"new"}


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    """What is laid out is exactly the bundle: older files are gone."""
    write_folder({"a": b"1", "b/c": b"2"}, tmp_path / "lab")
    write_folder({"b/c": b"3"}, tmp_path / "lab")
    assert read_folder(tmp_path / "lab") == {"b/c": b"3"}
