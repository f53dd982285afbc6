"""A threshold from a blog post.

loses: b42-t6-check, b42-t6a-hidden, b42-t6b-hidden
"""

# %% b42-t6-code
def threshold(dev):
    if len({answerable for _, answerable in dev}) < 2:
        raise ValueError("one kind only")
    return 0.7


cut = threshold(dev)
