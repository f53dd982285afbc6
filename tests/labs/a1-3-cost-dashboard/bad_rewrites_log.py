"""Reads the log, adds a call, writes the log anew, and lets threads come between.

loses: a13-t6d-hidden
"""

# %% a13-t5-code
import time


def add_call(log_path, call):
    problem = why_invalid(call)
    if problem:
        raise ValueError(problem)
    lines = Path(log_path).read_text(encoding="utf-8").splitlines()
    if call["request_id"] in {json.loads(line)["request_id"] for line in lines}:
        return False
    time.sleep(0.05)  # a slower disk
    lines.append(json.dumps({name: call.get(name) for name in COLUMNS}, ensure_ascii=False))
    Path(log_path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return True
