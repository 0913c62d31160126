"""A suite that exists on paper: which test dirties what, and what the victim takes amiss. Seeded, with its truth.

truth = make_truth("joint polluters", seed=7, evidence="missing")
verdict = drive(plan(truth.question), truth.suite.run)
assert not wrong_names(truth, verdict)
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from isolation_tui.experiments.question import Candidate, EarlierTest, Question, file_of
from isolation_tui.experiments.trial import Location, Outcome, TestOutcome, Trial, TrialResult
from isolation_tui.experiments.verdict import TestSet, Verdict

FAILURE = "call: AssertionError: assert 0 == 0"
MISSING = "setup: OperationalError: no such table: prices"

KINDS = (
    "single polluter", "independent polluters", "joint polluters", "polluter that needs another", "healed before",
    "brittle", "joint setters", "brittle and polluted", "masked polluter", "import-time", "non-idempotent",
    "fails alone", "flaky", "flaky polluter", "green and clean",
)  # fmt: skip
EVIDENCE = ("right", "partly wrong", "missing", "wrong")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a test does to one place: dirties it or cleans it, if some other place is dirty."""

    place: str
    dirty: bool = True
    needs: str = ""


@dataclass
class SimulatedSuite:
    """Runs trials on paper. The victim fails where all places of one of ``fails_on`` are dirty, and with another
    error where one of ``needs`` is not dirty. ``chance`` is how often it fails for no reason."""

    order: tuple[str, ...]
    victim: str
    effects: dict[str, tuple[Effect, ...]] = field(default_factory=dict)
    imports: dict[str, tuple[Effect, ...]] = field(default_factory=dict)
    fails_on: tuple[frozenset[str], ...] = ()
    needs: frozenset[str] = frozenset()
    chance: float = 0.0
    chance_of_effect: float = 1.0
    random: random.Random = field(default_factory=lambda: random.Random(0))
    cannot_undo: frozenset[str] = frozenset()
    fresh_imports_all: bool = False
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.files = tuple(dict.fromkeys(file_of(test) for test in self.order))
        self._passed = {test: TestOutcome(test, Outcome.PASSED) for test in self.order}

    def run(self, trial: Trial) -> TrialResult:
        """The result of a trial, by chance where there is chance in it."""
        undo = trial.undo.name if trial.undo is not None else ""
        if undo in self.cannot_undo and undo:
            return TrialResult(trial, problem=f"{undo} cannot be undone", seconds=0.01, fresh=trial.fresh)
        outcomes = self._outcomes(trial, undo, chance=True)
        command = ("python", "-m", "pytest", *trial.tests)
        return TrialResult(trial, tuple(outcomes), 0.01, "the start", "", command, trial.fresh)

    def signature(self, tests: Sequence[str], imported: Iterable[str] | None = None) -> str:
        """What the victim fails with after these tests, '' if it passes; chance left out of it."""
        left_out = tuple(file for file in self.files if imported is not None and file not in {*imported})
        trial = Trial((*tests, self.victim), self.victim, without_files=left_out)
        return self._outcomes(trial, "", chance=False)[-1].signature

    def _outcomes(self, trial: Trial, undo: str, chance: bool) -> list[TestOutcome]:
        dirty: set[str] = set()
        if self.imports:
            own = {file_of(test) for test in trial.tests}
            plain = trial.fresh and not trial.without_files and not self.fresh_imports_all
            files = own if plain else {*self.files} - {*trial.without_files} | own
            for file in self.files:
                if file in files:
                    self._apply(self.imports.get(file, ()), dirty, False)
        outcomes = []
        last = len(trial.tests) - 1
        for number, test in enumerate(trial.tests):
            if number == last:
                dirty.discard(undo)
            outcomes.append(self._victim(dirty, chance) if test == self.victim else self._passed[test])
            if test in self.effects:
                self._apply(self.effects[test], dirty, chance)
        return outcomes

    def _apply(self, effects: tuple[Effect, ...], dirty: set[str], chance: bool) -> None:
        for effect in effects:
            if effect.needs and effect.needs not in dirty:
                continue
            if not effect.dirty:
                dirty.discard(effect.place)
            elif not chance or self.chance_of_effect == 1 or self.random.random() < self.chance_of_effect:
                dirty.add(effect.place)

    def _victim(self, dirty: set[str], chance: bool) -> TestOutcome:
        error = ""
        if not self.needs <= dirty:
            error = MISSING
        elif any(places <= dirty for places in self.fails_on) or (chance and self.random.random() < self.chance):
            error = FAILURE
        return TestOutcome(self.victim, Outcome.FAILED if error else Outcome.PASSED, error, "call")


