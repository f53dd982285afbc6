"""Fixture F7 and F9: the knowledge base holds what its data card says."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pypdf
import pytest

KB = Path(__file__).resolve().parents[2] / "fixtures" / "kb"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"kb_{name}", KB / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pdfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kb")
    script("make").make(folder)
    return folder


def pages(path: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def test_ten_documents_of_four_to_twelve_pages(pdfs: Path) -> None:
    """The size a learner can look through."""
    counts = [len(pages(path)) for path in sorted(pdfs.glob("*.pdf"))]
    assert len(counts) == 10
    assert min(counts) >= 4
    assert max(counts) <= 12


def test_planted_faults_are_there(pdfs: Path) -> None:
    """A blank page, a picture page, hyphens at line ends, ligatures, running headers."""
    text = {path.stem: pages(path) for path in pdfs.glob("*.pdf")}
    assert [i for i, page in enumerate(text["warranty-repairs"], 1) if not page.strip()] == [4]
    assert [i for i, page in enumerate(text["returns-policy"], 1) if not page.strip()] == [5]
    assert len(list(pypdf.PdfReader(pdfs / "returns-policy.pdf").pages[4].images)) == 1
    whole = "\n".join("\n".join(parts) for parts in text.values())
    assert whole.count("-\n") >= 20
    assert {"\ufb01", "\ufb02", "\ufb03"} <= set(whole)
    assert all(page.startswith("LARKSPUR OUTDOOR") for parts in text.values() for page in parts if page.strip())


def test_making_twice_gives_the_same_bytes(pdfs: Path, tmp_path: Path) -> None:
    """What is committed can be made again."""
    script("make").make(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {p.name: p.read_bytes() for p in pdfs.iterdir()}


@pytest.mark.parametrize(("name", "answerable", "unanswerable"), [("PUBLIC", 16, 4), ("HIDDEN", 32, 8)])
def test_every_answer_has_its_place(pdfs: Path, name: str, answerable: int, unanswerable: int) -> None:
    """Gold spans are inside their page and hold text; the others have none."""
    questions = script("questions")
    resolved = list(questions.resolve(getattr(questions, name), pdfs))
    with_place = [q for q in resolved if q["relevant"]]
    assert (len(with_place), len(resolved) - len(with_place)) == (answerable, unanswerable)
    for question in with_place:
        place = question["relevant"][0]
        page = pages(pdfs / place["doc"])[place["page"] - 1]
        assert page[place["start"] : place["end"]].strip(), json.dumps(question)
