# A thin face over bootstrap.py, for those who have make.
PYTHON ?= python3
export MODELS TORCH TORCH_INDEX LLAMA_WHEEL

.PHONY: run demo test test-full setup format
run demo test test-full setup:
	@$(PYTHON) bootstrap.py $@

format: setup
	@.venv/bin/python -m ruff format . && .venv/bin/python -m ruff check --fix .
