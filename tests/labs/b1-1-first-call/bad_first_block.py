"""Takes the first block for the text, as most examples on the internet do.

loses: b11-t4a-hidden, b11-t4b-hidden, b11-t4c-hidden
"""

# %% b11-t4-code
def reply_text(msg: Message) -> str:
    return msg.content[0].text
