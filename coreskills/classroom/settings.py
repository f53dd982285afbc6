"""Where a classroom keeps its things: folders, addresses, database."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from coreskills.course import Course, load_course
from coreskills.errors import ClassroomError

# Where each store lies when it is not below the state folder; what instructors' servers are told too.
STORES = ("CORESKILLS_DATABASE", "CORESKILLS_BLOBS", "CORESKILLS_GRADEBOOK", "CORESKILLS_LEDGER", "CORESKILLS_KEYS")


def state_dir(course: Course) -> Path:
    """The git-ignored folder of everything a running classroom writes; ``CORESKILLS_STATE`` moves it."""
    told = os.environ.get("CORESKILLS_STATE")
    return Path(told).resolve() if told else course.root / ".coreskills"


@dataclass(frozen=True)
class Classroom:
    """One course, and where its classroom keeps its things."""

    course: Course
    state: Path

    @classmethod
    def of(cls, course: Course) -> Classroom:
        """The classroom of a course on this machine."""
        return cls(course=course, state=state_dir(course))

    @property
    def hub(self) -> Path:
        """JupyterHub's own files, and its users' passwords."""
        return self.state / "hub"

    @property
    def homes(self) -> Path:
        return self.state / "home"

    @property
    def submitted(self) -> Path:
        """nbgrader's ``submitted_directory``."""
        return self.state / "submitted"

    @property
    def feedback(self) -> Path:
        """nbgrader's ``feedback_directory``."""
        return self.state / "feedback"

    @property
    def autograded(self) -> Path:
        """nbgrader's ``autograded_directory``: beside the course, or with the state where that was moved."""
        own = self.course.root / ".coreskills"
        return self.course.root / "autograded" if self.state == own else self.state / "autograded"

    @property
    def database_url(self) -> str:
        """The exchange's metadata; PostgreSQL by ``CORESKILLS_DATABASE``."""
        return os.environ.get("CORESKILLS_DATABASE") or f"sqlite:///{self.state / 'exchange' / 'classroom.sqlite'}"

    @property
    def blobs_url(self) -> str:
        """Where submissions lie, as fsspec reads it; an object store by ``CORESKILLS_BLOBS``."""
        return os.environ.get("CORESKILLS_BLOBS") or f"file://{self.state / 'exchange' / 'blobs'}"

    @property
    def gradebook_url(self) -> str:
        """nbgrader's gradebook."""
        return os.environ.get("CORESKILLS_GRADEBOOK") or f"sqlite:///{self.state / 'gradebook.db'}"

    @property
    def ledger_url(self) -> str:
        """The store of calls."""
        return os.environ.get("CORESKILLS_LEDGER") or f"sqlite:///{self.state / 'ledger.sqlite'}"

    @property
    def keys_url(self) -> str:
        """The gateway's keys."""
        return os.environ.get("CORESKILLS_KEYS") or f"sqlite:///{self.state / 'keys.sqlite'}"

    def make_folders(self) -> None:
        """Make the state folder, readable by its owner only.

        Raises:
            ClassroomError: The disk is full or read-only.
        """
        try:
            for folder in (self.state, self.hub, self.homes, self.submitted, self.feedback, self.state / "exchange"):
                folder.mkdir(parents=True, exist_ok=True)
            self.state.chmod(0o711)  # a learner's own home lies below: others may pass, not look
            for private in (self.hub, self.submitted, self.feedback, self.state / "exchange"):
                private.chmod(0o700)
        except OSError as error:
            raise ClassroomError(
                f"The classroom cannot write its folder {self.state}: {error.strerror}.",
                fix="free some space, or set CORESKILLS_STATE to a folder you may write",
            ) from error

    def secret(self, name: str) -> bytes:
        """A random secret of this classroom, made once and kept readable by its owner only."""
        path = self.hub / f"{name}.secret"
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return path.read_text(encoding="ascii").strip().encode()


def write_private(path: Path, text: str) -> None:
    """Replace a file whole, readable by its owner only."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


@dataclass(frozen=True)
class Run:
    """One start of the classroom: what `coreskills up` tells the hub and its services.

    Attributes:
        is_walled: Learners' servers run behind bubblewrap; without it they could read the course.
        bind: Where the course service listens: every address in a container, this machine only elsewhere.
        address: Where kernels find the course service when that is not this machine.
    """

    root: str
    state: str
    port: int
    hub_port: int
    proxy_api_port: int
    service_port: int
    proxy_command: tuple[str, ...]
    is_walled: bool
    bind: str = "127.0.0.1"
    address: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def service_url(self) -> str:
        """Straight to the course service, not through the proxy: a call is one hop shorter."""
        return f"{self.address or f'http://127.0.0.1:{self.service_port}'}/services/course"

    @property
    def classroom(self) -> Classroom:
        return Classroom(course=load_course(Path(self.root)), state=Path(self.state))

    def save(self, path: Path) -> None:
        write_private(path, json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> Run:
        table = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**table, "proxy_command": tuple(table["proxy_command"])})
