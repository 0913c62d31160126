"""Arm the database probes: those of the core when the suite has imported SQLAlchemy, the rest with its ORM."""

import sys
from typing import Any, Optional, Tuple

from ...events import LibraryArmed
from ...recorder import Recorder
from .. import fixture_values
from . import connections, ddl, failed_statements, reads, row_verification, rows
from .databases import Databases
from .engine_hooks import EngineHooks
from .metadata import MetadataProbe, arm_core, arm_orm
from .patches import NOT_SEEN_IN_SAFE_MODE


class SqlalchemyProbes:
    """All probes of SQLAlchemy, but those in ``off``. ``verify`` asks for a real count of rows after each test."""

    def __init__(self, recorder: Recorder, off: Tuple[str, ...] = (), verify: bool = False) -> None:
        self._recorder = recorder
        self._off = off
        self._verify = verify
        self._metadata = MetadataProbe(recorder)
        self._held: Optional[connections.ConnectionsProbe] = None
        if connections.PROBE not in off:
            self._held = connections.ConnectionsProbe(recorder)

    def arm_core(self, module: Any) -> None:
        """``module`` is ``sqlalchemy``, as the suite imported it."""
        recorder = self._recorder
        arm_core(recorder, module, self._metadata)
        databases = Databases(recorder)
        databases.watch_engines()
        hooks = EngineHooks(recorder, module)
        databases.when_pool_gone.append(hooks.statements.forget)
        tables = ddl.arm(recorder, module, hooks, databases, self._metadata.known_number)
        if reads.PROBE not in self._off:
            reads.arm(recorder, hooks, databases, tables)
        written = rows.arm(recorder, module, hooks, databases, tables)
        if self._verify:
            row_verification.arm(recorder, module, hooks, databases, written, tables)
        failed_statements.arm(recorder, hooks, databases)
        fixture_values.arm(recorder, module)
        if self._held is not None:
            connections.arm_core(recorder, module, hooks, self._held, databases, tables)
        hooks.open()
        recorder.at_test_boundaries("statements", hooks.statements.test_boundary)
        recorder.at_test_boundaries("databases", databases.flush_gone)  # after the facts about them
        version = str(module.__version__)
        recorder.emit(LibraryArmed("sqlalchemy", version, _limits(version, recorder.patches.safe)))

    def arm_orm(self, module: Any) -> None:
        """``module`` is ``sqlalchemy.orm``."""
        package: Any = sys.modules["sqlalchemy"]
        if not hasattr(package, "orm"):  # Python sets it a moment later; SQLAlchemy 1.3 looks for it there
            package.orm = module
        arm_orm(self._recorder, module, package.event, self._metadata)
        if self._held is not None:
            connections.arm_orm(self._recorder, module, package.event, self._held)


def _limits(version: str, safe: bool) -> "list[str]":
    limits = ["safe mode does not see: %s" % what for what in NOT_SEEN_IN_SAFE_MODE] if safe else []
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) < (1, 4):
        limits.append("SQLAlchemy %s is older than 1.4: registries disposed cannot be seen" % version)
    return limits
