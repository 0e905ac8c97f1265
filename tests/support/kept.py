"""What a process of tests finds out once, where the libraries behind the practice portal forget it.

For each address in a filter, pydantic parses the description of the installed e-mail library again,
to know its version; and a class that it makes of a generic one for a request is gone after it. One
upload of a user hardly notices. The portal's answers are the same ones.
"""

from functools import cache
from typing import Any

from pydantic import networks
from pydantic._internal import _generics


def keep() -> None:
    """Look up a version once, and keep the classes that requests are read with."""
    libraries: tuple[Any, Any] = (networks, _generics)
    libraries[0].version = cache(libraries[0].version)
    libraries[1]._GENERIC_TYPES_CACHE = dict(libraries[1]._GENERIC_TYPES_CACHE)
