"""An import is added where an import sorter would put it."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.fix.conftest_recipe.import_edits import with_import
from isolation_tui.fix.conftest_recipe.imports import Imported
from isolation_tui.fix.conftest_recipe.source import Source

OS = Imported("os", None, "os")
TABLE = Imported("sqlalchemy", "Table", "Table")


def added(text: str, *wanted: Imported) -> str:
    source = Source(Path("/p/m.py"), "m.py", text.encode())
    for imported in wanted:
        source = with_import(source, imported)
    return source.content.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "import os\n\nfrom sqlalchemy import Table\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nimport os\n\nfrom sqlalchemy import Table\n\nx = 1\n'),
        ("import os\n\nx = 1\n", "import os\n\nfrom sqlalchemy import Table\n\nx = 1\n"),
        (
            "from sqlalchemy import Column, select\n\nx = 1\n",
            "import os\n\nfrom sqlalchemy import Column, Table, select\n\nx = 1\n",
        ),
        (
            "from __future__ import annotations\n\nfrom .app import app\n",
            "from __future__ import annotations\n\nimport os\n\nfrom sqlalchemy import Table\n\nfrom .app import app\n",
        ),
        (
            "import sys\n\nimport zlib_ng\n\nfrom . import app\n",
            "import os\nimport sys\n\nimport zlib_ng\nfrom sqlalchemy import Table\n\nfrom . import app\n",
        ),
        (
            "import sys  # path\n\nfrom sqlalchemy import (\n    Column,\n)\n",
            "import os\nimport sys  # path\n\nfrom sqlalchemy import (\n    Column,\n)\nfrom sqlalchemy import Table\n",
        ),
        ("import os\r\n", "import os\r\n\r\nfrom sqlalchemy import Table\r\n"),
        ("import os", "import os\n\nfrom sqlalchemy import Table\n"),
    ],
)
def test_the_import_joins_its_block(before: str, after: str) -> None:
    assert added(before, OS, TABLE) == after


def test_an_import_that_is_there_is_not_added_again() -> None:
    text = "import os\nfrom sqlalchemy import Table, select\n"
    assert added(text, OS, TABLE) == text
