"""What the guard says: in the error of a test, and in pytest's own summary."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_isolation.events import Place

from ..model import Run, Test
from ..text.sanitize import clean
from ..text.wording import number, relative
from .remnants import Key, Remnant

MOST_LINES = 20
"""Of the section in pytest's summary, headings and closing lines aside."""

MOST_PLACES, MOST_TOLD = 3, 9
"""How much of one author's is named in the summary, and in the error."""

Line = tuple[str, str]
"""Text, and its colour in pytest's words: ``red``, ``yellow``, ''."""

_COLOURS = {"failed": "red", "late": "red", "uncertain": "yellow", "seen": "", "accepted": ""}
_MARKS = {"failed": "failed", "late": "not failed: no test was left to fail", "uncertain": "uncertain: not failed"}
_STATES = ("failed", "late", "uncertain", "seen", "accepted")
"""The gravest first."""


def line_of(run: Run, place: Place) -> str:
    """``tests/conftest.py:12``; '' where it is not known."""
    if not place.file:
        return clean(place.module)
    return f"{clean(relative(place.file, run.rootdir))}:{place.line}" if place.line else clean(place.file)


# -- the error ----------------------------------------------------------------------------------------------------


def complaint(run: Run, test: Test, remnants: Sequence[Remnant]) -> str:
    """The text of the test's error: who, what, where, the remedy, and the command that repeats it. The first line says
    it all: it stands in pytest's own short summary."""
    authors: dict[str, list[Remnant]] = {}
    for remnant in remnants:
        authors.setdefault(remnant.key.author, []).append(remnant)
    told = _told_together([(remnant.what, remnant.group, remnant.thing) for remnant in remnants])
    more = f", and {number(len(told) - 1, 'other thing')}" if len(told) > 1 else ""
    lines = [f"{remnants[0].author.who} left behind: {told[0][0]}{more}"]
    for left in authors.values():
        lines += ["", *_paragraph(run, test, left)]
    lines += [
        "",
        f"repeat   python -m pytest {shlex.quote(clean(test.nodeid))} --isolation=strict",
        "accept   add --isolation-update-baseline to the run of the whole suite",
    ]
    return "\n".join(lines)


def _paragraph(run: Run, test: Test, left: Sequence[Remnant]) -> list[str]:
    author = left[0].author
    home = line_of(run, author.home)
    lines = [f"who      {author.who}{f', {home}' if home else ''}"]
    if author.wide:
        lines.append("         It ended with this test, and is not the test's own.")
    told = _told_together([(remnant.what, remnant.group, remnant.thing) for remnant in left])
    for at, (text, first) in enumerate(told[:MOST_TOLD]):
        place = line_of(run, left[first].place)
        lines.append(f"{'what' if not at else '':8} {text}{f'  ({place})' if place else ''}")
    if len(told) > MOST_TOLD:
        lines.append(f"         and {number(len(told) - MOST_TOLD, 'other thing')}")
    for at, remedy in enumerate(dict.fromkeys(remnant.remedy for remnant in left)):
        lines.append(f"{'remedy' if not at else '':8} {remedy}")
    return lines


def _told_together(things: Sequence[tuple[str, str, str]]) -> list[tuple[str, int]]:
    """Sentences, each with the index of the first thing that it is about; of (what, group, thing) those of one group
    stand in one: ``18 tables missing from memory: addresses, api_tokens, audit_entries and 15 more``."""
    groups: dict[str, list[int]] = {}
    for index, (what, group, _) in enumerate(things):
        groups.setdefault(group or f"{index} {what}", []).append(index)
    sentences = []
    for indices in groups.values():
        what, group, _ = things[indices[0]]
        named = _some([things[index][2] for index in indices])
        sentences.append((f"{len(indices)} {group}: {named}" if len(indices) > 1 else what, indices[0]))
    return sentences


# -- the section --------------------------------------------------------------------------------------------------


