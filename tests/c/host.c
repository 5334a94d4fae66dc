/*
 * What the library does to its host: nothing. Run with the path of the shared library, which is loaded and
 * closed while threads use it; with a fork after loading; on stacks of 64 KiB; with descriptor 2 closed. What
 * it must not call stands in this program under the same names, before the C library's own, and counts.
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int environment, signals, started, written, locale;

char *getenv(const char *name) { (void)name; environment++; return NULL; }
char *secure_getenv(const char *name) { (void)name; environment++; return NULL; }
int setenv(const char *name, const char *value, int over) { (void)name; (void)value; (void)over; environment++; return 0; }
int sigaction(int number, const struct sigaction *to, struct sigaction *from) { (void)number; (void)to; (void)from; signals++; return 0; }
int sigaltstack(const stack_t *to, stack_t *from) { (void)to; (void)from; signals++; return 0; }
char *setlocale(int category, const char *name) { (void)category; (void)name; locale++; return NULL; }
typedef ssize_t writer(int, const void *, size_t);
ssize_t write(int fd, const void *bytes, size_t length) {
    writer *next = (writer *)dlsym(RTLD_NEXT, "write");
    written++;
    return next(fd, bytes, length);
}
typedef int starter(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
static starter *start_thread;
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *data) {
    started++;
    return start_thread(thread, attributes, work, data);
}

/* And what it must not call while it decides. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
static atomic_int allocated;
void *malloc(size_t size) { allocated++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { allocated++; return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { allocated++; return __libc_realloc(old, size); }
void *aligned_alloc(size_t alignment, size_t size) { allocated++; return __libc_memalign(alignment, size); }
int posix_memalign(void **to, size_t alignment, size_t size) {
    allocated++;
    return (*to = __libc_memalign(alignment, size)) ? 0 : 12;
}

/* The functions, by way of dlsym: this program is not linked with the library. */
static __typeof__(portcullis_pdp_load_files) *load_files;
static __typeof__(portcullis_pdp_reload_files) *reload_files;
static __typeof__(portcullis_pdp_free) *pdp_free;
static __typeof__(portcullis_request_new) *request_new;
static __typeof__(portcullis_request_free) *request_free;
static __typeof__(portcullis_request_reset) *request_reset;
static __typeof__(portcullis_request_at) *request_at;
static __typeof__(portcullis_request_set_text) *set_text;
static __typeof__(portcullis_pdp_attribute) *attribute;
static __typeof__(portcullis_request_set_words) *set_words;
static __typeof__(portcullis_request_put_text) *put_text;
static __typeof__(portcullis_request_put_instant) *put_instant;
static __typeof__(portcullis_decide) *decide;
static __typeof__(portcullis_explain) *explain;
static __typeof__(portcullis_decide_json) *decide_json;
static __typeof__(portcullis_pdp_load) *load_folder;
static __typeof__(portcullis_pdp_reload) *reload_folder;
static __typeof__(portcullis_verifier_load) *verifier_load;
static __typeof__(portcullis_verifier_notice) *notice;
static __typeof__(portcullis_verifier_free) *verifier_free;
static __typeof__(portcullis_request_attest) *attest;
static __typeof__(portcullis_certificate_thumbprint) *thumbprint;

static void *library;

#define FIND(to, name) CHECK((*(void **)&to = dlsym(library, name)) != NULL)
static void open_library(const char *path) {
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!CHECK(library != NULL)) { fprintf(stderr, "%s\n", dlerror()); exit(3); }
    FIND(load_files, "portcullis_pdp_load_files");
    FIND(reload_files, "portcullis_pdp_reload_files");
    FIND(pdp_free, "portcullis_pdp_free");
    FIND(request_new, "portcullis_request_new");
    FIND(request_free, "portcullis_request_free");
    FIND(request_reset, "portcullis_request_reset");
    FIND(request_at, "portcullis_request_at");
    FIND(set_text, "portcullis_request_set_text");
    FIND(attribute, "portcullis_pdp_attribute");
    FIND(set_words, "portcullis_request_set_words");
    FIND(put_text, "portcullis_request_put_text");
    FIND(put_instant, "portcullis_request_put_instant");
    FIND(decide, "portcullis_decide");
    FIND(explain, "portcullis_explain");
    FIND(decide_json, "portcullis_decide_json");
    FIND(load_folder, "portcullis_pdp_load");
    FIND(reload_folder, "portcullis_pdp_reload");
    FIND(verifier_load, "portcullis_verifier_load");
    FIND(notice, "portcullis_verifier_notice");
    FIND(verifier_free, "portcullis_verifier_free");
    FIND(attest, "portcullis_request_attest");
    FIND(thumbprint, "portcullis_certificate_thumbprint");
}

