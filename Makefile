# A thin front: Meson builds, tools/run-tests tests. `make run` and `make test` work on a
# fresh machine; each installs what is missing and says so before it does.
BUILD   ?= build
CHECK   ?= build-test
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc)
# Debian's packages are for Debian's python, whatever else is first in PATH.
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)
RELEASE  = --buildtype=release -Doptimization=2 -Db_lto=true -Dtests=false --prefix=$(PREFIX)
SANITIZE = --buildtype=debugoptimized -Dwerror=true -Db_sanitize=address,undefined

.PHONY: all run test test-debian13 bench bench-here fuzz install uninstall clean lint format

all:
	@tools/need-packages build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) $(RELEASE)
	@ninja -j$(JOBS) -C $(BUILD)

# With no TARGET: a good, a weak and a broken server of our own on loopback, audited.
# A verdict is a result, not an error of make.
run: all
ifdef TARGET
	@$(BUILD)/tlswright audit $(TARGET); s=$$?; case $$s in 1|3) exit 0;; *) exit $$s;; esac
else
	@$(BUILD)/tlswright-demo $(BUILD)/tlswright; s=$$?; case $$s in 1|3) exit 0;; *) exit $$s;; esac
endif

test:
	@tools/need-packages test
	@$(PYTHON) tools/run-tests --jobs $(JOBS) --build $(BUILD) --release='$(RELEASE)' \
	    --check $(CHECK) --sanitize='$(SANITIZE)'

# The same suite on Debian 13, in a room that holds only what tools/packages.txt lists.
test-debian13:
	@tools/need-packages room
	@tools/in-room test

# In the room, where the peers are: nothing of it is installed on the machine itself.
bench:
	@tools/need-packages room
	@tools/in-room bench-here

# Beside whatever peers this machine has itself.
bench-here: all
	@ninja -C $(BUILD) bench/bench-measure bench/bench-load >/dev/null
	@$(PYTHON) bench/bench.py $(BUILD)
	@$(PYTHON) bench/gateway.py $(BUILD)

# FUZZ_SECONDS a target; the corpus grows in build-fuzz/corpus, crashers land beside it.
FUZZ_SECONDS ?= 60
fuzz:
	@tools/need-packages build fuzz
	@test -f build-fuzz/build.ninja || CC=clang meson setup build-fuzz -Dfuzz=true -Dtests=false $(SANITIZE) -Db_lundef=false
	@ninja -j$(JOBS) -C build-fuzz
	@tools/run-fuzz build-fuzz $(FUZZ_SECONDS)

install:
	@tools/need-packages install
	@$(MAKE) --no-print-directory all
	DESTDIR=$(DESTDIR) meson install --no-rebuild -C $(BUILD)

uninstall:
	ninja -C $(BUILD) uninstall

clean:
	rm -rf build build-*/

# gcc's own analyzer, then clang-tidy's checks of .clang-tidy.
lint:
	@tools/need-packages build lint
	@tools/lint

format:
	@tools/need-packages format
	git ls-files '*.c' '*.h' | xargs clang-format -i
