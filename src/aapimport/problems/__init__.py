"""What can be wrong in a file: the catalogue of rules, its words, and its page."""
