"""Whole windows only: what is left at the end of a page is in no chunk.

loses: b41-t2a-hidden
"""

# %% b41-t2-code
def chunk(page_text, size=800, overlap=150):
    if size <= 0 or not 0 <= overlap < size:
        raise ValueError(f"size={size}, overlap={overlap}")
    if len(page_text) <= size:
        return [Chunk(page_text, 0, len(page_text))] if page_text else []
    starts = range(0, len(page_text) - size + 1, size - overlap)
    return [Chunk(page_text[start : start + size], start, start + size) for start in starts]
