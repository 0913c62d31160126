"""A list of lines with a cursor. It draws only the visible lines, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style as RichStyle
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from .. import keys


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list. ``content`` may be a function, which is called when the line is visible.

    ``key`` identifies the line when it is chosen; the cursor skips lines whose key is None.
    """

    content: Content | Callable[[], Content]
    key: Hashable | None = None

    def drawn(self) -> Content:
        return self.content() if callable(self.content) else self.content


Builder = Callable[[int], Sequence[Line]]
"""Makes the lines for a width in cells; called again when the width changes."""


class LineList(ScrollView, can_focus=True):
    """Shows the lines of a builder, see :meth:`show`. If no line has a key, the list only scrolls.

    The cursor stays on its key, and the scroll position stays, when lines around it change.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--cursor", "line-list--cursor-blurred"}

    DEFAULT_CSS = """
    LineList {
        height: 1fr;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        &.-sideways { overflow-x: auto; text-overflow: clip; }
        .line-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        .line-list--cursor-blurred { background: $block-hover-background; }
        &:nocolor .line-list--cursor { text-style: bold reverse; }
        &:nocolor .line-list--cursor-blurred { text-style: underline; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*keys.LIST]

    class Moved(Message):
        """The cursor is on another key."""

        def __init__(self, lines: LineList, key: Hashable) -> None:
            super().__init__()
            self.lines, self.key = lines, key

        @property
        def control(self) -> LineList:
            return self.lines

    class Chosen(Moved):
        """Enter, or a second click, on a line with a key."""

    cursor: reactive[int] = reactive(-1, repaint=False)
    """Index of the line under the cursor; -1 if no line can be chosen."""

    def __init__(
        self, *, id: str | None = None, classes: str | None = None, sideways: bool = False, keyed: bool = True
    ) -> None:
        super().__init__(id=id, classes=f"{classes or ''} {'-sideways' if sideways else ''}".strip() or None)
        self._keyed = keyed
        self._builder: Builder | None = None
        self._longest: Callable[[], int] | None = None
        self._lines: Sequence[Line] = ()
        self._built_for = -1
        self._strips: LRUCache[tuple[int, int, str], Strip] = LRUCache(512)

    # -- content -----------------------------------------------------------------------------------------------

    def show(self, builder: Builder, *, top: bool = False, longest: Callable[[], int] | None = None) -> None:
        """Show these lines; ``top`` scrolls to the first, else the scroll position stays.

        ``longest`` returns the width of the widest line; without it, a list that scrolls sideways draws all lines.
        """
        self._builder, self._longest = builder, longest
        if top:
            self.set_reactive(LineList.cursor, -1)
            self.scroll_home(animate=False)
        self._build()

    @property
    def lines(self) -> Sequence[Line]:
        return self._lines

    @property
    def key(self) -> Hashable | None:
        """The key under the cursor."""
        return self._lines[self.cursor].key if 0 <= self.cursor < len(self._lines) else None

    def select(self, key: Hashable) -> None:
        """Put the cursor on the line with ``key``, if there is one."""
        index = next((index for index, line in enumerate(self._lines) if line.key == key), None)
        if index is not None:
            self._go(index)

    def _build(self) -> None:
        width = self._text_width
        if self._builder is None or width <= 0:
            return
        held, old = self.key, self.cursor
        self._lines = self._builder(width)
        self._built_for = width
        self._strips.clear()
        longest = width
        if self._longest is not None:
            longest = self._longest()
        elif self.has_class("-sideways"):
            longest = max((line.drawn().cell_length for line in self._lines), default=width)
        self.virtual_size = Size(max(width, longest), len(self._lines))
        self.set_reactive(LineList.cursor, self._near(held, old))
        if self.key is not None and self.key != held:
            self.post_message(self.Moved(self, self.key))
        self.refresh()

    def _near(self, key: Hashable | None, index: int) -> int:
        """Index of the line with the key, or else of the nearest line that can be chosen."""
        if not self._keyed:
            return -1
        if key is not None:
            if 0 <= index < len(self._lines) and self._lines[index].key == key:
                return index
            found = next((at for at, line in enumerate(self._lines) if line.key == key), -1)
            if found >= 0:
                return found
        start = min(max(index, 0), max(len(self._lines) - 1, 0))
        after = next((at for at in range(start, len(self._lines)) if self._lines[at].key is not None), -1)
        if after >= 0:
            return after
        return next((at for at in range(start - 1, -1, -1) if self._lines[at].key is not None), -1)

    @property
    def _text_width(self) -> int:
        return self.scrollable_content_region.width

    # -- drawing -----------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self.rich_style
        if index >= len(self._lines):
            return Strip.blank(width, base)
        mark = ""
        if index == self.cursor:
            mark = "line-list--cursor" if self.has_focus else "line-list--cursor-blurred"
        cached = self._strips.get((index, width, mark))
        if cached is None:
            cached = self._draw(index, mark)
            self._strips[index, width, mark] = cached
        left = self.scroll_offset.x
        return cached.crop_extend(left, left + width, cached._segments[-1].style if cached._segments else base)

    def _draw(self, index: int, mark: str) -> Strip:
        style = self.get_visual_style(mark) if mark else self.visual_style
        width = self.virtual_size.width
        content = self._lines[index].drawn()
        if mark == "line-list--cursor":
            content = Content(content.plain)  # a single colour: every theme makes this pair readable
        strips = Visual.to_strips(self, content, width, 1, style, apply_selection=False)
        strip = strips[0] if strips else Strip.blank(width, style.rich_style)
        strip = strip.extend_cell_length(width, style.rich_style)
        if mark and self.get_component_rich_style(mark).reverse:  # Textual 8.2.8 draws Content without it
            strip = strip.apply_style(RichStyle(reverse=True))
        return strip

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def on_resize(self, event: events.Resize) -> None:
        if self._text_width != self._built_for:
            self._build()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # -- moving ------------------------------------------------------------------------------------------------

    def watch_cursor(self, old: int, new: int) -> None:
        for index in (old, new):
            self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))

    def _go(self, index: int) -> None:
        if index != self.cursor:
            self.cursor = index
            if self.key is not None:
                self.post_message(self.Moved(self, self.key))
        self.scroll_to_region(Region(self.scroll_offset.x, index, 1, 1), animate=False, force=True)

    def _next(self, step: int, start: int) -> int | None:
        at = start
        while 0 <= at < len(self._lines):
            if self._lines[at].key is not None:
                return at
            at += step
        return None

    def action_step(self, step: int) -> None:
        target = self._next(step, self.cursor + step) if self.cursor >= 0 else None
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        # Lines between two that can be chosen scroll by one at a time.
        if target is None or (target > top + height if step > 0 else target < top - 1):
            self.scroll_relative(y=step, animate=False)
        else:
            self._go(target)

    def action_leap(self, step: int) -> None:
        page = max(1, self.size.height - 1)
        if self.cursor < 0:
            self.scroll_relative(y=step * page, animate=False)
            return
        start = min(max(self.cursor + step * page, 0), len(self._lines) - 1)
        target = self._next(step, start)
        if target is None:
            target = self._next(-step, start)
        if target is not None:
            self._go(target)

    def action_to_end(self, side: int) -> None:
        if self.cursor < 0:
            (self.scroll_home if side < 0 else self.scroll_end)(animate=False)
            return
        target = self._next(1, 0) if side < 0 else self._next(-1, len(self._lines) - 1)
        if target is not None:
            self._go(target)
        if side < 0:
            self.scroll_home(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A list that does not scroll sideways leaves the arrow keys to the screen."""
        return self.has_class("-sideways") if action == "sideways" else True

    def action_sideways(self, cells: int) -> None:
        self.scroll_relative(x=cells, animate=False)

    def action_choose(self) -> None:
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y - self.scrollable_content_region.y + self.region.y
        if 0 <= index < len(self._lines) and self._lines[index].key is not None:
            again = index == self.cursor
            self._go(index)
            if again or event.chain > 1:
                self.action_choose()
