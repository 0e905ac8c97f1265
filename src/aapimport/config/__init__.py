"""Settings: what a command works with, and where each value came from."""
