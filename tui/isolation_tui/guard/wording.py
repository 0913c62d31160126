"""The guard's texts: the error of a test, and the section in pytest's summary."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_isolation.events import Place

from ..model import Author, Run, Test
from ..text.sanitize import clean
from ..text.wording import number, where, without_folders
from .leaks import LeakFound, LeakKey, definition_of, file_of, xunit_name

MOST_LINES = 20
"""How many lines the section has at most, without heading and closing lines."""

MOST_PLACES, MOST_IN_ERROR = 3, 9
"""How many leaks of one author are named in the summary, and in the error."""

Line = tuple[str, str]
"""Text, and its colour in pytest's words: ``red``, ``yellow``, ''."""

_COLOURS = {"failed": "red", "late": "red", "uncertain": "yellow", "seen": "", "accepted": ""}
_MARKS = {"failed": "failed", "late": "not failed: found after the last test", "uncertain": "uncertain: not failed"}
_STATES = ("failed", "late", "uncertain", "seen", "accepted")
"""The worst first."""


def author_title(run: Run, author: Author) -> str:
    """``class-scoped fixture user``, ``test_a.py::test_it``, ``the import of shop.py``."""
    if author.nodeid:
        return clean(without_folders(author.nodeid))
    definition = definition_of(run, author)
    if definition is None:
        return f"the import of {clean(file_of(run, author.place)) or 'a module'}"
    name, _ = xunit_name(definition)
    return name or (f"{definition.scope}-scoped " if author.wide else "") + clean(author.label)


def home_of(run: Run, author: Author) -> Place:
    """Where the author is defined."""
    definition = definition_of(run, author)
    name, file = xunit_name(definition) if definition is not None else ("", "")
    return Place("", file) if name else author.place


# -- the error ----------------------------------------------------------------------------------------------------


def complaint(run: Run, test: Test, leaks: Sequence[LeakFound]) -> str:
    """The text of the test's error: who, what, where, the remedy, and the command that repeats it.

    The first line is the shortest form: pytest's short summary shows it."""
    authors: dict[str, list[LeakFound]] = {}
    for leak in leaks:
        authors.setdefault(leak.key.author, []).append(leak)
    sentences = _grouped([(leak.what, leak.group, leak.thing) for leak in leaks])
    more = f", and {number(len(sentences) - 1, 'other thing')}" if len(sentences) > 1 else ""
    lines = [f"{author_title(run, leaks[0].author)} left behind: {sentences[0][0]}{more}"]
    for left in authors.values():
        lines += ["", *_paragraph(run, test, left)]
    lines += [
        "",
        f"repeat   python -m pytest {shlex.quote(clean(test.nodeid))} --isolation=strict",
        "accept   add --isolation-update-baseline to the run of the whole suite",
    ]
    return "\n".join(lines)


def _paragraph(run: Run, test: Test, left: Sequence[LeakFound]) -> list[str]:
    author = left[0].author
    home = where(home_of(run, author), run)
    lines = [f"who      {author_title(run, author)}{f', {home}' if home else ''}"]
    if author.wide:
        lines.append("         It ended with this test, and is not the test's own.")
    sentences = _grouped([(leak.what, leak.group, leak.thing) for leak in left])
    for at, (text, first) in enumerate(sentences[:MOST_IN_ERROR]):
        place = where(left[first].place, run)
        lines.append(f"{'what' if not at else '':8} {text}{f'  ({place})' if place else ''}")
    if len(sentences) > MOST_IN_ERROR:
        lines.append(f"         and {number(len(sentences) - MOST_IN_ERROR, 'other thing')}")
    for at, remedy in enumerate(dict.fromkeys(leak.remedy for leak in left)):
        lines.append(f"{'remedy' if not at else '':8} {remedy}")
    return lines


def _grouped(things: Sequence[tuple[str, str, str]]) -> list[tuple[str, int]]:
    """Sentences, each with the index of the first thing that it is about. Of (what, group, thing) those of one group
    share one: ``18 tables missing from memory: addresses, api_tokens, audit_entries and 15 more``."""
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
    """The accounts of several processes as one. A leak that several of them found is one leak."""
    leaks: dict[LeakKey, dict[str, Any]] = {}
    lists: dict[str, dict[Any, None]] = {"imports": {}, "doubts": {}, "skipped": {}}
    for account in accounts:
        for name, known in lists.items():
            known.update(dict.fromkeys(tuple(each) if isinstance(each, list) else each for each in account[name]))
        for leak in account["leaks"]:
            key = LeakKey(*leak["key"])
            seen = leaks.get(key)
            if seen is None:
                leaks[key] = dict(leak, key=key)
                continue
            for count in ("times", "met", "read"):
                seen[count] += leak[count]
            seen["harmless"] = seen["harmless"] and leak["harmless"]
            seen["state"] = min(seen["state"], leak["state"], key=_STATES.index)
    return {"leaks": list(leaks.values()), **{name: list(known) for name, known in lists.items()}}


