# Streamside: `make run` starts it, `make test` checks it, `make help` lists the rest.
# Needs Python 3.11 to 3.14 and make. Everything else goes into .venv, beside this file.

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8501

python  := $(VENV)/bin/python
venv    := $(VENV)/pyvenv.cfg
run     := $(VENV)/.installed
develop := $(VENV)/.installed-dev
install  = $(python) -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt

.PHONY: help run dev bench test test-all lint format smoke install constraints clean
.DEFAULT_GOAL := help

help:
	@echo 'make run         start Streamside on http://localhost:$(PORT)   (another port: make run PORT=8600)'
	@echo 'make test        ruff, mypy, and one test of each kind, in a browser too: some minutes'
	@echo 'make test-all    the same with every test: each fault with each API, dozens of kills, long random runs'
	@echo 'make lint        ruff and mypy alone;  make format  lets ruff put the files in order'
	@echo 'make dev         as make run, and the page follows every saved file and shows full errors'
	@echo 'make bench       what the eye sees, measured against Gradio, Chainlit and plain Streamlit: docs/benchmarks.md'
	@echo 'make smoke       install afresh and start once, by default with python3.13'
	@echo 'make constraints resolve the pinned set again, on Python 3.11, 3.12 and 3.13'
	@echo 'make clean       remove what these commands made (your .env and your history stay)'
	@echo 'Another Python:  make run PYTHON=python3.12 VENV=.venv-3.12'

run: $(run)
	@$(python) -m streamlit run app.py --server.port $(PORT) || { status=$$?; \
	  case $$status in 130|143) ;; 78) exit 78;; *) echo 'Is port $(PORT) taken? Try: make run PORT=8600' >&2; exit $$status;; esac; }

dev: $(run)
	$(python) -m streamlit run app.py --server.port $(PORT) --server.fileWatcherType auto --server.runOnSave true \
	  --client.showErrorDetails full --client.toolbarMode developer

# The tests run last and in any case, so that their summary is the last thing to read. Without a Chromium the browser
# tests are skipped, and say so; where CI is set they fail. One is fetched, where there is none, while the checks run.
# What is compiled is kept even where the environment says otherwise: each process of the tests, and each app that they
# start, would compile everything again.
test test-all: export PYTHONDONTWRITEBYTECODE =
test-all: every = -m ''
test test-all: $(develop)
	@$(python) -m tests.support.chromium --install & \
	checks=0; $(MAKE) --no-print-directory lint || { checks=1; echo 'Not clean, see above. The tests run all the same.'; }; \
	wait; $(python) -m pytest $(every) && exit $$checks

# Twenty minutes; a shorter one: make bench ARGS="--quick"
bench: $(develop)
	@$(python) -m tests.support.chromium --install
	@$(python) -m benchmarks.typewriter $(ARGS)

lint: $(develop)
	@status=0; for check in 'ruff check' 'ruff format --check' 'mypy'; do \
	  echo "$$check"; $(python) -m $$check || status=1; done; exit $$status

format: $(develop)
	$(python) -m ruff check --fix-only .
	$(python) -m ruff format .

# The app on one more Python: an environment of its own, a headless start, one simulated answer.
smoke: PYTHON = python3.13
smoke:
	@venv=.venv-smoke-$$($(PYTHON) -c '$(version)'); \
	$(MAKE) --no-print-directory install PYTHON='$(PYTHON)' VENV="$$venv" && "$$venv/bin/python" tests/smoke.py

install: $(run)

$(run): requirements.txt constraints.txt $(venv)
	@echo 'Installing what Streamside needs into $(VENV): a minute or two, the first time.'
	@$(install) -r requirements.txt
	@touch $@

$(develop): requirements-dev.txt requirements.txt examples/requirements.txt constraints.txt $(venv)
	@echo 'Installing what Streamside and its tests need into $(VENV): a minute or two, the first time.'
	@$(install) -r requirements-dev.txt
	@touch $@ $(run)

# An environment whose interpreter has gone (a Python that was upgraded or removed) is made anew.
ifeq ($(wildcard $(python)),)
.PHONY: $(venv)
endif