def merged(accounts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The accounts of several processes as one; the leak that several saw is one."""
    cases: dict[Key, dict[str, Any]] = {}
    lists: dict[str, dict[Any, None]] = {"imports": {}, "doubts": {}, "skipped": {}}
    for account in accounts:
        for name, known in lists.items():
            known.update(dict.fromkeys(tuple(each) if isinstance(each, list) else each for each in account[name]))
        for case in account["cases"]:
            key = Key(*case["key"])
            seen = cases.get(key)
            if seen is None:
                cases[key] = dict(case, key=key)
                continue
            for count in ("times", "met", "read"):
                seen[count] += case[count]
            seen["harmless"] = seen["harmless"] and case["harmless"]
            seen["state"] = min(seen["state"], case["state"], key=_STATES.index)
    return {"cases": list(cases.values()), **{name: list(known) for name, known in lists.items()}}


def section(account: dict[str, Any], stale: Sequence[Key], *, verbose: bool) -> list[Line]:
    """The lines below the heading, at most some twenty of them; no lines where there is nothing to say."""
    accepted = [case for case in account["cases"] if case["state"] == "accepted"]
    left = [case for case in account["cases"] if case["state"] != "accepted"]
    harmless = [case for case in left if case["harmless"] and case["state"] == "seen" and not verbose]
    authors: dict[str, list[dict[str, Any]]] = {}
    for case in sorted(left, key=_harm):
        if not any(case is quiet for quiet in harmless):
            authors.setdefault(case["key"].author, []).append(case)
    lines: list[Line] = []
    for at, cases in enumerate(authors.values()):
        if len(lines) >= MOST_LINES - 1 and not verbose:
            lines.append((f"and {number(len(authors) - at, 'more author')} (-v names them)", ""))
            break
        lines += _author_lines(cases, verbose)
    if harmless:
        quiet = len({case["key"].author for case in harmless})
        lines.append((f"{number(quiet, 'author')} left what no later test read (-v names them)", ""))
    if lines or verbose:  # what stands for every test from the start is worth a word beside something else
        lines += _import_lines(account["imports"])
    if accepted:
        lines.append((f"accepted by the baseline: {len(accepted)}", ""))
    if stale:
        lines.append((f"stale in the baseline, mended or gone: {len(stale)} (--isolation-update-baseline)", "yellow"))
        lines += [(f"  {key.kind}  {clean(key.location)}  {clean(key.author)}", "yellow") for key in stale[:5]]
        lines += [(f"  and {len(stale) - 5} more", "yellow")] if len(stale) > 5 else []
    lines += [(f"to be read with care: {clean(doubt)}", "yellow") for doubt in account["doubts"]]
    return lines


def heading(account: dict[str, Any]) -> str:
    authors = {case["key"].author for case in account["cases"] if case["state"] != "accepted"}
    return f"isolation: {number(len(authors), 'author')} left state behind" if authors else "isolation"


def _author_lines(cases: Sequence[dict[str, Any]], verbose: bool) -> list[Line]:
    first = cases[0]
    colour = next((_COLOURS[case["state"]] for case in cases if _COLOURS[case["state"]]), "")
    lines = [(f"{first['who']}{f'  {place}' if (place := first['place']) else ''}", colour)]
    told = _told_together([(case["what"], case["group"], case["thing"]) for case in cases])
    shown = told if verbose else told[:MOST_PLACES]
    for text, index in shown:
        case = cases[index]
        remarks = [
            _MARKS.get(case["state"], ""),
            f"again {number(case['times'] - 1, 'time')}" if case["times"] > 1 else "",
            f"met by {number(case['met'], 'test')}" if case["met"] else "",
            f"read by {case['read']}" if case["read"] else "",
        ]
        lines.append(("  " + "; ".join([text, *filter(None, remarks)]), ""))
    if len(told) > len(shown):
        lines.append((f"  and {number(len(told) - len(shown), 'other thing')}", ""))
    return lines


def _import_lines(imports: Sequence[tuple[str, str, str]]) -> list[Line]:
    made: dict[tuple[str, str], list[str]] = {}
    for place, what, table in imports:
        made.setdefault((place, what), []).append(clean(table))
    return [(f"by import, {place}: {what} {_some(sorted(tables))}", "") for (place, what), tables in made.items()]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_PLACES} more" if len(names) > MOST_PLACES else ""
    return f"{', '.join(names[:MOST_PLACES])}{more}"


def _harm(case: dict[str, Any]) -> tuple[Any, ...]:
    state = case["state"]
    return (state not in ("failed", "late"), -case["read"], -case["met"], case["key"].author, case["key"])
