"""The environment of a kernel: the way to the gateway in, the server's own secrets out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from coreskills_widgets.labs.serving import SERVER_PATH

# Secrets of the Jupyter server, and provider settings that would lead past the gateway or contradict its key.
_OF_THE_SERVER = ("JUPYTERHUB_", "JPY_API_", "JUPYTER_TOKEN", "CONFIGPROXY_", "CORESKILLS_")
_KEPT = ("CORESKILLS_GATEWAY_URL", "CORESKILLS_LAB")  # set by hand where there is no course service
_PAST_THE_GATEWAY = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_CUSTOM_HEADERS",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "CO_API_KEY",
    "CO_API_URL",
)
# Read once when Python or a library starts: a forked kernel cannot change its mind about them.
_READ_AT_START = ("PYTHON", "LD_", "LC_", "OMP_", "OPENBLAS_", "MKL_", "ARROW_", "MPL", "MALLOC_")
_READ_AT_START_NAMES = ("LANG", "HOME", "VIRTUAL_ENV")


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Drop what belongs to the Jupyter server alone: hub tokens, its own token, the classroom's settings."""
    return {name: value for name, value in env.items() if name in _KEPT or not name.startswith(_OF_THE_SERVER)}


def base_environment(env: Mapping[str, str]) -> dict[str, str]:
    """What every kernel starts from, and the warm parent too.

    One thread for OpenMP: faiss or torch used before a fork hang the child otherwise.
    """
    made = {"OMP_NUM_THREADS": "1", **without_secrets(env)}
    # Where this server stands in the hub: no secret, and a page that a lab opens is reached below it.
    return made | ({SERVER_PATH: env["JUPYTERHUB_SERVICE_PREFIX"]} if "JUPYTERHUB_SERVICE_PREFIX" in env else {})


def gateway_environment(
    env: Mapping[str, str], *, gateway_url: str, key: str, lab: str, grant_file: str
) -> dict[str, str]:
    """Point both SDKs, and any child process, at the gateway."""
    kept = {name: value for name, value in env.items() if name not in _PAST_THE_GATEWAY}
    base = gateway_url.rstrip("/")
    host = urlsplit(base).hostname or ""
    kept |= {
        "CORESKILLS_GATEWAY_URL": base,
        "CORESKILLS_GRANT_FILE": grant_file,
        "CORESKILLS_LAB": lab,
        "NO_PROXY": ",".join(dict.fromkeys([*filter(None, kept.get("NO_PROXY", "").split(",")), host])),
    }
    return kept | provider_variables(base, key=key)


def provider_variables(gateway_url: str, *, key: str) -> dict[str, str]:
    """The variables that the providers' SDKs read."""
    return {
        "ANTHROPIC_BASE_URL": gateway_url,
        "ANTHROPIC_API_KEY": key,
        "OPENAI_BASE_URL": f"{gateway_url}/v1",
        "OPENAI_API_KEY": key,
        "CO_API_URL": gateway_url,
        "CO_API_KEY": key,
    }


def start_difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str | None:
    """The first variable, of those read only at start, in which two environments differ."""
    for name in sorted(ours.keys() | theirs.keys()):
        matters = name.startswith(_READ_AT_START) or name in _READ_AT_START_NAMES
        if matters and ours.get(name) != theirs.get(name):
            return name
    return None
