"""Loops and early returns; content as a list of blocks; the file through open()."""

# %% b11-t1-code
MODEL: str = "claude-haiku-5-5"

# %% b11-t2-code
def make_client(env, base_url):
    try:
        key = env["ANTHROPIC_API_KEY"]
    except KeyError:
        key = ""
    if key == "":
        raise RuntimeError("I need a key: put it into the variable ANTHROPIC_API_KEY and start me again.") from None
    return Anthropic(base_url=base_url, api_key=key)

# %% b11-t3-code
def first_call(client, prompt, *, model=MODEL, max_tokens=256):
    block = {"type": "text", "text": prompt}
    request = dict(model=model, max_tokens=max_tokens, messages=[{"role": "user", "content": [block]}])
    return client.messages.create(**request)

# %% b11-t4-code
def reply_text(msg):
    text = ""
    for block in msg.content:
        if block.type != "text":
            continue
        text += block.text
    return text

# %% b11-t5-code
def explain(msg):
    facts = msg.model_dump(include={"model", "stop_reason"})
    facts |= msg.usage.model_dump(include={"input_tokens", "output_tokens"})
    facts["truncated"] = facts["stop_reason"] == "max_tokens"
    return facts

# %% b11-t6-code
sent = {"prompt": PROMPTS["question"], "max_tokens": 256, "model": MODEL}
got = first_call(client, sent["prompt"], max_tokens=sent["max_tokens"])
facts = explain(got)
with open("out/first_call.json", "w", encoding="utf-8") as file:
    usage = {name: facts[name] for name in ("input_tokens", "output_tokens")}
    json.dump({"response_id": got.id, "usage": usage, "request": sent}, file)
