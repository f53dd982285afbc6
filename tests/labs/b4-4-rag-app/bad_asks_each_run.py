"""Asks all questions again at every click.

loses: b44-t3b-hidden, b44-t3d-hidden
"""

# %% b44-t3-code
def page():
    client, embedder = clients()
    library = st.session_state.setdefault("library", Library())
    asked = st.session_state.setdefault("asked", [])
    try:
        for file in st.file_uploader("Documents", accept_multiple_files=True):
            try:
                ingest(library, file.name, file.getvalue(), embedder)
            except ValueError as error:
                st.warning(str(error))
        question = st.text_input("Question")
        if st.button("Ask"):
            asked.append(question)
        for text in asked:
            try:
                given = ask(library, text, client, embedder)
                st.write(text)
                st.write(given.text)
                st.write("; ".join(given.citations))
            except ValueError as error:
                st.warning(str(error))
    except SERVICE_ERRORS:
        st.error("Please try again later.")
