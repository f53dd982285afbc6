"""Every error of the course side.

CoreskillsError
├── CourseError            course.toml, or an unknown lab
├── CassetteError          a recording that is missing or damaged
├── ConversionError        an answer that has no other form (stream or plain)
├── DatabaseError          a database that cannot be opened, or another release wrote
├── LedgerError            the store of calls
├── GatewayError           a service that is down or refuses
├── GradingError           a submission that cannot be examined
│   └── SandboxError       this machine cannot isolate learner code
└── ClassroomError         exchange, roster, schedule, hub
"""


class CoreskillsError(Exception):
    """What happened, with real values, then how to fix it.

    Args:
        what: One sentence with the values at hand.
        fix: What the reader can do now.
    """

    def __init__(self, what: str, *, fix: str = "") -> None:
        self.what, self.fix = what, fix
        super().__init__(f"{what}\nFix: {fix}" if fix else what)


class CourseError(CoreskillsError):
    """course.toml is wrong, or names no such lab."""


class CassetteError(CoreskillsError):
    """A cassette is missing, damaged, or breaks a rule."""


class ConversionError(CoreskillsError):
    """A stream has no plain form, or a plain answer no stream."""


class DatabaseError(CoreskillsError):
    """A database cannot be opened, or brought to the form that this release reads."""


class LedgerError(CoreskillsError):
    """The store of calls cannot be read or written."""


class GatewayError(CoreskillsError):
    """The gateway is down, or refuses."""


class GradingError(CoreskillsError):
    """A submission cannot be examined; no score was written."""


class SandboxError(GradingError):
    """This machine cannot isolate learner code; grading stops."""


class ClassroomError(CoreskillsError):
    """Exchange, roster, schedule or hub."""
