# `make test` and `make demo` set up what they need; see tests/setup.
PYTHON ?= python3
PYTEST_ARGS ?=

.PHONY: help setup test unit fuzz lint demo bench bench-provision clean

help:
	@echo 'make demo   bring a real tunnel up, show it working, clean up'
	@echo 'make test   run every test, those of the lab last; for some of them: .venv/bin/pytest -k create'
	@echo 'make unit   run the tests that touch nothing outside their process'
	@echo 'make fuzz   fuzz every decoder and session; FUZZ_SECONDS each (default 60), FUZZ_TARGETS for some'
	@echo 'make lint   ruff, mypy, import-linter, shellcheck'
	@echo 'make bench  measure the engine beside C pptp, as root; the tables are in docs/performance.md'
	@echo 'make bench-provision  measure commands and thousands of tunnels beside the Perl tool and netplan, as root'
	@echo 'make clean  remove .venv, caches and build results'

setup:
	@PYTHON=$(PYTHON) tests/setup

test: setup
	@.venv/bin/pytest -m 'not vm' --numprocesses=2 --dist=worksteal --durations=10
	@.venv/bin/pytest -m vm --durations=10

unit: setup
	@.venv/bin/pytest -m 'not (host or project or install or matrix or vm)' $(PYTEST_ARGS)

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= control_message control_stream control_split enhanced_gre hdlc_stream ppp_frame observer \
	manager_dialogue control_session data_session data_batch

fuzz: setup
	@mkdir -p .cache/fuzz
	@for target in $(FUZZ_TARGETS); do \
		echo "fuzz: $$target" && mkdir -p .cache/fuzz/$$target && \
		PYTHONPATH=.:engine .venv/bin/python -m tests.engine.fuzz.run $$target .cache/fuzz/$$target \
			-max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 -artifact_prefix=.cache/fuzz/ || exit 1; \
	done

lint: setup
	@.venv/bin/pytest tests/project/test_linters.py $(PYTEST_ARGS)

demo: setup
	@.venv/bin/python -m tests.vm.demo

bench: setup
	@PYTHONPATH=engine .venv/bin/python -m benchmarks.engine $(BENCH_ARGS)

bench-provision: setup
	@PYTHONPATH=engine .venv/bin/python -m benchmarks.provision $(BENCH_ARGS)

clean:
	rm -rf .venv .cache dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
