# One environment in .venv: `make run` needs only Python 3.11 or newer, make and a network for the first install.
PYTHON ?= python3
DESK ?= desk
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet

.PHONY: help run demo test test-quick check lock man dist screenshots clean

help:                ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv/ready     ## crawl, browse at http://127.0.0.1:8001 and alert, until Ctrl-C
	@.venv/bin/vigia --desk $(DESK) up

demo: .venv/ready    ## the same on a miniature web that is shipped with Vigía: no internet needed
	@.venv/bin/vigia demo

test: .venv/ready-to-test  ## all tests, on all processors
	@.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

test-quick: .venv/ready-to-test  ## the tests that start nothing, in under a minute
	@.venv/bin/python -m pytest -n 2 --dist loadfile --hypothesis-profile quick -m "not (browser or network or process or slow)" $(ARGS)

check: .venv/ready-to-test ## lint, types and the layers of rooms
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

lock: .venv/ready-to-test  ## pin the dependencies of pyproject.toml again, with hashes
	@.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command 'make lock' pyproject.toml -o requirements.lock
	@.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command 'make lock' --extra test -c requirements.lock pyproject.toml -o requirements-test.lock

man: .venv/ready-to-test  ## write packaging/vigia.1, the manual page, anew from the help of all commands
	@.venv/bin/python packaging/man_page.py

dist: man            ## wheel and source distribution in dist/, with what the lock pins alone
	@rm -rf dist
	@.venv/bin/uv build --quiet --offline --no-build-isolation --python .venv/bin/python
	@ls dist

screenshots: .venv/ready-to-test ## the README's pictures again, of the demo; ALL=FOLDER takes every page (needs Chromium)
	@.venv/bin/python tests/browser/screenshots.py $(ALL)

clean:               ## forget the environment (the desk folder stays)
	@rm -rf .venv build dist *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vigía needs Python 3.11 or newer; this is %d.%d. Try: make run PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements.lock pins into .venv (once) …"
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-to-test: .venv/ready requirements-test.lock
	@echo "Installing the test tools into .venv (once) …"
	@$(PIP) install --no-deps --require-hashes -r requirements-test.lock
	@touch $@
