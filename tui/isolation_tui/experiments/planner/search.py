"""Minimal sets: which tests, or files, are needed for an outcome. Evidence first, then bisection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from ..question import Candidate
from ..trial import Trial
from ..verdict import TestSet
from .notebook import Inconclusive, Notebook, Seen, Steps

TRIES = 3
"""Candidates that are tried one by one before all of them are tried as a group."""
MOST_JOINT = 6
"""A set of more is no explanation."""
MOST_BLOCKERS = 32


@dataclass(frozen=True, slots=True)
class MinimalSet:
    """Items all of which are needed, in order. ``from_evidence`` says that they were among the candidates."""

    items: TestSet
    from_evidence: bool


class Search:
    """Looks among ``items`` for minimal sets that give the outcome ``wanted``; without any, the outcome is another.

    ``trial`` makes the trial with exactly the given items, and with ``confirm_fresh`` one in a process of its own
    confirms what is found. ``suspects`` are the sets to try first, in order of rank.
    """

    def __init__(
        self,
        notebook: Notebook,
        items: Sequence[str],
        wanted: Seen,
        trial: Callable[[TestSet], Trial],
        suspects: Iterable[TestSet] = (),
        tries: int = TRIES,
        confirm_fresh: bool = True,
    ) -> None:
        self.notebook = notebook
        self.items = tuple(items)
        self.wanted = wanted
        self.trial = trial
        self.tried: list[TestSet] = []
        """Candidates that did not give the outcome, in the order they were tried."""
        self.whole: Seen | None = None
        """What all items together show; None if that was not asked."""
        self.unconfirmed: dict[TestSet, str] = {}
        """Sets of which a process of its own showed nothing, and why."""
        self._suspects = sorted(dict.fromkeys(map(self._ordered, suspects)), key=self._size)
        self._tries = tries
        self._confirm_fresh = confirm_fresh

    def gives(self, items: TestSet, fresh: bool = False) -> Steps[bool]:
        """Whether exactly these items give the outcome. Where a process of its own shows nothing, because plain pytest
        cannot run them in this order say, another trial has to do."""
        trial = self._fresh(items) if fresh else self.trial(items)
        seen = yield from self.notebook.ask(trial, optional=trial.fresh)
        if seen is Seen.NOTHING and trial.fresh:
            self.unconfirmed[items] = self.notebook.problem
            seen = yield from self.notebook.ask(self.trial(items))
        if seen is Seen.OTHER and self.wanted is Seen.SAME and not self.notebook.signature:
            self.notebook.adopt_failure()  # the first failure that is seen of a test that passed
            return True
        return seen is self.wanted

    def first(self) -> Steps[MinimalSet | None]:
        """One minimal set; None if all items together do not give the outcome."""
        found = yield from self.among_candidates(self.items)
        if found is not None or not self.items:
            return found
        self.whole = yield from self.notebook.ask(self.trial(self.items))
        if self.whole is not self.wanted:
            return None
        return MinimalSet((yield from self.minimal(self.items)), from_evidence=False)

    def among_candidates(self, items: Sequence[str]) -> Steps[MinimalSet | None]:
        """A minimal set that the evidence points to: single candidates first, then those together, then all of them."""
        allowed = {*items, self.notebook.question.victim}
        suspects = [each for each in self._suspects if allowed.issuperset(each)]
        untried = [each for each in suspects if each not in self.tried]
        for suspect in islice(untried, self._tries):
            at_once = len(self.tried) < self.notebook.question.fresh_tries or not self.notebook.forks
            if (yield from self.gives(suspect, fresh=at_once)):
                return MinimalSet((yield from self.minimal(suspect)), from_evidence=True)
            self.tried.append(suspect)
        for together in ([each for each in suspects if each in self.tried], suspects):
            group = self._ordered({item for each in together for item in each} - {self.notebook.question.victim})
            if len(together) > 1 and len(group) > 1 and (yield from self.gives(group)):
                return MinimalSet((yield from self.minimal(group)), from_evidence=True)
        return None

    def minimal(self, items: TestSet) -> Steps[TestSet]:
        """The items that are needed of those which together give the outcome.

        Finds the shortest end of the list that gives it, by bisection: that end's first item is needed, given all that
        follows. Keeps it, and goes on in what follows until the kept items suffice. One item of n takes log2 n trials
        and the last one; k items that are needed jointly about k times as many. What is found last is confirmed in a
        process of its own.
        """
        kept: TestSet = ()
        rest = items
        while len(kept) < MOST_JOINT:
            length = yield from self._shortest_end(kept, rest)
            kept = (*kept, rest[-length])
            rest = rest[len(rest) - length + 1 :]
            if (yield from self.gives(kept, fresh=True)):
                return (yield from self._without_superfluous(kept))
            if (yield from self.notebook.run(self.trial(kept))) is self.wanted:
                raise (yield from self.contradiction(kept))
            if not rest:
                raise self.notebook.differing(self.trial(kept))
        raise Inconclusive(f"more than {MOST_JOINT} tests seem to be needed together")

    def _shortest_end(self, kept: TestSet, rest: TestSet) -> Steps[int]:
        """The length of an end of ``rest`` that, with ``kept``, gives the outcome, while one item less does not."""
        fails, gives = 0, len(rest)
        while gives - fails > 1:
            middle = (fails + gives) // 2
            if (yield from self.gives((*kept, *rest[-middle:]))):
                gives = middle
            else:
                fails = middle
        return gives

    def _without_superfluous(self, kept: TestSet) -> Steps[TestSet]:
        """1-minimal. The last item was seen to be needed already."""
        found = kept
        for item in kept[:-1]:
            smaller = tuple(each for each in found if each != item)
            if (yield from self.gives(smaller)):
                found = smaller
        if found is not kept and not (yield from self.gives(found, fresh=True)):
            raise (yield from self.contradiction(found))
        return found

    def contradiction(self, items: TestSet) -> Steps[Exception]:
        """What to raise where equal trials of the set differ: by chance, or by the process that they ran in."""
        trial = self.trial(items)
        yield from self.notebook.run(self._fresh(items), optional=True)
        yield from self.notebook.run(trial)
        if self.notebook.differs_by_process(trial):
            return Inconclusive("it ends otherwise in a process of its own than in one that imported all test files")
        return self.notebook.differing(trial)

    def further(self, found: Sequence[TestSet], control: Seen, blocked: set[TestSet]) -> Steps[TestSet | None]:
        """A minimal set beside the ``found`` ones; None if there is none: with one item of each away, in all ways that
        there are, the outcome is the ``control``'s. ``blocked`` remembers what was tried."""
        for blocker in blockers(found):
            if blocker in blocked:
                continue
            blocked.add(blocker)
            rest = tuple(item for item in self.items if item not in blocker)
            seen = (yield from self.notebook.ask(self.trial(rest))) if rest else control
            if seen is self.wanted:
                among = yield from self.among_candidates(rest)
                return among.items if among is not None else (yield from self.minimal(rest))
            if seen is Seen.NOTHING:
                raise Inconclusive(self.notebook.problem)
            if seen is not control:
                raise Inconclusive("without the polluters that were found, the same order gives another outcome")
        return None

    def refuted(self, candidates: Iterable[Candidate], items_of: Callable[[Candidate], TestSet]) -> list[Candidate]:
        """The candidates that were tried in vain, though their tests ended as they did in the observed run."""
        innocent = {each for each in self.tried if self.notebook.refuted(self.trial(each))}
        return [candidate for candidate in candidates if self._ordered(items_of(candidate)) in innocent]

    def _size(self, suspect: TestSet) -> int:
        """The smallest first, but before them those that are proven for another test."""
        return 0 if suspect in self.notebook.question.confirmed else len(suspect)

    def _fresh(self, items: TestSet) -> Trial:
        confirmed = items in self.notebook.question.confirmed
        return replace(self.trial(items), fresh=self._confirm_fresh and not confirmed)

    def _ordered(self, items: Iterable[str]) -> TestSet:
        wanted = set(items)
        known = tuple(item for item in self.items if item in wanted)
        return known + tuple(item for item in dict.fromkeys(items) if item not in known)


def blockers(sets: Sequence[TestSet]) -> list[TestSet]:
    """The minimal choices of one item of each set. Where taking away any of them takes the outcome away, there is no
    set beside the given ones."""
    choices = {frozenset(choice) for choice in islice(product(*sets), MOST_BLOCKERS)}
    smallest = [choice for choice in choices if not any(other < choice for other in choices)]
    return sorted(tuple(sorted(choice)) for choice in smallest)
