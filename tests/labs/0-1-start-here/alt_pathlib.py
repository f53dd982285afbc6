"""tempfile for the probe, three compiled patterns sorted by place."""

# %% b01-t2-code
import tempfile

WORDS = {"offline": "stand-ins", "replay": "recordings", "live": "the providers"}


def env_report(mode, env, out):
    try:
        answers = WORDS[mode]
    except KeyError as error:
        raise ValueError(f"mode {mode} is not one of {list(WORDS)}") from error
    try:
        with tempfile.TemporaryFile(dir=out):
            writable = True
    except OSError:
        writable = False
    return {
        "answers": answers,
        "gateway": dict(env).get("ANTHROPIC_BASE_URL"),
        "out_is_writable": writable,
        "packages": dict(zip(("anthropic", "openai", "pandas"), map(version, ("anthropic", "openai", "pandas")))),
        "python": platform.python_version(),
    }

# %% b01-t3-code
PATTERNS = [
    re.compile(r"(?<![\w-])sk-ant-[A-Za-z0-9_-]{16,}"),
    re.compile(r"(?<![\w-])sk-(?!ant-)(?:proj-)?[A-Za-z0-9_-]{32,}"),
    re.compile(r"\bAKIA[A-Z0-9]{16}\b"),
]


def find_secret(text):
    hits = sorted((hit.start(), hit.group()) for pattern in PATTERNS for hit in pattern.finditer(text))
    unique = []
    [unique.append(key) for _, key in hits if key not in unique]
    return unique
