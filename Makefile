# The commands people type. Everything else is behind `kexie --help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Compiled modules halve the seconds that Airflow, dbt and Great Expectations take to import.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo down test check tools env bench generate

help:
	@echo "make install  install the locked packages into .venv, as every command here does where it must"
	@echo "make demo   load the sample province and let the DAGs compute it (starts PostgreSQL and Airflow)"
	@echo "make down   stop everything make demo started"
	@echo "make test   the whole test suite"
	@echo "make check  lint, types, and no drift between the catalogue and what is generated from it"
	@echo "make tools  install the programs without which some tests are skipped (Debian, as root)"
	@echo "make env    generate the secrets that docker-compose.yml needs, in .env"
	@echo "make bench  how fast, as ratios to stated yardsticks"

install: $(INSTALLED)

demo: $(INSTALLED)
	$(BIN)/kexie demo

down: $(INSTALLED)
	$(BIN)/kexie down

test: $(INSTALLED)
	$(BIN)/pytest --numprocesses=logical --dist=loadfile --no-loadscope-reorder

# LibreOffice opens the workbooks and old Word files, OpenSSH serves an inbox, poppler reads PDFs and, with the font,
# shows a printed page.
TOOLS := libreoffice-calc-nogui libreoffice-writer-nogui openssh-server poppler-utils fonts-wqy-zenhei

tools:
	@dpkg -s $(TOOLS) >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(TOOLS) >/dev/null; }

env:
	@$(PYTHON) -m kexie.env

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m catalogue.generate --check

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

generate: $(INSTALLED)
	$(BIN)/python -m catalogue.generate

# uv installs the lock in seconds; where it cannot reach the index, pip does the same in about a minute.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; set PYTHON=python3.x"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-uv.lock \
	  && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)
