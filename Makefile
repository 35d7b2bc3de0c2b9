# `make` alone lists the targets. scripts/setup.sh does the set-up; it is quick when nothing changed.
SHELL := /bin/bash
PY := .venv/bin/python
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo remove-data manage selfcheck test static check check-scripts test-scripts pytest coverage bench bench-rating bench-claims bench-console bench-browser bench-predict bench-export bench-opinion bench-leaderboard bench-gate bench-import bench-labels bench-rank bench-refresh bench-al bench-model bench-gpu chaos pretrain-tiny screenshots messages pins client-models fuzz docs audit sbom clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv and install what the workbench needs
	@scripts/setup.sh base

setup-dev:
	@scripts/setup.sh dev

demo: setup ## run everything until Ctrl-C (PORT=8000)
	@$(PY) -m workbench.local demo --port $(PORT)

manage: setup ## a manage.py command on the demo's data, e.g. make manage CMD="retrain demo"
	@$(PY) -m workbench.local run -- $(PY) manage.py $(CMD)

selfcheck: setup ## the whole loop without a person, in three studies on throw-away data; writes selfcheck.json
	@$(PY) manage.py selfcheck

test: static pytest ## everything that must pass: check, then all tests and how much they reach
	@$(MAKE) --no-print-directory coverage

# One after the other, as both install the scripts' packages. `make -j2 test`, as in continuous
# integration, runs the tests meanwhile: one core is enough for this.
static: setup-dev
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory test-scripts

# One more worker than cores, as browser tests wait most of the time; four at most, as each has a
# model, a browser and servers of its own in memory.
WORKERS ?= $(shell cores=$$(nproc); echo $$((cores < 4 ? cores + 1 : 4)))
PYTEST_ARGS ?= -n $(WORKERS) --dist worksteal --cov --cov-report=json
pytest: setup-dev
	@$(PY) -m pytest $(PYTEST_ARGS)

# Of what `pytest` has just measured; the floors are in pyproject.toml.
coverage: setup-dev
	@$(PY) scripts/coverage_floors.py

# Scripts are served as they are written; TypeScript only reads their JSDoc types.
check-scripts:
	@$(call with-node,check)

# Tests of the scripts that need no browser; tests/e2e runs the rest in one.
test-scripts:
	@$(call with-node,test)

# An npm script of package.json. Without Node.js it is skipped, which continuous integration never does.
define with-node
	if command -v npm >/dev/null; then \
		npm ci --silent --no-audit --no-fund && npm run --silent $(1); \
	elif [ -z "$$CI" ]; then \
		echo "$@ is skipped: Node.js is missing (apt-get install nodejs npm)"; \
	else \
		echo "$@: Node.js is missing; apt-get install nodejs npm" >&2; exit 1; \
	fi
endef

# A key of the right form and HTTPS on, as in production.
check: export CHECK_ENV = SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz HTTPS=1 DEBUG=0
check: setup-dev ## lint, types, layers, missing migrations, deployment settings
	@echo "check: ruff"; $(PY) -m ruff check . && $(PY) -m ruff format --check --quiet .
	@echo "check: mypy --strict (the first run takes a minute)"; $(PY) -m mypy .
	@echo "check: the scripts' types"; $(MAKE) --no-print-directory check-scripts
	@echo "check: layers"; $(PY) -c 'import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())'
	@echo "check: documentation"; $(MAKE) --no-print-directory docs
	@echo "check: migrations"; $(PY) -m workbench.local run --throw-away -- $(PY) manage.py makemigrations --check --dry-run
	@echo "check: deployment settings"; env $$CHECK_ENV $(PY) manage.py check --deploy --fail-level WARNING

bench: setup ## measure everything that needs no browser, on throw-away data (40 minutes); writes benchmarks/results
	@$(PY) -m benchmarks

bench-rating: setup ## ratings per second, with few and with many raters and answers stored
	@$(PY) -m benchmarks rating

bench-claims: setup ## the next image's claim, in studies of 2,400 and of 1,000,000 stimuli
	@$(PY) -m benchmarks claims

bench-console: setup ## the owner's pages of a study of 100,000 images and 1,000 raters
	@$(PY) -m benchmarks console

bench-browser: setup-dev ## a session of 300 images in a real Chromium: times, bytes, memory
	@$(PY) -m benchmarks browser

bench-predict: setup ## predictions per second
	@$(PY) -m benchmarks predict

bench-export: setup ## rows exported per second, and the memory it takes
	@$(PY) -m benchmarks export

