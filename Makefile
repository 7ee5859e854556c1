# pressmark: `make demo` shows it at work, `make check` tests it, `make help`
# lists the rest.

# What a fresh machine needs, to build and show it, and more for the tests;
# `make deps` installs what is missing.
MODULES = libzstd libxxhash sqlite3 libarchive icu-uc icu-i18n libcrypto jansson \
	libxml-2.0 yaml-0.1 uchardet zlib libbrotlidec libisal
TOOLS = cc pkg-config zstd
DEB_PACKAGES = gcc make pkg-config zstd libzstd-dev libxxhash-dev libsqlite3-dev \
	libarchive-dev libicu-dev libssl-dev libjansson-dev libxml2-dev \
	libyaml-dev libuchardet-dev zlib1g-dev libbrotli-dev libisal-dev
RPM_PACKAGES = gcc make pkgconf-pkg-config zstd libzstd-devel xxhash-devel \
	sqlite-devel libarchive-devel libicu-devel openssl-devel jansson-devel \
	libxml2-devel libyaml-devel uchardet-devel zlib-devel brotli-devel isa-l-devel \
	diffutils findutils gawk tar
BREW_PACKAGES = pkg-config zstd xxhash sqlite libarchive icu4c openssl@3 jansson \
	libxml2 libyaml uchardet zlib brotli isa-l
TEST_MODULES = cmocka
TEST_TOOLS = bsdtar man sqlite3 unzip
DEB_TESTS = libcmocka-dev libarchive-tools man-db sqlite3 unzip
RPM_TESTS = libcmocka-devel libasan libubsan bsdtar man-db sqlite unzip util-linux
BREW_TESTS = cmocka

VERSION = 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O2 -g
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

# Recursive on purpose: asked only when something is compiled, so after `deps`.
PKG_CONFIG ?= pkg-config
PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(MODULES))
PKG_LIBS = $(shell $(PKG_CONFIG) --libs $(MODULES))
STD = -std=c17 -D_POSIX_C_SOURCE=200809L
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wcast-qual -Wundef -Wformat=2 \
	$(if $(WERROR),-Werror)
ALL_CFLAGS = $(STD) $(WARNINGS) -Iinclude -Isrc -pthread -fPIC \
	-fvisibility=hidden $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(ALL_CFLAGS) $(LDFLAGS)

