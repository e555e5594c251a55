# Every target does the set-up it needs, once; nothing outside this folder is written but the
# installers' caches.

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := .uv/bin/uv
LOCK := requirements/tfx-1.16-py3.10.txt
INSTALLED := $(VENV)/.installed
CODE := batch_runner.py kubeflow_runner.py local_runner.py setup.py batch pipeline components evaluation report trainer serving studio benchmarks docs tests

.DEFAULT_GOAL := help
.PHONY: help run test test-cluster lint bench lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Render the sample photographs, train, gate, push, and ask for a mask (ARGS=... for flags)
	@$(PYTHON) local_runner.py $(ARGS)

# Whole files to two processes: their fixtures are made once, and two fit into 8 GiB.
TEST := $(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: $(INSTALLED) ## Run the tests (ARGS=... for pytest's flags)
	@$(TEST) -m "not cluster" $(ARGS)

test-cluster: $(INSTALLED) ## Run those that play a cluster: Kubeflow, Beam engines, database servers
	@$(TEST) -m cluster $(ARGS)

lint: $(INSTALLED) ## Check style and types
	@$(VENV)/bin/ruff check $(CODE)
	@$(VENV)/bin/ruff format --check $(CODE)
	@$(VENV)/bin/mypy

bench: $(INSTALLED) ## Measure speed and memory; writes benchmarks/results/
	@$(PYTHON) -m benchmarks $(ARGS)

lock: $(INSTALLED) ## Resolve the dependencies anew, with hashes
	@$(UV) pip compile --quiet --upgrade --generate-hashes --no-annotate --no-emit-index-url \
	  --python-version 3.10 --custom-compile-command "make lock" --override requirements/override.txt \
	  requirements/tfx-1.16.in requirements/dev.in --output-file $(LOCK)
	@$(UV) pip compile --quiet --upgrade --generate-hashes --no-annotate --no-emit-index-url \
	  --custom-compile-command "make lock" requirements/uv.in --output-file requirements/uv.txt

clean: ## Remove what make installed; runs/ stays
	@rm -rf $(VENV) .uv build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/install.sh requirements/uv.txt $(LOCK) setup.py
	@sh requirements/install.sh $(VENV) $(LOCK)
	@touch $@
