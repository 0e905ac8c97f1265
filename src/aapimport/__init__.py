"""Load users in bulk into the All Access Pass portal and Jhana, each exactly once."""

__version__ = "0.1.0"
