"""Use cases: what a command does, without knowing how an administrator is asked or shown it."""