def section(account: dict[str, Any], stale: Sequence[LeakKey], *, verbose: bool) -> list[Line]:
    """The lines below the heading, about twenty at most; none if there is nothing to report."""
    accepted = [leak for leak in account["leaks"] if leak["state"] == "accepted"]
    left = [leak for leak in account["leaks"] if leak["state"] != "accepted"]
    harmless = [leak for leak in left if leak["harmless"] and leak["state"] == "seen" and not verbose]
    authors: dict[str, list[dict[str, Any]]] = {}
    for leak in sorted(left, key=_harm):
        if not any(leak is quiet for quiet in harmless):
            authors.setdefault(leak["key"].author, []).append(leak)
    lines: list[Line] = []
    for at, leaks in enumerate(authors.values()):
        if len(lines) >= MOST_LINES - 1 and not verbose:
            lines.append((f"and {number(len(authors) - at, 'more author')} (-v names them)", ""))
            break
        lines += _author_lines(leaks, verbose)
    if harmless:
        quiet = len({leak["key"].author for leak in harmless})
        lines.append((f"{number(quiet, 'author')} left state that no later test read (-v names them)", ""))
    if lines or verbose:  # imports alone are no reason for a section
        lines += _import_lines(account["imports"])
    if accepted:
        lines.append((f"accepted by the baseline: {len(accepted)}", ""))
    if stale:
        lines.append((f"no longer found, still in the baseline: {len(stale)} (--isolation-update-baseline)", "yellow"))
        lines += [(f"  {key.kind}  {clean(key.location)}  {clean(key.author)}", "yellow") for key in stale[:5]]
        lines += [(f"  and {len(stale) - 5} more", "yellow")] if len(stale) > 5 else []
    lines += [(f"incomplete: {clean(doubt)}", "yellow") for doubt in account["doubts"]]
    return lines


def heading(account: dict[str, Any]) -> str:
    """``isolation: 3 authors left state behind``."""
    authors = {leak["key"].author for leak in account["leaks"] if leak["state"] != "accepted"}
    return f"isolation: {number(len(authors), 'author')} left state behind" if authors else "isolation"


def _author_lines(leaks: Sequence[dict[str, Any]], verbose: bool) -> list[Line]:
    first = leaks[0]
    colour = next((_COLOURS[leak["state"]] for leak in leaks if _COLOURS[leak["state"]]), "")
    lines = [(f"{first['who']}{f'  {place}' if (place := first['place']) else ''}", colour)]
    sentences = _grouped([(leak["what"], leak["group"], leak["thing"]) for leak in leaks])
    shown = sentences if verbose else sentences[:MOST_PLACES]
    for text, index in shown:
        leak = leaks[index]
        remarks = [
            _MARKS.get(leak["state"], ""),
            f"again {number(leak['times'] - 1, 'time')}" if leak["times"] > 1 else "",
            f"met by {number(leak['met'], 'test')}" if leak["met"] else "",
            f"read by {leak['read']}" if leak["read"] else "",
        ]
        lines.append(("  " + "; ".join([text, *filter(None, remarks)]), ""))
    if len(sentences) > len(shown):
        lines.append((f"  and {number(len(sentences) - len(shown), 'other thing')}", ""))
    return lines


def _import_lines(imports: Sequence[tuple[str, str, str]]) -> list[Line]:
    made: dict[tuple[str, str], list[str]] = {}
    for place, what, table in imports:
        made.setdefault((place, what), []).append(clean(table))
    return [(f"by import, {place}: {what} {_some(sorted(tables))}", "") for (place, what), tables in made.items()]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_PLACES} more" if len(names) > MOST_PLACES else ""
    return f"{', '.join(names[:MOST_PLACES])}{more}"


def _harm(leak: dict[str, Any]) -> tuple[Any, ...]:
    state = leak["state"]
    return (state not in ("failed", "late"), -leak["read"], -leak["met"], leak["key"].author, leak["key"])
