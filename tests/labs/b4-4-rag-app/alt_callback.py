"""Asks in the button's callback; a pandas-like evaluation in two passes."""

# %% b44-t3-code
def on_ask():
    state = st.session_state
    try:
        state.turns.append((state.question, ask(state.library, state.question, *clients())))
    except ValueError as error:
        state.note = str(error)
    except SERVICE_ERRORS:
        state.note = "We cannot answer right now. Everything above is kept."


def page():
    state = st.session_state
    for name, start in (("library", Library()), ("turns", []), ("note", "")):
        if name not in state:
            state[name] = start
    st.title("Questions to your files")
    for file in st.file_uploader("Add files", accept_multiple_files=True):
        try:
            ingest(state.library, file.name, file.getvalue(), clients()[1])
        except (ValueError, *SERVICE_ERRORS) as error:
            st.warning(str(error) if isinstance(error, ValueError) else f"{file.name} has to wait: no connection now.")
    st.text_input("Your question", key="question")
    st.button("Ask now", on_click=on_ask)
    if state.note:
        st.info(state.note)
        state.note = ""
    st.table([{"question": q, "answer": a.text, "sources": ", ".join(a.citations)} for q, a in state.turns])
    for q, a in state.turns:
        st.write(f"**{q}** {a.text} ({', '.join(a.citations)})")


# %% b44-t4-code
def one(library, item, client, embedder):
    hits = search(library, item["question"], embedder)
    given = answer(item["question"], hits, client)
    gold = [place["doc"] for place in item["relevant"]]
    hit = any(hit.doc in gold for hit in hits) if gold else given.refused
    return given.text, "; ".join(given.citations), hit


def evaluate(library, questions, client, embedder):
    rows = []
    for item in questions:
        try:
            text, sources, hit = one(library, item, client, embedder)
        except Exception:
            text, sources, hit = "", "", False
        rows.append(
            {
                "question": item["question"],
                "answer": text,
                "sources": sources,
                "hit": hit,
                "judged_correct": "",
                "note": "",
            }
        )
    return rows