@dataclass(frozen=True, slots=True)
class Truth:
    """A suite, the question that one run of it raises, and who did it."""

    kind: str
    evidence: str
    suite: SimulatedSuite
    question: Question
    sets: tuple[TestSet, ...] = ()
    """The minimal sets of polluters (setters, files) that are to be found, if evidence or order leads there."""


def make_truth(kind: str, seed: int, evidence: str = "right", tests: int = 0) -> Truth:
    """A suite of that kind. The seed decides on everything else; ``tests`` is how many run before the victim."""
    dice = random.Random(f"{kind} {seed} {evidence} {tests}")
    number = tests or round(3 * 80 ** dice.random())
    per_file = dice.randint(1, 12)
    order = tuple(f"tests/test_{index // per_file}.py::test_{index}" for index in range(number))
    shared = kind != "import-time" and dice.random() < 0.3
    victim = f"{file_of(order[-1])}::test_victim" if shared else "tests/test_zz.py::test_victim"
    suite = SimulatedSuite((*order, victim), victim, random=random.Random(seed), fresh_imports_all=dice.random() < 0.5)
    picked = tuple(sorted(dice.sample(order, min(dice.choice((2, 2, 2, 3)), number)), key=order.index))
    sets = _MAKERS[kind](suite, picked, dice)
    _add_noise(suite, dice, {*picked})
    observed = suite.signature(order)
    if kind in ("flaky", "flaky polluter"):
        observed = FAILURE
    candidates = _candidates(evidence, suite, sets, order, dice)
    if kind == "import-time":
        candidates = tuple(
            Candidate(file=each.tests[0] if each.tests[0] in suite.imports else file_of(each.tests[0]))
            for each in candidates
        )
    question = Question(
        victim=victim,
        earlier=tuple(EarlierTest(test) for test in order),
        signature=observed,
        candidates=candidates,
        files=suite.files,
        twice=kind == "non-idempotent" and not observed,
    )
    return Truth(kind, evidence, suite, question, sets)


def _dirty(suite: SimulatedSuite, test: str, *effects: Effect) -> None:
    suite.effects[test] = (*suite.effects.get(test, ()), *effects)