LIB_SOURCES = $(wildcard $(addprefix src/,$(addsuffix /*.c,\
	base text intake page dup store archive)))
LIB_OBJECTS = $(LIB_SOURCES:%.c=$(BUILD)/%.o)
CLI_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/cli/*.c))
GENERATE_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,\
	$(wildcard tests/tools/generate*.c)) $(BUILD)/src/base/utf8.o
FAULT_OBJECTS = $(filter-out $(BUILD)/src/base/mem.o $(BUILD)/src/archive/add.o,\
	$(LIB_OBJECTS)) $(patsubst %.c,$(BUILD)/%.o,\
	$(filter-out $(wildcard tests/fault/test_*.c tests/fault/shim*.c),\
	$(wildcard tests/fault/*.c)))
FUZZERS = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
PROGRAMS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c \
	tests/prop/test_*.c tests/fault/test_*.c)) \
	$(patsubst tests/e2e/%.c,$(BUILD)/tests/%,$(wildcard tests/e2e/*.c)) \
	$(FUZZERS:%=$(BUILD)/tests/fuzz/%) $(BUILD)/tests/fault/shim.so

all: $(BUILD)/pressmark $(BUILD)/libpressmark.a $(BUILD)/libpressmark.so \
	$(BUILD)/pressmark.pc $(BUILD)/pressmark.1 $(BUILD)/generate ## build (default)

$(BUILD)/src/base/%.o: STD = -std=c17 -D_GNU_SOURCE

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libpressmark.a: $(LIB_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/libpressmark.so: $(LIB_OBJECTS)
	@echo "  LD $@"
	@$(LINK) -shared -Wl,-soname,libpressmark.so.0 -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/pressmark: $(CLI_OBJECTS) $(BUILD)/libpressmark.a
	@echo "  LD $@"
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/generate: $(GENERATE_OBJECTS)
	@$(LINK) -o $@ $^ -lm

$(BUILD)/bench-text: $(BUILD)/tests/bench/text.o $(BUILD)/libpressmark.a
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/bench-article: $(BUILD)/tests/bench/article.o $(BUILD)/libpressmark.a
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/bench-pages: $(BUILD)/tests/bench/pages.o $(BUILD)/libpressmark.a
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/bench-language: $(BUILD)/tests/tools/language_accuracy.o \
		$(BUILD)/libpressmark.a
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/pressmark.1: $(BUILD)/pressmark
	@$(BUILD)/pressmark --man > $@

$(BUILD)/pressmark.pc: Makefile
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'Name: pressmark' \
		'Description: archive and deduplicate scraped news corpora' \
		'Version: $(VERSION)' 'Requires.private: $(MODULES)' \
		'Libs: -L$${prefix}/lib -lpressmark' \
		'Libs.private: -lm -pthread' 'Cflags: -I$${prefix}/include' > $@

$(BUILD)/tests/fault/test_%: $(BUILD)/tests/fault/test_%.o $(FAULT_OBJECTS)
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lcmocka -lm

# Never sanitized: it is loaded before the sanitizer.
$(BUILD)/tests/fault/shim.so: tests/fault/shim.c tests/fault/calls.c \
		tests/fault/calls.h
	@mkdir -p $(@D)
	@$(CC) -std=c17 $(WARNINGS) -O1 -g -fPIC -shared -fno-builtin-malloc \
		-o $@ tests/fault/shim.c tests/fault/calls.c -pthread -ldl

# With libFuzzer's main, or with ours, which replays files.
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libpressmark.a
	@mkdir -p $(@D)
	@$(LINK) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o \
		$(BUILD)/tests/fuzz/replay.o $(BUILD)/libpressmark.a
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/tests/%: $(BUILD)/tests/e2e/%.o $(BUILD)/libpressmark.a
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libpressmark.a
	@$(LINK) -o $@ $^ $(PKG_LIBS) -lcmocka -lm

deps: ## install what is missing (apt, dnf or brew)
	@sh tests/deps.sh '$(MODULES) $(TEST_MODULES)' '$(TOOLS) $(TEST_TOOLS)' \
		'$(DEB_PACKAGES) $(DEB_TESTS)' '$(RPM_PACKAGES) $(RPM_TESTS)' \
		'$(BREW_PACKAGES) $(BREW_TESTS)'

demo: ## the main job on corpus/, shown step by step
	@sh tests/deps.sh '$(MODULES)' '$(TOOLS)' '$(DEB_PACKAGES)' \
		'$(RPM_PACKAGES)' '$(BREW_PACKAGES)'
	@$(MAKE) --no-print-directory all
	@sh tests/demo.sh $(BUILD)/pressmark corpus

check: deps ## all tests, under AddressSanitizer and UBSan
	@sh tests/style.sh
	@$(MAKE) --no-print-directory -j$$(getconf _NPROCESSORS_ONLN) \
		BUILD=build-asan CFLAGS="-O1 -g $(SANITIZE)" all programs
	@sh tests/check.sh build-asan

programs: $(PROGRAMS)

unit: deps ## unit, property and fault tests without sanitizers
	@$(MAKE) --no-print-directory all programs
	@sh tests/check.sh $(BUILD) unit

# FUZZ='json html': these drivers alone.
FUZZ_SECONDS ?= 60
FUZZ ?= $(FUZZERS:fuzz_%=%)

fuzz: ## each driver of tests/fuzz for FUZZ_SECONDS=60 [FUZZ='json html'] (clang)
	@sh tests/fuzz/fuzz.sh needs
	@$(MAKE) --no-print-directory -j$$(getconf _NPROCESSORS_ONLN) \
		BUILD=build-fuzz CC=clang \
		CFLAGS="-O1 -g -fsanitize=fuzzer-no-link $(SANITIZE) \
		-Wno-string-concatenation" \
		$(FUZZ:%=build-fuzz/fuzz/fuzz_%)
	@sh tests/fuzz/fuzz.sh build-fuzz $(FUZZ_SECONDS) $(FUZZ)

# FAULT_PAGES and FAULT_EVERY: of the disk; 1: every fsync.
FAULT_PAGES ?= 2000
FAULT_EVERY ?= 1

faults: deps ## every fault in every verb, every moment of a power cut (hours)
	@$(MAKE) --no-print-directory all programs
	@sh tests/fault/faults.sh $(BUILD) $(FAULT_PAGES) $(FAULT_EVERY)

# Counted as written: not optimized, and exact where threads meet.
COVER = -O0 -g --coverage -fprofile-update=atomic

cover: deps ## lines and branches of src/ that the tests run (gcovr, python3)
	@command -v gcovr >/dev/null || { echo 'cover: needs gcovr' >&2; exit 1; }
	@$(MAKE) --no-print-directory -j$$(getconf _NPROCESSORS_ONLN) \
		BUILD=build-cover CFLAGS="$(COVER)" build-cover/tests/tools/cover.o
	@$(MAKE) --no-print-directory -j$$(getconf _NPROCESSORS_ONLN) \
		BUILD=build-cover CFLAGS="$(COVER)" LDFLAGS="$(LDFLAGS) \
		build-cover/tests/tools/cover.o \
		-Wl,--wrap=_exit,--wrap=pm_sandbox_enter,-u,pm_sandbox_enter" all programs
	@sh tests/cover.sh build-cover

style: ## include fences, floors, banned functions
	@sh tests/style.sh

damage: all programs ## DAMAGE_ROUNDS damages to small archives, and repair
	@PM_ROUNDS=$(or $(DAMAGE_ROUNDS),10000) $(BUILD)/tests/prop/test_damage

asan: check ## the same as check

pages: $(BUILD)/bench-pages ## bodies, titles, dates of HTML beside other tools (python3, pip)
	@python3 tests/bench/pages.py $(BUILD)/bench-pages $(BUILD)/pages \
		$(PAGES_ARGUMENTS)

bench: all ## speed and size beside tar, zstd, squashfs (needs ../shared)
	@sh tests/bench/bench.sh $(BUILD)/pressmark $(BUILD)/generate

bench-verify: all ## verify beside zstd -t over the same volumes [INPUT=... JOBS=2]
	@sh tests/bench/verify.sh $(BUILD)/pressmark $(BUILD)/generate

# ACCURACY_PAGES, DUPS_ARGUMENTS, GROWTH_ARGUMENTS: see tests/tools and tests/bench.
ACCURACY_PAGES ?= 100000

lib-objects: $(LIB_OBJECTS) $(CLI_OBJECTS)

analyze: ## cppcheck, clang-tidy and gcc -fanalyzer find nothing (minutes)
	@sh tests/analyze.sh $(BUILD) '$(PKG_CFLAGS)'

accuracy: all ## on generated pages, corpus/, and ../shared/data if there (python3)
	@mkdir -p $(BUILD)/accuracy
	@$(BUILD)/generate --pages $(ACCURACY_PAGES) --seed 1 --edits 0.5-30 \
		--mix orig=55,identical=8,same=4,update=6,near=14,contains=7,moved=3,boilerplate=3 \
		--truth $(BUILD)/accuracy -o $(BUILD)/accuracy/pages.tar
	@python3 tests/tools/accuracy.py $(BUILD)/pressmark $(BUILD)/accuracy \
		--floor links.precision=0.99 --floor links.recall=0.97 \
		--floor titles.recall=0.97 --floor tags.recall=0.97 \
		--floor dates.recall=0.95 --floor figures.recall=0.99 --examples 5 \
		--floor edited-10.f1=0.98 --floor edited-10.precision=0.995
	@python3 tests/tools/accuracy.py $(BUILD)/pressmark corpus --brief
	@python3 tests/tools/labelled.py $(BUILD)/pressmark ../shared/data

bench-dups: all $(if $(wildcard tests/bench/text.c),$(BUILD)/bench-text) ## near-duplicates beside other tools (python3, pip; minutes)
	@python3 tests/bench/dups.py $(BUILD)/pressmark $(BUILD)/generate \
		$(BUILD)/dups $(DUPS_ARGUMENTS)

growth: all ## time, memory and bytes a page as a corpus grows (python3)
	@python3 tests/bench/growth.py $(BUILD)/pressmark $(BUILD)/generate \
		$(BUILD)/growth $(GROWTH_ARGUMENTS)

recipe: all ## the README's recipe for pandas and datasets (python3, pip)
	@sh tests/tools/recipe.sh $(BUILD)/pressmark

install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin include lib/pkgconfig \
		share/man/man1)
	install -m 755 $(BUILD)/pressmark $(DESTDIR)$(PREFIX)/bin/
	install -m 644 include/pressmark.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(BUILD)/libpressmark.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(BUILD)/libpressmark.so \
		$(DESTDIR)$(PREFIX)/lib/libpressmark.so.$(VERSION)
	ln -sf libpressmark.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libpressmark.so.0
	ln -sf libpressmark.so.0 $(DESTDIR)$(PREFIX)/lib/libpressmark.so
	install -m 644 $(BUILD)/pressmark.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m 644 $(BUILD)/pressmark.1 $(DESTDIR)$(PREFIX)/share/man/man1/

dist: ## a tar of the sources
	git archive --prefix=pressmark-$(VERSION)/ -o pressmark-$(VERSION).tar.gz HEAD

clean: ## remove what was built
	rm -rf build build-asan build-fuzz build-cover

help: ## this list
	@awk -F' *## *' '/^[a-z-]+:.*## /{sub(/:.*/, "", $$1); printf "  make %-10s %s\n", $$1, $$NF}' Makefile

-include $(LIB_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(GENERATE_OBJECTS:.o=.d) \
	$(FAULT_OBJECTS:.o=.d) \
	$(PROGRAMS:=.d)
.PHONY: all lib-objects analyze deps demo check damage programs unit fuzz faults cover style asan \
	bench bench-dups bench-verify growth pages \
	accuracy recipe install dist clean help
.SECONDARY:
