"""Looks for the expected text inside the answer.

loses: a11-t1-check, a11-t1a-hidden, a11-t1c-hidden
"""

# %% a11-t1-code
def grade(answer: str, item: dict) -> bool:
    want = item["answer"]
    if want is None:
        return "not stated" in answer.lower()
    texts = [want] if isinstance(want, str) else want
    check = all if item["kind"] == "multi" else any
    return check(text.lower() in answer.lower() for text in texts)
