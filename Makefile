# Without make (Windows): python tools/setup_venv.py, then .venv\Scripts\behave features/
PYTHON ?= python3
ARGS ?=
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help acceptance test prove soak mutate lint format constraints clean setup setup-dev

help:  ## show this help
	@echo "make acceptance                         is what a newcomer runs; nothing but make and Python 3.11 is needed"
	@echo "make acceptance ARGS='--tags=@created'  passes arguments on to behave"
	@echo "make acceptance PYTHON=python3.12       chooses another Python"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

acceptance: setup  ## run the features against the platform
	@.venv/bin/behave features/ $(ARGS)

test: setup-dev  ## run every check: format, lint, types, images, steps, unit and integration tests, features
	@.venv/bin/python tools/run_tests.py $(ARGS)

soak: setup-dev  ## run the features again and again under bad conditions (about 20 minutes; ARGS='--list')
	@.venv/bin/python -m bdd soak $(ARGS)

lint: setup-dev  ## run the checks that need no platform and no tests
	@.venv/bin/python tools/run_tests.py --only format --only lint --only layers --only types --only images --only steps

prove: setup-dev  ## prove that the suite notices every seeded defect (ARGS='--only NAME', ARGS=--list)
	@.venv/bin/python -m bdd prove $(ARGS)

mutate: setup-dev  ## count the mutants that the unit tests notice (about ten minutes; ARGS='bdd/verdict/ledger.py')
	@.venv/bin/python -m pip install -q --disable-pip-version-check -r requirements-mutate.txt -c constraints.txt
	@.venv/bin/python -m bdd mutate $(ARGS)

format: setup-dev  ## rewrite the code in the project's format
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format

# Without setup: after a change of the requirements the old constraints may contradict them.
constraints:  ## write constraints.txt anew from the requirements
	@head -n 1 constraints.txt > constraints.new
	@.venv/bin/uv pip compile -q requirements-dev.txt --universal --python-version 3.11 --no-annotate --no-header \
	    --no-emit-index-url | sed '/^--find-links/d; /^$$/d' >> constraints.new
	@mv constraints.new constraints.txt

clean:  ## remove what was made here: .venv, reports, evidence, caches
	@rm -rf .venv build reports evidence .mypy_cache .ruff_cache .pytest_cache constraints.new
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@$(PYTHON) tools/setup_venv.py

setup-dev:
	@$(PYTHON) tools/setup_venv.py --dev
