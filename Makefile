# Everything starts from a machine with Python and make alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: quickstart test conformance lint format bench bench-nano docs clean

quickstart: $(STAMP)
	$(BIN)/lamforge quickstart --out runs/quickstart

test: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ray]'
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

# LlamaIndex and the other clients want different releases of OpenAI's library: it gets an environment of its own.
LLAMA := $(VENV)/llama-index

conformance: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[conformance]'
	$(BIN)/python -m pytest tests/conformance
	$(BIN)/python -m venv $(LLAMA)
	sed '/^openai==/d' constraints.txt > $(LLAMA)/constraints.txt
	$(LLAMA)/bin/python -m pip install --quiet --disable-pip-version-check -c $(LLAMA)/constraints.txt \
	  -e '.[dev,conformance-llama-index]'
	$(LLAMA)/bin/python -m pytest tests/conformance

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python docs/generate_cli.py --check

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	@for file in $(filter-out benchmarks/bench_nano.py,$(wildcard benchmarks/bench_*.py)); do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# The measure of the embedded model, an hour or two; MODEL=path.gguf measures another one.
MODEL ?= nano
bench-nano: $(STAMP)
	$(BIN)/python benchmarks/bench_nano.py --model $(MODEL)

docs: $(STAMP)
	$(BIN)/python docs/generate_cli.py

clean:
	rm -rf $(VENV) runs build dist

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "Python 3.10 to 3.13 is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "installing lamforge and what it needs into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,dev]'
	@touch $(STAMP)
