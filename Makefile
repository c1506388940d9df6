# Everything a person does with a clone. Each target sets up what it needs and skips what is there already.
# Needed beforehand: make and Python 3.11 or newer (another one: make PYTHON=python3.12 test).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
RUNTIME := $(VENV)/runtime.stamp
DEV := $(VENV)/dev.stamp
PEERS := benchmarks/drift/peers
# Locks carry hashes and no host: every machine uses the index that it is set up for.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help setup demo test integration chaos fuzz lint check docs bench peers lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

setup: $(DEV) ## make .venv with everything that the other targets need

demo: $(RUNTIME) ## watch four weeks of traffic in about two minutes: broker, Redis, worker, a deployment
	@$(BIN)/eddyline demo

test: $(DEV) ## unit tests, doctests, and what runs on the embedded servers
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not chaos" --ignore=tests/integration --ignore=tests/chaos

integration: $(DEV) ## tests against real servers; those for Apache Kafka need Java 17 and Maven (see .ci/setup)
	$(BIN)/python -m pytest -m "not chaos" tests/integration tests/chaos

chaos: $(DEV) ## the whole fault suite, some hours; writes its results and their table in docs/reliability.md
	EDDYLINE_TEST_CHAOS_RESULTS=benchmarks/results/chaos.json $(BIN)/python -m pytest -m integration tests/chaos; \
		status=$$?; $(BIN)/python -m tests.chaos.table && exit $$status

fuzz: SECONDS ?= 3600
fuzz: SEED ?= 1
fuzz: $(DEV) ## mutated records through decode, encode, fold and judge for an hour: make fuzz SECONDS=60 SEED=2
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED)

lint: $(DEV) ## formatting, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## the same, documentation, unit tests
	$(BIN)/python -m pytest --quiet -m "not integration and not chaos" --ignore=tests/integration

docs: $(DEV) ## only the tests that hold documentation and code together
	$(BIN)/python -m pytest --quiet tests/test_repository.py

bench: $(DEV) ## run every benchmark; each says in its first lines what it measures
	@set -e; for script in $(sort $(wildcard benchmarks/*.py)); do \
		echo "== $$script"; $(BIN)/python "$$script"; \
	done

peers: $(PEERS)/.venv/peers.stamp ## make the environment of the detectors that benchmarks/drift compares with (2.4 GB; Python 3.11, 3.12)

lock: $(DEV) ## write the hashed locks anew after a change of the dependencies in pyproject.toml
	@$(PIP) uv==0.13.9
	$(LOCK) pyproject.toml --extra demo --group install -o requirements/runtime.txt
	$(LOCK) pyproject.toml --extra backtest --extra demo --extra build --group dev -o requirements/dev.txt
	$(LOCK) $(PEERS)/requirements.in --override $(PEERS)/overrides.txt -o $(PEERS)/requirements.txt

clean: ## remove .venv and every cache
	rm -rf $(VENV) $(PEERS)/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find streams tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "setup: $(PYTHON) is older than 3.11: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "setup: making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# Installed before anything else from the hashed lock, so that the project itself can be installed without looking for
# dependencies. A stamp is newer than its lock: nothing happens until the lock changes.
$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "setup: installing $< (some 400 MB on disk)"
	@$(PIP) --require-hashes -r $<
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "setup: installing $<"
	@$(PIP) --require-hashes -r $<
	@touch $@

# Without dependencies: the lock has them all, less the second TensorFlow that one of them names.
$(PEERS)/.venv/peers.stamp: $(PEERS)/requirements.txt
	@$(PYTHON) -m venv $(PEERS)/.venv
	$(PEERS)/.venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r $<
	@touch $@
