# Zveno. `make` alone says what there is.

DATA   ?= data
LISTEN ?= 127.0.0.1:8080
# Words for the commands that take some: make test ARGS="--filter WalkTests"
ARGS   ?=
# How often `make axe` kills the server, after so many milliseconds at the latest; how long each fault of `make faults`
# lasts, how long the server is stopped, and how many calls of it fail one after the other; how many of each
# `make races` runs.
ROUNDS  ?= 500
LIFE    ?= 3000
SECONDS ?= 60
STOPPED ?= 600
DEPTH   ?= 60
RACES   ?= 100000

# What the package needs beside a Swift toolchain, as Debian calls it. Nothing is installed that is there already.
# prometheus is there for its promtool: where Debian starts the service, nothing here needs it.
LIBRARIES  := libsqlite3-dev zlib1g-dev libcurl4-openssl-dev pkg-config tzdata
TEST_TOOLS := python3-aiosmtpd python3-jsonschema python3-venv openssl strace prometheus nginx-light curl systemd e2fsprogs

# What some benchmarks measure with or against; without them they say that they are skipped. postfix is there for its
# smtp-sink and smtp-source.
BENCH_TOOLS := wrk nginx-light postfix

SOURCES := Sources Tests Migrations Package.swift
# Every target may import only what Package.swift gives it.
CHECKED := --explicit-target-dependency-import-check error

.DEFAULT_GOAL := help
.PHONY: help run fresh build test fuzz axe races simulate faults lint format bench libraries test-tools bench-tools clean

help: ## this list
	@echo "Zveno: chains of messages to a shop's customers, one process with one database file."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  DATA=$(DATA)  LISTEN=$(LISTEN)  ROUNDS=$(ROUNDS)  LIFE=$(LIFE)  SECONDS=$(SECONDS)  STOPPED=$(STOPPED)   as in: make run DATA=/var/lib/zveno LISTEN=127.0.0.1:9090"

run: build ## build for release, start on LISTEN with the folder DATA, apply config/
	exec .build/release/zveno serve --data $(DATA) --listen $(LISTEN) --config config/zveno.json --apply config $(ARGS)

fresh: ## delete the folder DATA with everything in it, then as `run`
	rm -rf $(DATA)
	@$(MAKE) --no-print-directory run

build: libraries ## build .build/release/zveno
	swift build -c release --product zveno

test: libraries test-tools lint ## check the format, build, run all tests (ARGS="--filter SomeTests" runs some)
	swift build --build-tests $(CHECKED)
	swift test --skip-build $(CHECKED) $(ARGS)
	$(if $(ARGS),,Tests/Support/fuzz.sh 30)

fuzz: libraries ## throw bytes at every parser, each for SECONDS (DOORS="http json" those alone)
	Tests/Support/fuzz.sh $(SECONDS) $(DOORS)

axe: libraries test-tools ## kill the release build under load ROUNDS times, look what is lost or sent twice
	swift build -c release --product zveno
	swift build --build-tests $(CHECKED)
	ZVENO_BINARY=$(CURDIR)/.build/release/zveno ZVENO_AXE_ROUNDS=$(ROUNDS) ZVENO_AXE_LIFE=$(LIFE) \
	  swift test --skip-build $(CHECKED) --filter WalkTests.AxeTests $(ARGS)

races: libraries test-tools ## race waits, unsubscribes and reads against what decides them, RACES times each
	swift build --build-tests $(CHECKED)
	ZVENO_RACES=$(RACES) swift test --skip-build $(CHECKED) --filter 'RaceTests|ReadYourWritesTests' $(ARGS)

simulate: libraries ## live through SEEDS random worlds from FIRST on (SEED=17: that one again, with its story)
	$(if $(SEED),ZVENO_SIM_SEED=$(SEED)) $(if $(CONTACTS),ZVENO_SIM_CONTACTS=$(CONTACTS)) \
	  ZVENO_SIM_SEEDS=$(SEEDS) ZVENO_SIM_FIRST=$(FIRST) swift run -c release Simulation

faults: libraries test-tools ## full disks, failing syncs, locks, each for SECONDS; stops for STOPPED seconds
	swift build --build-tests $(CHECKED)
	ZVENO_FAULT_SECONDS=$(SECONDS) ZVENO_FAULT_STOPPED=$(STOPPED) ZVENO_FAULT_DEPTH=$(DEPTH) Tests/Support/tell_skipped.sh \
	  swift test --skip-build $(CHECKED) --filter WalkTests $(ARGS)

lint: ## check the format alone
	swift format lint --strict --recursive --configuration .swift-format $(SOURCES)

format: ## put the sources into the format
	swift format --in-place --recursive --configuration .swift-format $(SOURCES)

bench-tools: ## install what some benchmarks measure against: wrk, nginx, postfix
	@$(call install,$(BENCH_TOOLS))

bench: libraries ## measure events, decisions and messages a second
	swift build -c release --product zveno
	swift run -c release Benchmarks $(ARGS)

clean: ## delete what was built; data stays
	rm -rf .build

libraries: ## install the system libraries that are missing (apt, with sudo where needed)
	@$(call install,$(LIBRARIES))

test-tools: ## install what the tests need beside them: a real SMTP server, certificates, judges of JSON and metrics
	@$(call install,$(TEST_TOOLS))
	@$(call install_python,Tests/Support/Schemathesis/requirements.txt,.build/test-tools)

# Into a folder of their own, and only when the list has changed: without a network the tests run on with what is there.
define install_python
if cmp --quiet $(1) $(2)/installed.txt; then exit 0; fi; \
echo "installing what $(1) lists into $(2)"; \
if /usr/bin/python3 -m venv --clear $(2) \
  && $(2)/bin/pip install --quiet --disable-pip-version-check --requirement $(1); then \
  cp $(1) $(2)/installed.txt; \
else \
  echo "pip could not install what $(1) lists: it needs a Python package index within reach (PIP_INDEX_URL names" >&2; \
  echo "another). Without it the rest is tested by: make libraries lint && swift test --skip DescriptionWalkTests" >&2; \
  exit 1; \
fi
endef

# Asks dpkg first: with everything there, apt is not called at all. Package lists are fetched only when installing from
# those at hand fails. Never asks a question.
define install
missing=; \
for package in $(1); do \
  dpkg-query --show --showformat='$${Status}\n' "$$package" 2>/dev/null | grep -q '^install ok installed$$' \
    || missing="$$missing $$package"; \
done; \
if [ -z "$$missing" ]; then exit 0; fi; \
if ! command -v apt-get >/dev/null; then \
  echo "missing:$$missing. These are Debian's names: install them by your system's means, then go on" >&2; exit 1; \
fi; \
as_root=; \
if [ "$$(id -u)" -ne 0 ]; then \
  if ! command -v sudo >/dev/null; then \
    echo "missing:$$missing. As root: apt-get install --yes$$missing" >&2; exit 1; \
  fi; \
  as_root=sudo; \
fi; \
echo "installing:$$missing"; \
get="$$as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends"; \
$$get install $$missing || { \
  echo "that failed with the package lists at hand: fetching new ones"; \
  $$as_root apt-get --quiet update && $$get install $$missing; \
}
endef
