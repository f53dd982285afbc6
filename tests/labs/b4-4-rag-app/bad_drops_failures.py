"""Leaves out questions that fail, and calls every citation a hit.

loses: b44-t4a-hidden
"""

# %% b44-t4-code
def evaluate(library, questions, client, embedder):
    rows = []
    for item in questions:
        try:
            given = answer(item["question"], search(library, item["question"], embedder), client)
        except Exception:
            continue
        row = {"question": item["question"], "answer": given.text, "sources": "; ".join(given.citations)}
        rows.append(row | {"hit": bool(given.citations) or not item["relevant"], "judged_correct": "", "note": ""})
    return rows