static portcullis_pdp *load(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    portcullis_pdp *pdp;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    MUST(load_files(small_files, SMALL_FILES, &options, &pdp, NULL));
    return pdp;
}

/* Decides, explains and answers; 1 if everything was as it should be. */
static int use(portcullis_pdp *pdp) {
    static const char document[] =
        "{\"subject\":{\"type\":\"u\",\"id\":\"1\"},\"action\":{\"name\":\"sync\"},\"resource\":{\"type\":\"p\",\"id\":\"1\"}}";
    portcullis_request *request;
    portcullis_decision decision = 77;
    portcullis_str user, administrator;
    char answer[4096];
    size_t length;
    int fine = request_new(pdp, &request) == PORTCULLIS_OK;
    fine &= request_reset(request) == PORTCULLIS_OK && request_at(request, NOW) == PORTCULLIS_OK;
    fine &= set_text(request, S("action"), S("view")) == PORTCULLIS_OK;
    fine &= set_text(request, S("subject.name"), S("Ada")) == PORTCULLIS_OK;
    fine &= decide(pdp, request, &decision) == PORTCULLIS_OK && decision == PORTCULLIS_PERMIT;
    fine &= set_text(request, S("action"), S("edit")) == PORTCULLIS_OK;
    fine &= decide(pdp, request, &decision) == PORTCULLIS_OK && decision == PORTCULLIS_DENY;
    fine &= explain(request, &user, &administrator) == PORTCULLIS_OK;
    fine &= decide_json(pdp, NULL, document, sizeof document - 1, answer, sizeof answer, &length, NULL) == PORTCULLIS_OK;
    fine &= decide_json(pdp, NULL, "{[", 2, answer, sizeof answer, &length, NULL) == PORTCULLIS_E_JSON;
    request_free(request);
    return fine;
}

static void the_library_touches_nothing_of_the_process(void) {
    portcullis_pdp *bad, *pdp;
    environment = signals = started = written = locale = 0;
    pdp = load();
    CHECK(use(pdp));
    OK(reload_files(pdp, small_files, SMALL_FILES, NULL));
    CHECK(reload_files(pdp, small_files, 1, NULL) == PORTCULLIS_E_POLICY_SET);
    CHECK(load_folder(S("policies/quickstart"), NULL, &bad, NULL) == PORTCULLIS_OK);
    pdp_free(bad);
    CHECK(load_folder(S("no/such"), NULL, &bad, NULL) == PORTCULLIS_E_POLICY_SET);
    CHECK(use(pdp));
    pdp_free(pdp);
    CHECK(environment == 0);
    CHECK(signals == 0);
    CHECK(started == 0);
    CHECK(written == 0);
    CHECK(locale == 0);
}

