"""What a CoreSkills kernel runs, forked or cold: IPython's own kernel plus our extension."""

from __future__ import annotations

import os
import sys
from typing import Any

EXTENSION = "coreskills_widgets.kernel.extension"


def drop_working_folder() -> None:
    """Take the folder that ``python -m`` put first off ``sys.path``; a learner's ``random.py`` must not shadow ours.

    IPython's ``init_path`` puts ``""`` back once the kernel itself is imported.
    """
    if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 - pathlib is not imported yet, on purpose
        del sys.path[0]


def run_kernel(arguments: list[str], *, is_forked: bool = False, own_files: list[str] | None = None) -> None:
    """Run a kernel until it is shut down.

    Args:
        arguments: As on ipykernel's command line, ``-f CONNECTION_FILE`` and more.
        is_forked: The fork ends itself with the Jupyter server, so ipykernel must not watch its parent process
            (which is the warm parent, and may be replaced).
        own_files: The modules that the debugger steps over. ipykernel takes all that are loaded at its start, which
            in a fork are the labs' libraries too: stepping into them would be impossible, and each stop take seconds.
    """
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    config = Config()
    config.IPKernelApp.extra_extensions = [EXTENSION]
    if is_forked:
        config.IPKernelApp.parent_handle = 1
    app: Any = IPKernelApp.instance(config=config)
    app.initialize(arguments)
    debugger = getattr(app.kernel, "debugger", None)
    if debugger is not None and own_files is not None:
        debugger.kernel_modules = own_files
    app.start()


def main(arguments: list[str]) -> None:
    """Run a kernel, or with ``--parent`` the process that kernels fork from."""
    drop_working_folder()
    if arguments[:1] == ["--parent"]:
        from coreskills_widgets.kernel import parent

        parent.main(arguments[1:])
    else:
        run_kernel(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
