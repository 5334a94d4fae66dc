# The C library: `make`, `make install DESTDIR=… PREFIX=/usr`, `make deb`. See docs/c.md.
#
# Cargo compiles; what follows only links, and puts files where a C programmer looks for them. Rust users
# need nothing of this.

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
FEATURES   ?= capi
CARGO      ?= cargo
BUILD      ?= target/c

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
MAJOR   := $(word 1,$(subst ., ,$(VERSION)))
MINOR   := $(word 2,$(subst ., ,$(VERSION)))
SONAME  := libportcullis.so.$(MAJOR)

# What a static library needs beside itself: what rustc says (--print native-static-libs), which a test
# compares with this.
STATIC_LIBS := -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc

# Only portcullis_* is exported, and the library is never unloaded: a thread that used it may end, and
# run the destructors of its thread-locals, after the host closed it (rust-lang/rust issue 91979).
SO_FLAGS := -shared -Wl,-soname,$(SONAME) -Wl,--version-script=include/portcullis.map -Wl,-z,nodelete \
    -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--no-undefined

STATIC := $(BUILD)/release/libportcullis.a
SHARED := $(BUILD)/libportcullis.so.$(VERSION)

all: $(SHARED) $(BUILD)/portcullis.pc

# Cargo knows best whether there is anything to do. Debug information is for the comparison of interfaces
# (tests/c) and for whoever debugs; what is installed is stripped of it.
.PHONY: all cargo install uninstall deb clean
cargo:
	@mkdir -p $(BUILD)
	$(CARGO) rustc --quiet --release --locked --lib --features $(FEATURES) --crate-type staticlib,rlib \
	    --target-dir $(BUILD) --config 'profile.release.debug="full"' \
	    -- --print native-static-libs=$(BUILD)/native-static-libs
$(STATIC): cargo ;

$(SHARED): $(STATIC) include/portcullis.map
	$(CC) $(SO_FLAGS) -o $@ -Wl,--whole-archive $(STATIC) -Wl,--no-whole-archive $(STATIC_LIBS)
	ln -sf $(notdir $@) $(BUILD)/$(SONAME)
	ln -sf $(SONAME) $(BUILD)/libportcullis.so

FILL = sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
    -e 's|@VERSION@|$(VERSION)|; s|@MAJOR@|$(MAJOR)|; s|@MINOR@|$(MINOR)|; s|@STATIC_LIBS@|$(STATIC_LIBS)|' \
    -e "s|@INCLUDE_FROM_LIB@|$$(realpath -m --relative-to=$(LIBDIR) $(INCLUDEDIR))|"

$(BUILD)/portcullis.pc: include/portcullis.pc.in Makefile Cargo.toml
	@mkdir -p $(BUILD)
	$(FILL) $< > $@

LIB := $(DESTDIR)$(LIBDIR)
INC := $(DESTDIR)$(INCLUDEDIR)

install: all
	install -d $(LIB)/pkgconfig $(LIB)/cmake/portcullis $(INC)
	install -m 644 include/portcullis.h include/portcullis.hpp $(INC)
	install -m 644 $(STATIC) $(LIB)/libportcullis.a
	strip --strip-debug $(LIB)/libportcullis.a
	install -m 644 $(SHARED) $(LIB)
	strip --strip-unneeded $(LIB)/$(notdir $(SHARED))
	ln -sf $(notdir $(SHARED)) $(LIB)/$(SONAME)
	ln -sf $(SONAME) $(LIB)/libportcullis.so
	$(FILL) include/portcullis.pc.in > $(LIB)/pkgconfig/portcullis.pc
	$(FILL) include/portcullis-config.cmake.in > $(LIB)/cmake/portcullis/portcullis-config.cmake
	$(FILL) include/portcullis-config-version.cmake.in > $(LIB)/cmake/portcullis/portcullis-config-version.cmake

uninstall:
	rm -f $(INC)/portcullis.h $(INC)/portcullis.hpp $(LIB)/libportcullis.a $(LIB)/libportcullis.so \
	    $(LIB)/$(SONAME) $(LIB)/$(notdir $(SHARED)) $(LIB)/pkgconfig/portcullis.pc
	rm -rf $(LIB)/cmake/portcullis

# Two Debian packages, as Debian splits libraries: what programs need to run, and what they need to be built.
DEB      := $(BUILD)/deb
ARCH     := $(shell dpkg --print-architecture 2>/dev/null)
TRIPLET  := $(shell dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || $(CC) -print-multiarch 2>/dev/null)
RUN_DEB  := libportcullis$(MAJOR)
DEV_DEB  := libportcullis-dev
CONTROL  = printf 'Package: %s\nVersion: $(VERSION)\nArchitecture: $(ARCH)\nMaintainer: Portcullis maintainers <noreply@portcullis.invalid>\nSection: %s\nPriority: optional\nMulti-Arch: same\nDepends: %s\nDescription: access decisions inside a gateway (%s)\n Decides whether this person, on this device, may do this to this information,\n now, and on what terms. For programs in C and C++.\n'

deb: all
	rm -rf $(DEB)
	install -d $(DEB)/$(RUN_DEB)/DEBIAN $(DEB)/$(DEV_DEB)/DEBIAN
	$(MAKE) --silent install DESTDIR=$(DEB)/$(DEV_DEB) PREFIX=/usr LIBDIR=/usr/lib/$(TRIPLET)
	install -d $(DEB)/$(RUN_DEB)/usr/lib/$(TRIPLET)
	mv $(DEB)/$(DEV_DEB)/usr/lib/$(TRIPLET)/libportcullis.so.* $(DEB)/$(RUN_DEB)/usr/lib/$(TRIPLET)
	for package in $(RUN_DEB) $(DEV_DEB); do \
	    install -d $(DEB)/$$package/usr/share/doc/$$package; \
	    cat LICENSE-MIT LICENSE-APACHE > $(DEB)/$$package/usr/share/doc/$$package/copyright; \
	done
	install -m 644 docs/c.md examples/c/*.c examples/c/*.cpp $(DEB)/$(DEV_DEB)/usr/share/doc/$(DEV_DEB)
	printf 'libportcullis %s $(RUN_DEB) (>= $(VERSION))\n' $(MAJOR) > $(DEB)/$(RUN_DEB)/DEBIAN/shlibs
	printf 'activate-noawait ldconfig\n' > $(DEB)/$(RUN_DEB)/DEBIAN/triggers
	$(CONTROL) $(RUN_DEB) libs 'libc6 (>= 2.34), libgcc-s1' 'shared library' > $(DEB)/$(RUN_DEB)/DEBIAN/control
	$(CONTROL) $(DEV_DEB) libdevel '$(RUN_DEB) (= $(VERSION))' 'development files' > $(DEB)/$(DEV_DEB)/DEBIAN/control
	dpkg-deb --root-owner-group --build $(DEB)/$(RUN_DEB) $(DEB) > /dev/null
	dpkg-deb --root-owner-group --build $(DEB)/$(DEV_DEB) $(DEB) > /dev/null

clean:
	rm -rf $(BUILD)
