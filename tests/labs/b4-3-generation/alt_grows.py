"""Escapes by hand, adds passages until one does not fit, and reads citations by finditer."""

# %% b43-t1-code
def document_block(number, hit):
    def safe(text):
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    source = safe(hit.doc).replace('"', "&quot;") + ", page " + str(hit.page)
    return "\n".join(['<document index="' + str(number) + '" source="' + source + '">', safe(hit.text), "</document>"])


# %% b43-t2-code
def render(question, chosen):
    lines = ["<documents>"]
    for number, hit in enumerate(chosen, start=1):
        lines.append(document_block(number, hit))
    lines += ["</documents>", "", "<question>" + escape(question, quote=False) + "</question>"]
    return "\n".join(lines)


def build_prompt(question, hits, *, max_tokens, count):
    ranked = sorted(hits, key=lambda hit: (hit.doc, hit.page))
    ranked.sort(key=lambda hit: hit.score, reverse=True)
    if count(SYSTEM) + count(render(question, [])) > max_tokens:
        raise ValueError("no room for the question")
    kept = 0
    while kept < len(ranked) and count(SYSTEM) + count(render(question, ranked[: kept + 1])) <= max_tokens:
        kept += 1
    return Prompt(system=SYSTEM, messages=[dict(role="user", content=render(question, ranked[:kept]))], used=ranked[:kept])


# %% b43-t3-code
def check_citations(text, n_sources):
    out, end, cited, invented = "", 0, [], []
    for match in re.finditer(r"\[([0-9]+(?:[ ]*,[ ]*[0-9]+)*)\]", text):
        before = text[end : match.start()]
        numbers = [int(part) for part in match.group(1).split(",")]
        good = [n for n in numbers if n in range(1, n_sources + 1)]
        for n in numbers:
            target = cited if n in good else invented
            if n not in target:
                target.append(n)
        if good == numbers:
            out += before + match.group(0)
        elif good:
            out += before + str(good)
        else:
            out += before.rstrip()
        end = match.end()
    return Checked(out + text[end:], cited, invented)
