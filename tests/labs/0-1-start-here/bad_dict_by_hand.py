"""A report written by hand, for a machine that is not this one.

loses: b01-t2a-hidden, b01-t2b-hidden
"""

# %% b01-t2-code
def env_report(mode, env, out):
    return {
        "python": "3.11.0",
        "packages": {"anthropic": "0.34.0", "openai": "1.40.0", "pandas": "2.2.0"},
        "answers": "stand-ins",
        "gateway": "http://127.0.0.1:8000",
        "out_is_writable": True,
    }
