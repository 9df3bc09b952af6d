# Everything one does with a checkout. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
PY := $(BIN)/python
# Names of a service or a test: make test T=tests/unit/export
T ?= tests
ARGS ?=
# The whole suite waits more than it computes: two files at a time. A part of it is quicker, and easier to read, alone.
AT_ONCE = $(if $(filter tests,$(T)),-n 2 --dist loadfile)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make .venv with everything pinned; a no-op when up to date
	@deploy/setup.sh

.PHONY: up
up: setup ## Run everything on this machine until Ctrl-C; ARGS="--port 9000"
	@$(BIN)/outsend up $(ARGS)

.PHONY: demo
demo: setup ## Search a small invented town and read its sites, start to finish; results in ./out
	@$(PY) -m tests.world.demo

.PHONY: test
test: setup $(if $(filter tests tests/integration%,$(T)),chromium lighthouse) $(if $(filter tests tests/e2e% tests/integration%,$(T)),mail-servers) ## The short suite, as CI runs it; T=path, ARGS="-k word"
	@$(PY) -m pytest -m "not slow" $(AT_ONCE) $(T) $(ARGS)

.PHONY: chromium
chromium: ## Install Chromium for screenshots, if this is Debian and we are root; without it their tests are skipped
	@deploy/chromium.sh

.PHONY: lighthouse
lighthouse: setup ## Install the Lighthouse of OUTSEND_PAGESPEED_ENGINE=lighthouse, if npm is there; without it its tests are skipped
	@deploy/lighthouse.sh

.PHONY: mail-servers
mail-servers: ## Install Postfix and Dovecot for the tests, if this is Debian and we are root; without them theirs are skipped
	@tests/mail_servers.sh

.PHONY: lint
lint: setup ## Style, types and the borders between packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: setup ## Put the code in the house's form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: chaos
chaos: setup ## Kill, pause and wipe servers and services while jobs run
	@$(PY) -m pytest tests/chaos --timeout=900 $(ARGS)

.PHONY: soak
soak: setup ## Hours of jobs with a fault every minute; ARGS="--minutes 60"
	@$(PY) -m tests.chaos.soak $(ARGS)

.PHONY: bench
bench: setup ## Every benchmark, with ratios against a peer in the same run
	@for file in $$(grep -l __main__ tests/bench/*.py); do $(MAKE) bench-$$(basename $$file .py); done

.PHONY: accuracy
accuracy: setup ## How right the modules are: golden cases, and techstack beside a peer; ARGS=--write renews docs/accuracy.md
	@$(PY) -m tests.accuracy.techstack $(ARGS)

bench-%: setup ## One benchmark by name: make bench-pipeline
	@$(PY) -m tests.bench.$* $(ARGS)

.PHONY: contracts
contracts: setup ## Write what derives from contracts: OpenAPI, AsyncAPI, schemas, the modules in docker-compose.yml
	@$(PY) -m services.edge.openapi
	@$(PY) -m contracts.generate
	@$(PY) -m deploy.compose_modules

.PHONY: geography
geography: setup ## Build shared/geography/france.bin anew from its public sources (needs npm)
	@$(BIN)/uv run --quiet --no-project --isolated --python $(PY) --with-requirements deploy/geography/requirements.txt python -m deploy.geography

.PHONY: lock
lock: setup ## Pin the newest dependencies that pyproject.toml allows
	@compile() { $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate "$$@" pyproject.toml; }; \
	compile --upgrade --all-extras -o requirements-dev.lock; \
	compile --extra tracing --constraint <(grep -o '^[a-z][^ ;]*==[^ ;]*' requirements-dev.lock) -o requirements.lock

.PHONY: clean
clean: ## Remove caches, results and local data; .venv stays
	@rm -rf var out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