static void stating_and_deciding_allocate_nothing(void) {
    portcullis_pdp *pdp = load();
    portcullis_request *request;
    portcullis_str roles[] = {{S("clerk")}, {S("auditor")}};
    uint32_t action, name, time;
    MUST(request_new(pdp, &request));
    MUST(attribute(pdp, S("action"), &action));
    MUST(attribute(pdp, S("subject.name"), &name));
    MUST(attribute(pdp, S("context.time"), &time));
    allocated = 0;
    for (int round = 0; round < 5; round++) {
        portcullis_decision permit = 77, deny = 77;
        int fine = request_reset(request) == PORTCULLIS_OK && request_at(request, NOW) == PORTCULLIS_OK;
        fine &= set_text(request, S("subject.name"), S("Ada")) == PORTCULLIS_OK;
        fine &= set_words(request, S("subject.roles"), roles, 2) == PORTCULLIS_OK;
        fine &= set_text(request, S("action"), S("view")) == PORTCULLIS_OK;
        fine &= decide(pdp, request, &permit) == PORTCULLIS_OK && permit == PORTCULLIS_PERMIT;
        fine &= request_reset(request) == PORTCULLIS_OK;
        fine &= put_instant(request, time, NOW) == PORTCULLIS_OK && put_text(request, name, S("Ada")) == PORTCULLIS_OK;
        fine &= put_text(request, action, S("edit")) == PORTCULLIS_OK;
        fine &= decide(pdp, request, &deny) == PORTCULLIS_OK && deny == PORTCULLIS_DENY;
        CHECK(fine);
        /* The first round makes room for what is stated. */
        if (round == 0) CHECK(allocated > 0), allocated = 0;
    }
    CHECK(allocated == 0);
    request_free(request);
    pdp_free(pdp);
}

/* On a stack of 64 KiB: what strangers send, and what takes most, the proofs of a large set. */
static void *use_in_thread(void *pdp) { return use(pdp) ? pdp : NULL; }

static void *answer_what_is_nested(void *pdp) {
    static char nested[100000], answer[4096];
    static const char head[] = "{\"subject\":{\"type\":\"u\",\"id\":\"1\"},\"action\":{\"name\":\"view\"},"
                               "\"resource\":{\"type\":\"p\",\"id\":\"1\"},\"context\":{\"deep\":";
    size_t length;
    for (size_t depth = 10; depth < sizeof nested / 2 - sizeof head; depth *= 3) {
        memset(nested, '[', sizeof nested);
        memcpy(nested, head, sizeof head - 1);
        if (decide_json(pdp, NULL, nested, sizeof head - 1 + depth, answer, sizeof answer, &length, NULL) != PORTCULLIS_E_JSON)
            return NULL;
        memset(nested + sizeof head - 1 + depth, ']', depth);
        nested[sizeof head - 1 + 2 * depth] = nested[sizeof head + 2 * depth] = '}';
        decide_json(pdp, NULL, nested, sizeof head + 1 + 2 * depth, answer, sizeof answer, &length, NULL);
    }
    return pdp;
}

static portcullis_verifier *verifier;

static void *believe(void *pdp) {
    static const char certificate[] = "the certificate of LAPTOP-7";
    static char token[4096], notified[4096], seen[65], device[50];
    portcullis_evidence_reason reason = 77, of_notice = 77;
    portcullis_request *request;
    size_t length, read = 0, noticed = 0;
    FILE *file = fopen("tests/c/evidence/laptop.token", "rb"), *other = fopen("tests/c/evidence/notice.token", "rb");
    if (file && other) read = fread(token, 1, sizeof token, file), noticed = fread(notified, 1, sizeof notified, other);
    if (file) fclose(file);
    if (other) fclose(other);
    while (read && token[read - 1] == '\n') read--;
    while (noticed && notified[noticed - 1] == '\n') noticed--;
    int fine = request_new(pdp, &request) == PORTCULLIS_OK;
    fine &= thumbprint(certificate, sizeof certificate - 1, seen, sizeof seen, &length) == PORTCULLIS_OK;
    fine &= attest(request, verifier, token, read, seen, length, NULL, 0, NOW, &reason) == PORTCULLIS_OK;
    fine &= notice(verifier, notified, noticed, NOW, &of_notice, NULL, device, sizeof device, &length) == PORTCULLIS_OK;
    request_free(request);
    return fine && reason == PORTCULLIS_EVIDENCE_TRUSTED && of_notice == PORTCULLIS_EVIDENCE_TRUSTED ? pdp : NULL;
}

