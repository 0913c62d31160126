"""The folds: how the run records each kind of fact, one module a subject.

A fold is a function below ``@folds(KindOfFact)``, in a module that is imported here. Folds alone change the run.
"""

from . import connections, fixtures, process_state, reads, rows, session, tables, tests, threads  # noqa: F401
from .registry import FOLDS

__all__ = ["FOLDS"]
