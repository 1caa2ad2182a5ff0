# The entry points. `make demo` and `make test` do all their set-up themselves.

SWIFT ?= swift
ALMANAC := .build/release/almanac

# For `make install` and `make uninstall`. DESTDIR is put in front of every path, for packages.
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help build prepare examples-deps kernel former-kernel demo test test-fast gate kernel-twice soak moments torture flood five-hundred fuzz fuzz-guided screenshots real-programs bench check clean
.PHONY: install uninstall deb deb-test

help:
	@echo "make demo        build what is missing and run Examples/ping.yaml"
	@echo "make build       build $(ALMANAC)"
	@echo "make install     install almanac below PREFIX=$(PREFIX); make uninstall removes it"
	@echo "make deb         build a Debian package in out/deb; make deb-test tries it in a clean chroot (as root)"
	@echo "make test-fast   run the tests that boot no kernel"
	@echo "make test        build what is missing and run every test, also on real kernels"
	@echo "make check       format, lint and style; builds the benchmarks"
	@echo "make gate        run each of four labs 100 times under changing conditions and compare (RUNS=100)"
	@echo "make kernel-twice    build the kernel twice in different environments and compare the builds"
	@echo "make soak        20 machines, random faults, two simulated hours"
	@echo "make torture     kill, stop and starve runs at random, 1000 times (ROUNDS=1000)"
	@echo "make flood       thousands of connections that never start, beside two clients"
	@echo "make five-hundred    boot 500 machines (Examples/five-hundred.yaml) and print what it took"
	@echo "make fuzz        feed random inputs to everything that reads untrusted bytes (COUNT=10000000 TARGET=all SEED=1)"
	@echo "make moments         replay runs of four labs up to random moments (MOMENTS=100 of each)"
	@echo "make real-programs   install many Debian packages and run the labs of Examples/real and Examples/features"
	@echo "make bench       measure the figures of docs/performance.md"
	@echo "make examples-deps   install the programs of Examples/etcd, ospf, redis and tcp (Debian packages)"
	@echo "make clean       remove what was built here (kernels stay in the cache)"

prepare:
	@tools/prepare

examples-deps: prepare
	@tools/examples-deps

real-programs: kernel build
	@tools/real-programs

kernel: prepare
	@Kernel/build > /dev/null
	@Kernel/guest init > /dev/null && Kernel/guest entropy > /dev/null

# The program runs without a Swift toolchain, so it is what `make install` installs and what the tests drive.
build: prepare
	ALMANAC_BUILD="$$(SWIFT=$(SWIFT) tools/version)" $(SWIFT) build -c release --static-swift-stdlib --product almanac

# As root after sudo, only install: what root builds, the user cannot build again.
install:
	@[ -n "$(SUDO_UID)" ] || $(MAKE) build
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" tools/install

uninstall:
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" tools/install --remove

deb: build
	@tools/deb

deb-test: deb
	@tools/deb-test

# The series before the default: a test holds the library of guests against it.
former-kernel: prepare
	@Kernel/build --series 6.12 > /dev/null

demo: kernel build
	$(ALMANAC) run Examples/ping.yaml
	@tail -n 3 out/ping/machines/m1/1.out

# The runner's own last lines are the last lines here.
test: kernel former-kernel build
	@SWIFT=$(SWIFT) tools/test

test-fast: prepare
	@SWIFT=$(SWIFT) tools/test fast

# Every run is the same, to the last byte: the four labs of the determinism gate (docs/determinism.md).
RUNS ?= 100
gate: kernel build
	@for lab in ping three web mixed; do \
	    $(ALMANAC) verify Examples/$$lab.yaml --runs $(RUNS) --quiet --timeout none || exit; \
	done

# The kernel depends on nothing but its recipe and its compiler.
kernel-twice: prepare
	@tools/kernel-twice

# Two hours of twenty machines under random faults: what it costs, and whether anything is left of it.
soak: kernel build
	@tools/soak

# Replays runs up to random moments: each must have happened as recorded (docs/looking-inside.md).
MOMENTS ?= 100
moments: kernel build examples-deps
	@tools/moments $(MOMENTS) Examples/ping.yaml Examples/web.yaml Examples/ospf.yaml Examples/etcd.yaml

# Faults of the host against runs: each ends with one clear line, and nothing is left (docs/reliability.md).
ROUNDS ?= 1000
torture: kernel build
	@tools/torture --rounds $(ROUNDS) $(TORTURE)

# Connections that never start, beside two clients that take turns (docs/reliability.md).
flood: build
	@tools/flood $(ALMANAC)

# Too slow for `make test`: 500 machines (docs/performance.md).
five-hundred: kernel build
	$(ALMANAC) run Examples/five-hundred.yaml --quiet --timeout none
	@grep -E '^  "(wallNanoseconds|peakBytes|peakMachineBytes)"' out/five-hundred/summary.json

# Random inputs for everything that reads untrusted bytes (docs/reliability.md).
COUNT ?= 10000000
TARGET ?= all
SEED ?= 1
fuzz: prepare
	$(SWIFT) build -c release --static-swift-stdlib --product fuzz
	@.build/release/fuzz --target $(TARGET) --count $(COUNT) --seed $(SEED)

# The same guided by coverage (libFuzzer), one target at a time. An input that fails is written to .build/guided.
FUZZ_SECONDS ?= 300
fuzz-guided: prepare
	ALMANAC_GUIDED_FUZZ=1 $(SWIFT) build -c release --sanitize=fuzzer --scratch-path .build/guided --product fuzz-guided
	@mkdir -p .build/guided/corpus/$(TARGET)
	@cd .build/guided && TARGET=$(TARGET) release/fuzz-guided -max_total_time=$(FUZZ_SECONDS) -max_len=512 corpus/$(TARGET)

# The pictures of docs/, made by the test that opens the pages of real runs.
screenshots: kernel build
	ALMANAC_SCREENSHOTS=1 $(SWIFT) test --filter ReportPageTests

# BENCH: rows and options of Benchmarks (see Benchmarks/Sources/Bench/Bench.swift), as in `make bench BENCH="messages --runs 9"`.
bench: kernel former-kernel build
	$(SWIFT) build -c release --package-path Benchmarks
	@tools/bench
	@Benchmarks/.build/release/Bench $(BENCH)

check: prepare
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources
	tools/lint-page
	$(SWIFT) build --quiet --package-path Benchmarks
	@SWIFT=$(SWIFT) tools/test StyleTests

clean:
	rm -rf .build out
