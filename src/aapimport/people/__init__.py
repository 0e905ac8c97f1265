"""People: from the file's rows to checked persons, or problems."""
