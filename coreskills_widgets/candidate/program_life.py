"""The life of a forked program: made to look like a fresh ``python script.py`` or ``python -m module``, run, ended."""

from __future__ import annotations

import asyncio
import atexit
import builtins
import contextlib
import importlib.machinery
import io
import os
import runpy
import signal
import sys
import tempfile
import threading
import time
import types
import warnings
from pathlib import Path
from typing import Any, NoReturn

from coreskills_widgets.candidate import kernel_calls

_BUILTIN_NAMES = frozenset(vars(builtins))
_FILTERS = list(warnings.filters)
_PATH: list[str] = []


def remember_path() -> None:
    """Note where libraries are searched, before a notebook's folder is put in front."""
    _PATH[:] = sys.path


def live(order: dict[str, Any], fds: list[int]) -> NoReturn:
    """Become the program; never returns."""
    code = 1
    try:
        _settle(order, fds)
        code = _ended(_run, order["argv"])
        code = _finish(code)
    finally:
        os._exit(code)


def _settle(order: dict[str, Any], fds: list[int]) -> None:
    os.setsid()
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
    os.closerange(3, 65536)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kernel_calls.set_dumpable(True)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    _forget_notebook()
    _open_streams()


def _forget_notebook() -> None:
    """Undo what IPython and the libraries changed in this process when they were loaded."""
    atexit._clear()
    sys.displayhook, sys.excepthook = sys.__displayhook__, sys.__excepthook__
    for name in set(vars(builtins)) - _BUILTIN_NAMES:
        delattr(builtins, name)
    warnings.filters[:] = _FILTERS  # type: ignore[index]
    asyncio.set_event_loop_policy(None)
    tempfile.tempdir = None
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # Python's own generator is seeded anew by the fork, numpy's is not


def _open_streams() -> None:
    for name, fd, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        raw: Any = open(fd, f"{mode}b", closefd=False)  # noqa: SIM115 - lives as long as the process
        raw.raw.name = f"<{name}>"
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        stream: Any = io.TextIOWrapper(raw, "utf-8", errors, line_buffering=name == "stderr")
        stream.mode = mode
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _run(argv: list[str]) -> None:
    """Run it as Python's own start would."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    vars(main).update({"__builtins__": builtins, "__annotations__": {}})
    sys.orig_argv = [sys.executable, *argv[1:]]
    if argv[1] == "-m":
        sys.argv = ["-m", *argv[3:]]
        sys.path[:] = [str(Path.cwd()), *_PATH]
        untyped: Any = runpy
        untyped._run_module_as_main(argv[2])
        return
    path = str(Path.cwd() / argv[1])
    sys.argv = argv[1:]
    sys.path[:] = [str(Path(path).resolve().parent), *_PATH]
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    vars(main).update({"__file__": path, "__cached__": None, "__loader__": loader})
    with io.open_code(path) as file:
        text = file.read()
    exec(compile(text, path, "exec", dont_inherit=True), vars(main))  # noqa: S102 - this is what a program is


def _ended(run: Any, argv: list[str]) -> int:
    """Run it, and turn how it ended into an exit code as Python does."""
    try:
        run(argv)
    except SystemExit as leaving:
        return _exit_code(leaving)
    except KeyboardInterrupt as error:
        _print_error(error)
        _finish(130)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        return 130
    except BaseException as error:  # noqa: BLE001 - the end of a program, told as Python tells it
        _print_error(error)
        return 1
    return 0


def _exit_code(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        print(leaving.code, file=sys.stderr)  # noqa: T201 - what Python does
    return 1


def _print_error(error: BaseException) -> None:
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next  # our own frames
    error.__traceback__ = trace
    sys.excepthook(type(error), error, trace)


def _finish(code: int) -> int:
    """Wait for threads, run exit functions, drop the program's names, write out what is buffered."""
    untyped: Any = threading
    untyped._shutdown()
    atexit._run_exitfuncs()
    names = vars(sys.modules["__main__"])
    for name in [name for name in names if not name.startswith("__")]:
        names[name] = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            code = 120
            if stream is sys.stdout:
                print(f"Exception ignored in: {stream!r}\n{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
    return code
