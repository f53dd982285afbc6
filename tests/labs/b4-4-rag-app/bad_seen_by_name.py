"""Knows files by their names, and marks them before they are in.

loses: b44-t1a-hidden, b44-t1c-hidden
"""

# %% b44-t1-code
def ingest(library, name, data, embedder):
    if name in library.seen:
        return 0
    pages = pages_of(name, data)
    library.seen.add(name)
    for page in pages:
        library.records += [{"doc": name, "page": page.number, "text": piece.text} for piece in chunk(page.text)]
    new = [record["text"] for record in library.records[len(library.vectors) :]]
    library.vectors += embed(new, embedder)
    return len(new)
