"""Copies the file shown in the text instead of making the call.

loses: b11-t6a-hidden
"""

# %% b11-t6-code
Path("out/first_call.json").write_text(json.dumps({
    "request": {"model": MODEL, "max_tokens": 256, "prompt": PROMPTS["question"]},
    "response_id": "msg_01XFDUDYJgAACzvnptvVoYEL",
    "usage": {"input_tokens": 41, "output_tokens": 12},
}))
