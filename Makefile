# Every verb sets up what it needs. Only Python 3.11+, make and a package index are required.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/uv/bin/uv
RUN := .venv/bin
# Tests run in as many processes as there are cores; PARALLEL= (empty) runs them one after the other.
PARALLEL ?= -n auto --dist worksteal
# Beside a server the tests wait now and then: one process more than cores keeps these busy.
BESIDE_A_SERVER ?= -n $(shell expr $$(nproc 2>/dev/null || echo 2) + 1) --dist worksteal
# Making the tests of the ordinary clients out of the OpenAPI page takes longer than collecting everything else.
NOT_CLIENTS := -p no:schemathesis --ignore=tests/clients
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Where a proxy stands before the package index, only the machine's own list of authorities knows it.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS ?= true
endif
# Where the home folder takes no files, what uv fetches is kept here.
ifeq ($(shell d="$${XDG_CACHE_HOME:-$$HOME/.cache}"; for f in "$$d/uv" "$$d" "$$HOME"; do if [ -d "$$f" ]; then [ -w "$$f" ] || echo no; exit; fi; done; echo no),no)
export UV_CACHE_DIR ?= .cache/uv
endif
# In the plain C locale Python before 3.13 does not start where the path of the clone has other letters than ASCII.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif
# Compiled once, whatever the machine says: to compile all that the tests import takes longer than to collect them.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help sync demo demo-secure test test-postgres test-official test-slow test-sweep test-clients test-wheel test-all lint format types imports golden conformance bench models profiles check-profiles clean

help:  ## Show the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/python -m pip install --quiet uv==$(UV_VERSION)

.venv/.synced: $(UV) pyproject.toml uv.lock
	$(UV) sync --frozen --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@$(RUN)/python -c "import hub.cli.serve, hub.wiring.work, hub.wiring.serving"  # compiled once, not at each start
	@touch $@

sync: .venv/.synced  ## Make .venv with everything in it; .venv/bin/hub is the command

demo: sync  ## Load the demo patients, serve on 127.0.0.1:8000 (or HUB_PORT) and play a day in a minute
	@$(RUN)/hub demo

demo-secure: sync  ## The demo once with real tokens: a supplier, a GP system, a municipal journal, each seeing only its own
	@$(RUN)/hub demo --secure --folder var/demo-secure

test: sync  ## Run the tests (needs nothing outside the repository)
	$(RUN)/python -m pytest $(PARALLEL) $(NOT_CLIENTS) -m "not official and not slow and not clients and not postgres and not sweep"

test-postgres: sync  ## Run the tests that need PostgreSQL 15 or newer, on a cluster of their own (only its programs must be there)
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { echo "make test-postgres needs PostgreSQL 15 or newer: apt-get install postgresql-15"; exit 1; }
	$(RUN)/python -m pytest $(BESIDE_A_SERVER) $(NOT_CLIENTS) -m "postgres and not official and not sweep"

test-official: sync  ## Run the checks against the official files in ../shared
	@test -d ../shared/standards || { echo "make test-official needs the folder ../shared with the official files"; exit 1; }
	$(RUN)/python -m pytest $(PARALLEL) $(NOT_CLIENTS) -m "official and not slow and not sweep"

test-slow: sync  ## Run the slow checks: the hub killed twenty times, long storms of files
	$(RUN)/python -m pytest $(NOT_CLIENTS) -m "slow and not official and not postgres and not sweep"

test-sweep: sync  ## Run what takes minutes to be sure of what the other verbs sample: hundreds of messages of each type, every mutation
	$(RUN)/python -m pytest $(PARALLEL) $(NOT_CLIENTS) -m sweep

test-clients: sync  ## Speak to a real hub by ordinary clients: fhirpy, fhirclient, fhir-kit-client and Medplum (Node), HAPI (Java), schemathesis, Chromium
	@command -v npm >/dev/null || { echo "make test-clients needs node and npm"; exit 1; }
	@command -v mvn >/dev/null || { echo "make test-clients needs a JDK and Maven"; exit 1; }
	@command -v chromium >/dev/null || { echo "make test-clients needs chromium"; exit 1; }
	$(RUN)/python -m pytest -m clients tests/clients

test-wheel: sync  ## Build the wheel, install it alone, and see the command work from it
	$(UV) build --quiet --wheel --out-dir .cache/dist --clear
	$(PYTHON) -m venv --clear .cache/wheel
	.cache/wheel/bin/python -m pip install --quiet --no-deps .cache/dist/*.whl
	$(UV) export --quiet --frozen --no-dev --no-emit-project --format requirements-txt --output-file .cache/requirements.txt
	.cache/wheel/bin/python -m pip install --quiet --require-hashes -r .cache/requirements.txt
	cd .cache && wheel/bin/hub --help >/dev/null && HUB_MODE=test HUB_DATABASE_URL=sqlite:///wheel.db wheel/bin/hub migrate && rm -f wheel.db*

test-all: sync  ## Run every test: also the slow ones and the official ones
	$(RUN)/python -m pytest

lint: sync  ## Check format, lint rules, spelling and that generated files are current
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/codespell README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md docs tools bench changelog.d
	$(RUN)/python tools/generate_models.py --check
	$(RUN)/python tools/schema_sql.py --check
	$(RUN)/python tools/reference_pages.py --check

types: sync  ## Check types (pyright strict on hub/)
	$(RUN)/pyright

imports: sync  ## Check who imports whom
	$(RUN)/lint-imports

format: sync  ## Format the code and mend what can be mended by itself
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

models: sync  ## Make the FHIR models and search tables anew from the official R4 definitions
	$(RUN)/python tools/generate_models.py

profiles: sync profiles/node_modules/.package-lock.json  ## Compile the profiles (FSH) anew, offline but for the compiler itself
	$(RUN)/python tools/profiles.py

profiles/node_modules/.package-lock.json: profiles/package-lock.json
	@command -v npm >/dev/null || { echo "make profiles needs node and npm"; exit 1; }
	npm ci --prefix profiles --no-audit --no-fund --ignore-scripts --silent

check-profiles: sync profiles/node_modules/.package-lock.json  ## Hold the compiled profiles against the FSH
	$(RUN)/python tools/profiles.py --check

golden: sync  ## Rewrite the golden files; read the diff before you commit it
	$(RUN)/python -m pytest tests/golden --golden-rewrite

conformance: sync  ## Hold tier-1 validation against HAPI's validator (needs a JDK and Maven)
	$(RUN)/python conformance/second_opinion.py

bench: sync  ## Measure the figures F1, F3, F5, F8, F9 and F10 and print them beside their limits
	$(RUN)/python bench/run.py

clean:  ## Remove what the verbs made
	rm -rf conformance/hapi/target .venv .tools .cache var .pytest_cache .ruff_cache
