# Everything a developer does here. Each target sets up .venv first if that is missing or out of date.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
READY := .venv/.ready
PACKAGES := .venv/.packages
WORKERS ?= 2
SLOW_WORKERS ?= 3 # what is slow waits for much of its time
# Or each of the hundreds of processes that tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

# Each worker gets tests that stand together, which share what they need, until one of them has nothing left to do.
PYTEST := $(BIN)/python -m pytest --dist worksteal -n

# What the type checker reads; the folders of migrations are scripts, not packages.
TYPED = $(wildcard crypto node casework console tests benchmarks migrations/*.py migrations/versions/*.py)

.PHONY: help setup demo test test-slow mutants lint fix proto locales handbook bench rivals release lock clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with everything that development needs
	@echo "Ready: .venv holds Tocsin and its tools."

# uv when it is there (seconds), else venv and pip; both refuse a file whose hash is not in requirements-dev.txt.
$(PACKAGES): requirements-dev.txt
	@python=
	for candidate in $${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
	    python=$$candidate
	    break
	  fi
	done
	if [ -z "$$python" ]; then
	  echo "Tocsin needs Python 3.11 or newer, and none was found. Install one, or name it: make setup PYTHON=..." >&2
	  exit 1
	fi
	echo "Fetching the libraries into .venv: seconds with uv, about a minute without."
	if command -v uv >/dev/null; then
	  [ -x $(BIN)/python ] || uv venv --quiet --no-python-downloads --python "$$python" .venv
	  uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	else
	  $(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear .venv
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	fi
	touch $@

# The packages of this checkout themselves, by reference.
$(READY): $(PACKAGES) pyproject.toml
	@options="--quiet --no-deps --no-build-isolation --editable ."
	if command -v uv >/dev/null; then
	  uv pip install --python $(BIN)/python $$options
	else
	  $(BIN)/python -m pip install --disable-pip-version-check $$options
	fi
	touch $@

demo: $(READY) ## Start a network of nodes on this machine and show it
	@$(BIN)/tocsin demo

test: $(READY) ## Run the fast tests
	@$(PYTEST) $(WORKERS) -m "not slow"

test-slow: $(READY) ## Run the tests that take their time
	@$(PYTEST) $(SLOW_WORKERS) -m slow

# The order of sets is fixed, so that a run finds the same as the last one.
mutants: $(READY) ## Change what decides what leaves, and see a test fail each time (MODULES=node.rules)
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.mutation --workers $(WORKERS) $(MODULES)

lint: $(READY) ## Check format, rules, types, floors and generated code
	@$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports
	$(BIN)/buf format --diff --exit-code proto
	$(BIN)/buf lint proto
	fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT
	$(MAKE) --no-print-directory proto GENERATED="$$fresh"
	diff -r --exclude=__pycache__ "$$fresh" proto/gen || { echo "proto/gen is not what the .proto files say: make proto" >&2; exit 1; }
	$(MAKE) --no-print-directory locales WORDS="$$fresh/cldr"
	diff -r "$$fresh/cldr" casework/vocabulary/cldr || { echo "casework/vocabulary/cldr is not what Babel says: make locales" >&2; exit 1; }

fix: $(READY) ## Mend what the tools can mend by themselves
	@$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format
	$(BIN)/buf format --write proto

# Messages of every file, services of those that have one. The plug-ins are looked up on the PATH.
GENERATED := proto/gen
# No stubs: servers and clients hand on bytes, by the names in the descriptors.
proto: $(READY) ## Generate proto/gen from proto/tocsin
	@rm -rf $(GENERATED)/tocsin && mkdir -p $(GENERATED)
	export PATH="$$PWD/$(BIN):$$PATH"
	find proto/tocsin -name '*.proto' | sort | xargs \
	  python -m grpc_tools.protoc --proto_path=proto --python_out=$(GENERATED) --mypy_out=quiet:$(GENERATED)

WORDS := casework/vocabulary/cldr
locales: $(READY) ## Take over how six languages write numbers and days, from the CLDR
	@$(BIN)/python deploy/locales.py $(WORDS)

# A page that nobody translated yet stays in English.
LANGUAGES := en ar es fr ru zh_CN
handbook: $(READY) ## Make pages of docs/ in six languages: build/handbook
	@for language in $(LANGUAGES); do
	  $(BIN)/sphinx-build -q -W -c docs -D language=$$language . build/handbook/$$language
	done
	echo "build/handbook/en/docs/index.html"

bench: $(READY) ## Measure the rates and compare them with their limits
	@$(BIN)/python -m benchmarks

rivals: $(READY) ## Measure beside OpenTAXII, Hypercore and Synapse, which it installs into build/rivals
	@$(BIN)/python -m benchmarks.rivals

# dist is made anew; without a key anybody can compare what they built with what was signed.
release: $(READY) ## Build a version with its notes, and sign them: dist (KEY=~/.ssh/id_ed25519)
	@rm -rf dist
	$(BIN)/python deploy/release.py $(if $(KEY),--key $(KEY))

COMPILE := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-header
lock: ## Renew requirements*.txt from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --output-file requirements-dev.txt --constraint requirements.txt --extra columns --extra oidc --extra pdf --extra postgresql --extra releases --extra traces --group dev pyproject.toml

clean: ## Remove .venv and everything that can be made again
	@rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