bench-opinion: setup ## methods of opinion scores: seconds and memory, P.910 next to sureal (installs it for the run)
	@$(PY) -m benchmarks opinion && $(PY) -m benchmarks opinion_coverage live_scores

bench-leaderboard: setup ## the leaderboard of generators: seconds on 100,000 images, and what its intervals cover
	@$(PY) -m benchmarks leaderboard

bench-gate: setup ## how often the gate promotes what it should not, and how often certificates are false, in simulated worlds
	@$(PY) -m benchmarks gate certificates

bench-import: setup ## 10,000 JPEGs imported by this build and by the one in AGAINST, in turns (needs 30 GB of disk)
	@$(PY) -m benchmarks imports --against $(AGAINST)

bench-labels: setup ## 100,000 rows of labels by import_labels: seconds, processor time, memory
	@$(PY) -m workbench.local run --throw-away -- $(PY) -m benchmarks.label_rows

bench-rank: setup ## a pool ranked by this build and by the one in AGAINST (a checkout of 2e34361), in turns
	@$(PY) -m benchmarks rank --against $(AGAINST)

bench-refresh: setup ## predictions and priorities of 100,000 images after every 30 ratings: seconds of work
	@$(PY) -m workbench.local run --throw-away -- $(PY) -m benchmarks.refresh

bench-al: setup ## what a model learns by strategy and ratings per image, in simulated worlds (10 minutes)
	@OMP_NUM_THREADS=1 $(PY) -m benchmarks learning

bench-model: setup ## the model's images per second against the straightforward way (15 minutes; 20 GiB free for all of it)
	@$(PY) -m benchmarks model

MINUTES ?= 12
bench-gpu: setup ## what a GPU does per second, in MINUTES=12, goes on where it ended (without a GPU in small, to try it)
	@$(PY) -m benchmarks gpu --minutes $(MINUTES)

chaos: setup-dev ## break a throw-away site in every way of docs/reliability.md while raters rate (CHAOS="--rows web,redis --seconds 20")
	@$(PY) -m chaos $(CHAOS)

pretrain-tiny: setup ## pretrain the shipped tiny backbone again (takes long)
	@$(PY) -m workbench.demo.pretraining $(PRETRAIN_ARGS)

screenshots: setup-dev ## play the demo in a browser and take pictures of every page
	@$(PY) scripts/screenshots.py

# FUZZ_SEED=… repeats a run; FUZZ_EXAMPLES=… requests of each operation.
fuzz: setup-dev ## requests by the API's schema with a fresh seed, many more than the tests send (30 minutes)
	@FUZZ=1 $(PY) -m pytest tests/contract -q -s --no-cov

docs: setup-dev ## the documentation as a site, strictly: build/docs/index.html
	@$(PY) -m sphinx -q -W --keep-going -b html docs build/docs

AUDITOR := pip-audit==2.10.1
audit: setup ## ask PyPI for known weaknesses of the pinned packages (docs/decisions/058)
	@test -x build/audit/bin/pip-audit || { $(PY) -m venv build/audit && build/audit/bin/pip install -q $(AUDITOR); }
	@build/audit/bin/pip-audit -r requirements/hashed.txt --require-hashes --disable-pip --strict --progress-spinner off

sbom: setup-dev ## what the workbench is made of, as CycloneDX: build/sbom.json
	@mkdir -p build; $(PY) -m cyclonedx_py requirements requirements/base.txt --output-reproducible --of JSON -o build/sbom.json

messages: setup ## collect and compile the translations
	@command -v msgfmt >/dev/null || { echo "messages: gettext is missing; apt-get install gettext" >&2; exit 1; }
	@$(PY) manage.py makemessages --locale zh_Hans --no-obsolete --ignore '.venv/*' --ignore 'var/*'
	@$(PY) manage.py compilemessages --ignore '.venv/*'

pins: setup-dev ## write requirements/*.txt from requirements/*.in and what is installed
	@$(PY) scripts/pin_requirements.py

client-models: export CHECK_ENV = SECRET_KEY=only-to-write-the-document HTTPS=0 DEBUG=1
client-models: setup-dev ## write the client's types from the API's OpenAPI document
	@set -o pipefail; env $$CHECK_ENV $(PY) manage.py spectacular --format openapi-json | $(PY) scripts/client_models.py

clean: ## delete caches and build products; keeps .venv and the data
	@rm -rf build htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results client/build client/src/*.egg-info
	@find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 -r rm -rf

remove-data: setup ## delete the demo's data for good: studies, ratings, models
	@$(PY) -m workbench.local remove
