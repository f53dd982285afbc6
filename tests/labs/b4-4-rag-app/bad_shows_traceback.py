"""Catches everything and shows the user the error itself.

loses: b44-t3d-hidden
"""

# %% b44-t3-code
def page():
    client, embedder = clients()
    library = st.session_state.setdefault("library", Library())
    history = st.session_state.setdefault("history", [])
    for file in st.file_uploader("Documents", accept_multiple_files=True):
        try:
            ingest(library, file.name, file.getvalue(), embedder)
        except Exception as error:
            st.error(f"{file.name}: {error!r}")
    question = st.text_input("Question")
    if st.button("Ask"):
        try:
            history.append((question, ask(library, question, client, embedder)))
        except Exception as error:
            st.error(f"Something went wrong: {error!r}")
    for asked, given in history:
        st.write(asked)
        st.write(given.text)
        st.write("; ".join(given.citations))
