"""Pictures: the course's own carry their description inside the file; of any other only format and size are seen."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

from coreskills.offline.forms import as_json
from coreskills.offline.prompt import Image
from coreskills.offline.skills import extract
from coreskills.offline.skills.reading import ranked
from coreskills.offline.task import Answer, Source, Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

MAX_DESCRIPTION = 20_000
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Seen:
    """What can be read from a picture's file.

    Attributes:
        description: Text of the PNG's ``Description`` chunk; "" when it has none.
    """

    kind: str
    width: int
    height: int
    description: str


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer:
    """Answer a question about the pictures, or describe them."""
    seen = [see(image) for image in task.images]
    known = [s for s in seen if s and s.description]
    if not known:
        return Answer(_unknown(seen), notes={"pictures": len(seen), "described": 0})
    sources = [Source(str(i), "", s.description) for i, s in enumerate(known, 1)]
    whole = "\n".join(s.description for s in known)
    notes = {"pictures": len(seen), "described": len(known)}
    if task.form == "json" and (task.keys or task.schema):
        schema = task.schema or {"properties": {key: {} for key in task.keys}}
        filled = extract.fill(schema, whole, tier) if task.schema else dict.fromkeys(task.keys, whole)
        return Answer(as_json(filled, task, tier, seed=whole[:300]), notes=notes)
    asked = task.question
    wants_whole = not asked.endswith("?") or re.search(
        r"(?i)\b(what is (in|on|this)|what does (this|the|it) \w* ?show|what do you see|describe)\b", asked
    )
    if wants_whole:
        text = whole if tier.level >= 2 else " ".join(re.split(r"(?<=[.!?])\s+", whole)[:2])
        return Answer(text, notes=notes)
    found = ranked(asked, sources, embedder, tier, heat=task.prompt.temperature, draw=task.draw)
    if not found or found[0].sure < tier.doubt_free:
        return Answer(task.abstain or "The picture does not show that.", notes={**notes, "abstained": True})
    return Answer(found[0].sentence, notes=notes)


def see(image: Image) -> Seen | None:
    """Format, size and description; ``None`` for a file that is no PNG, JPEG, GIF or WebP."""
    data = image.data
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return Seen("PNG", width, height, _png_description(data))
    if data[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack("<HH", data[6:10])
        return Seen("GIF", width, height, "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Seen("WebP", 0, 0, "")
    if data[:3] == b"\xff\xd8\xff":
        return Seen("JPEG", *_jpeg_size(data), "")
    return None


def _png_description(data: bytes) -> str:
    """The text of the tEXt, zTXt or iTXt chunk named Description."""
    at = len(_PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind in (b"tEXt", b"zTXt", b"iTXt") and body.partition(b"\0")[0].lower() == b"description":
            return _chunk_text(kind, body)[:MAX_DESCRIPTION].strip()
        at += 12 + length
    return ""


def _chunk_text(kind: bytes, body: bytes) -> str:
    rest = body.partition(b"\0")[2]
    if kind == b"tEXt":
        return rest.decode("latin-1")
    try:
        if kind == b"zTXt":
            return _inflated(rest[1:]).decode("latin-1")
        compressed, rest = rest[:1] == b"\1", rest[2:]
        text = rest.partition(b"\0")[2].partition(b"\0")[2]
        return (_inflated(text) if compressed else text).decode("utf-8", "replace")
    except zlib.error:
        return ""


def _inflated(data: bytes) -> bytes:
    """Never more than a description needs, whatever the chunk claims."""
    return zlib.decompressobj().decompress(data, MAX_DESCRIPTION * 4)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        if 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return 0, 0


def _unknown(seen: list[Seen | None]) -> str:
    shown = [
        f"a {s.kind} picture of {s.width} x {s.height} pixels"
        if s and s.width
        else f"a {s.kind} picture"
        if s
        else "a file I cannot read as a picture"
        for s in seen
    ]
    return (
        f"I received {' and '.join(shown)}. I am an offline stand-in and see only the course's "
        f"own pictures, which carry a description in their file; "
        "this one carries none, so I cannot say what it shows."
    )
