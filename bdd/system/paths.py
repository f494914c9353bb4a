"""The paths of the clone: no other module counts the folders above itself."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of `features/`, `steps/` and `environment.py`."""

CONTRACTS = ROOT / "contracts"
ASYNCAPI = CONTRACTS / "asyncapi.yaml"
OPENAPI = CONTRACTS / "patients.openapi.yaml"
COMPOSE_FILE = ROOT / "docker-compose.bdd.yml"
REQUIREMENTS = ROOT / "requirements-suite.txt"
