"""Cuts the message off where the budget ends.

loses: b43-t2a-hidden, b43-t2b-hidden
"""

# %% b43-t2-code
def build_prompt(question, hits, *, max_tokens, count):
    used = sorted(hits, key=lambda hit: (-hit.score, hit.doc, hit.page))
    asked = f"\n</documents>\n\n<question>{escape(question, quote=False)}</question>"
    text = "<documents>\n" + "\n".join(document_block(n, hit) for n, hit in enumerate(used, 1))
    while text and size(SYSTEM, text + asked, count) > max_tokens:
        text = text[:-20]
    return Prompt(SYSTEM, [{"role": "user", "content": text + asked}], used)
