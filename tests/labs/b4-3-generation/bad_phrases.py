"""Refusals by a list of phrases, citations by the order of the search.

loses: b43-t4a-hidden, b43-t4b-hidden, b43-t4c-hidden
"""

# %% b43-t4-code
def answer(question, hits, client, *, budget=1500):
    if not hits:
        return Answer(REFUSAL, [], True, {"input_tokens": 0, "output_tokens": 0})
    prompt = build_prompt(question, hits, max_tokens=budget, count=estimate)
    response = client.messages.create(model=MODEL, max_tokens=300, system=prompt.system, messages=prompt.messages)
    text = response.content[0].text
    usage = {"input_tokens": response.usage.input_tokens, "output_tokens": response.usage.output_tokens}
    if any(phrase in text.lower() for phrase in ("don't know", "cannot find", "no information")):
        return Answer(REFUSAL, [], True, usage)
    checked = check_citations(text, len(hits))
    return Answer(checked.text, [f"{hits[n - 1].doc}, page {hits[n - 1].page}" for n in checked.cited], False, usage, checked.invented)
