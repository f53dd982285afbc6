"""Running learner cells in IPython, and catching what they show as notebook outputs."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

Output = dict[str, Any]


class Outputs:
    """What a cell shows, in order, up to a limit.

    Args:
        limit_bytes: Text beyond it is counted, not kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.rows: list[Output] = []
        self._used = 0
        self._lost = 0

    def stream(self, name: str, text: str) -> None:
        text = self._fit(text)
        if not text:
            return
        last = self.rows[-1] if self.rows else None
        if last and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.rows.append({"output_type": "stream", "name": name, "text": text})

    def data(self, kind: str, data: dict[str, Any], metadata: dict[str, Any], count: int | None = None) -> None:
        size = sum(len(str(item)) for item in data.values())
        if self._used + size > self.limit_bytes:
            self._lost += size
            return
        self._used += size
        row: Output = {"output_type": kind, "data": data, "metadata": metadata or {}}
        if kind == "execute_result":
            row["execution_count"] = count
        self.rows.append(row)

    def error(self, name: str, text: str, trace: list[str]) -> None:
        row = {
            "output_type": "error",
            "ename": name,
            "evalue": text[:5000],
            "traceback": [t[-8000:] for t in trace[-40:]],
        }
        self.rows.append(row)

    def take(self) -> list[Output]:
        """Hand over and start anew."""
        if self._lost:
            self.rows.append(
                {"output_type": "stream", "name": "stderr", "text": f"\n[{self._lost:,} bytes of output cut]\n"}
            )
        rows, self.rows, self._used, self._lost = self.rows, [], 0, 0
        return rows

    def _fit(self, text: str) -> str:
        room = self.limit_bytes - self._used
        kept = text[:room] if room > 0 else ""
        self._used += len(kept)
        self._lost += len(text) - len(kept)
        return kept


class _Stream:
    """Stands in for ``sys.stdout`` or ``sys.stderr``."""

    encoding, errors, newlines, closed = "utf-8", "replace", None, False

    def __init__(self, outputs: Outputs, name: str, fd: int) -> None:
        self._outputs, self.name, self._fd = outputs, f"<{name}>", fd
        self._stream = name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.stream(self._stream, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._fd


class _Publisher(DisplayPublisher):
    outputs: Outputs

    def publish(self, data: Any, metadata: Any = None, *args: Any, **kwargs: Any) -> None:
        self.outputs.data("display_data", dict(data), dict(metadata or {}))

    def clear_output(self, wait: bool = False) -> None:
        self.outputs.rows.clear()


class _Hook(DisplayHook):
    outputs: Outputs

    def write_output_prompt(self) -> None:
        """No prompt: the result is an output of its own."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.outputs.data("execute_result", dict(format_dict), dict(md_dict or {}), self.prompt_count)

    def finish_displayhook(self) -> None:
        """Nothing was written to a terminal."""


class LabShell(InteractiveShell):
    """IPython without a terminal, a history file or a prompt."""

    outputs: Outputs

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.outputs.error(getattr(etype, "__name__", str(etype)), _text(evalue), [str(line) for line in stb])

    def enable_gui(self, gui: Any = None) -> None:
        """There is no screen."""


class Shell:
    """One IPython, built once in the warm parent and used in its forks."""

    def __init__(self) -> None:
        # Any: these classes are traitlets, whose values no type checker can follow.
        history: Any = HistoryManager
        history.enabled = False
        shell: Any = LabShell
        shell.display_pub_class = _Publisher
        shell.displayhook_class = _Hook
        self._ip: Any = shell.instance()
        self._ip.colors = "nocolor" if hasattr(self._ip, "colors") else self._ip.colors
        self.outputs = Outputs(512 * 1024)
        self._ip.outputs = self._ip.display_pub.outputs = self._ip.displayhook.outputs = self.outputs
        self.hidden_names = set(self._ip.user_ns)
        self._raw: tuple[int, int] | None = None

    @property
    def names(self) -> dict[str, Any]:
        """The notebook's global names."""
        names: dict[str, Any] = self._ip.user_ns
        return names

    def start(self, *, output_kb: int) -> None:
        """Take over stdout and stderr, of Python and of programs."""
        self.outputs.limit_bytes = output_kb * 1024
        out, err = _nameless_file(), _nameless_file()
        os.dup2(out, 1)
        os.dup2(err, 2)
        self._raw = (out, err)
        streams: Any = sys
        streams.stdout = _Stream(self.outputs, "stdout", 1)
        streams.stderr = _Stream(self.outputs, "stderr", 2)
        sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123 - lives as long as the process

    def run(self, source: str, order: int) -> dict[str, Any]:
        """Run one cell as a notebook would.

        Returns:
            Its outputs, whether it ended without an error, and its number.
        """
        self._ip.execution_count = order
        self._ip.displayhook.outputs = self.outputs
        result = self._ip.run_cell(source, store_history=False, silent=False)
        return {"ok": bool(result.success), "outputs": self.take_outputs()}

    def take_outputs(self) -> list[Output]:
        self._collect_raw()
        return self.outputs.take()

    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that top-level ``await`` uses."""
        from IPython.core import async_helpers

        helpers: Any = async_helpers
        loop: asyncio.AbstractEventLoop = helpers.get_asyncio_loop()
        return loop

    def _collect_raw(self) -> None:
        """Fetch what programs and C code wrote straight to the descriptors."""
        for fd, name in zip(self._raw or (), ("stdout", "stderr"), strict=False):
            size = os.lseek(fd, 0, os.SEEK_CUR)
            if size:
                data = os.pread(fd, min(size, self.outputs.limit_bytes + 1), 0)
                os.ftruncate(fd, 0)
                os.lseek(fd, 0, os.SEEK_SET)
                self.outputs.stream(name, data.decode("utf-8", errors="replace"))


def _nameless_file() -> int:
    """Open a file that has no name; it counts against the candidate's disk."""
    fd, path = tempfile.mkstemp()
    Path(path).unlink()
    return fd


def _text(error: Any) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the learner's own __str__
        return f"<{type(error).__name__} whose text cannot be read>"
