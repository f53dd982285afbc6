"""Somebody who worked until the visible checks passed."""

# %% b44-t1-code
def ingest(library, name, data, embedder):
    if name in library.seen:
        return 0
    library.seen.add(name)
    added = 0
    for page in pages_of(name, data):
        for piece in chunk(page.text):
            library.records.append({"doc": name, "page": page.number, "text": piece.text})
            library.vectors.extend(embed([piece.text], embedder))
            added += 1
    return added


# %% b44-t2-code
def search(library, question, embedder, k=3):
    vector = embed([question], embedder)[0]
    scored = [(float(row @ vector), n) for n, row in enumerate(library.vectors)]
    best = sorted(scored, reverse=True)[:k]
    return [Hit(library.records[n]["doc"], library.records[n]["page"], s, library.records[n]["text"]) for s, n in best]


def ask(library, question, client, embedder):
    if not library.records:
        raise ValueError("no documents")
    return answer(question, search(library, question, embedder), client)


# %% b44-t3-code
def page():
    client, embedder = clients()
    if "library" not in st.session_state:
        st.session_state.library = Library()
        st.session_state.history = []
    for file in st.file_uploader("Files", accept_multiple_files=True):
        ingest(st.session_state.library, file.name, file.getvalue(), embedder)
    question = st.text_input("Question")
    if st.button("Ask"):
        try:
            given = ask(st.session_state.library, question, client, embedder)
            st.session_state.history.append((question, given.text, given.citations))
        except ValueError:
            st.write("Upload a document first")
    for asked, text, sources in st.session_state.history:
        st.write(asked, text, *sources)


# %% b44-t4-code
def evaluate(library, questions, client, embedder):
    rows = []
    for item in questions:
        hits = search(library, item["question"], embedder)
        given = answer(item["question"], hits, client)
        docs = [place["doc"] for place in item["relevant"]]
        hit = docs[0] in [h.doc for h in hits] if docs else given.refused
        rows.append(
            {
                "question": item["question"],
                "answer": given.text,
                "sources": "; ".join(given.citations),
                "hit": hit,
                "judged_correct": "",
                "note": "",
            }
        )
    return rows
