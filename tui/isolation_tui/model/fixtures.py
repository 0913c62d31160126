"""Fixture definitions and their lives: each life is one set-up to teardown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

from .authors import Author, AuthorKind

if TYPE_CHECKING:
    from .test import Test

SCOPES = ("session", "package", "module", "class", "function")
"""Widest first."""


@dataclass(frozen=True, slots=True)
class FixtureValue:
    """A value that a life gave to tests: an ``engine``, ``connection`` or ``session`` of SQLAlchemy's class ``name``,
    or an ``instance`` of the mapped class ``name`` (``module.QualifiedName``). A ``lost`` instance never had a
    session."""

    what: str
    name: str = ""
    lost: bool = False

    def of_model(self, model: str) -> bool:
        """Whether it is an instance of a class of that name."""
        return self.what == "instance" and self.name.rpartition(".")[2] == model


@dataclass(frozen=True, slots=True)
class Detached:
    """The moment at which an instance that a life gave lost its session. ``way`` is ``session`` (the suite's own code
    closed or removed it) or ``context`` (an application context ended); ``at`` is in seconds since the epoch."""

    model: str
    way: str
    place: Place
    unit: Unit
    at: float


@dataclass(eq=False)
class FixtureDefinition:
    """One ``@pytest.fixture``, in all workers."""

    name: str
    scope: str
    baseid: str
    place: Place
    arguments: tuple[str, ...] = ()
    internal: bool = False
    lives: list[FixtureLife] = field(default_factory=list, repr=False)
    author: Author = field(init=False, repr=False)
    """Who is charged with what any of its lives does."""

    def __post_init__(self) -> None:
        identity = (self.baseid, self.place.file, self.place.line)
        label, wide = f"fixture {self.name}", self.scope != "function"
        self.author = Author(AuthorKind.FIXTURE, label, identity, self.place, wide)

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Its identity: fixtures that override each other share a name."""
        return (self.name, self.baseid, self.place.file, self.place.line)

    @property
    def width(self) -> int:
        """0 for session to 4 for function, to sort the widest first."""
        return SCOPES.index(self.scope) if self.scope in SCOPES else len(SCOPES)


@dataclass(eq=False)
class FixtureLife:
    """One set-up to teardown of a definition (and parameter). Times are seconds since the epoch."""

    id: int
    worker: str
    definition: FixtureDefinition
    parameter: str | None
    asked_by: Test | None = field(repr=False)
    """The test that asked for it first; None if that was not seen."""
    parent: int
    depends: tuple[int, ...]
    began: float
    set_up: float
    setup_duration: float
    exception: str = ""
    message: str = ""
    torn_down: float | None = None
    teardown_duration: float | None = None
    ended_by: Test | None = field(default=None, repr=False)
    """The test during which it was torn down."""
    users: list[Test] = field(default_factory=list, repr=False)
    """Tests that it served, in the order they ran."""
    gave: list[FixtureValue] = field(default_factory=list)
    detached: list[Detached] = field(default_factory=list)

    def add_user(self, test: Test) -> None:
        """Record that it serves the test; the tests of its worker come one after the other."""
        if not self.users or self.users[-1] is not test:
            self.users.append(test)

    @property
    def name(self) -> str:
        """``name`` or ``name[parameter]``."""
        return self.definition.name if self.parameter is None else f"{self.definition.name}[{self.parameter}]"

    @property
    def author(self) -> Author:
        """Its definition, as an author."""
        return self.definition.author

    @property
    def failed(self) -> bool:
        return bool(self.exception)

    @property
    def alive(self) -> bool:
        return self.torn_down is None

    @property
    def shared(self) -> bool:
        return len(self.users) > 1
