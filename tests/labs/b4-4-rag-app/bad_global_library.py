"""One library and one history for all visitors, made where the program is loaded.

loses: b44-t3e-hidden
"""

# %% b44-t3-code
def page():
    shared = sys.modules["parts"].__dict__
    library, history = shared.setdefault("LIBRARY", Library()), shared.setdefault("HISTORY", [])
    client, embedder = clients()
    for file in st.file_uploader("Documents", accept_multiple_files=True):
        try:
            ingest(library, file.name, file.getvalue(), embedder)
        except ValueError as error:
            st.warning(str(error))
        except SERVICE_ERRORS:
            st.error("Please try again later.")
    question = st.text_input("Question")
    if st.button("Ask"):
        try:
            history.append((question, ask(library, question, client, embedder)))
        except ValueError as error:
            st.warning(str(error))
        except SERVICE_ERRORS:
            st.error("Please try again later.")
    for asked, given in history:
        st.write(asked)
        st.write(given.text)
        st.write("; ".join(given.citations))
