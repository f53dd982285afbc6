"""One pattern after the other, plain loops, os.access instead of a probe."""

# %% b01-t1-code
def hello(name):
    cleaned = name.strip()
    if not cleaned:
        cleaned = "you"
    return "Hello, {}!".format(cleaned)

# %% b01-t2-code
import importlib
import sys


def env_report(mode, env, out):
    if mode == "offline":
        answers = "stand-ins"
    elif mode == "replay":
        answers = "recordings"
    elif mode == "live":
        answers = "the providers"
    else:
        raise ValueError("no such mode: " + mode)
    packages = {}
    for name in ["anthropic", "openai", "pandas"]:
        packages[name] = importlib.import_module(name).__version__
    return dict(
        python=".".join(map(str, sys.version_info[:3])),
        packages=packages,
        answers=answers,
        gateway=env["ANTHROPIC_BASE_URL"] if "ANTHROPIC_BASE_URL" in env else None,
        out_is_writable=os.path.isdir(out) and os.access(out, os.W_OK),
    )

# %% b01-t3-code
def find_secret(text):
    found = []
    for word in re.finditer(r"[A-Za-z0-9_-]+", text):
        word = word.group()
        is_anthropic = word.startswith("sk-ant-") and len(word) >= 7 + 16
        is_openai = word.startswith("sk-") and len(word.removeprefix("sk-").removeprefix("proj-")) >= 32
        is_aws = re.fullmatch("AKIA[A-Z0-9]{16}", word) is not None
        if (is_anthropic or is_openai or is_aws) and word not in found:
            found.append(word)
    return found

# %% b01-t4-code
def submit_check(path):
    with open(path, encoding="utf-8") as file:
        book = json.load(file)
    faults, last, present = [], 0, set()
    order = name_error = secret = False
    for cell in book["cells"]:
        count = cell.get("execution_count")
        if count is not None:
            order = order or count <= last
            last = count
        present.add(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id"))
        for output in cell.get("outputs", []):
            name_error = name_error or output.get("ename") == "NameError"
            secret = secret or bool(find_secret(json.dumps(output)))
        secret = secret or bool(find_secret("".join(cell["source"])))
    missing = any(name not in present for name in book["metadata"].get("graded_cells", []))
    for word, is_there in [("out of order", order), ("undefined name", name_error), ("secret", secret), ("missing cell", missing)]:
        if is_there:
            faults.append(word)
    return faults
