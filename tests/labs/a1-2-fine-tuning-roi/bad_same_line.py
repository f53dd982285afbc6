"""Finds duplicates only where whole lines are equal, and leaks only letter by letter.

loses: a12-t5-check, a12-t5-hidden
"""

# %% a12-t5-code
def validate_ft_jsonl(lines: list[str], test_texts: list[str]) -> list[Problem]:
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            messages = json.loads(line).get("messages", [])
        except (ValueError, AttributeError):
            found.append(Problem(number, "not_json"))
            continue
        if not messages:
            found.append(Problem(number, "no_messages"))
        elif any(m["role"] not in ("system", "user", "assistant") for m in messages):
            found.append(Problem(number, "bad_role"))
        elif any(not m.get("content", "").strip() for m in messages):
            found.append(Problem(number, "empty_content"))
        elif messages[-1]["role"] != "assistant":
            found.append(Problem(number, "no_answer"))
        elif any(m["content"] in test_texts for m in messages):
            found.append(Problem(number, "test_leak"))
        elif line in lines[: number - 1]:
            found.append(Problem(number, "duplicate"))
    return found
