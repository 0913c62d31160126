"""How the timeline is drawn: line by line, each kept for as long as it would look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ...model import Run, Test
from ..timeline.axis import axis_for, clock_for, tests_at
from ..timeline.index import TimelineIndex
from ..timeline.layout import Kind, Layout, Line
from ..timeline.line_text import Look, draw

if TYPE_CHECKING:
    from ..app import IsolationApp

STYLES = (
    "passed",
    "failed",
    "error",
    "crashed",
    "skipped",
    "xfailed",
    "xpassed",
    "running",
    "waiting",
    "not-run",
    "unknown",
    "bar",
    "held",
    "tick",
    "muted",
    "file",
    "name",
    "created",
    "dropped",
    "registered",
    "refused",
    "cleared",
    "removed",
    "disposed",
    "dirty",
)

Key = tuple[object, ...]
"""The line and all that its drawing depends on; empty if there is no line."""


class TimelineCanvas(ScrollView):
    """Draws the visible lines of the timeline, so that a frame costs the same with any number of tests."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{name}" for name in (*STYLES, "cursor", "line")}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.run: Run | None = None
        self.index: TimelineIndex | None = None
        self.picture = Layout(TimelineIndex(Run()))
        self.cursor: Test | None = None
        self.cursor_line: Line | None = None
        self.zoom = 0
        self.by_time = False
        self._strips: LRUCache[object, Strip] = LRUCache(2048)
        self._palette: dict[str, Style] = {}
        self._asked: list[Key] = []
        """The keys of the visible lines in the frame that was requested last."""

    def empty_words(self) -> str:
        """The text while there are no lines."""
        if self.run is not None and self.run.finished:
            return "No test ran. o shows what pytest printed."
        return "Each file appears here as it is collected."

    def forget_strips(self) -> None:
        """Clear the cache of drawn lines."""
        self._strips.clear()
        self._asked = []

    def look(self) -> Look:
        """The settings that lines are drawn with."""
        app = cast("IsolationApp", self.app)
        now = self.run.last_at if self.run is not None else 0.0
        return Look(
            width=self.scrollable_content_region.width,
            glyphs=app.glyphs,
            zoom=self.zoom,
            by_time=self.by_time,
            cursor=self.cursor,
            now=now,
        )

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.forget_strips()
        self._palette.clear()

    def _style(self, name: str) -> Style:
        """The style of a name; ``+cursor`` and ``+line`` add a highlight."""
        style = self._palette.get(name)
        if style is None:
            plain, *over = name.split("+")
            style = self.rich_style
            if plain:
                style += self.get_component_rich_style(f"timeline--{plain}")
            for layer in over:
                style += self.get_component_rich_style(f"timeline--{layer}", partial=True)
                if self.app.no_color:
                    style += Style(reverse=True)
            self._palette[name] = style
        return style

    # -- drawing -------------------------------------------------------------------------------------------------

    def repaint(self) -> None:
        """Repaint the lines that changed."""
        before, self._asked = self._asked, self._keys()
        if len(before) != len(self._asked) or not self.picture.lines:
            self.refresh()
            return
        width = self.region.width
        changed = [Region(0, y, width, 1) for y, key in enumerate(self._asked) if key != before[y]]
        if changed:
            self.refresh(*changed)

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)  # repaints all
        self._asked = self._keys()

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.region.width, 1))[0]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines without Textual's handling of borders and padding, which takes three times as long."""
        keys, look = self._keys(), self.look()
        filters, background = self.get_line_filters(), self.background_colors[1]
        strips = []
        for y in crop.line_range:
            strip = self._strip(y, keys[y] if y < len(keys) else (), look)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip)
        if crop.column_span != (0, self.region.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _keys(self) -> list[Key]:
        """The key of each visible line."""
        top, (width, height) = self.scroll_offset.y, self.region.size
        now = self.run.last_at if self.by_time and self.run is not None else 0
        keys: list[Key] = []
        for line in self.picture.lines[top : top + height]:
            section = line.section
            here = self.cursor if self.cursor is not None and self.cursor in section.column_of else None
            growing = now if now and not section.done else 0
            under = line == self.cursor_line
            keys.append((line, section.revision, section.open, width, self.zoom, self.by_time, here, growing, under))
        return keys + [()] * (height - len(keys))

    def _strip(self, y: int, key: Key, look: Look) -> Strip:
        width = self.region.width
        if not key or self.index is None:
            if not self.picture.lines and y == self.region.height // 2:
                words = self.empty_words().center(width)[:width]
                return Strip([Segment(words, self._style("muted"))]).adjust_cell_length(width, self._style(""))
            return Strip.blank(width, self._style(""))
        strip = self._strips.get(key)
        if strip is None:
            pieces = draw(cast(Line, key[0]), self.index, look, under_cursor=bool(key[-1]))
            strip = Strip([Segment(text, self._style(name)) for text, name in pieces if text])
            strip = self._strips[key] = strip.adjust_cell_length(width, self._style(""))
        return strip

    # -- the mouse -----------------------------------------------------------------------------------------------

    def test_at(self, line: Line, x: int) -> Test | None:
        """The test that a cell shows; a failing one where several share it."""
        assert self.index is not None
        look, section = self.look(), line.section
        left = look.left(self.index)
        cells = look.width - left - look.right - 1
        if line.kind is Kind.GAP or not 0 <= x - left < cells:
            return None
        column = section.column_of.get(self.cursor) if self.cursor is not None else None
        if line.kind is not Kind.HEAD and self.by_time and section.began_at:
            begin = self.cursor.started if column is not None and self.cursor is not None else None
            tests = tests_at(section, clock_for(section, cells, self.zoom, look.now, begin), x - left)
        else:
            zoom, column = (0, None) if line.kind is Kind.HEAD else (self.zoom, column)
            low, high = axis_for(section, cells, zoom, column, self.index.largest).span(x - left)
            tests = section.columns[low:high]
        return next((test for test in tests if test.outcome.bad), tests[0] if tests else None)