def _single(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.fails_on = (frozenset({"rows"}),)
    _dirty(suite, picked[0], Effect("rows"))
    return (picked[:1],)


def _independent(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    places = ["rows" if dice.random() < 0.5 else f"rows {number}" for number in range(len(picked))]
    suite.fails_on = tuple(frozenset({place}) for place in places)
    for test, place in zip(picked, places, strict=True):
        _dirty(suite, test, Effect(place))
    return tuple((test,) for test in picked)


def _joint(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    places = [f"rows {number}" for number in range(len(picked))]
    suite.fails_on = (frozenset(places),)
    for test, place in zip(picked, places, strict=True):
        _dirty(suite, test, Effect(place))
    return (picked,)


def _chain(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    """Each dirties its place only where that of the one before is dirty: the order counts."""
    suite.fails_on = (frozenset({f"rows {len(picked) - 1}"}),)
    _dirty(suite, picked[0], Effect("rows 0"))
    for number, (_, test) in enumerate(pairwise(picked)):
        _dirty(suite, test, Effect(f"rows {number + 1}", needs=f"rows {number}"))
    return (picked,)


def _healed(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    """A polluter, one that cleans up after it, and the polluter that counts."""
    first, *middle, last = picked
    suite.fails_on = (frozenset({"rows"}),)
    _dirty(suite, first, Effect("rows"))
    for test in middle:
        _dirty(suite, test, Effect("rows", dirty=False))
    _dirty(suite, last, Effect("rows"))
    return ((first,), (last,))


def _brittle(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.needs = frozenset({"prices"})
    setters = picked[: dice.choice((1, 1, 2))]
    for test in setters:
        _dirty(suite, test, Effect("prices"))
    return tuple((test,) for test in setters)


def _joint_setters(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    places = [f"prices {number}" for number in range(len(picked))]
    suite.needs = frozenset(places)
    for test, place in zip(picked, places, strict=True):
        _dirty(suite, test, Effect(place))
    return (picked,)


def _brittle_polluted(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    """Alone it misses something; with it, it takes amiss what another test, or the very same one, left."""
    suite.needs, suite.fails_on = frozenset({"prices"}), (frozenset({"rows"}),)
    setter, *others = picked[: dice.choice((1, 2))]
    _dirty(suite, setter, Effect("prices"))
    _dirty(suite, (others or [setter])[0], Effect("rows"))
    return ((setter, *others),)


def _masked(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.fails_on = (frozenset({"rows"}),)
    _dirty(suite, picked[0], Effect("rows"))
    _dirty(suite, picked[-1], Effect("rows", dirty=False))
    return (picked[:1],)


def _import_time(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.fails_on = (frozenset({"models"}),)
    own = file_of(suite.victim)
    files = tuple(dict.fromkeys(file_of(test) for test in picked if file_of(test) != own))
    for file in files:
        suite.imports[file] = (Effect("models"),)
    return tuple((file,) for file in files)


def _non_idempotent(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.fails_on = (frozenset({"rows"}),)
    _dirty(suite, suite.victim, Effect("rows"))
    return ((suite.victim,),)


def _fails_alone(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.fails_on = (frozenset(),)
    return ()


def _flaky(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.chance = dice.choice((0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9))
    return ()


def _flaky_polluter(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    suite.chance_of_effect = dice.choice((0.1, 0.3, 0.5, 0.7, 0.9))
    return _single(suite, picked, dice)


def _clean(suite: SimulatedSuite, picked: TestSet, dice: random.Random) -> tuple[TestSet, ...]:
    return ()


_MAKERS = {
    "single polluter": _single,
    "independent polluters": _independent,
    "joint polluters": _joint,
    "polluter that needs another": _chain,
    "healed before": _healed,
    "brittle": _brittle,
    "joint setters": _joint_setters,
    "brittle and polluted": _brittle_polluted,
    "masked polluter": _masked,
    "import-time": _import_time,
    "non-idempotent": _non_idempotent,
    "fails alone": _fails_alone,
    "flaky": _flaky,
    "flaky polluter": _flaky_polluter,
    "green and clean": _clean,
}


def _add_noise(suite: SimulatedSuite, dice: random.Random, spared: set[str]) -> None:
    """Tests that leave what no other takes amiss, or clean up what no other left."""
    for test in suite.order:
        if test not in spared and test != suite.victim and dice.random() < 0.3:
            _dirty(suite, test, Effect(f"noise {dice.randint(0, 4)}", dirty=dice.random() < 0.7))
    if suite.fails_on and dice.random() < 0.2:
        suite.cannot_undo = suite.fails_on[0]


def _candidates(
    evidence: str, suite: SimulatedSuite, sets: tuple[TestSet, ...], order: TestSet, dice: random.Random
) -> tuple[Candidate, ...]:
    def candidate(tests: TestSet, weight: float) -> Candidate:
        places = [effect.place for test in tests for effect in suite.effects.get(test, ()) if effect.dirty]
        location = Location("rows", places[-1]) if places else None
        return Candidate(tests, location, f"left {places[-1] if places else 'something'}", weight)

    innocent = [(test,) for test in dice.sample(order, min(len(order), dice.randint(1, 6)))]
    innocent = [each for each in innocent if each not in sets]
    right = [*sets] if dice.random() < 0.5 else [(item,) for each in sets for item in each]
    some = right[:1] if dice.random() < 0.3 else right
    ranked = {
        "right": [*right, *innocent],
        "one wrong": [*innocent[:1], *right],
        "partly wrong": [*innocent[:4], *some],
        "missing": [],
        "wrong": innocent,
    }[evidence]
    return tuple(candidate(tests, float(len(ranked) - rank)) for rank, tests in enumerate(ranked))


def wrong_names(truth: Truth, verdict: Verdict) -> list[str]:
    """What the verdict names and the truth does not bear out, by the rules of the suite with no chance in them."""
    suite = truth.suite
    if truth.kind == "flaky":
        return [str(each) for each in [*verdict.polluters, *verdict.setters, *verdict.polluting_files]]
    observed = truth.question.signature or FAILURE

    def pollutes(tests: Sequence[str]) -> bool:
        return suite.signature(tests) == observed

    def sets_up(tests: Sequence[str]) -> bool:
        return suite.signature(tests) == ""

    def pollutes_by_import(files: Sequence[str]) -> bool:
        return suite.signature((), files) == observed

    wrong = [f"polluters {each}" for each in verdict.polluters if not _minimal(each, pollutes)]
    wrong += [f"setters {each}" for each in verdict.setters if not _minimal(each, sets_up)]
    wrong += [f"files {each}" for each in verdict.polluting_files if not _minimal(each, pollutes_by_import)]
    for cleaners in verdict.cleaners:
        among = {*cleaners, *verdict.polluters[0]}
        if suite.signature([test for test in suite.order if test in among]):
            wrong.append(f"cleaners {cleaners}")
    if verdict.grade == "A" and verdict.location is not None:
        places = {place for each in (*suite.fails_on, suite.needs) for place in each}
        places |= {effect.needs for effects in suite.effects.values() for effect in effects}
        if verdict.location.name not in places | {"models"}:
            wrong.append(f"location {verdict.location.label}")
    return wrong


def _minimal(items: TestSet, holds: object) -> bool:
    assert callable(holds)
    return bool(holds(items)) and not any(holds([each for each in items if each != item]) for item in items)
