"""The names a test cell sees: its own, Python's, the instructor's tools, and last the learner's."""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Iterable, Iterator
from typing import Any

from coreskills.examiner.handles import learner_number
from coreskills.examiner.wall import Wall

# Their state is the notebook's: a check that imports them means the learner's figure, not an empty one of ours.
_LEARNER_MODULES = ("matplotlib.pyplot", "pylab")
INSTRUCTOR_FILE = "<instructor>"


class Names(dict[str, Any]):
    """Globals of all test cells of one notebook.

    Args:
        tools: Statements of the instructor that bind names for tests: imports, and functions that assert. They run
            here at first use, so that a learner who rebinds ``np`` or ``assert_allclose`` changes nothing.
    """

    def __init__(self, wall: Wall, tools: dict[str, ast.stmt]) -> None:
        super().__init__()
        self.wall = wall
        self._tools = tools
        self._recent: dict[str, Any] = {}
        self._deleted: set[str] = set()
        python = dict(vars(builtins))
        python["__import__"] = self._import
        super().__setitem__("__name__", "__main__")
        super().__setitem__("__builtins__", python)
        self._ours = set(self)

    def __missing__(self, name: str) -> Any:
        if name in self._tools:
            self._bind_tool(name)
            return super().__getitem__(name)
        if hasattr(builtins, name):
            return self["__builtins__"][name]
        try:
            found = self.wall.ask("name", None, name)
        except NameError:
            raise KeyError(name) from None  # what a dict raises; Python turns it into its own NameError
        self._recent[name] = found  # held, so that the same object need not be described again
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        """Bind a name for the checks; a learner's name that a check puts aside is also bound over there.

        Nothing else is: what a check calls ``expected`` must not appear under a global that the learner made ready.
        """
        theirs = self._recent.get(name)
        if value is theirs and (name in self._deleted or learner_number(value) is not None):  # put back
            self.wall.ask("bind", None, name, value)
            super().pop(name, None)
            return
        if theirs is not None and callable(value) and any(each is theirs for each in super().values()):
            self.wall.ask("bind", None, name, value)  # `kept = helper; helper = fake`
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if super().__contains__(name):
            super().__delitem__(name)
        else:
            self.wall.ask("del", None, name)
            self._deleted.add(name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._tools or name in self.learner_names()

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def keys(self) -> Any:
        return dict.fromkeys([*super().keys(), *self.learner_names()]).keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def learner_names(self) -> list[str]:
        names: list[str] = self.wall.ask("names")
        return names

    def _bind_tool(self, name: str) -> None:
        statement = self._tools[name]
        exec(compile(ast.Module([statement], []), INSTRUCTOR_FILE, "exec"), self)  # noqa: S102 - the instructor's text

    def _import(self, name: str, globals_: Any = None, locals_: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if name in _LEARNER_MODULES and level == 0:
            module = self.wall.ask("module", None, name)
            if fromlist or "." not in name:
                return module
            top = types.ModuleType(name.partition(".")[0])
            setattr(top, name.rpartition(".")[2], module)
            return top
        return builtins.__import__(name, globals_, locals_, fromlist, level)


class MainModule(types.ModuleType):
    """What ``import __main__`` and ``unittest.main`` find in the examiner: the names of the checks."""

    def __init__(self, names: Names) -> None:
        super().__init__("__main__")
        self.__dict__["_names"] = names

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_names"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return [name for name in dict.keys(self.__dict__["_names"]) if not name.startswith("__")]


def tools_of(sources: Iterable[str]) -> dict[str, ast.stmt]:
    """Find what the instructor's own cells bind for tests.

    Args:
        sources: Text of cells whose content learners cannot change, in order.
    """
    tools: dict[str, ast.stmt] = {}
    for source in sources:
        try:
            body = ast.parse(_without_magics(source)).body
        except SyntaxError:
            continue
        for statement in body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                tools.update(_imports(statement))
            elif isinstance(statement, ast.FunctionDef) and _asserts(statement):
                tools[statement.name] = statement
    return tools


def _imports(statement: ast.Import | ast.ImportFrom) -> dict[str, ast.stmt]:
    if any(alias.name in (*_LEARNER_MODULES, "*") for alias in statement.names):
        return {}
    if isinstance(statement, ast.ImportFrom) and (
        statement.module in _LEARNER_MODULES or statement.module == "__future__"
    ):
        return {}
    return {alias.asname or alias.name.partition(".")[0]: statement for alias in statement.names}


def _asserts(statement: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(statement))


def _without_magics(source: str) -> str:
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
