"""In the document: schemas that do not agree, and classes that were mapped twice."""

from __future__ import annotations

from typing import Any

from ...model import Run, Test, mapped_twice, schema_differences
from ...model.queries import charged
from ...text.wording import relative

Json = dict[str, Any]


def schema_of(test: Test) -> list[Json]:
    return [
        {
            "database": found.database,
            "only_in_database": list(found.only_in_database),
            "metadata": found.metadata,
            "only_in_metadata": list(found.only_in_metadata),
        }
        for found in schema_differences(test)
    ]


def classes_mapped_twice(run: Run) -> list[Json]:
    return [
        {
            "class": found.name,
            "metadata": found.metadata,
            "how": found.how,
            "count": found.count,
            "mappings": [
                {
                    "module": mapping.place.module,
                    "file": relative(mapping.place.file, run.rootdir),
                    "line": mapping.place.line,
                    "who": charged(run, mapping.worker, mapping.unit),
                }
                for mapping in (found.first, found.again)
            ],
        }
        for found in mapped_twice(run.mappings)
    ]
