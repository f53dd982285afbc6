"""Calls every long token a secret.

loses: b01-t3b-hidden
"""

# %% b01-t3-code
def find_secret(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[\w-]{20,}", text)))
