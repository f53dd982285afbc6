"""What is wrong with a Markdown text or a notebook, as one line a fault: links, headings, pictures, tables, code."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token

CODE_COLUMNS = 100
SAYS_NOTHING = {"here", "this", "link", "this link", "click here", "more", "read more", "this page"}
_MARKDOWN = MarkdownIt("commonmark").enable("table")
_HTML_LINK = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=[\"']([^\"']+)", re.IGNORECASE)
_HTML_PICTURE = re.compile(r"<img\b(?![^>]*\balt=[\"'][^\"']+[\"'])[^>]*>", re.IGNORECASE)


def faults_of_page(path: Path) -> list[str]:
    """Faults of a Markdown file."""
    return faults_of_text(path.read_text(encoding="utf-8"), at=path)


def faults_of_notebook(path: Path) -> list[str]:
    """Faults of a notebook: its Markdown cells as one text, and its code."""
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = faults_of_text(text, at=path)
    for cell in cells:
        if cell.cell_type == "code" and not cell["id"].endswith("-hidden"):  # learners see one line of these
            found += [f"cell {cell['id']}: {fault}" for fault in _long_lines(cell.source)]
    return found


def faults_of_text(text: str, *, at: Path) -> list[str]:
    """Faults of a Markdown text that stands in the file ``at``."""
    tokens = _MARKDOWN.parse(text)
    return [*_heading_faults(tokens), *_picture_faults(tokens), *_table_faults(tokens), *_link_faults(tokens, at)]


def slugs(text: str) -> set[str]:
    """The anchors that headings make, as GitHub and JupyterLab's documents do."""
    tokens, seen, made = _MARKDOWN.parse(text), Counter[str](), set()
    for heading in (after for token, after in pairwise(tokens) if token.type == "heading_open"):
        slug = re.sub(r"[^\w\- ]", "", _words(heading).lower()).replace(" ", "-")
        made.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return made


def _heading_faults(tokens: list[Token]) -> Iterator[str]:
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"the text has {levels.count(1)} main headings; one, at the top, is right"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"


def _picture_faults(tokens: list[Token]) -> Iterator[str]:
    for token in _inline(tokens):
        if token.type == "image" and len(_words(token).split()) < 3:
            yield f"picture {token.attrs['src']}: its text {_words(token)!r} does not say what it shows"
        if token.type in ("html_inline", "html_block") and _HTML_PICTURE.search(token.content):
            yield f"a picture without a text: {token.content.strip()[:80]}"


def _table_faults(tokens: list[Token]) -> Iterator[str]:
    for token, after in pairwise(tokens):
        if token.type == "th_open" and not after.content.strip():
            yield "a table has a column without a name"


def _link_faults(tokens: list[Token], at: Path) -> Iterator[str]:
    inline = list(_inline(tokens))
    for place, token in enumerate(inline):
        if token.type == "link_open":
            words = "".join(after.content for after in inline[place + 1 : place + 3] if after.type == "text")
            if words.strip().lower() in SAYS_NOTHING:
                yield f"the link {token.attrs['href']} is called {words!r}, which says nothing alone"
            yield from _target_faults(str(token.attrs["href"]), at)
        elif token.type == "image":
            yield from _target_faults(str(token.attrs["src"]), at)
        elif token.type in ("html_inline", "html_block"):
            for target in _HTML_LINK.findall(token.content):
                yield from _target_faults(target, at)


def _target_faults(address: str, at: Path) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return
    target = at if not parts.path else at.parent / unquote(parts.path)
    if not target.exists():
        yield f"{address} leads nowhere"
    elif parts.fragment and target.suffix == ".md":
        if parts.fragment not in slugs(target.read_text(encoding="utf-8")):
            yield f"{address}: there is no such heading"
    elif parts.fragment and target.suffix != ".ipynb" and target.is_file() and not parts.fragment.startswith("L"):
        yield f"{address}: only headings can be linked to"


def _long_lines(source: str) -> Iterator[str]:
    texts = _lines_of_texts(source)
    for number, line in enumerate(source.splitlines(), start=1):
        if len(line) > CODE_COLUMNS and number not in texts:
            yield f"line {number} has {len(line)} characters: {line.strip()[:60]}..."


def _lines_of_texts(source: str) -> set[int]:
    """Lines inside texts of several lines, such as a long prompt: they are data. Docstrings are code."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()  # a magic, or a cell that is wrong on purpose
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in docs and node.end_lineno != node.lineno:
            inside |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return inside


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or []


def _words(token: Token) -> str:
    children = token.children or []
    return "".join(child.content for child in children if child.type in ("text", "code_inline", "softbreak"))
