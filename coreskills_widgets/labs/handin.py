"""What a learner hands in: files below ``out/``."""

from __future__ import annotations

import csv
import io
import json as _json
from typing import Any

from coreskills_widgets.labs import surroundings


def text(path: str) -> str:
    """Read a file as UTF-8.

    Raises:
        AssertionError: It is not there, or not text; says which cell's work is missing.
    """
    try:
        return surroundings.current().read(path).decode("utf-8")
    except FileNotFoundError:
        raise AssertionError(
            f"There is no file {path}. Run the cell that writes it; it must run without an error."
        ) from None
    except UnicodeDecodeError as error:
        raise AssertionError(
            f"{path} is not UTF-8 text (byte {error.start}). Write it with encoding='utf-8'."
        ) from error


def json(path: str) -> Any:
    """Read a JSON file."""
    content = text(path)
    try:
        return _json.loads(content)
    except ValueError as error:
        raise AssertionError(f"{path} is not JSON: {error}. Write it with json.dumps(...).") from error


def rows(path: str) -> list[dict[str, str]]:
    """Read a CSV file: one dict a row, every value as the text in the file."""
    return list(csv.DictReader(io.StringIO(text(path))))


def header(path: str) -> list[str]:
    """The column names of a CSV file, in their order."""
    return list(csv.DictReader(io.StringIO(text(path))).fieldnames or [])
