"""Screenshots that somebody looked at and approved: a later one may differ a little, not in what it shows.

Approve new ones, after looking at them:  CORESKILLS_APPROVE=1 .venv/bin/pytest tests/widgets -m browser -k approved
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat
from playwright.sync_api import Locator, Page

_MADE_WITH = "made-with.json"
_BLOCK = 8  # pixels: letters may move by one, a line or a bar may not go
_MEAN = 1.5  # of 255, over the whole picture
_WORST = 60  # of 255, in one block
# Letters of several widths in the fonts that our faces ask for: another machine's fonts give other widths.
_FONTS = """
() => {
  const style = getComputedStyle(document.querySelector('.jp-coreskills'));
  const pen = document.createElement('canvas').getContext('2d');
  return [style.fontFamily, 'monospace'].map(family => {
    pen.font = `16px ${family}`;
    return Math.round(pen.measureText('Wij 0123 fill @ \\u2713 \\u25b8 \\u2022').width * 10);
  });
}
"""


def made_with(page: Page) -> dict[str, Any]:
    """What a picture depends on besides our code."""
    browser = page.context.browser
    assert browser is not None
    return {"chromium": browser.version.partition(".")[0], "font_widths": page.evaluate(_FONTS)}


def is_approving() -> bool:
    """Somebody looks at the pictures now, and takes them."""
    return os.environ.get("CORESKILLS_APPROVE") == "1"


def skip_elsewhere(page: Page, folder: Path) -> None:
    """Skip where browser or fonts are others than those of the approved pictures; when approving, note them."""
    here, note = made_with(page), folder / _MADE_WITH
    if is_approving():
        folder.mkdir(exist_ok=True)
        note.write_text(json.dumps(here, indent=1) + "\n", encoding="utf-8")
        return
    known = json.loads(note.read_text(encoding="utf-8"))
    if known != here:
        pytest.skip(f"the approved pictures were made with {known}, here is {here}")


def difference(shown: Image.Image, approved: Image.Image) -> str:
    """Say how far two pictures are apart; empty when they show the same."""
    if abs(shown.width - approved.width) > 1 or abs(shown.height - approved.height) > 1:
        return f"it is {shown.width} x {shown.height} pixels, approved were {approved.width} x {approved.height}"
    size = (max(1, approved.width // _BLOCK), max(1, approved.height // _BLOCK))
    ours, theirs = (_blocks(image, size) for image in (shown, approved))
    apart = ImageChops.difference(ours, theirs)
    mean, worst = ImageStat.Stat(apart).mean[0], int(apart.getextrema()[1])  # type: ignore[arg-type]  # one band
    if mean <= _MEAN and worst <= _WORST:
        return ""
    return f"its brightness differs by {mean:.1f} on average (up to {_MEAN}) and {worst} at worst (up to {_WORST})"


def _blocks(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.convert("L").filter(ImageFilter.BoxBlur(1)).resize(size, Image.Resampling.BOX)


def assert_approved(widget: Locator, folder: Path, name: str) -> None:
    """Compare a picture of an element with the approved one; when approving, keep it instead."""
    path, shown = folder / f"{name}.png", widget.screenshot(animations="disabled")
    picture = Image.open(io.BytesIO(shown)).convert("RGB")
    if is_approving():
        picture.quantize(64).save(path, optimize=True)
        return
    assert path.is_file(), f"{path} is not there yet. Look at the widget, then: CORESKILLS_APPROVE=1 pytest -k approved"
    apart = difference(picture, Image.open(path).convert("RGB"))
    if apart:
        seen = folder.parents[2] / "screenshots" / "unapproved" / f"{name}.png"
        seen.parent.mkdir(parents=True, exist_ok=True)
        picture.save(seen)
        message = f"{path} was approved, and {seen} looks different: {apart}."
        pytest.fail(f"{message} If the new one is right: CORESKILLS_APPROVE=1 pytest -k approved", pytrace=False)
