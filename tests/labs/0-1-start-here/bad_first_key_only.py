"""Stops at the first shape, and looks into sources alone.

loses: b01-t3a-hidden, b01-t4-hidden
"""

# %% b01-t3-code
def find_secret(text: str) -> list[str]:
    found = re.search(r"\bsk-ant-[\w-]{16,}", text)
    return [found.group()] if found else []

# %% b01-t4-code
def submit_check(path: str) -> list[str]:
    book = json.loads(Path(path).read_text(encoding="utf-8"))
    counts = [c["execution_count"] for c in book["cells"] if c.get("execution_count")]
    names = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in book["cells"]]
    faults = ["out of order"] if counts != sorted(counts) else []
    faults += ["undefined name"] if "NameError" in json.dumps(book) else []
    faults += ["secret"] if any(find_secret("".join(c["source"])) for c in book["cells"]) else []
    return faults + (["missing cell"] if not set(book["metadata"]["graded_cells"]) <= set(names) else [])
