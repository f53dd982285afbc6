"""Every run embeds everything anew, and what left a document stays in the index.

loses: b41-t6-hidden
"""

# %% b41-t6-code
def chunk_id(page, piece):
    return f"{page.doc}:{page.number}:{piece.start}"


def ingest(folder, index, client, *, size=800, overlap=150):
    manifest = []
    for path in sorted(Path(folder).glob("*.pdf")):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        pages = extract_pdf(path)
        pieces = [(page, piece) for page in pages for piece in chunk(page.text, size, overlap)]
        facts = [
            {"doc": page.doc, "page": page.number, "start": piece.start, "end": piece.end, "text": piece.text, "sha256": digest}
            for page, piece in pieces
        ]
        vectors = embed_batch([piece.text for _, piece in pieces], client, model=index.model)
        index.upsert([chunk_id(page, piece) for page, piece in pieces], vectors, facts, model=index.model)
        manifest.append(
            {
                "doc": path.name,
                "pages": sum(1 for page in pages if page.text),
                "chunks": len(pieces),
                "image_only_pages": [page.number for page in pages if page.image_only],
                "sha256": digest,
                "model": index.model,
                "dim": index.dim,
            }
        )
    return manifest
