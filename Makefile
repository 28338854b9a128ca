# Every target sets up what it needs in .venv: a new machine has only Python >= 3.11, git and make.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check bench lock clean

demo: $(VENV)/.core
	$(BIN)/avakit demo demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# The locks hold versions and hashes for Python 3.11 to 3.13 on every system, and no addresses.
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock"
lock: $(VENV)/.core
	$(PIP) install uv
	$(COMPILE) --group build -o requirements/build.txt
	$(COMPILE) pyproject.toml -o requirements/core.txt
	$(COMPILE) -c requirements/core.txt pyproject.toml --extra bucket --extra keyring --extra report --extra youtube \
		--group dev -o requirements/dev.txt

$(VENV)/bin/python $(VENV)/Scripts/python:
	$(PYTHON) -c 'import sys; sys.exit("avakit needs Python 3.11 to 3.13; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12") if not (3, 11) <= sys.version_info[:2] <= (3, 13) else None'
	$(PYTHON) -m venv $(VENV)

# hatchling comes hashed too, so that the installation of avakit itself fetches nothing unverified.
$(VENV)/.core: requirements/core.txt requirements/build.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/build.txt -r requirements/core.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(BIN)/python -c 'open("$@", "w")'

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(BIN)/python -c 'open("$@", "w")'

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache
