"""E-mails of our own: what they say, and the one server that takes them, exactly once."""
