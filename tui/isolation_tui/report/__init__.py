"""Reports on a run: the summary, the JSON document, the comparison of two runs. Independent of Textual."""
