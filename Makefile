# make demo    talk to the bot in a browser, no account needed
# make test    all tests
# make torture-full   2,000 seeded days with faults, hours; goes on where it stopped, totals in docs/faults
# make check   format, lint, types
# make bench   measured comparisons
#
# Each sets up what it needs first, once: .venv with the locked packages, the speech model, and for the tests a
# Chromium with a Chinese font. PYTHON=… chooses the interpreter, WAIQIN_CHROMIUM=… the browser.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

BIN := .venv/bin
DONE := .venv/.done
INSTALL := $(BIN)/python tools/install_packages.py
PROJECT := pyproject.toml tools/install_packages.py
LOCK := $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	--python-version 3.11 pyproject.toml

.PHONY: help setup model demo test torture-full check bench lock clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

setup: $(DONE)/dev model $(DONE)/browser

demo: $(DONE)/run model
	@$(BIN)/waiqin demo $(ARGS)

test: setup
	@$(BIN)/pytest $(ARGS)

torture-full: $(DONE)/dev
	@$(BIN)/waiqin torture --seeds 1-2000 --record docs/faults/sqlite.jsonl --keep .torture $(ARGS)

check: $(DONE)/dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(DONE)/dev model
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(DONE)/dev
	@$(LOCK) -o requirements.lock
	@$(LOCK) --group dev -o requirements-dev.lock

clean:
	@rm -rf .venv .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The model appears whole or not at all, so its folder says that it is there. `clean` keeps it: 150 MB to fetch.
model:
	@[ -x $(BIN)/waiqin ] || $(MAKE) --no-print-directory $(DONE)/run
	@[ -d "$${WAIQIN_MODEL_DIR:-models}/base" ] || { echo "setup: speech model"; $(BIN)/waiqin models pull base; }

# --- one stamp for each finished step -------------------------------------------------------------------------------

$(DONE)/venv:
	@python="$$(tools/find_python.sh)"; \
	echo "setup: making .venv with $$("$$python" --version)"; \
	"$$python" -m venv .venv
	@mkdir -p $(DONE) && touch $@

$(DONE)/run: requirements.lock $(PROJECT) | $(DONE)/venv
	@echo "setup: installing packages (half a minute)"
	@$(INSTALL) requirements.lock
	@touch $@

$(DONE)/dev: requirements-dev.lock requirements.lock $(PROJECT) | $(DONE)/venv
	@echo "setup: installing packages for development (half a minute)"
	@$(INSTALL) requirements-dev.lock
	@touch $@ $(DONE)/run

$(DONE)/browser: tools/setup_browser.sh | $(DONE)/dev
	@echo "setup: Chromium and a Chinese font for the browser tests"
	@tools/setup_browser.sh
	@touch $@
