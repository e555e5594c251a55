# Every target does the set-up it needs, once; nothing outside this folder is written but the
# installers' caches.

VENV := .venv
PYTHON := $(VENV)/bin/python
# STACK=1.16 or 1.21 where the choice by the system's glibc is not wanted; EXTRAS=kubeflow, gpu or both.
export STACK EXTRAS
NAME := $(shell STACK='$(STACK)' EXTRAS='$(EXTRAS)' sh requirements/stack.sh name)
LOCKS := $(shell STACK='$(STACK)' EXTRAS='$(EXTRAS)' sh requirements/stack.sh locks 2>/dev/null)
# Of the stack that is installed; another one is installed in its place.
INSTALLED := $(VENV)/.installed-$(NAME)
CODE := batch_runner.py kubeflow_runner.py local_runner.py setup.py requirements batch pipeline components evaluation report trainer serving studio benchmarks docs tests

.DEFAULT_GOAL := help
.PHONY: help run test test-cluster test-debian13 lint bench lock audit compatibility clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Render the sample photographs, train, gate, push, and ask for a mask (ARGS=... for flags)
	@cat $(INSTALLED)
	@$(PYTHON) local_runner.py $(ARGS)

# Whole files to two processes: their fixtures are made once, and two fit into 8 GiB.
TEST := $(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
  -p tests.compatibility_record --compatibility-record .tests

test: $(INSTALLED) ## Run the tests (ARGS=... for pytest's flags)
	@cat $(INSTALLED)
	@$(TEST) -m "not cluster" $(ARGS)

test-cluster: $(INSTALLED) ## Run those that play a cluster: Kubeflow, Beam engines, database servers
	@cat $(INSTALLED)
	@$(TEST) -m cluster $(ARGS)

test-debian13: ## Make a Debian 13 root with debootstrap, and there make run and make test (as root)
	@sh tests/debian13.sh

lint: $(INSTALLED) ## Check style and types
	@$(VENV)/bin/ruff check $(CODE)
	@$(VENV)/bin/ruff format --check $(CODE)
	@$(VENV)/bin/mypy

bench: $(INSTALLED) ## Measure speed and memory; writes benchmarks/results/
	@$(PYTHON) -m benchmarks $(ARGS)

lock: $(INSTALLED) ## Resolve the dependencies of both stacks anew, with hashes
	@sh requirements/lock.sh

audit: .audit/bin/pip-audit ## Ask for known vulnerabilities of every lock; what comes back lies in .audit/
	@$(PYTHON) requirements/audit.py .audit/bin/pip-audit .audit/locks

.audit/bin/pip-audit: requirements/audit.txt | $(INSTALLED)
	@.uv/bin/uv venv --quiet --clear --python $(PYTHON) .audit
	@.uv/bin/uv pip sync --quiet --require-hashes --python .audit/bin/python requirements/audit.txt
	@touch $@

compatibility: $(INSTALLED) ## Put what the last test runs passed on into the README's table
	@$(PYTHON) -m docs.make_compatibility

clean: ## Remove what make installed; runs/ stays
	@rm -rf $(VENV) .uv .uv.new .audit .debian13 .tests build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/install.sh requirements/stack.sh requirements/uv.txt $(LOCKS) setup.py
	@[ -n "$(NAME)" ]
	@sh requirements/install.sh $(VENV) $@
