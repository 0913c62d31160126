"""Register of what the plugin changes in Python's import system and in pytest."""

from ..patches import Patch

IMPORT_HOOK = Patch(
    "sys.meta_path",
    "A finder at its head notices when the suite imports SQLAlchemy, its ORM and Flask: the plugin never imports them.",
    public=True,
    undone="removed with the last of these imports",
)
LOADER = Patch(
    "importlib.machinery.ModuleSpec.loader",
    "Of those modules: their own loader, followed by a call that arms the probes.",
    public=True,
    undone="the module gets its own loader before it runs",
)
PLAIN_IMPORT = Patch(
    "sys.meta_path",
    "A finder at its head while the plugin imports its own modules: pytest's would rewrite their asserts.",
    public=True,
    undone="removed after the import",
)
COLOUR = Patch(
    "config.option.color",
    "Output of pytest in colour for the dashboard, which is no terminal.",
    known=lambda value: value == "auto",
    public=True,
)

PATCHES = (IMPORT_HOOK, LOADER, PLAIN_IMPORT, COLOUR)
