"""What a test may hand to learner code, and what learner code may do with it."""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
import types
from typing import TYPE_CHECKING, Any

from coreskills_widgets.candidate import specials
from coreskills_widgets.candidate.codec import Encoder, Wire

if TYPE_CHECKING:
    from coreskills.examiner.wall import Wall

TEST_MODULE = "__main__"
# Objects of these modules do nothing but what their methods say on data. Never add one that opens files, sockets or
# programs: a learner's program chooses the arguments, and the call runs here.
_HARMLESS_MODULES = (
    "random", "numpy.random", "unittest.mock", "collections", "itertools", "functools", "types", "enum", "queue",
    "datetime", "contextlib", "argparse", "decimal", "httpx._models", "httpx2._models", "coreskills_widgets.labs",
)  # fmt: skip
_HARMLESS_TYPES = (io.StringIO, io.BytesIO, asyncio.Event, asyncio.Queue, asyncio.Semaphore, asyncio.Lock)
_INNER_PREFIXES = ("_", "gi_", "cr_", "ag_", "tb_", "co_", "f_back", "f_globals", "f_locals", "f_builtins", "f_code")
_FORBIDDEN = "get the check's inner parts"


def wire(wall: Wall, value: Any, encoder: Encoder) -> Wire:
    """Encode an object that is not plain data.

    Raises:
        TypeError: Learner code could reach through it into the grader.
    """
    if isinstance(value, types.ModuleType):
        return ["ref", value.__name__, ""]
    is_definition = isinstance(value, type | types.FunctionType | types.BuiltinFunctionType)
    if is_definition and (found := _library_name(value)) is not None:
        return ["ref", *found]
    kind = type(value)
    if (
        hasattr(kind, "model_fields")
        and hasattr(kind, "model_construct")
        and (found := _library_name(kind)) is not None
    ):
        fields = {key: encoder.encode(item) for key, item in vars(value).items()}
        return ["py", *found, fields, sorted(value.model_fields_set)]
    if not is_harmless(value):
        raise TypeError(
            f"a {kind.__module__}.{kind.__qualname__} cannot be passed to learner code: its methods would run in "
            f"the grader. Pass plain data, a path, or a function of the check."
        )
    name = getattr(value, "__name__", kind.__name__)
    return ["h", wall.number(value), str(name), specials.of(kind)]


def is_harmless(value: Any) -> bool:
    """Say whether learner code may call what it likes on this object."""
    if isinstance(value, types.MethodType | types.BuiltinMethodType):
        owner = value.__self__
        return owner is None or isinstance(owner, types.ModuleType) or is_harmless(owner)
    if isinstance(value, type):
        return value.__module__ == TEST_MODULE or value.__module__ == "builtins"
    if isinstance(value, types.FunctionType | types.GeneratorType | types.CoroutineType | types.AsyncGeneratorType):
        return True
    module = type(value).__module__
    if module in (TEST_MODULE, "builtins") or isinstance(value, _HARMLESS_TYPES):
        return not isinstance(value, io.FileIO)
    return any(module == known or module.startswith(known + ".") for known in _HARMLESS_MODULES)


def _library_name(value: Any) -> tuple[str, str] | None:
    """Name an installed function or class, so that the candidate uses its own copy."""
    module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    if module in (None, TEST_MODULE) or module.partition(".")[0] == "coreskills":
        return None
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return (module, qualname) if found is value else None


def error_wire(wall: Wall, error: BaseException, encoder: Encoder) -> Wire:
    """Encode an exception that a test made, by the names of its classes."""
    names = [
        [c.__module__, c.__qualname__] for c in type(error).__mro__ if c is not object and c.__module__ != TEST_MODULE
    ]
    state = {name: encoder.encode(item) for name, item in vars(error).items() if not name.startswith("_coreskills")}
    return ["x", wall.number(error), names, encoder.all(error.args), str(error)[:20_000], state]


def perform(op: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Do what learner code asks of an object it was handed."""
    if op in ("get", "set"):
        name = args[0]
        if not isinstance(name, str) or name.startswith(_INNER_PREFIXES):
            raise AttributeError(f"learner code may not {_FORBIDDEN}: {name!r}")
        if op == "get":
            return getattr(target, name)
        if not isinstance(target, types.SimpleNamespace) and type(target).__module__ != TEST_MODULE:
            raise AttributeError(f"{name!r} of the check's object cannot be set")
        return setattr(target, name, args[1])
    if op == "str":
        return str(target)
    if op == "eq":
        return bool(target == args[0])
    if op == "await":
        return _run(target)
    if op == "__next__":
        try:
            return True, next(target)
        except StopIteration:
            return False, None
    if op == "__exit__":
        error = args[1]
        return target.__exit__(type(error) if error is not None else None, error, None)
    if op in ("__aenter__", "__aexit__", "__anext__"):
        return _run(getattr(target, op)(*args))
    if op in specials.UNARY:
        return specials.UNARY[op](target, *args)
    if op in specials.ALL:
        return getattr(target, op)(*args, **kwargs)
    raise PermissionError(f"learner code may not {op!r} an object of the check")


def _run(awaitable: Any) -> Any:
    """Run a coroutine of the check to its end, beside a loop that may already run in this thread."""

    async def whole() -> Any:
        return await awaitable

    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return asyncio.new_event_loop().run_until_complete(whole()) if inspect.isawaitable(awaitable) else awaitable
    finally:
        asyncio._set_running_loop(running)
