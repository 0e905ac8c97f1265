"""`python -m aapimport`, the same as the `aapimport` command."""

from aapimport.cli import entry_point

if __name__ == "__main__":
    entry_point()
