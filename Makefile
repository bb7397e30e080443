# Everything a person or CI runs. Two targets do it all: `make up` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help up down reset status logs test test-api test-e2e test-faults check manifest-tools fmt bench bench-load bench-micro bench-reads bench-live bench-alerts bench-compare audit fuzz

CARGO ?= cargo
# The load of `make bench-load`.
ARGS ?= --rate 5000 --duration 30 --warmup 5
# The command behind most targets; built together with the services that it starts.
TARGET_DIR = $(shell $(CARGO) metadata --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
STACK = $(TARGET_DIR)/debug/stack
# All binaries are built together: `stack` alone would build its dependencies again with fewer features.
NEED_STACK = test -x $(STACK) || $(CARGO) build --workspace --bins

# Where Schemathesis lives, which asks the API what its description allows and what it does not.
API_TOOLS = $(TARGET_DIR)/api-tools
SCHEMATHESIS = $(API_TOOLS)/bin/schemathesis

# Where programs with live SDKs live, which report to us in tests.
SDK_PROGRAMS = $(TARGET_DIR)/sdk-programs

# Where the tools live that read what operators use: Prometheus, kustomize, hadolint and the like.
MANIFEST_TOOLS = $(TARGET_DIR)/manifest-tools

# The command that runs fuzz targets; which ones `make fuzz` runs, and how long.
FUZZ_TOOLS = $(TARGET_DIR)/fuzz-tools
TARGETS ?= stack message envelope
SECONDS_EACH ?= 600

# Where a mail server lives that tests send to, a Python package.
MAIL_TOOLS = $(TARGET_DIR)/mail-tools

# Where the error tracker lives that `make bench-compare` measures beside ours, a Python package.
COMPARE_TOOLS = $(TARGET_DIR)/compare-tools

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do printf '  %-14s %s\n' "$$target" "$$text"; done

up: ## Start the whole system and wait until it is healthy; DEMO=1 has a shop report its errors
	$(CARGO) build --workspace --bins
	@$(STACK) up $(if $(DEMO),--demo)

down: ## End what `make up` started; data is kept
	@$(NEED_STACK)
	@$(STACK) down

reset: ## End what `make up` started and remove all data
	@$(NEED_STACK)
	@$(STACK) reset --yes

status: ## Show what runs
	@$(NEED_STACK)
	@$(STACK) status

logs: ## Follow all logs of `make up`
	tail -n 20 -F "$${STACK_DIR:-.stack}"/log/*.log

test: ## Run all tests with throw-away engines
	$(CARGO) build --workspace --bins
	@test -x $(MAIL_TOOLS)/bin/aiosmtpd || { python3 -m venv $(MAIL_TOOLS) && $(MAIL_TOOLS)/bin/pip install --quiet --requirement shared/tests/channels/requirements.txt; }
	$(STACK) run -- $(CARGO) nextest run --workspace

test-api: ## Hold the running system against its OpenAPI document, with requests good and bad
	$(CARGO) build --workspace --bins
	@test -x $(SCHEMATHESIS) || { python3 -m venv $(API_TOOLS) && $(API_TOOLS)/bin/pip install --quiet --requirement deploy/tests/schemathesis/requirements.txt; }
	cd deploy/tests/schemathesis && PYTHONDONTWRITEBYTECODE=1 $(STACK) run --services -- bash -c \
	  'exec $(SCHEMATHESIS) --config-file schemathesis.toml run "$$ERRATA_URL/api/openapi.json" --phases examples,coverage,fuzzing,stateful'

test-e2e: ## Run programs with live SDKs, and stories in a browser, against the system (fetches their packages)
	$(CARGO) build --workspace --bins
	deploy/tests/sdks/prepare $(SDK_PROGRAMS)
	SDK_PROGRAMS=$(SDK_PROGRAMS) $(STACK) run -- $(CARGO) nextest run --package deploy --profile e2e --run-ignored only

test-faults: ## Run the long tests of faults, some minutes, with throw-away engines and Prometheus
	$(CARGO) build --workspace --bins
	$(MAKE) manifest-tools
	PATH="$$PATH:$(MANIFEST_TOOLS)/prometheus/usr/bin" $(STACK) run -- $(CARGO) nextest run --workspace --profile faults --run-ignored only

check: ## Check format, lints, documentation, licences, scripts, and what operators use
	$(CARGO) fmt --all --check
	$(CARGO) fmt --check --manifest-path deploy/tests/sdks/rust/Cargo.toml
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --workspace --no-deps --document-private-items --locked --quiet
	$(CARGO) deny --all-features --locked check licenses bans sources
	PATH="$$PATH:/usr/sbin" haproxy -c -q -f deploy/haproxy/haproxy.cfg
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run deploy/tests/sdks/prepare deploy/image/* deploy/tests/manifests/{prepare,check,units}; else echo "shellcheck is not installed: scripts were not checked"; fi
	@if test -d $(MANIFEST_TOOLS)/kustomize; then deploy/tests/manifests/check $(MANIFEST_TOOLS); else echo "make manifest-tools was not run: rules, manifests and the image were not checked"; fi

manifest-tools: ## Fetch what `make check` holds the files of operators against
	deploy/tests/manifests/prepare $(MANIFEST_TOOLS)

audit: ## Look for known vulnerabilities in dependencies (fetches the advisory database)
	$(CARGO) deny --all-features --locked check advisories

fmt: ## Format all code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path deploy/tests/sdks/rust/Cargo.toml

bench: ## Measure everything that has a bar, in about ten minutes; ARGS="--help" tells how
	$(CARGO) build --release --workspace --bins
	$(TARGET_DIR)/release/table $(if $(filter command line,$(origin ARGS)),$(ARGS))

bench-load: ## Measure the whole system under one load; ARGS="--help" tells how
	$(CARGO) build --release --workspace --bins
	$(TARGET_DIR)/release/bench $(ARGS)

bench-micro: ## Measure what the single steps of an event take, from its body to its row
	$(CARGO) bench -p benches --bench envelope --bench fingerprint --bench steps

bench-reads: ## Measure how long reads take among a million events; ARGS="--help" tells how
	$(CARGO) build --release --workspace --bins
	$(TARGET_DIR)/release/reads $(if $(filter command line,$(origin ARGS)),$(ARGS))

bench-live: ## Measure the memory of the query API with hundreds of live clients; ARGS="--help" tells how
	$(CARGO) build --release --workspace --bins
	$(TARGET_DIR)/release/live $(if $(filter command line,$(origin ARGS)),$(ARGS))

bench-alerts: ## Measure how soon alert rules tell and what they cost; ARGS="--help" tells how
	$(CARGO) build --release --workspace --bins
	$(TARGET_DIR)/release/alerts $(if $(filter command line,$(origin ARGS)),$(ARGS))

bench-compare: ## Measure Errata and Bugsink (fetched from PyPI) under the same load; ARGS="--help" tells how
	$(CARGO) build --release --workspace --bins
	@test -x $(COMPARE_TOOLS)/bin/bugsink-manage || { python3 -m venv $(COMPARE_TOOLS) && $(COMPARE_TOOLS)/bin/pip install --quiet --requirement benches/src/compare/bugsink/requirements.txt; }
	$(TARGET_DIR)/release/compare --tools $(COMPARE_TOOLS) $(if $(filter command line,$(origin ARGS)),$(ARGS))

fuzz: ## Feed what reads text from outside with random input; TARGETS, SECONDS_EACH
	@test -x $(FUZZ_TOOLS)/bin/cargo-fuzz || $(CARGO) install --quiet --locked --root $(FUZZ_TOOLS) cargo-fuzz
	@cd benches/fuzz && for target in $(TARGETS); do \
	  mkdir -p corpus/$$target; seeds=../../shared/tests/grouping/cases; test $$target != envelope || seeds=seeds/envelope; \
	  PATH="$(FUZZ_TOOLS)/bin:$$PATH" $(CARGO) fuzz run --sanitizer none --fuzz-dir . --target-dir $(TARGET_DIR)/fuzz \
	    $$target corpus/$$target $$seeds -- -max_total_time=$(SECONDS_EACH) -timeout=10 -rss_limit_mb=1024 -max_len=65536 || exit 1; \
	done
