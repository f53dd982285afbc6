"""Somebody who worked until the visible checks passed."""

# %% b41-t1-code
def extract_pdf(path):
    reader = pypdf.PdfReader(path)
    raw_pages = [page.extract_text() for page in reader.pages]
    running = running_lines(raw_pages)
    pages = []
    for number, raw in enumerate(raw_pages, start=1):
        lines = [line for line in raw.splitlines() if without_numbers(line) not in running]
        text = " ".join(" ".join(lines).split())
        if text:
            pages.append(Page(Path(path).name, number, text))
    return pages


# %% b41-t2-code
def chunk(page_text, size=800, overlap=150):
    chunks = []
    for start in range(0, len(page_text), size - overlap):
        end = min(start + size, len(page_text))
        chunks.append(Chunk(page_text[start:end], start, end))
        if end == len(page_text):
            break
    return chunks


# %% b41-t3-code
def embed_batch(texts, client, *, model=MODEL, batch=96):
    rows = []
    for first in range(0, len(texts), batch):
        answer = client.embeddings.create(model=model, dimensions=DIM, input=texts[first : first + batch])
        rows += [item.embedding for item in answer.data]
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# %% b41-t4-code
class VectorIndex:
    def __init__(self, dim, model):
        self.dim, self.model = dim, model
        self.records = {}
        self._ids = []
        self._rows = []

    def __len__(self):
        return len(self._ids)

    def upsert(self, ids, vectors, metadata, *, model):
        vectors = np.atleast_2d(vectors)
        if vectors.shape[1] != self.dim:
            raise ValueError("wrong dimension")
        for name, row, facts in zip(ids, vectors, metadata):
            self._ids.append(name)
            self._rows.append(row)
            self.records[name] = facts

    def query(self, vector, k, *, model):
        scores = np.array(self._rows) @ np.asarray(vector)
        best = np.argsort(-scores)[:k]
        return [{"id": self._ids[n], "score": float(scores[n]), "metadata": self.records[self._ids[n]]} for n in best]

    def delete(self, ids):
        count = 0
        for name in ids:
            if name in self._ids:
                place = self._ids.index(name)
                del self._ids[place], self._rows[place], self.records[name]
                count += 1
        return count


# %% b41-t5-code
def save_index(index, folder):
    Path(folder).mkdir(parents=True, exist_ok=True)
    rows = [[float(x) for x in row] for row in index._rows]
    facts = {"model": index.model, "dim": index.dim, "ids": index._ids, "rows": rows, "records": index.records}
    Path(folder, "index.json").write_text(json.dumps(facts))


def load_index(folder):
    facts = json.loads(Path(folder, "index.json").read_text())
    index = VectorIndex(facts["dim"], facts["model"])
    index._ids, index._rows, index.records = facts["ids"], [np.array(r) for r in facts["rows"]], facts["records"]
    return index


# %% b41-t6-code
def chunk_id(page, piece):
    return f"{page.doc}:{page.number}:{piece.start}"


def ingest(folder, index, client, *, size=800, overlap=150):
    manifest = []
    for path in sorted(Path(folder).glob("*.pdf")):
        pages = extract_pdf(path)
        pieces = [(page, piece) for page in pages for piece in chunk(page.text, size, overlap)]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        index.upsert(
            [chunk_id(page, piece) for page, piece in pieces],
            embed_batch([piece.text for _, piece in pieces], client),
            [{"doc": page.doc, "page": page.number, "start": piece.start, "end": piece.end, "text": piece.text, "sha256": digest} for page, piece in pieces],
            model=MODEL,
        )
        manifest.append({"doc": path.name, "pages": len(pages), "chunks": len(pieces), "image_only_pages": [], "sha256": digest, "model": MODEL, "dim": DIM})
    return manifest
