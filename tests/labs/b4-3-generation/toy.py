"""Somebody who worked until the visible checks passed."""

# %% b43-t1-code
def document_block(number, hit):
    text = hit.text.replace("<", "&lt;").replace(">", "&gt;")
    return f'<document index="{number}" source="{hit.doc}, page {hit.page}">\n{text}\n</document>'


# %% b43-t2-code
def build_prompt(question, hits, *, max_tokens, count):
    used = list(hits)
    while True:
        blocks = "\n".join(document_block(n, hit) for n, hit in enumerate(used, 1))
        content = f"<documents>\n{blocks}\n</documents>\n\n<question>{question}</question>"
        if size(SYSTEM, content, count) <= max_tokens:
            return Prompt(SYSTEM, [{"role": "user", "content": content}], used)
        used.pop()


# %% b43-t3-code
def check_citations(text, n_sources):
    cited, invented = [], []

    def keep(match):
        numbers = [int(n) for n in match[2].split(",")]
        good = [n for n in numbers if n <= n_sources]
        cited.extend(good)
        invented.extend(n for n in numbers if n > n_sources)
        return match[1] + "[" + ", ".join(map(str, good)) + "]" if good else ""

    return Checked(re.sub(r"(\s*)\[([\d, ]+)\]", keep, text), cited, invented)


# %% b43-t4-code
def answer(question, hits, client, *, budget=1500):
    if not hits:
        return Answer(REFUSAL, [], True, {"input_tokens": 0, "output_tokens": 0})
    prompt = build_prompt(question, hits, max_tokens=budget, count=estimate)
    reply = client.messages.create(model=MODEL, max_tokens=300, system=SYSTEM, messages=prompt.messages)
    usage = {"input_tokens": reply.usage.input_tokens, "output_tokens": reply.usage.output_tokens}
    checked = check_citations(reply.content[0].text, len(hits))
    if not checked.cited:
        return Answer(REFUSAL, [], True, usage, checked.invented)
    sources = [f"{hits[n - 1].doc}, page {hits[n - 1].page}" for n in checked.cited]
    return Answer(checked.text, sources, False, usage, checked.invented)


# %% b43-t5-code
def write_answers(path, questions, answers):
    with open(path, "w") as file:
        for name, a in answers.items():
            row = {"id": name, "question": questions[name], "text": a.text, "citations": a.citations, "refused": a.refused}
            row |= {"invented": a.invented, **a.usage}
            file.write(json.dumps(row) + "\n")
