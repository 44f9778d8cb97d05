# Five verbs: run, test, check, bench, accept. Each installs what it needs.
PYTHON ?= python3
export PYTHONSAFEPATH = 1
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin
QUESTION ?= How many ships are in the port of Rotterdam in 2021? Show them on a map.

.PHONY: run test check bench accept install serve-install quantize-install clean

run: install serve-install ## Verify and write Verilog, then answer a question, with our own model on vLLM
	$(BIN)/terragate rtl verify docs/examples/decade.v --top decade --testbench docs/examples/decade_tb.v
	@echo "The shipped model is small: what follows may honestly end without a design."
	$(BIN)/terragate rtl generate docs/examples/decade.md --top decade \
	  --testbench docs/examples/decade_tb.v || [ $$? = 1 ]
	$(BIN)/terragate data demo
	$(BIN)/terragate ask "$(QUESTION)"

test: install serve-install quantize-install check ## All checks and tests, with a real vLLM serving the shipped weights
	$(BIN)/python -m pytest -m "not acceptance" -n $(WORKERS) --dist loadfile --cov --cov-report=
	@command -v iverilog >/dev/null || echo "coverage is not judged: the RTL tests had no Icarus Verilog"
	for room in $$(command -v iverilog >/dev/null && echo tools verifiers workflows); do \
	  $(BIN)/coverage report --include="$$room/*" --skip-covered --fail-under=90 || exit 1; \
	done

check: install ## Lint, types, import rules and surface snapshots
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	SKIP=ruff,ruff-format,lock $(BIN)/pre-commit run --all-files
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/surface

bench: install ## Runtime overhead against a bare LangGraph
	$(BIN)/python -m terragate.benchmarks.overhead

accept: install serve-install ## The long acceptance runs; their results are committed
	$(BIN)/python -m terragate.deploy.accept
	$(BIN)/python -m pytest -m acceptance

install: $(VENV)/.installed
$(VENV)/.installed: pyproject.toml requirements.lock deploy/bootstrap.sh
	sh deploy/bootstrap.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable ".[detect,eval,exact,models,ray,rtl,dev]"
	touch $@

serve-install: install
	$(BIN)/terragate serve install

quantize-install: install ## llm-compressor in an environment of its own
	$(BIN)/python -m terragate.deploy.models.quantize.environment

clean:
	rm -rf $(VENV) .venv-serve .venv-quantize build *.egg-info
