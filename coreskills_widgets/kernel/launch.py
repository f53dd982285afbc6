"""The program of a CoreSkills kernel started cold, and of the parent that warm ones fork from."""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> None:
    """Run a kernel, or with ``--parent`` the process that kernels fork from."""
    if arguments[:1] == ["--parent"]:
        from coreskills_widgets.kernel import parent

        parent.main(arguments[1:])
    else:
        from coreskills_widgets.kernel.app import run_kernel

        run_kernel(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
