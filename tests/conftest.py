"""Before any test module is loaded: neither what the developer has set nor how the shell began steers a test."""

import os
import signal
from pathlib import Path

from bdd.settings import load_settings

_KEPT = "BDD_CACHE_DIR"  # where the broker's files are: without it they would be fetched again

for _name in [name for name in os.environ if name.startswith("BDD_") and name != _KEPT]:
    del os.environ[_name]

# Here, not in a fixture: some test modules ask for settings while they are loaded.
load_settings.__defaults__ = (Path(os.devnull),)

# A shell that starts a job in the background lets it ignore SIGINT, and every process of that job.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
