"""Options of pytest and its plugins that would reorder, deselect, repeat or stop a trial, or write a report.

They are set after parsing: ``-p no:xdist`` would make the ``-n 4`` in a project's ``addopts`` an unknown option.
"""

import shlex
from typing import Any, Dict, List, Tuple

_Options = Dict[str, Any]

REPORTS: _Options = {
    # Files of the user's: the cache, reports, coverage, profiles, snapshots.
    "cacheclear": False,
    "xmlpath": None,
    "resultlog": None,
    "log_file": None,
    "report_log": None,
    "htmlpath": None,
    "json_report": False,
    "allure_report_dir": None,
    "csv_path": None,
    "pastebin": None,
    "debug": None,
    "cov_source": [],
    "memray": False,
    "profile": False,
    "profile_svg": False,
    "no_monitor": True,
    "benchmark_autosave": False,
    "benchmark_save": None,
    "benchmark_json": None,
    "update_snapshots": False,
    "snapshot_update": False,
    "force_regen": False,
    "regen_all": False,
}
"""What a run by us never writes, not even the plain one."""

ORDER: _Options = {
    # In other processes: pytest-xdist, pytest-parallel, pytest-run-parallel.
    "numprocesses": None,
    "dist": "no",
    "tx": [],
    "looponfail": False,
    "distload": False,
    "workers": None,
    "tests_per_worker": None,
    "parallel_threads": 1,
    # Not to the end.
    "maxfail": 0,
    "stepwise": False,
    "stepwise_skip": False,
    "usepdb": False,
    "trace": False,
    "continue_on_collection_errors": True,
    # Nothing but collecting, or listing.
    "collectonly": False,
    "setuponly": False,
    "setupplan": False,
    "showfixtures": False,
    "show_fixtures_per_test": False,
    "cacheshow": None,
    # Other tests, or another order.
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "picked": None,
    "testmon": False,
    "tmnet": False,
    "randomly_reorganize": False,
    # Again: pytest-rerunfailures.
    "reruns": 0,
}
"""What would run other tests than those of the trial, or run them in another way."""

RERUNNERS = ("rerunfailures", "flaky")
"""Plugins that run a failed test again, by a mark too: their part in running a test is left out."""

SEED = 1
"""Of pytest-randomly, where it would be another one in each run: equal trials must start equal."""


def keep_reports(options: Any, scratch: str = "") -> None:
    """Let this run write none of the user's reports. ``scratch`` is where temporary folders of tests may be made."""
    _set(options, REPORTS)
    if scratch and hasattr(options, "basetemp"):
        options.basetemp = scratch + "/t"


def neutralise(options: Any) -> None:
    """Let nothing reorder, deselect, repeat or stop the tests of this run."""
    _set(options, ORDER)
    if type(getattr(options, "randomly_seed", None)) is str:
        options.randomly_seed = SEED


def _set(options: Any, values: _Options) -> None:
    """Those that this pytest knows."""
    for name, value in values.items():
        if hasattr(options, name):
            setattr(options, name, list(value) if type(value) is list else value)


_NOT_TO_BE_TAKEN_BACK = {
    "--lf",
    "--last-failed",
    "--ff",
    "--failed-first",
    "--nf",
    "--new-first",
    "--sw",
    "--stepwise",
    "--sw-skip",
    "--stepwise-skip",
    "--random-order",
    "--reverse",
    "--picked",
    "--testmon",
    "--looponfail",
    "-f",
    "--pdb",
    "--cache-clear",
}
"""Flags that no later option takes back: a plain command has to leave them out."""


def plain_arguments(config: Any, own: List[str]) -> List[str]:
    """The arguments that make a plain pytest run the node ids behind them and nothing else, in their order.

    ``own`` are the arguments that pytest was started with. Call it before :func:`neutralise`.
    """
    options = config.option
    places = list(getattr(options, "file_or_dir", []))
    addopts = [str(each) for each in config.getini("addopts")]
    kept, plain = _without(addopts, places), _without(own, places)
    if kept != addopts:
        plain = ["-o", "addopts=" + " ".join(map(shlex.quote, kept)), *plain]
    return plain + _taken_back(config, options, kept + plain)


def _without(given: List[str], places: List[str]) -> List[str]:
    return [each for each in given if each not in _NOT_TO_BE_TAKEN_BACK and each not in places]


def _taken_back(config: Any, options: Any, given: List[str]) -> List[str]:
    """Only what is really in use: each of these is an unknown option where its plugin is not installed."""
    found: List[str] = []
    if getattr(options, "numprocesses", None) or getattr(options, "dist", "no") != "no":
        found += ["-n", "0"]
    if getattr(options, "maxfail", 0):
        found.append("--maxfail=0")
    found += ["-k", ""] if getattr(options, "keyword", "") else []
    found += ["-m", ""] if getattr(options, "markexpr", "") else []
    if getattr(options, "cov_source", None):
        found.append("--no-cov")
    if getattr(options, "reruns", None):
        found.append("--reruns=0")
    if config.pluginmanager.hasplugin("randomly") and getattr(options, "randomly_reorganize", False):
        asked = any(each.startswith("--randomly") for each in given)
        found += ["--randomly-dont-reorganize"] if asked else ["-p", "no:randomly"]
    return found


def reorderers(config: Any) -> List[str]:
    """Names of installed plugins that take part in choosing and ordering tests, by which ``-p no:NAME`` knows them."""
    manager = config.pluginmanager
    found = []
    for implementation in config.hook.pytest_collection_modifyitems.get_hookimpls():
        module = getattr(implementation.plugin, "__name__", None)
        if module is not None and not module.startswith(("_pytest.", "xdist", "pytest_asyncio")):
            name = manager.get_name(implementation.plugin)
            if name and not name.endswith(".py"):  # a conftest's name is its path
                found.append(name)
    return sorted(set(found))


def split_own(arguments: Tuple[str, ...]) -> List[str]:
    """The arguments that pytest was started with, without the one that loads this plugin."""
    given = [str(each) for each in arguments]
    for number, each in enumerate(given):
        if each == "-p" and given[number + 1 : number + 2] == ["pytest_isolation.trials"]:
            return given[:number] + given[number + 2 :]
    return given
