"""A page with columns, expanders and a dictionary in the state; plain loops below it."""

# %% b44-t1-code
def ingest(library, name, data, embedder):
    digest = hashlib.sha256(data).hexdigest()
    if digest in library.seen:
        return 0
    new = []
    for page in pages_of(name, data):
        for piece in chunk(page.text):
            new.append(dict(doc=name, page=page.number, text=piece.text))
    rows = embed([record["text"] for record in new], embedder)
    for record, row in zip(new, rows, strict=True):
        library.records.append(record)
        library.vectors.append(row)
    library.seen |= {digest}
    return len(new)


# %% b44-t2-code
def search(library, question, embedder, k=3):
    [vector] = embed([question], embedder)
    hits = [
        Hit(record["doc"], record["page"], float(row @ vector), record["text"])
        for record, row in zip(library.records, library.vectors, strict=True)
    ]
    return sorted(hits, key=lambda hit: hit.score, reverse=True)[:k]


def ask(library, question, client, embedder):
    if len(library.records) == 0:
        raise ValueError("There is nothing to search yet. Add a file.")
    if question.strip() == "":
        raise ValueError("The question is empty. Type one.")
    return answer(question, search(library, question, embedder), client)


# %% b44-t3-code
def page():
    if "mine" not in st.session_state:
        st.session_state["mine"] = {"library": Library(), "turns": []}
    mine = st.session_state["mine"]
    anthropic_client, openai_client = clients()
    st.header("Larkspur answers")
    left, right = st.columns(2)
    with left:
        files = st.file_uploader("Your files", accept_multiple_files=True)
        for file in files or []:
            try:
                ingest(mine["library"], file.name, file.read(), openai_client)
            except ValueError as error:
                st.error(f"Not taken: {error}")
            except openai.APIError:
                st.error("This file must wait: the service does not respond.")
    with right:
        question = st.text_input("What do you want to know?")
        if st.button("Send"):
            try:
                given = ask(mine["library"], question, anthropic_client, openai_client)
                mine["turns"].append({"q": question, "a": given.text, "from": given.citations})
            except ValueError as error:
                st.info(str(error))
            except (anthropic.APIError, openai.APIError):
                st.error("The service does not respond. Nothing was lost; try again in a minute.")
    for turn in mine["turns"]:
        with st.expander(turn["q"], expanded=True):
            st.markdown(turn["a"])
            for source in turn["from"]:
                st.markdown(f"- {source}")
