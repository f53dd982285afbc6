"""Course side: gateway, cassettes, offline models, examiner, classroom. Never importable beside learner code."""

__version__ = "0.1.0"
