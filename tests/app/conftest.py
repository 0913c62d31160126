"""Shared by all tests of the dashboard: an app over a workbench made of stories, its clock frozen, nothing animated."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from isolation_tui.app.app import IsolationApp
from isolation_tui.fix import FixStatus
from isolation_tui.model import Run, Stamped
from isolation_tui.workbench import FixOutcome

PATIENCE = 120.0
"""Seconds after which something that should have been seen is called missing; the machine may be busy."""


@dataclass
class FakeSource:
    """A source fed by hand: ``pending`` facts are folded by the next poll."""

    run: Run
    title: str = "demo_app"
    live: bool = False
    recording: Path | None = None
    recording_failure: str = ""
    damage: str = ""
    pending: list[Stamped] = field(default_factory=list)
    stops: int = 0

    @property
    def finished(self) -> bool:
        return self.run.finished

    def poll(self) -> bool:
        facts, self.pending = self.pending, []
        for fact in facts:
            self.run.apply(fact)
        return bool(facts)

    def stop(self) -> None:
        self.stops += 1

    def close(self) -> None: ...


class FakeWorkbench:
    """A workbench without pytest: it notes what it was asked to do in ``asked``."""

    def __init__(self, *runs: Run, live: bool = True, title: str = "demo_app/backend/tests") -> None:
        self.title = title
        self.sources = [FakeSource(run, live=live and not run.finished) for run in runs]
        self.can_run = live
        self.watching = False
        self.reason = ""
        self.fix_status = FixStatus.CLEAN
        self.fix_failure = self.fix_remark = ""
        self.project = None
        self.asked: list[tuple[str, Any]] = []
        self.failure: Exception | None = None

    @property
    def current(self) -> FakeSource | None:
        return self.sources[-1] if self.sources else None

    def start(self, select: Sequence[str] = ()) -> FakeSource:
        if self.failure:
            raise self.failure
        self.asked.append(("start", tuple(select)))
        source = FakeSource(Run(), live=True)
        self.sources.append(source)
        return source

    fix_outcome: FixOutcome | None = None

    def stop(self) -> None:
        self.asked.append(("stop", None))

    def poll(self) -> bool:
        return self.current.poll() if self.current else False

    def plan_fix(self) -> Any:
        if self.failure:
            raise self.failure
        return None

    def before_after(self) -> tuple[Run | None, Run | None]:
        runs = [source.run for source in self.sources if source.run.finished]
        return (
            next((run for run in reversed(runs) if not run.fix), None),
            next((run for run in reversed(runs) if run.fix), None),
        )

    def set_watching(self, on: bool) -> None:
        self.watching = on

    def close(self) -> None:
        self.asked.append(("close", None))


def make_app(workbench: Any, clock: Callable[[], float] = lambda: 1003.1) -> IsolationApp:
    """An app with a frozen clock, in which nothing moves by itself."""
    app = IsolationApp(workbench, clock=clock)
    app.animation_level = "none"
    return app


async def settle(pilot: Pilot[Any], condition: Callable[[], bool] | None = None) -> None:
    """Wait until the app is idle, and until ``condition`` holds (at most ``PATIENCE``)."""
    await drawn(pilot)
    deadline = time.monotonic() + PATIENCE
    while condition is not None and not condition():
        assert time.monotonic() < deadline, (
            f"the condition never came true; the screen shows:\n{screen_text(pilot.app)}"
        )
        await pilot.pause(0.01)
    await drawn(pilot)


async def drawn(pilot: Pilot[Any]) -> None:
    """Wait until every message is dealt with and nothing is left to be laid out or painted: one may bring the other."""
    for _ in range(20):
        await pilot.pause()
        await pilot._wait_for_screen()
        screen = pilot.app.screen
        if not (screen._layout_required or screen._scroll_required or screen._dirty_widgets):
            break


def screen_text(app: IsolationApp) -> str:
    """The text on the screen, without trailing blanks."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


@dataclass
class Stage:
    """What a test of the dashboard gets: the app, its pilot, its workbench."""

    app: IsolationApp
    pilot: Pilot[Any]
    workbench: FakeWorkbench

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settle(self.pilot)

    async def until(self, condition: Callable[[], bool]) -> None:
        await settle(self.pilot, condition)

    @property
    def text(self) -> str:
        return screen_text(self.app)


Play = Callable[[Stage], Awaitable[None]]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch, stylesheets: dict[Any, list[RuleSet]]) -> None:
    """Less is waited for: the app ticks and paints, and the pilot looks whether it is idle, several times as often. And
    the same stylesheet is parsed once, not again for each app."""
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 1 / 400)
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 1 / 400)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 1 / 1000)
    monkeypatch.setattr("isolation_tui.app.app.TICKS_PER_SECOND", 100)
    monkeypatch.setattr("isolation_tui.app.app.REPAINT", 0.0)
    parse = Stylesheet._parse_rules

    def parse_once(sheet: Stylesheet, css: str, **source: Any) -> list[RuleSet]:
        key = (css, *source.items(), *sheet._variables.items())
        if key not in stylesheets:
            stylesheets[key] = parse(sheet, css, **source)
        return stylesheets[key]

    monkeypatch.setattr(Stylesheet, "_parse_rules", parse_once)


@pytest.fixture(scope="session")
def stylesheets() -> Iterator[dict[Any, list[RuleSet]]]:
    """What was parsed already. Apps come and go quickly here: garbage is looked for less often meanwhile."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    yield {}
    gc.set_threshold(*thresholds)


@pytest.fixture(name="play")
def play_fixture(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a scene: ``play(scene, run, size=(160, 48))`` where ``scene`` is ``async def scene(stage): ...``."""
    for name in ("NO_COLOR", "ISOLATION_TUI_ASCII", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)

    def run(
        scene: Callable[[Stage], Coroutine[Any, Any, None]],
        *runs: Run,
        size: tuple[int, int] = (160, 48),
        workbench: FakeWorkbench | None = None,
        live: bool = True,
        environ: dict[str, str] | None = None,
    ) -> None:
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)

        async def main() -> None:
            bench = workbench or FakeWorkbench(*runs, live=live)
            app = make_app(bench)
            async with app.run_test(size=size, notifications=True) as pilot:
                await settle(pilot)
                await scene(Stage(app, pilot, bench))

        asyncio.run(main())

    return run


@pytest.fixture(name="workbench_of")
def workbench_of_fixture() -> type[FakeWorkbench]:
    """The fake workbench's class, for scenes that need to prepare one."""
    return FakeWorkbench


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a screen with ``tests/app/golden/NAME.txt``; ``UPDATE_GOLDEN=1`` rewrites it."""
    from golden_text import compare

    return compare


@pytest.fixture
def fake_workbench() -> type[FakeWorkbench]:
    """The class itself: for a scene that sets something before the start."""
    return FakeWorkbench
