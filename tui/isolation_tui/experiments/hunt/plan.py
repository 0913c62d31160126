"""The plan of a hunt: cheap trials first, and a proof for each difference that they show. Pure, as the planner is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ...text.wording import number
from ..planner import Series, Steps, plan
from ..question import Candidate, EarlierTest, Question, name_of
from ..trial import Outcome, Trial, TrialResult
from ..verdict import Kind, Verdict
from .clues import Clues, failed
from .orders import Pairs, tuscan_orders
from .question import HuntQuestion, ObservedTest

MOST_PROBLEMS = 3
"""After so many trials in a row that show nothing, the rest will not either."""

SHARE = 4
"""Between two whole orders, pairs may take this part of an order's tests."""

SHORT = 16
"""Of so few earlier tests any may be suspected at once."""

WORTH_HALVING = 2
"""Halving takes about as many tests as are suspected; it waits for another order while these are more than so many
orders' worth. Of 1, 2 and 3, 2 proves most in simulated suites."""

DIRECTED = 2
"""Whole orders that are no shuffles."""

CONFIRMATIONS = 8
"""How often a proof is repeated that whole orders seem to contradict."""

MOST_CANDIDATES = 12

ORDER_DEPENDENT = frozenset((Kind.ORDER_DEPENDENT, Kind.NEEDS_EARLIER_TEST, Kind.NON_IDEMPOTENT))
_FINAL = ORDER_DEPENDENT | {Kind.FAILS_ALONE, Kind.FLAKY}


@dataclass(frozen=True, slots=True)
class Difference:
    """A test whose outcome depends on what ran before: it ends otherwise alone than after the ``earlier`` tests.

    ``signature`` is that of its failure after them, '' if it passed there and fails alone. ``result`` is the trial that
    shows it, as if it had ended with the victim; None if the observed run does.
    """

    victim: str
    earlier: tuple[str, ...]
    signature: str
    result: TrialResult | None = None


@dataclass(slots=True)
class Coverage:
    """What a hunt has tried: what its claim rests on. ``search`` and ``proof`` count the tests that ran in search of
    differences, and to prove them."""

    alone: set[str] = field(default_factory=set)
    orders: list[str] = field(default_factory=list)
    """The names of the whole orders that ran."""
    moved: set[str] = field(default_factory=set)
    """Tests that ran in another whole order."""
    neighbours: set[tuple[str, str]] = field(default_factory=set)
    in_vain: list[tuple[str, str]] = field(default_factory=list)
    """Trials that showed nothing, and why."""
    search: int = 0
    proof: int = 0


