PYTEST = .venv/bin/python -m pytest
SIDE_BY_SIDE = $(PYTEST) -n auto
E2E = $(PYTEST) -m e2e --durations=30 --durations-min=20 tests
LOGS = what was collected is in: $(CURDIR)/failures

# Given on the command line alone: WSL has the computer's name in an environment variable of that name.
NAME =

.DEFAULT_GOAL := help
.PHONY: help set-up up down test test-unit test-integration e2e e2e-cloud lint prove tempest bench clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

set-up: ## Install what the host lacks and make .venv
	@sh .ci/set-up

up: set-up ## Raise the testbed (TOPOLOGY=aolda NAME=mine)
	@.venv/bin/testbed up $(TOPOLOGY) $(if $(NAME),--name $(NAME))

down: set-up ## Take the testbed down
	@.venv/bin/testbed down $(if $(NAME),--name $(NAME))

test: set-up ## Run every test (TESTBED_E2E=0 leaves real machines out)
	@$(SIDE_BY_SIDE) tests/unit tests/golden tests/integration || { echo "$(LOGS)" >&2; exit 1; }
	@if [ "$$TESTBED_E2E" = 0 ]; then echo "TESTBED_E2E=0: tests on real machines left out"; \
	else $(E2E) || { echo "$(LOGS)" >&2; exit 1; }; fi

test-unit: set-up ## Run unit and golden tests
	@$(SIDE_BY_SIDE) tests/unit tests/golden

test-integration: set-up ## Run tests against real libraries and programs
	@$(SIDE_BY_SIDE) tests/integration

e2e: set-up ## Run tests on real machines
	@$(E2E) || { echo "$(LOGS)" >&2; exit 1; }

e2e-cloud: set-up ## Run tests of OpenStack on real machines; takes hours
	@$(PYTEST) -m cloud --durations=0 tests || { echo "$(LOGS)" >&2; exit 1; }

lint: set-up ## Check style and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy --strict -p testbed

prove: set-up ## Prove every lab on testbeds of its own; takes hours (LABS="silent-service")
	@LABS="$(LABS)" .venv/bin/python tests/prove

tempest: set-up ## Let OpenStack's own test suite judge a cloud; takes hours (TOPOLOGY=aolda-cloud)
	@TOPOLOGY="$(TOPOLOGY)" NAME="$(NAME)" .venv/bin/python tests/tempest

bench: set-up ## Measure `testbed up` against the floor, labs and OpenStack (BENCH="up", "labs" or "cloud" alone)
	@BENCH="$(BENCH)" TOPOLOGY="$(TOPOLOGY)" NAME="$(NAME)" .venv/bin/python tests/bench

clean: ## Remove the environment and what tests left; testbeds and images stay
	@rm -rf .venv failures .mypy_cache .ruff_cache .pytest_cache .hypothesis