$(venv):
	@$(check_python)
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) can make no virtual environment: its modules venv and ensurepip are missing.' >&2; \
	  echo 'On Debian and Ubuntu: apt-get install python3-venv. Then the same command again.' >&2; exit 1; }
	@echo 'Making $(VENV) with' "$$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) && touch $@

# An environment is made once. Naming another Python afterwards would silently change nothing, so say it.
ifeq ($(origin PYTHON),command line)
ifneq ($(wildcard $(python)),)
$(run) $(develop): | same_python
.PHONY: same_python
same_python:
	@$(check_python)
	@old=$$($(python) -c '$(version)'); new=$$($(PYTHON) -c '$(version)'); [ "$$old" = "$$new" ] || { \
	  echo "$(VENV) was made with Python $$old, and $(PYTHON) is $$new. Add VENV=.venv-$$new, or 'make clean' first." >&2; exit 1; }
endif
endif

version := import sys; print("%d.%d" % sys.version_info[:2])

define check_python
found=$$($(PYTHON) -c '$(version)' 2>/dev/null) || found=; \
case "$$found" in 3.11|3.12|3.13|3.14) ;; *) \
  if [ -n "$$found" ]; then echo "Streamside needs Python 3.11 to 3.14, and $(PYTHON) is $$found." >&2; \
  else echo 'Streamside needs Python 3.11 to 3.14, and $(PYTHON) does not run here.' >&2; fi; \
  for other in python3.13 python3.12 python3.11 python3.14; do \
    if $$other -c pass 2>/dev/null; then echo "There is $$other: add PYTHON=$$other to the command." >&2; exit 1; fi; done; \
  echo 'Install one (python.org/downloads, or your package manager) and name it: make run PYTHON=/path/to/python3' >&2; \
  exit 1;; esac
endef

# The whole set, as pip itself resolves it on each Python, joined into one file: a line each, with a marker where the
# versions differ. Nothing is installed.
PYTHONS ?= python3.11 python3.12 python3.13
constraints:
	@set -e; reports=$$(mktemp -d); trap 'rm -rf "$$reports"' EXIT; \
	for python in $(PYTHONS); do \
	  echo "Resolving with $$($$python --version)"; $$python -m venv "$$reports/venv"; \
	  "$$reports/venv/bin/python" -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed \
	    --report "$$reports/$$($$python -c '$(version)').json" -r requirements-dev.txt; rm -rf "$$reports/venv"; done; \
	$$python -c "$$join_reports" "$$reports"/*.json > "$$reports/constraints.txt"; \
	cp "$$reports/constraints.txt" constraints.txt; echo "constraints.txt: $$(grep -c == constraints.txt) lines"

define join_reports
import json, pathlib, re, sys
reports = sorted(map(pathlib.Path, sys.argv[1:]), key=lambda path: tuple(map(int, path.stem.split("."))))
pythons = [path.stem for path in reports]
pins = {}  # name -> {Python: version}
for path in reports:
    for package in json.loads(path.read_text())["install"]:
        name = re.sub("[-_.]+", "-", package["metadata"]["name"]).lower()
        pins.setdefault(name, {})[path.stem] = package["metadata"]["version"]
print("# The set that Streamside is tested with on Python", ", ".join(pythons) + ". Written by make constraints.")
print("# A Python newer than these takes the last line of each name; it is expected to work, and is not tested.")
for name, by_python in sorted(pins.items()):
    versions = list(dict.fromkeys(by_python.values()))
    for version in versions:
        having = [python for python in pythons if by_python.get(python) == version]
        first, last = having[0], having[-1]
        bounds = [f'python_version >= "{first}"'] if version != versions[0] else []
        if version != versions[-1]:
            bounds.append(f'python_version < "{pythons[pythons.index(last) + 1]}"')
        print(f"{name}=={version}" + ("; " + " and ".join(bounds) if bounds else ""))
endef
export join_reports

clean:
	rm -rf $(VENV) .venv-smoke-* .venv-bench-* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
