# Two commands are the whole set-up: `make up` starts the classroom, `make test` runs all tests.
PYTHON ?= python3
BIN := .venv/bin
TWO := -n 2 --dist loadgroup

.PHONY: help install install-dev up demo test test-fast test-full check bench release lock clean
help:           ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16
install:        ## install what the classroom needs (once; quick the second time)
	@$(PYTHON) scripts/install.py
install-dev:    ## install what the tests need, too
	@$(PYTHON) scripts/install.py --dev
up: install     ## start the classroom on http://127.0.0.1:8000
	@exec $(BIN)/coreskills up
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
