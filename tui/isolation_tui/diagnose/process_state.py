"""Leaked state of the process, and the failing tests whose code mentions it: a class for each kind of state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_isolation.events import Place

from ..model import Author, Run, StateResidue, Test
from . import blame
from .exceptions import failed_at
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

_EXCEPTIONS = {
    "path": ("ImportError", "ModuleNotFoundError"),
    "cwd": ("FileNotFoundError", "NotADirectoryError", "PermissionError", "AssertionError"),
}

AUTHORS_NAMED = 3
"""How many further authors a finding names."""


@dataclass(frozen=True, slots=True)
class StateClass:
    """A class of leaked state. ``words`` gives title and remedy by ``what`` as in the contract's StateChanged, or by
    ``what change`` where the change matters.

    In the words, ``{who}`` is the author, ``{name}`` the whole name, ``{last}`` its last part, ``{owner}`` the rest."""

    kind: str
    words: Mapping[str, tuple[str, str]]

    def find(self, run: Run, unexplained: Sequence[Test]) -> list[Finding]:
        """One finding for each location and author. A test whose code does not mention the state is no victim."""
        groups: VictimsByCause[tuple[str, Author], _Victim] = VictimsByCause()
        for test in unexplained:
            victim = _victim(test)
            if victim is not None and victim.entry.what in self.words:
                groups.add((victim.entry.location, victim.entry.first.author), victim)
        return [_finding(run, self, victims) for victims in groups.values()]

    def describe(self, entry: StateResidue, who: str) -> tuple[str, str]:
        """Title and remedy for a change and the name of its author."""
        how = "in place" if entry.in_place else entry.change
        title, remedy = self.words.get(f"{entry.what} {how}", self.words[entry.what])
        owner, _, last = entry.name.rpartition(".")
        words = {"who": who, "name": entry.name, "owner": owner, "last": last}
        return blame.sentence(title.format(**words)), blame.sentence(remedy.format(**words))


def _monkeypatch(call: str) -> str:
    return f"In {{who}}, use monkeypatch.{call}: it restores the old value when the test ends."


ENVIRONMENT_VARIABLE_LEFT = StateClass(
    "environment-variable-left",
    {
        "env": (
            "{who} changes the environment variable {name} and does not restore it",
            _monkeypatch('setenv("{name}", ...)'),
        ),
        "env added": (
            "{who} sets the environment variable {name} and does not restore it",
            _monkeypatch('setenv("{name}", ...)'),
        ),
        "env removed": (
            "{who} removes the environment variable {name} and does not restore it",
            _monkeypatch('delenv("{name}")'),
        ),
    },
)
MEMOISED_VALUE_LEFT = StateClass(
    "memoised-value-left",
    {
        "cache": (
            "{last}() still caches the result that it computed for {who}",
            "Call {last}.cache_clear() before each test, in an autouse fixture of conftest.py: cached results outlive "
            "the rows and settings that they were computed from.",
        ),
    },
)
APP_CONFIG_LEFT = StateClass(
    "app-config-left",
    {
        "config": (
            "{who} changes {last} in the configuration of the application {owner} and does not restore it",
            'In {who}, use monkeypatch.setitem(app.config, "{last}", ...), which restores the old value; or create an '
            "application for each test, with a factory.",
        ),
        "extension": (
            "{who} changes {last} in the extensions of the application {owner} and does not restore it",
            'In {who}, use monkeypatch.setitem(app.extensions, "{last}", ...), which restores the old value; or create '
            "an application for each test, with a factory.",
        ),
    },
)
GLOBAL_CHANGED = StateClass(
    "global-changed",
    {
        "global": ("{who} rebinds {name} and does not restore it", _monkeypatch('setattr("{name}", ...)')),
        "global removed": ("{who} removes {name} and does not restore it", _monkeypatch('delattr("{name}")')),
        "global in place": (
            "{who} changes the contents of {name} and does not restore them",
            "Restore {last} in the teardown of a fixture, or give each test a new object: "
            'monkeypatch.setattr("{name}", ...) binds one, and restores the old one when the test ends.',
        ),
    },
)
PROCESS_STATE_LEFT = StateClass(
    "process-state-left",
    {
        "cwd": ("{who} changes the working directory and does not restore it", _monkeypatch("chdir(...)")),
        "path": ("{who} changes sys.path and does not restore it", _monkeypatch("syspath_prepend(...)")),
        "module": (
            "{who} changes the module {name} in sys.modules and does not restore it",
            _monkeypatch('setitem(sys.modules, "{name}", ...)'),
        ),
        "logging": (
            "{who} changes the logging configuration ({name}) and does not restore it",
            "In {who}, use caplog.set_level(...), or restore level, handlers and disabled in the teardown of a "
            "fixture.",
        ),
        "warnings": (
            "{who} changes the warning filters and does not restore them",
            "In {who}, change them inside warnings.catch_warnings().",
        ),
        "random": (
            "{who} changes the seed of {name} and does not restore it",
            "In {who}, draw from a random.Random(seed) of its own, or restore random.getstate() in the teardown.",
        ),
    },
)
CLASSES = (ENVIRONMENT_VARIABLE_LEFT, MEMOISED_VALUE_LEFT, APP_CONFIG_LEFT, GLOBAL_CHANGED, PROCESS_STATE_LEFT)


@dataclass(frozen=True, slots=True)
class _Victim:
    """A failing test that started with the change, and the line of code in its reach that mentions it."""

    test: Test
    entry: StateResidue
    place: Place


def _victim(test: Test) -> _Victim | None:
    """Of several changes in its reach the latest is charged: tests before it passed with the older ones."""
    failure = test.failure
    exception = failure.exception if failure is not None else ""
    met = [
        _Victim(test, entry, reach.place)
        for reach in test.state_in_reach
        if (entry := test.latest.state_found.get(reach.location)) is not None
    ]
    return max(
        (victim for victim in met if _by_another(test, victim.entry) and _plausible(victim.entry, exception)),
        key=lambda victim: victim.entry.at,
        default=None,
    )


def _by_another(test: Test, entry: StateResidue) -> bool:
    """A test that is run again meets what it left itself."""
    return any(author.nodeid != test.nodeid for author in entry.authors)


def _plausible(entry: StateResidue, exception: str) -> bool:
    """Whether a failure by it can be such an exception: imports and open() are in the reach of most tests."""
    return exception in _EXCEPTIONS.get(entry.what, (exception,))


def _finding(run: Run, state_class: StateClass, victims: Sequence[_Victim]) -> Finding:
    first = victims[0]
    entry = first.entry.first
    title, remedy = state_class.describe(entry, blame.named(run, entry.author) or "an unknown test")
    author_test = entry.test.nodeid if entry.test is not None and not entry.among else ""
    return Finding(
        kind=state_class.kind,
        title=title,
        tests=tuple(victim.test.nodeid for victim in victims),
        evidence=tuple(_evidence(run, victims)),
        remedy=remedy,
        author=entry.author,
        command=blame.command(run, author_test, first.test.nodeid),
        locations=(entry.location,),
    )


def _evidence(run: Run, victims: Sequence[_Victim]) -> list[Evidence]:
    first = victims[0]
    entry = first.entry.first
    evidence = [_made(run, entry)]
    others: dict[Author, StateResidue] = {}
    for victim in victims:
        for each in (*victim.entry.earlier, victim.entry):
            if each.author != entry.author:
                others.setdefault(each.author, each)
    evidence += [_made(run, each) for each in list(others.values())[:AUTHORS_NAMED]]
    if len(others) > AUTHORS_NAMED:
        evidence.append(Evidence(f"and by {len(others) - AUTHORS_NAMED} more"))
    evidence += _mentions(victims)
    failure = first.test.failure
    if failure is not None and failure.message:
        evidence.append(Evidence(failure.message.partition("\n")[0], failed_at(run, failure), first.test.nodeid))
    return evidence + _undecided(first.test, entry.location)


def _made(run: Run, entry: StateResidue) -> Evidence:
    how = f"{entry.change}{f' ({entry.detail})' if entry.detail else ''}"
    if entry.among:
        return Evidence(f"{entry.name} was {how} during one of: {', '.join(map(blame.short, entry.among))}")
    life, test = entry.life, entry.test
    if life is not None:
        step = " (teardown)" if entry.unit.step == "teardown" else ""
        who, place = f"{blame.named(run, entry.author)}{step}", life.definition.place
    else:
        who = entry.author.label
        place = Place("", f"{run.rootdir}/{test.file}", test.line) if test is not None else Place()
    return Evidence(f"{entry.name} was {how} by {who}", place, test.nodeid if test is not None else "")


def _mentions(victims: Sequence[_Victim]) -> list[Evidence]:
    """Each line once, with the first victim that reaches it."""
    found: dict[tuple[str, int], Evidence] = {}
    for victim in victims:
        place = victim.place
        if place.file:
            text = f"{blame.short(victim.test.nodeid)} reaches {place.function or place.module}, which mentions it"
            found.setdefault((place.file, place.line), Evidence(text, place, victim.test.nodeid))
    return list(found.values())[:AUTHORS_NAMED]


def _undecided(test: Test, location: str) -> list[Evidence]:
    """Other changes that the same test may have read: the facts do not decide which of them it failed by."""
    others = [reach for reach in test.state_in_reach if reach.location != location]
    return [
        Evidence(f"{each.location} had changed too, and is in its reach", each.place, test.nodeid)
        for each in others
        if test.latest.state_found.get(each.location) is not None
    ][:AUTHORS_NAMED]
