"""A page that says the same to everybody and never raises.

loses: b44-t3a-hidden, b44-t3c-hidden, b44-t3e-hidden
"""

# %% b44-t3-code
def page():
    files = st.file_uploader("Documents", accept_multiple_files=True)
    st.text_input("Question")
    st.button("Ask")
    st.write("You may return unused goods within 60 days. Source: returns-policy.pdf, page 2")
    st.write("What does a kayak cost? 45 dollars.")
    if not files:
        st.write("Please upload a document. " * 10)