class Hunt:
    """A hunt in progress. :meth:`steps` yields trials and is sent their results; what is found is kept as it goes, so
    that a hunt may stop between any two trials."""

    def __init__(self, question: HuntQuestion) -> None:
        self.question = question
        self.order = tuple(test.nodeid for test in question.tests)
        self.coverage = Coverage()
        self.verdicts: dict[str, Verdict] = {}
        self.waiting: dict[str, Difference] = {}
        """Differences that are not proven."""
        self.problem = ""
        """Why trials show nothing, '' as long as they do."""
        self.done = False
        self.pairs = Pairs(question)
        self._tests = {test.nodeid: test for test in question.tests}
        self._alone: dict[str, TrialResult] = {}
        self._tried: dict[str, set[tuple[str, ...]]] = {}
        self._clues = Clues(question.tests)
        self._series = Series()
        self._proven: dict[str, Question] = {}
        """Victim -> the question that was answered with a proof which may have to be repeated."""
        self._problems = 0
        self._orders = self._whole_orders()
        for worker in dict.fromkeys(test.worker for test in question.tests):
            self._cover([test.nodeid for test in question.tests if test.worker == worker])
        self.pairs_observed = self.pairs.tried

    def passes_alone(self, nodeid: str) -> bool:
        """Whether it was seen to pass alone."""
        result = self._alone.get(nodeid)
        return result is not None and not failed(result.outcomes[-1])

    # -- search --------------------------------------------------------------------------------------------------

    def steps(self) -> Steps[None]:
        """All trials of the hunt: each test alone, the reversed order, authors before readers, then by turns the pairs
        of them that have not met and shuffled orders, until as many tests have run as the question allows. Each
        difference is proven as soon as few tests are suspected."""
        yield from self._each_alone()
        while len(self.coverage.orders) < DIRECTED and self._affordable and (yield from self._whole_order()):
            pass
        yield from self._prove_waiting()
        while self._affordable:
            yield from self._pairs_of_evidence(len(self.order) // SHARE)
            if not self._affordable:
                break
            ran = yield from self._whole_order()
            if not ran:
                break
            yield from self._prove_waiting()
        yield from self._prove_waiting(last=True)
        yield from self._prove_again()
        self.done = not self.problem

    @property
    def _affordable(self) -> bool:
        return not self.problem and self.coverage.search < self.question.orders * len(self.order)

    def _each_alone(self) -> Steps[None]:
        for test in self.question.tests:
            if self.problem:
                return
            result = yield from self._ensure_alone(test.nodeid)
            if result is not None and result.fresh and len(self._alone) == 1:
                # A process for each test is slow: one order first, which may show as much.
                yield from self._whole_order()
            if result is not None:
                yield from self._compare_alone(test, result)

    def _ensure_alone(self, nodeid: str) -> Steps[TrialResult | None]:
        """The result of the test alone, None if it shows nothing."""
        if nodeid not in self._alone:
            result = yield from self._search(Trial((nodeid,), nodeid, why="alone"))
            if result is None:
                return None
            self._alone[nodeid] = result
            self.coverage.alone.add(nodeid)
        return self._alone[nodeid]

    def _compare_alone(self, test: ObservedTest, result: TrialResult) -> Steps[None]:
        fails = failed(result.outcomes[-1])
        if test.passed and not fails:
            return
        earlier = self._observed_before(test)
        if fails and not test.passed:
            yield from self._prove(Difference(test.nodeid, earlier, test.signature), earlier, test.suspects)
        else:
            self.waiting[test.nodeid] = Difference(test.nodeid, earlier, test.signature)

    def _observed_before(self, test: ObservedTest) -> tuple[str, ...]:
        at = self.order.index(test.nodeid)
        return tuple(each.nodeid for each in self.question.tests[:at] if each.worker == test.worker)

    def _pairs_of_evidence(self, most: int) -> Steps[None]:
        """Run authors before readers where no order did so yet; at most so many tests."""
        limit = self.coverage.search + most
        for fan in self.pairs.fans():
            if not self._affordable or self.coverage.search >= limit:
                return
            result = yield from self._search(Trial(fan, fan[-1], why=_after(fan)))
            if result is not None:
                self._compare(result)
            yield from self._prove_waiting()

    def _whole_orders(self) -> Iterator[tuple[str, Sequence[str]]]:
        yield "the reversed order", self.order[::-1]
        authors_first = tuple(self.pairs.authors_first(self.order))
        if authors_first != self.order:
            yield "the order with authors first and cleaners last", authors_first
        for count, order in enumerate(tuscan_orders(self.order, self.question.seed), 1):
            yield f"shuffled order {count} of seed {self.question.seed}", order

    def _whole_order(self) -> Steps[bool]:
        """Run the next order; whether there was one."""
        name, order = next(self._orders, ("", ()))
        if len(order) < 2:
            return False
        result = yield from self._search(Trial(tuple(order), order[-1], why=name))
        if result is not None:
            self.coverage.orders.append(name)
            self.coverage.moved.update(order)
            self._clues.note(result.outcomes)
            self._compare(result)
        return True

    def _search(self, trial: Trial) -> Steps[TrialResult | None]:
        """Make a trial, and count it. None if it shows nothing."""
        result = yield trial
        self.coverage.search += len(trial.tests)
        problem = result.problem
        if not problem and sum(each.outcome is not Outcome.NOT_RUN for each in result.outcomes) < len(trial.tests):
            problem = "not all tests ran"
        if problem:
            self.coverage.in_vain.append((trial.why, problem))
            self._problems += 1
            if self._problems >= MOST_PROBLEMS:
                self.problem = problem
            return None
        self._problems = 0
        self._cover(trial.tests)
        return result

    def _cover(self, order: Sequence[str]) -> None:
        self.pairs.cover(order)
        if len(order) > 1:
            self.coverage.neighbours.update(pairwise(order))

    def _compare(self, result: TrialResult) -> None:
        """Remember the tests that passed in the observed run and failed here, each with the shortest order that shows
        it."""
        for position, outcome in enumerate(result.outcomes):
            test = self._tests[outcome.nodeid]
            if not test.passed or not failed(outcome) or test.nodeid in self.verdicts:
                continue
            known = self.waiting.get(test.nodeid)
            if known is not None and (not known.signature or len(known.earlier) <= position):
                continue
            tests = result.trial.tests[: position + 1]
            until = replace(result, trial=Trial(tests, test.nodeid), outcomes=result.outcomes[: position + 1])
            signature = outcome.signature or outcome.outcome.value
            self.waiting[test.nodeid] = Difference(test.nodeid, tests[:-1], signature, until)

    # -- proof ---------------------------------------------------------------------------------------------------

    def _prove_waiting(self, last: bool = False) -> Steps[None]:
        """Prove what the evidence explains, then the rest by halving what is suspected. While that is much, it waits
        for another order, which halves it for all of them at once; after the ``last`` order it waits no longer."""
        yield from self._each_waiting(self._prove_from_evidence)
        suspected = sum(len(self._suspects(difference)) for difference in self.waiting.values())
        if last or suspected <= WORTH_HALVING * len(self.order):
            yield from self._each_waiting(self._prove_by_halving)
        if last:
            yield from self._each_waiting(self._prove_by_bisection)

    def _each_waiting(self, prove: Callable[[Difference], Steps[None]]) -> Steps[None]:
        for victim in list(self.waiting):
            if self.problem:
                return
            alone = yield from self._ensure_alone(victim)
            if alone is None:
                continue
            test, difference = self._tests[victim], self.waiting[victim]
            if failed(alone.outcomes[-1]) and test.passed and difference.signature:
                difference = self.waiting[victim] = Difference(victim, self._observed_before(test), "")
            yield from prove(difference)

    def _prove_from_evidence(self, difference: Difference) -> Steps[None]:
        candidates = self._candidates(difference)
        named = {nodeid for candidate in candidates for nodeid in candidate.tests}
        for verdict in self.verdicts.values():  # the series tries what is proven for another test first
            named.update(*verdict.polluters)
        earlier = tuple(each for each in difference.earlier if each in named)
        if len(difference.earlier) <= SHORT:
            earlier = difference.earlier
        if earlier:
            yield from self._prove(difference, earlier, candidates)

    def _prove_by_halving(self, difference: Difference) -> Steps[None]:
        """One test that is needed is found by halving; first where it must be unless others clean up after it."""
        candidates = self._candidates(difference)
        for strict in (True, False):
            suspects = self._suspects(difference, strict)
            if difference.victim in self.waiting and suspects:
                yield from self._prove(difference, (yield from self._halved(difference, suspects)), candidates)

    def _prove_by_bisection(self, difference: Difference) -> Steps[None]:
        """Leave it to the planner, which finds tests that are needed jointly as well."""
        yield from self._prove(difference, difference.earlier, self._candidates(difference))

    def _suspects(self, difference: Difference, strict: bool = True) -> tuple[str, ...]:
        brittle = not difference.signature
        return self._clues.suspects(difference.victim, difference.earlier, brittle=brittle, strict=strict)

    def _halved(self, difference: Difference, suspects: tuple[str, ...]) -> Steps[tuple[str, ...]]:
        """The one test of them that gives the outcome, if any single one does."""
        victim = difference.victim
        while len(suspects) > 1:
            half = suspects[len(suspects) // 2 :]
            result = yield Trial((*half, victim), victim, why=f"after {number(len(half), 'suspected test')}")
            self.coverage.proof += len(half) + 1
            outcome = result.victim
            gives = outcome is not None and (
                outcome.signature == difference.signature if difference.signature else not failed(outcome)
            )
            suspects = half if gives else suspects[: len(suspects) // 2]
        return suspects

    def _prove(self, difference: Difference, earlier: tuple[str, ...], candidates: Iterable[Candidate]) -> Steps[None]:
        """Ask the planner, with only the ``earlier`` ones of the tests suspected; once for each choice of them."""
        victim = difference.victim
        tried = self._tried.setdefault(victim, set())
        if earlier in tried:
            return
        tried.add(earlier)
        among = {*earlier}
        suspected = tuple(each for each in candidates if among.issuperset(each.tests))
        question = Question(
            victim=victim,
            earlier=tuple(EarlierTest(nodeid, self._tests[nodeid].passed) for nodeid in earlier),
            signature=difference.signature,
            candidates=suspected,
            files=self.question.files,
            noise=() if suspected and len(tried) == 1 else (victim,),
            further=False,
        )
        known = [self._alone[victim]]
        if difference.result is not None:
            known.append(difference.result)
        verdict = yield from self._answered(plan(self._series.prepared(question)), known)
        if self._contradicted(verdict, or_healed=False):
            verdict = yield from self._answered(plan(_once_more(question, verdict)), ())
        elif verdict.proven:
            self._proven[victim] = question
        self._series.learn(verdict)
        if verdict.kind in _FINAL:
            self.verdicts[victim] = verdict
            self.waiting.pop(victim, None)

    def _contradicted(self, verdict: Verdict, or_healed: bool) -> bool:
        """Whether a whole order gave the outcome without the tests that are named: others do it too, or chance. With
        ``or_healed``, also whether one did not give it although they came before: others clean up, or it is chance."""
        named = frozenset(nodeid for each in (*verdict.polluters, *verdict.setters) for nodeid in each)
        return bool(named) and self._clues.contradict(
            verdict.victim, named, brittle=bool(verdict.setters), or_healed=or_healed
        )

    def _prove_again(self) -> Steps[None]:
        """Repeat the proofs that later orders seem to contradict."""
        for victim, question in self._proven.items():
            if self.problem or not self._contradicted(self.verdicts[victim], or_healed=True):
                continue
            verdict = yield from self._answered(plan(_once_more(question, self.verdicts[victim])), ())
            if verdict.kind in _FINAL:
                self.verdicts[victim] = verdict
            else:
                del self.verdicts[victim]
                self.waiting[victim] = Difference(victim, question.earlier_ids, question.signature)

    def _answered(self, steps: Steps[Verdict], known: Iterable[TrialResult]) -> Steps[Verdict]:
        """Pass the planner's trials on, but answer each of those that the search has made already once."""
        answers = {result.trial.tests: result for result in known}
        try:
            trial = next(steps)
            while True:
                plain = not (trial.fresh or trial.undo or trial.without_files)
                answer = answers.pop(trial.tests, None) if plain else None
                if answer is None:
                    result = yield trial
                    self.coverage.proof += len(trial.tests)
                else:
                    result = replace(answer, trial=trial)
                trial = steps.send(result)
        except StopIteration as stop:
            verdict: Verdict = stop.value
            return verdict

    def _candidates(self, difference: Difference) -> tuple[Candidate, ...]:
        """Who of the earlier tests left something that the victim reads, or may read; the latest first."""
        if difference.result is None:
            return self._tests[difference.victim].suspects
        position = {nodeid: place for place, nodeid in enumerate(difference.earlier, 1)}
        found = [
            Candidate((left.nodeid,), left.location, left.reason, weight + position[left.nodeid] / len(position) / 100)
            for left, weight in self.pairs.left_for(difference.victim)
            if left.nodeid in position
        ]
        return tuple(sorted(found, key=lambda candidate: -candidate.weight)[:MOST_CANDIDATES])


def _once_more(question: Question, verdict: Verdict) -> Question:
    """Ask about the named tests alone, with many more repeats and nothing taken as known."""
    sets = verdict.polluters or verdict.setters
    named = {nodeid for each in sets for nodeid in each}
    earlier = tuple(test for test in question.earlier if test.nodeid in named)
    return replace(question, earlier=earlier, noise=(question.victim,), confirmations=CONFIRMATIONS)


def _after(fan: Sequence[str]) -> str:
    author, *readers = fan
    among = f"{number(len(readers), 'reader')} " if len(readers) > 1 else ""
    return f"{among}after {name_of(author)}"
