"""Three themes: dark, light, and one for every kind of colour vision.

Screens use semantic names (``$success``, ``$error``, ``$warning``), never colours, so that any Textual theme works.
"""

from __future__ import annotations

from textual.theme import Theme

# Set explicitly: the default, "auto 60%", is drawn at full strength inside Content (Textual 8.2.8).
DARK = Theme(
    name="isolation-dark",
    dark=True,
    primary="#7aa2c8",
    secondary="#8f9bb3",
    accent="#d7a65f",
    success="#87b37a",
    warning="#d7a65f",
    error="#e0707a",
    foreground="#d5d9e0",
    background="#14171c",
    surface="#191d23",
    panel="#222831",
    variables={
        "footer-key-foreground": "#d7a65f",
        "text-muted": "#8d96a5",
        "text-disabled": "#5a626e",
        "footer-background": "#14171c",
        "footer-description-background": "#14171c",
        "border": "#3a4350",
        "border-blurred": "#2c333d",
        "input-selection-background": "#7aa2c8 35%",
    },
)

LIGHT = Theme(
    name="isolation-light",
    dark=False,
    primary="#2f6496",
    secondary="#5b6778",
    accent="#96600f",
    success="#2f7a3a",
    warning="#96600f",
    error="#b3263a",
    foreground="#22272e",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#ece9e2",
    variables={
        "footer-key-foreground": "#96600f",
        "text-muted": "#68707c",
        "text-disabled": "#a2a49f",
        "footer-background": "#fbfaf7",
        "footer-description-background": "#fbfaf7",
        "border": "#b9b4a8",
        "border-blurred": "#d8d4c9",
        "input-selection-background": "#2f6496 25%",
    },
)

# Okabe and Ito's palette: blue and vermilion differ with any colour vision.
SAFE = Theme(
    name="isolation-safe",
    dark=True,
    primary="#56b4e9",
    secondary="#999999",
    accent="#f0e442",
    success="#56b4e9",
    warning="#f0e442",
    error="#ff8a3c",
    foreground="#e6e6e6",
    background="#101216",
    surface="#15181d",
    panel="#20252c",
    variables={
        "footer-key-foreground": "#f0e442",
        "text-muted": "#9a9fa8",
        "text-disabled": "#666c76",
        "footer-background": "#101216",
        "footer-description-background": "#101216",
        "border": "#4a5360",
        "border-blurred": "#2c333d",
    },
)

THEMES = (DARK, LIGHT, SAFE)

MUTED = "$foreground 60%"
FAINT = "$foreground 38%"
"""Styles of secondary text. Not ``$text-muted`` and ``$text-disabled``: inside Content, Textual 8.2.8 draws the
automatic colours of its own themes at full strength."""
