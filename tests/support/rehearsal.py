"""A first upload, on a practice portal that is gone afterwards.

Whatever is imported has been rehearsed once: what a process makes with its first command, such as
the classes that requests are read with, its children have already.
"""

import io
import os
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from aapimport.cli import main
from support.kept import keep
from support.second_year import HEADER, PASS

keep()
with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
    file = Path(folder, "people.csv")
    file.write_text(f"{HEADER}\nomar.haddad@acme.com,Omar,Haddad,,,\n", encoding="utf-8")
    os.environ["AAPIMPORT_STATE_DIR"] = folder
    code = main(["upload", str(file), *PASS, "--no-emails", "--yes", "--maybe", "create"])
if code or threading.active_count() > 1:
    sys.exit(f"the rehearsal ended with {code}, {threading.active_count()} threads")
