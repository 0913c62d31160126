"""A run told to people and to programs: the summary, the JSON document, before against after. Knows no Textual."""
