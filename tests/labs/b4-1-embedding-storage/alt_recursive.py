"""Chunks by recursion, cleaning line by line, vectors placed into a table by index."""

# %% b41-t1-code
LIGATURES = {ord("\ufb00"): "ff", ord("\ufb01"): "fi", ord("\ufb02"): "fl", ord("\ufb03"): "ffi", ord("\ufb04"): "ffl"}


def join_lines(lines):
    text = ""
    for line in lines:
        line = line.strip()
        if text.endswith("-") and text[-2:-1].isalpha() and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}"
    return " ".join(text.split())


def extract_pdf(path):
    path = Path(path)
    reader = pypdf.PdfReader(str(path))
    raws = [page.extract_text() for page in reader.pages]
    unwanted = running_lines(raws)
    found = []
    for place, raw in enumerate(raws):
        lines = [line for line in raw.split("\n") if without_numbers(line) not in unwanted]
        text = join_lines(lines).translate(LIGATURES)
        if text:
            found.append(Page(path.name, place + 1, text))
        elif list(reader.pages[place].images):
            found.append(Page(path.name, place + 1, "", True))
    return found


# %% b41-t2-code
def chunk(page_text, size=800, overlap=150):
    if size < 1 or overlap < 0 or overlap >= size:
        raise ValueError(f"cannot cut with size={size} and overlap={overlap}")

    def places(start):
        while start + size < len(page_text):
            window = page_text[start : start + size + 1]
            cut = window.rfind(" ")
            end = start + (cut if cut > overlap else size)
            yield start, end
            start = end - overlap
        if page_text:
            yield start, len(page_text)

    return [Chunk(page_text[a:b], a, b) for a, b in places(0)]


# %% b41-t3-code
def embed_batch(texts, client, *, model=MODEL, batch=96):
    table = np.zeros((len(texts), DIM), dtype=np.float32)
    for first in range(0, len(texts), batch):
        answer = client.embeddings.create(input=list(texts[first : first + batch]), model=model, dimensions=DIM)
        for entry in answer.data:
            table[first + entry.index] = entry.embedding
    for row in table:
        length = float(np.sqrt((row**2).sum()))
        if length > 0:
            row /= length
    return table
