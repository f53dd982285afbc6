"""Deletes the one closing tag it has heard of and pastes the rest.

loses: b43-t1a-hidden, b43-t1b-hidden, b43-t2d-hidden
"""

# %% b43-t1-code
def document_block(number, hit):
    text = hit.text.replace("</document>", "")
    return f'<document index="{number}" source="{hit.doc}, page {hit.page}">\n{text}\n</document>'


# %% b43-t2-code
def build_prompt(question, hits, *, max_tokens, count):
    used = sorted(hits, key=lambda hit: (-hit.score, hit.doc, hit.page))
    while True:
        documents = "\n".join(["<documents>", *(document_block(n, h) for n, h in enumerate(used, 1)), "</documents>"])
        content = f"{documents}\n\n<question>{question}</question>"
        if size(SYSTEM, content, count) <= max_tokens:
            return Prompt(SYSTEM, [{"role": "user", "content": content}], used)
        if not used:
            raise ValueError("too long")
        used = used[:-1]
