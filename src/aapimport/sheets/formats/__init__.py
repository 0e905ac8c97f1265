"""One module for each kind of file: what it holds beside its values."""