static void *reload(void *pdp) {
    return reload_folder(pdp, S("policies/council"), NULL) == PORTCULLIS_OK ? pdp : NULL;
}

static void a_small_stack_is_enough(void) {
    void *(*const works[])(void *) = {use_in_thread, answer_what_is_nested, believe, reload};
    pthread_attr_t attributes;
    portcullis_pdp *small = load(), *standard;
    MUST(load_folder(S("policies/solihull-2013"), NULL, &standard, NULL));
    MUST(verifier_load(standard, S("tests/c/evidence/evidence.json"), &verifier, NULL));
    pthread_attr_init(&attributes);
    CHECK(pthread_attr_setstacksize(&attributes, 65536) == 0);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        portcullis_pdp *pdp = works[i] == believe ? standard : small;
        pthread_t thread;
        void *result = NULL;
        CHECK(start_thread(&thread, &attributes, works[i], pdp) == 0);
        pthread_join(thread, &result);
        CHECK(result == pdp);
    }
    pthread_attr_destroy(&attributes);
    verifier_free(verifier);
    pdp_free(standard);
    pdp_free(small);
}

static void a_child_uses_what_its_parent_made(void) {
    portcullis_pdp *pdp = load();
    int status = -1;
    CHECK(use(pdp));
    pid_t child = fork();
    if (child == 0) {
        int fine = use(pdp) && reload_files(pdp, small_files, SMALL_FILES, NULL) == PORTCULLIS_OK && use(pdp);
        pdp_free(pdp);
        _exit(fine ? 0 : 1);
    }
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(use(pdp));
    pdp_free(pdp);
}

static atomic_int used, closed;

static void *outlive_the_library(void *pdp) {
    if (!use(pdp)) return NULL;
    used++;
    while (!closed) {}
    return pdp; /* its thread-locals are destroyed now */
}

static void threads_end_after_the_library_was_closed(const char *path) {
    pthread_t threads[4];
    for (int round = 0; round < 5; round++) {
        portcullis_pdp *pdp = load();
        used = closed = 0;
        for (int i = 0; i < 4; i++) start_thread(&threads[i], NULL, outlive_the_library, pdp);
        while (used < 4) {}
        pdp_free(pdp);
        CHECK(dlclose(library) == 0);
        closed = 1;
        for (int i = 0; i < 4; i++) {
            void *result = NULL;
            pthread_join(threads[i], &result);
            CHECK(result != NULL);
        }
        open_library(path);
    }
}

static void standard_error_may_be_closed(void) {
    int kept = dup(2);
    portcullis_pdp *pdp;
    close(2);
    pdp = load();
    int fine = use(pdp);
    portcullis_pdp *bad;
    fine &= load_folder(S("no/such"), NULL, &bad, NULL) == PORTCULLIS_E_POLICY_SET;
    pdp_free(pdp);
    fine &= dup2(kept, 2) == 2;
    close(kept);
    CHECK(fine);
}

int main(int argc, char **argv) {
    if (argc != 2) return 3;
    *(void **)&start_thread = dlsym(RTLD_NEXT, "pthread_create");
    /* What counts is what the library finds, too. */
    CHECK(dlsym(RTLD_DEFAULT, "getenv") == (void *)getenv && dlsym(RTLD_DEFAULT, "sigaction") == (void *)sigaction);
    CHECK(dlsym(RTLD_DEFAULT, "pthread_create") == (void *)pthread_create && dlsym(RTLD_DEFAULT, "write") == (void *)write);
    CHECK(dlsym(RTLD_DEFAULT, "malloc") == (void *)malloc && dlsym(RTLD_DEFAULT, "calloc") == (void *)calloc);
    open_library(argv[1]);
    the_library_touches_nothing_of_the_process();
    stating_and_deciding_allocate_nothing();
    a_small_stack_is_enough();
    a_child_uses_what_its_parent_made();
    standard_error_may_be_closed();
    threads_end_after_the_library_was_closed(argv[1]);
    dlclose(library);
    return finished("host");
}
