# What a newcomer needs: `make demo`, `make test`. Everything lands in .venv/ and .circular/.
.DEFAULT_GOAL := help
.PHONY: help demo up test bench storm lint reset lock

PYTHON ?= $(shell for python in python3.12 python3.11 python3 python3.13 python3.14; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes

help: ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: .venv/ready ## everything from nothing to a sent issue: [FILE=bulletin.txt] [ONCE=1] [PORT=8000]
	@$(BIN)/circular demo $(if $(FILE),"$(FILE)") $(if $(filter-out 0,$(ONCE)),--once) $(if $(PORT),--port "$(PORT)")

up: .venv/ready ## every process, without the sample: [PORT=8000]
	@$(BIN)/circular up $(if $(PORT),--port "$(PORT)")

test: .venv/ready-dev ## all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

bench: .venv/ready-dev ## the measures, each beside its ceiling: [ONLY=render] [SIZE=…]
	@$(BIN)/python -m bench $(if $(ONLY),--only "$(ONLY)") $(if $(SIZE),--size "$(SIZE)")

storm: .venv/ready-dev ## everything goes wrong during a dispatch: [KILLS=…] [SIZE=…]
	@$(BIN)/python -m bench.storm $(if $(KILLS),--kills "$(KILLS)") $(if $(SIZE),--size "$(SIZE)")

lint: .venv/ready-dev ## ruff, mypy strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

reset: ## delete the demo's data
	@if [ -e .circular/running.json ]; then echo "Circular runs here: stop it first."; exit 1; fi
	rm -rf .circular

lock: .venv/ready ## write the lock files anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		pyproject.toml --extra dev --output-file requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		pyproject.toml --constraints requirements-dev.lock --output-file requirements.lock

.venv/made:
	@test -n "$(PYTHON)" || { echo "Circular needs Python 3.11 or newer; none was found on the PATH."; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv && touch $@

.venv/ready: .venv/made requirements.lock pyproject.toml
	@echo "Installing what requirements.lock names"
	@$(PIP) --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable .
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	@echo "Installing what requirements-dev.lock names"
	@$(PIP) --requirement requirements-dev.lock
	@touch $@
