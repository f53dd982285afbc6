# Two commands are the whole set-up: `make up` starts the classroom, `make test` runs all tests.
PYTHON ?= python3
BIN := .venv/bin
PORT := 8000
TWO := -n 2 --dist loadgroup

.PHONY: help python install install-dev up demo test test-fast test-full check bench release lock clean
help:           ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16
python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	printf '%s\nFix: %s\n' "install: Python 3.11 or newer is needed; '$(PYTHON)' says: $$($(PYTHON) --version 2>&1 | tail -n 1)" \
	"install a newer one, then name it: make PYTHON=python3.12 $(or $(firstword $(MAKECMDGOALS)),up)" >&2; exit 1; }
install: python ## install what the classroom needs (once; quick the second time)
	@$(PYTHON) scripts/install.py
install-dev: python ## install what the tests need, too
	@$(PYTHON) scripts/install.py --dev
up: install     ## start the classroom on http://127.0.0.1:8000 (PORT=8001 for another)
	@exec $(BIN)/coreskills up --port $(PORT)
demo: install   ## a scripted class of twelve, from fetch to score
	@exec $(BIN)/coreskills demo
test: install-dev check ## all tests: those in a browser first, then the rest, whatever the first said
	@$(BIN)/pytest $(TWO) -m "browser and not full"; seen=$$?; $(BIN)/pytest $(TWO) -m "not browser and not full" && exit $$seen
test-fast: install-dev ## the tests of a minute
	@$(BIN)/pytest $(TWO) -m "not slow and not browser and not full"
test-full: install-dev ## all tests, and those too long for every run
	@$(BIN)/pytest $(TWO) -m browser; seen=$$?; $(BIN)/pytest $(TWO) -m "not browser" && exit $$seen
check: install-dev ## formatting, lint, types
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/mypy && npm --prefix ui run --silent check
bench: install  ## our figures next to the alternative
	@exec $(BIN)/coreskills bench
lock: install-dev ## write constraints.txt from what is installed
	@$(BIN)/python scripts/lock.py
clean:          ## remove what installing and building made; keeps the classroom's data in .coreskills
	@rm -rf .venv .install ui/node_modules ui/lib coreskills_widgets/labextension
