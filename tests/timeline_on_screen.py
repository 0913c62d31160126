"""The timeline of a running dashboard."""

from isolation_tui.app.widgets.timeline import Timeline


def timeline(stage) -> Timeline:
    return stage.app.screen_stack[0].query_one(Timeline)
