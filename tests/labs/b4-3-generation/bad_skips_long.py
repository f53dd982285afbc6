"""Fills the budget with whatever fits, in any rank.

loses: b43-t2b-hidden
"""

# %% b43-t2-code
def build_prompt(question, hits, *, max_tokens, count):
    def content_of(chosen):
        blocks = [document_block(n, hit) for n, hit in enumerate(chosen, 1)]
        return "\n".join(["<documents>", *blocks, "</documents>"]) + f"\n\n<question>{escape(question, quote=False)}</question>"

    if size(SYSTEM, content_of([]), count) > max_tokens:
        raise ValueError("too long")
    used = []
    for hit in sorted(hits, key=lambda hit: (-hit.score, hit.doc, hit.page)):
        if size(SYSTEM, content_of([*used, hit]), count) <= max_tokens:
            used.append(hit)
    return Prompt(SYSTEM, [{"role": "user", "content": content_of(used)}], used)
