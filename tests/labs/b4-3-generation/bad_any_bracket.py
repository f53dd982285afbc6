"""Any number in brackets counts as a citation.

loses: b43-t3-check, b43-t3a-hidden, b43-t4b-hidden
"""

# %% b43-t3-code
def check_citations(text, n_sources):
    numbers = [int(number) for group in re.findall(r"\[([\d, ]+)\]", text) for number in group.split(",")]
    return Checked(text, list(dict.fromkeys(numbers)), [])


# %% b43-t4-code
def answer(question, hits, client, *, budget=1500):
    prompt = build_prompt(question, hits, max_tokens=budget, count=estimate)
    if not prompt.used:
        return Answer(REFUSAL, [], True, {"input_tokens": 0, "output_tokens": 0})
    response = client.messages.create(model=MODEL, max_tokens=300, system=prompt.system, messages=prompt.messages)
    text = response.content[0].text
    usage = {"input_tokens": response.usage.input_tokens, "output_tokens": response.usage.output_tokens}
    checked = check_citations(text, len(prompt.used))
    if not checked.cited:
        return Answer(REFUSAL, [], True, usage)
    sources = [f"{hit.doc}, page {hit.page}" for n, hit in enumerate(prompt.used, 1) if n in checked.cited]
    return Answer(text, sources, False, usage)
