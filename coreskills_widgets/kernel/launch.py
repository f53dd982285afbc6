"""What a CoreSkills kernel runs, forked or cold: IPython's own kernel plus our extension."""

from __future__ import annotations

import os
import sys

EXTENSION = "coreskills_widgets.kernel.extension"


def drop_working_folder() -> None:
    """Take the folder that ``python -m`` put first off ``sys.path``; a learner's ``random.py`` must not shadow ours.

    IPython's ``init_path`` puts ``""`` back once the kernel itself is imported.
    """
    if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 - pathlib is not imported yet, on purpose
        del sys.path[0]


def run_kernel(arguments: list[str], *, watched_by_us: bool = False) -> None:
    """Run a kernel until it is shut down.

    Args:
        arguments: As on ipykernel's command line, ``-f CONNECTION_FILE`` and more.
        watched_by_us: The caller ends this process when the Jupyter server ends, so ipykernel must not watch
            its parent process (which is the warm parent, and may be replaced).
    """
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    config = Config()
    config.IPKernelApp.extra_extensions = [EXTENSION]
    if watched_by_us:
        config.IPKernelApp.parent_handle = 1
    IPKernelApp.launch_instance(argv=arguments, config=config)


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
