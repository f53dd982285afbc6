"""Templates, a recursive budget, and an answer in small functions; another way to write lines."""

# %% b43-t2-code
def build_prompt(question, hits, *, max_tokens, count):
    best_first = sorted(hits, key=lambda hit: [-hit.score, hit.doc, hit.page])
    parts = "".join(document_block(i + 1, best_first[i]) + "\n" for i in range(len(best_first)))
    content = "<documents>\n%s</documents>\n\n<question>%s</question>" % (parts, escape(question, quote=False))
    if size(SYSTEM, content, count) <= max_tokens:
        return Prompt(SYSTEM, [{"role": "user", "content": content}], best_first)
    if not best_first:
        raise ValueError("the question is too long for the budget")
    return build_prompt(question, best_first[:-1], max_tokens=max_tokens, count=count)


# %% b43-t4-code
def refuse(usage=None, invented=()):
    return Answer(REFUSAL, [], True, usage or dict(input_tokens=0, output_tokens=0), list(invented))


def answer(question, hits, client, *, budget=1500):
    prompt = build_prompt(question, hits, max_tokens=budget, count=estimate) if hits else None
    if prompt is None or prompt.used == []:
        return refuse()
    reply = client.messages.create(system=prompt.system, messages=prompt.messages, model=MODEL, max_tokens=300)
    usage = {name: getattr(reply.usage, name) for name in ("input_tokens", "output_tokens")}
    checked = check_citations(reply.content[0].text, len(prompt.used))
    if checked.cited == []:
        return refuse(usage, checked.invented)
    names = [f"{prompt.used[n - 1].doc}, page {prompt.used[n - 1].page}" for n in checked.cited]
    return Answer(checked.text, names, False, usage, checked.invented)


# %% b43-t5-code
def write_answers(path, questions, answers):
    lines = []
    for name in answers:
        a = answers[name]
        lines.append(
            json.dumps(
                dict(
                    id=name,
                    question=questions[name],
                    text=a.text,
                    citations=list(a.citations),
                    refused=a.refused,
                    invented=list(a.invented),
                    input_tokens=a.usage["input_tokens"],
                    output_tokens=a.usage["output_tokens"],
                ),
                ensure_ascii=False,
            )
        )
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
