# Everything a person types here is a target below; `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# With WHEELHOUSE=folder, packages come from there and the network is not asked.
ifdef WHEELHOUSE
PIP_SOURCE := --no-index --find-links $(abspath $(WHEELHOUSE))
endif
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile $(PIP_SOURCE)
# What pip does one file at a time, on all cores; a file that is no Python of this version is compiled by nobody.
COMPILE = $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true

# A machine without a compiler takes the compiled kernel out of the wheelhouse.
HAS_KERNEL = $(BIN)/python -c 'import classifier.kernel.machine' 2>/dev/null
UNPACK_KERNEL = { $(BIN)/python -m zipfile -e "$(WHEELHOUSE)"/complaint_classifier-*.whl build/wheel 2>/dev/null && \
	cp build/wheel/classifier/kernel/*.so classifier/kernel/ && $(HAS_KERNEL); }

.DEFAULT_GOAL := help
.PHONY: help serve demo screenshots test proof bench accuracy train install lock wheelhouse format clean

help: ## List what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

serve: $(VENV)/runtime ## Serve on 127.0.0.1:8000 (PORT=…); the first start trains the bundled model
	@exec $(BIN)/complaints serve $(if $(PORT),--port $(PORT))

demo: $(VENV)/runtime ## The console on a quarter of made-up complaints (PORT=…); in build/demo, made anew each time
	@exec $(BIN)/complaints demo $(if $(PORT),--port $(PORT))

train: $(VENV)/runtime ## Train a model on the bundled corpus
	@$(BIN)/complaints train

test: $(VENV)/develop ## Lint, types and all tests, each proof small
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

proof: $(VENV)/develop ## The tests with every proof in full (more examples, 50 kills)
	HYPOTHESIS_PROFILE=proof $(BIN)/pytest

bench: $(VENV)/bench ## Measure speed beside the peers and write docs/benchmarks.md (long; needs wrk)
	@$(BIN)/complaints models card champion >/dev/null 2>&1 || $(BIN)/complaints train
	@for part in speed http files training scale; do echo "benchmarks.$$part" >&2; $(BIN)/python -m benchmarks.$$part || exit 1; done
	@$(BIN)/python -m benchmarks.report

screenshots: $(VENV)/develop ## Take the documentation's pictures of the console (needs Chromium)
	@$(BIN)/complaints models card champion >/dev/null 2>&1 || $(BIN)/complaints train
	$(BIN)/python -m docs.take_screenshots

accuracy: $(VENV)/bench ## Measure accuracy beside the peers (needs evaluation data in COMPLAINTS_EVAL)
	$(BIN)/python -m benchmarks.accuracy

format: $(VENV)/develop ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(VENV)/runtime ## Build the environment only (WHEELHOUSE=folder: without a network)

wheelhouse: $(VENV)/runtime ## Collect all packages in wheelhouse/, for a machine without a network
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes -r requirements.lock -d wheelhouse
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps . -w wheelhouse

lock: ## Renew both lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra bench pyproject.toml -o requirements-bench.lock

clean: ## Remove the environment and caches; models stay
	rm -rf $(VENV) wheelhouse build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed; name one with PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "building the environment in $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements.lock pyproject.toml $(wildcard classifier/kernel/*.p*) | $(VENV)/bin/python
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-build-isolation --no-deps -e .
	@$(COMPILE)
	@$(HAS_KERNEL) || $(UNPACK_KERNEL) || \
		echo "没有C编译器：能用，但读得慢约十倍 no C compiler: all works, reading is some ten times slower" >&2
	@touch $@

$(VENV)/develop: requirements-dev.lock $(VENV)/runtime
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@$(COMPILE)
	@touch $@

$(VENV)/bench: requirements-bench.lock $(VENV)/runtime
	@$(PIP_INSTALL) --require-hashes -r requirements-bench.lock
	@$(COMPILE)
	@touch $@
