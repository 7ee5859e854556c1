# pressmark: `make demo` shows it at work, `make check` tests it, `make help`
# lists the rest.

# What a fresh machine needs; `make deps` installs what is missing.
DEB_PACKAGES = gcc make pkg-config libzstd-dev libxxhash-dev libsqlite3-dev \
	libarchive-dev libicu-dev libssl-dev libjansson-dev libcmocka-dev zstd
RPM_PACKAGES = gcc make pkgconf-pkg-config libzstd-devel xxhash-devel \
	sqlite-devel libarchive-devel libicu-devel openssl-devel jansson-devel \
	libcmocka-devel zstd
BREW_PACKAGES = pkg-config zstd xxhash sqlite libarchive icu4c openssl@3 \
	jansson cmocka
MODULES = libzstd libxxhash sqlite3 libarchive icu-uc icu-i18n libcrypto jansson

VERSION = 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O2 -g
STD = -std=c17 -D_POSIX_C_SOURCE=200809L
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wcast-qual -Wundef -Wformat=2 \
	$(if $(WERROR),-Werror)
PKG_CFLAGS = $(shell pkg-config --cflags $(MODULES) 2>/dev/null)
PKG_LIBS = $(shell pkg-config --libs $(MODULES) 2>/dev/null)
ALL_CFLAGS = $(STD) $(WARNINGS) -Iinclude -Isrc -pthread -fPIC \
	-fvisibility=hidden $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS)

LIB_SOURCES = $(wildcard src/base/*.c src/text/*.c src/intake/*.c \
	src/page/*.c src/dup/*.c src/store/*.c src/archive/*.c)
LIB_OBJECTS = $(LIB_SOURCES:%.c=$(BUILD)/%.o)
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,\
	$(wildcard tests/unit/test_*.c))

CLI_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/cli/*.c))

all: $(BUILD)/libpressmark.a $(BUILD)/pressmark ## build

$(BUILD)/src/base/%.o: STD = -std=c17 -D_GNU_SOURCE

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libpressmark.a: $(LIB_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/pressmark: $(CLI_OBJECTS) $(BUILD)/libpressmark.a
	@echo "  LD $@"
	@$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(PKG_LIBS) -lm

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libpressmark.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(BUILD)/libpressmark.a \
		$(LDFLAGS) $(PKG_LIBS) -lcmocka -lm

unit: $(UNIT_TESTS) ## unit tests
	@for t in $(UNIT_TESTS); do $$t || exit 1; done

asan: ## unit tests under AddressSanitizer and UBSan
	$(MAKE) BUILD=build-asan CFLAGS="-O1 -g -fno-omit-frame-pointer \
		-fsanitize=address,undefined -fno-sanitize-recover=all" unit

clean: ## remove what was built
	rm -rf build build-asan

-include $(LIB_OBJECTS:.o=.d)
.PHONY: all unit asan clean
