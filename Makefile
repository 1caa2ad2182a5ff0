# The front doors. `make demo` and `make test` do all their set-up themselves.

SWIFT ?= swift
ALMANAC := .build/release/almanac

.PHONY: help build prepare examples-deps kernel demo test gate soak screenshots bench check clean

help:
	@echo "make demo    build what is missing and run Examples/ping.yaml"
	@echo "make test    build what is missing and run every test, on real kernels too"
	@echo "make gate    run each of four labs 100 times under changing conditions and compare (RUNS=100)"
	@echo "make examples-deps   install the programs of Examples/etcd, ospf, redis and tcp (Debian packages)"
	@echo "make soak    20 machines, random faults, two simulated hours"
	@echo "make build   build $(ALMANAC)"
	@echo "make bench   measure what docs/performance.md speaks of"
	@echo "make check   format, lint and style"
	@echo "make clean   remove what was built here (kernels stay in the cache)"

prepare:
	@tools/prepare

examples-deps: prepare
	@tools/examples-deps

kernel: prepare
	@Kernel/build > /dev/null
	@Kernel/guest init > /dev/null && Kernel/guest entropy > /dev/null

build: prepare
	$(SWIFT) build -c release --product almanac

demo: kernel build
	$(ALMANAC) run Examples/ping.yaml
	@tail -n 3 out/ping/machines/m1/1.out

# The runner's own last lines are the last lines here.
test: kernel build
	@SWIFT=$(SWIFT) tools/test

# Every run the same, to the last byte: the four labs of the determinism gate (docs/determinism.md).
RUNS ?= 100
gate: kernel build
	@for lab in ping three web mixed; do \
	    $(ALMANAC) verify Examples/$$lab.yaml --runs $(RUNS) --quiet || exit; \
	done

# Two hours of twenty machines under random faults: what it costs, and whether anything is left of it.
soak: kernel build
	@tools/soak

# The pictures of docs/, by the test that looks at the pages of real runs.
screenshots: kernel build
	ALMANAC_SCREENSHOTS=1 $(SWIFT) test --filter ReportPageTests

# BENCH: rows and options of Benchmarks (see Benchmarks/Sources/Bench/Bench.swift), as in `make bench BENCH="messages --runs 9"`.
bench: kernel build
	$(SWIFT) build -c release --package-path Benchmarks
	@tools/bench
	@Benchmarks/.build/release/Bench $(BENCH)

check: prepare
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	$(SWIFT) test --filter StyleTests

clean:
	rm -rf .build out
