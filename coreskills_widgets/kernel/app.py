"""The kernel application: ipykernel's, with our extension, and light enough to fork."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

from ipykernel import ipkernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

EXTENSION = "coreskills_widgets.kernel.extension"


class KernelApp(IPKernelApp):
    """IPython's kernel, started so that no file beside the notebook can shadow what it needs itself."""

    def init_path(self) -> None:
        """Let cells import the learner's own files, from after the standard library on, as in any IPython.

        Python was started with ``-P``, which IPython takes as a wish to have none of the folder at all.
        """
        if "" in sys.path or self.ignore_cwd:
            return
        is_site = [os.path.basename(path) in ("site-packages", "dist-packages") for path in sys.path]  # noqa: PTH119
        sys.path.insert(is_site.index(True) if True in is_site else 0, "")


def run_kernel(arguments: list[str], *, is_forked: bool = False, own_files: list[str] | None = None) -> None:
    """Run a kernel until it is shut down.

    Args:
        arguments: As on ipykernel's command line, ``-f CONNECTION_FILE`` and more.
        is_forked: The fork ends itself with the Jupyter server, so ipykernel must not watch its parent process
            (which is the warm parent, and may be replaced).
        own_files: The modules that the debugger steps over. ipykernel takes all that are loaded at its start, which
            in a fork are the labs' libraries too: stepping into them would be impossible, and each stop take seconds.
    """
    config = Config()
    config.IPKernelApp.extra_extensions = [EXTENSION]
    if is_forked:
        config.IPKernelApp.parent_handle = 1
    app: Any = KernelApp.instance(config=config)
    with nullcontext() if own_files is None else _few_modules():
        app.initialize(arguments)
    debugger = getattr(app.kernel, "debugger", None)
    if debugger is not None and own_files is not None:
        debugger.kernel_modules = own_files
    app.start()


@contextmanager
def _few_modules() -> Iterator[None]:
    """Keep ipykernel from asking each loaded module for its file.

    Touching two thousand modules of the warm parent copies their pages into this process: 23 of the 40 MB that a
    fork would need. Only ``IPythonKernel.__init__`` looks, for the debugger, which is told by ``own_files`` instead.
    """
    module: Any = ipkernel
    module.sys = SimpleNamespace(**{**vars(sys), "modules": {}})
    try:
        yield
    finally:
        module.sys = sys
