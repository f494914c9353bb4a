# Without make (Windows): README.md has the commands.
PYTHON ?= python3
ARGS ?=
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help acceptance test lint unit integration browser features prove soak mutate format constraints clean anew

help:  ## show this help
	@echo "make acceptance                         is what a newcomer runs; nothing but make and Python 3.11 is needed"
	@echo "make acceptance ARGS='--tags=@created'  passes arguments on to behave"
	@echo "make acceptance PYTHON=python3.12       chooses another Python"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

acceptance: .venv/installed  ## run the features against the platform
	@.venv/bin/behave features/ $(ARGS)

test: .venv/installed-dev  ## run every check: lint, unit, integration, browser, features; a failed one does not stop the others
	@failed=; for part in lint unit integration browser features; do \
	    echo "== $$part"; $(MAKE) --no-print-directory $$part ARGS= || failed+=" $$part"; \
	done; echo "== make test: $${failed:+failed:}$${failed:-passed}"; test -z "$$failed"

lint: .venv/installed-dev  ## run the checks that need no platform: format, lint, layers, types, images, steps, spelling
	@PATH="$(CURDIR)/.venv/bin:$$PATH" pre-commit run --all-files $(ARGS)

unit: .venv/installed-dev  ## run the unit tests, and measure what they cover of bdd and steps
	@.venv/bin/pytest tests/unit --junitxml=reports/unit.xml --cov --cov-report= --cov-fail-under=85 $(ARGS)

integration: .venv/installed-dev  ## run the tests on a real broker, real processes and, where an engine responds, containers
	@.venv/bin/pytest tests/integration --junitxml=reports/integration.xml $(ARGS)

browser: .venv/installed-dev  ## look at every page of a report in Chromium; without one, these tests are skipped
	@.venv/bin/pytest tests/browser --junitxml=reports/browser.xml $(ARGS)

features: .venv/installed-dev  ## run the features, and write reports/junit
	@rm -rf reports/junit
	@.venv/bin/behave features/ --junit --junit-directory reports/junit $(ARGS)

prove: .venv/installed-dev  ## prove that the suite notices every seeded defect (ARGS='--only NAME', ARGS=--list)
	@.venv/bin/python -m bdd prove $(ARGS)

soak: .venv/installed-dev  ## run the features again and again under bad conditions (about 40 minutes; ARGS='--list')
	@.venv/bin/python -m bdd soak $(ARGS)

mutate: .venv/installed-dev  ## count the mutants that the unit tests notice (about 15 minutes; ARGS='bdd/verdict/ledger.py')
	@$(CLEAN) $(INSTALL) requirements-mutate.txt
	@.venv/bin/python -m bdd mutate $(ARGS)

format: .venv/installed-dev  ## rewrite the code in the project's format
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format

# Installs nothing first: after a change of the requirements the old constraints may contradict them.
constraints:  ## write constraints.txt anew from the requirements
	@head -n 1 constraints.txt > constraints.new
	@.venv/bin/uv pip compile -q requirements-mutate.txt --universal --python-version 3.11 --no-annotate --no-header \
	    --no-emit-index-url | sed '/^--find-links/d; /^$$/d' >> constraints.new
	@mv constraints.new constraints.txt

clean:  ## remove what was made here: .venv, reports, evidence, caches
	@rm -rf .venv build mutants reports evidence .coverage .import_linter_cache .mypy_cache .ruff_cache .pytest_cache constraints.new
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .venv/installed is written when an installation has ended well, and says for which folder and Python it was made.
# Where it is missing, or says otherwise, the environment is made anew.
MADE_FOR := $(CURDIR), Python $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
ifneq ($(shell test -x .venv/bin/python && cat .venv/installed 2>/dev/null),$(MADE_FOR))
.venv/installed: anew
endif

# Not the uv of .venv itself, which is on PATH where the environment is activated.
UV := $(filter-out $(CURDIR)/.venv/%,$(shell command -v uv))
VENV := $(if $(UV),$(UV) venv -q --clear --python $(PYTHON),$(PYTHON) -m venv --clear) .venv
INSTALL := $(if $(UV),$(UV) pip install -q --python .venv,.venv/bin/python -m pip install -q --no-input \
    --disable-pip-version-check) -c constraints.txt -r

# What happens to be set for pip, uv and Python does not change an installation; where packages come from, and how they
# are reached, stays.
CLEAN := for name in $$(compgen -e); do case $$name in \
    PIP_*INDEX*|PIP_FIND_LINKS|PIP_TRUSTED_HOST|PIP_*CERT|PIP_PROXY|PIP_*TIMEOUT|PIP_RETRIES|PIP_KEYRING_PROVIDER) ;; \
    UV_*INDEX*|UV_FIND_LINKS|UV_OFFLINE|UV_*TLS|UV_*CERTS|UV_*HOST|UV_*TIMEOUT|UV_KEYRING_PROVIDER) ;; \
    PIP_CACHE_DIR|PIP_CONFIG_FILE|UV_CACHE_DIR|UV_CONFIG_FILE|UV_LINK_MODE|UV_PYTHON_*DIR|UV_PYTHON_*MIRROR) ;; \
    PIP_*|UV_*|PYTHON*|VIRTUAL_ENV) unset $$name ;; esac; done;

anew:
	@$(CLEAN) $(PYTHON) -c 'import bdd'  # refuses a Python that is too old
	@$(CLEAN) $(if $(UV),:,$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make a virtual environment: it has no module ensurepip. On Debian and Ubuntu: apt install python3-venv. Then try again." >&2; exit 2; })
	@$(CLEAN) $(VENV)

.venv/installed: requirements.txt requirements-suite.txt reference/requirements.txt constraints.txt
	$(call install,requirements.txt)
	@echo '$(MADE_FOR)' > $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(call install,requirements-dev.txt)
	@echo '$(MADE_FOR)' > .venv/installed
	@touch $@

define install
	@echo "Installing the packages of $(1) into .venv, once; this takes about a minute."
	@rm -f .venv/installed .venv/installed-dev
	@$(CLEAN) $(INSTALL) $(1) || { \
	    echo "The packages could not be installed. This needs the network, this once, and half a GB of disk." >&2; exit 1; }
endef
