# A thin front to CMake. `make help` lists the targets.
PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build
SOURCES = $(shell find include src cli tests examples bench -name '*.[ch]' 2>/dev/null | sort)

export DESTDIR
# A parallel build whatever -j this was called with; the tests too.
JOBS := $(shell nproc 2>/dev/null || echo 2)

.PHONY: all demo check install accuracy bench bench-peers peers format format-check clean help

all: packages-build ## build everything into build/
	@scripts/configure.sh $(BUILD)
	@cmake --build $(BUILD) --parallel $(JOBS)

demo: packages-build ## train a PReLU network on the spiral; pictures in build/demo
	@scripts/configure.sh $(BUILD)
	@cmake --build $(BUILD) --parallel $(JOBS) --target wengert_program
	$(BUILD)/wengert train --out $(BUILD)/demo

check: packages-check ## run every test
	@scripts/configure.sh $(BUILD) tests
	@cmake --build $(BUILD) --parallel $(JOBS)
	@scripts/test.sh $(BUILD)

install: all ## install under PREFIX (default /usr/local), below DESTDIR
	cmake --install $(BUILD) --prefix $(PREFIX)

bench: all $(filter peers,$(MAKECMDGOALS:bench-peers=peers)) ## run the benchmarks, beside those peers that are installed
	cmake --build $(BUILD) --target bench

bench-peers: peers bench ## install PyTorch, JAX and TensorFlow into build/peers, and run the benchmarks beside them

peers: all
	cmake --build $(BUILD) --target peers

accuracy: packages-check ## every float through every elementwise op: an hour; goes on where it stopped
	@scripts/configure.sh $(BUILD)
	@cmake --build $(BUILD) --parallel $(JOBS) --target wengert_program
	$(BUILD)/wengert accuracy --all $(BUILD)/accuracy --exhaustive --threads $(JOBS) --peers bench/peers/results.json
	scripts/splice.sh docs/numerics.md $(BUILD)/accuracy/table.md

format: ## lay all C files out with clang-format-14
	clang-format-14 -i $(SOURCES)

format-check: ## say which C files clang-format-14 would change
	clang-format-14 --dry-run --Werror $(SOURCES)

clean: ## remove every build folder
	rm -rf build build-*/

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

.PHONY: packages-build packages-check
packages-build packages-check: packages-%:
	@scripts/packages.sh $*
