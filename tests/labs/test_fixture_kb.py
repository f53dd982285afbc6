"""Fixture F7 and F9: the knowledge base holds what its data card says."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import faiss
import numpy as np
import pypdf
import pytest

ROOT = Path(__file__).resolve().parents[2]
KB, LABS = ROOT / "fixtures" / "kb", ROOT / "source"


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
    written = [page for parts in text.values() for page in parts if page.strip()]
    assert all(page.startswith("LARKSPUR OUTDOOR") for page in written)
    assert [page[-90:] for page in written if not re.search(r"valid from 20\d\d.*\s*Page \d of \d$", page)] == []


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


@pytest.mark.parametrize("lab", ["b4-1-embedding-storage", "b4-4-rag-app"])
def test_labs_hold_the_documents_that_the_script_makes(lab: str, pdfs: Path) -> None:
    """One truth: the texts in fixtures/kb/text."""
    ours = {path.name: path.read_bytes() for path in (LABS / lab / "kb").iterdir()}
    assert ours == {path.name: path.read_bytes() for path in pdfs.iterdir()}


def test_parts_of_the_app_are_the_solutions_of_the_labs_before() -> None:
    """`parts.py` is made from the notebooks of B4.1 and B4.3; nobody edits it."""
    made: str = script("rag_parts").make()
    assert (LABS / "b4-4-rag-app" / "parts.py").read_text(encoding="utf-8") == made


def test_the_provided_index_is_what_lab_b4_1_builds(pdfs: Path, tmp_path: Path) -> None:
    """The same chunks; the same vectors, but for the last bits of another processor."""
    script("reference_index").make(pdfs, tmp_path)
    made = faiss.read_index(str(tmp_path / "vectors.faiss"))
    for lab in ("b4-2-retrieval", "b4-3-generation"):
        ours = LABS / lab / "kb_index"
        assert (ours / "records.json").read_text("utf-8") == (tmp_path / "records.json").read_text("utf-8")
        vectors = faiss.read_index(str(ours / "vectors.faiss")).reconstruct_n(0, made.ntotal)
        np.testing.assert_allclose(vectors, made.reconstruct_n(0, made.ntotal), atol=1e-4)


@pytest.mark.parametrize("lab", ["b4-2-retrieval", "b4-4-rag-app"])
def test_labs_hold_the_public_questions(lab: str, pdfs: Path, tmp_path: Path) -> None:
    """And none of the hidden ones."""
    questions = script("questions")
    questions.write(questions.PUBLIC, pdfs, tmp_path / "public.jsonl")
    assert (LABS / lab / "questions_20.jsonl").read_bytes() == (tmp_path / "public.jsonl").read_bytes()
