"""Before any test module is loaded: neither the developer's settings nor how the shell began steer a test."""

import os
import signal
from pathlib import Path

from bdd.settings.settings import load_settings

_KEPT = "BDD_CACHE_DIR"  # where the broker's files are: without it they would be fetched again
_OF_THE_SERVICE = {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "HOST", "PORT", "LOG_LEVEL"}

for _name in list(os.environ):
    if (_name.startswith("BDD_") and _name != _KEPT) or _name in _OF_THE_SERVICE:
        del os.environ[_name]

# Here, not in a fixture: some test modules ask for settings while they are loaded.
load_settings.__defaults__ = (Path(os.devnull),)

# A shell that starts a job in the background lets it ignore SIGINT, and every process of that job.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
