/*
 * What is left after a panic inside the library: the process, every other object, and nothing on standard
 * error. Linked with a library that was built with --cfg portcullis_test_panic, which alone has functions
 * that panic.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

portcullis_status portcullis_test_panic_in_request(portcullis_request *request, portcullis_decision *decision);
portcullis_status portcullis_test_panic_in_change(portcullis_pdp *pdp);
portcullis_status portcullis_test_panic_in_reading(const portcullis_pdp *pdp, size_t *count);

static char logged[500];

static void keep_log(void *data, portcullis_level level, const char *text, size_t length) {
    (void)data;
    if (level == PORTCULLIS_LOG_ERROR) snprintf(logged, sizeof logged, "%.*s", (int)length, text);
}

static portcullis_pdp *logging_pdp(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    options.log = keep_log;
    return small_pdp(&options);
}

static void a_request_is_poisoned_and_its_handle_is_not(void) {
    portcullis_pdp *pdp = logging_pdp();
    portcullis_request *request = new_request(pdp), *other = new_request(pdp);
    portcullis_decision decision = PORTCULLIS_PERMIT;
    portcullis_str text;
    ask_to_view(request);
    ask_to_view(other);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(portcullis_test_panic_in_request(request, &decision) == PORTCULLIS_E_PANIC && decision == PORTCULLIS_DENY);
    CHECK(strstr(logged, "panic at src/ffi/panics.rs:") == logged);
    decision = PORTCULLIS_PERMIT;
    CHECK(portcullis_decide(pdp, request, &decision) == PORTCULLIS_E_POISONED && decision == PORTCULLIS_DENY);
    CHECK(portcullis_request_reset(request) == PORTCULLIS_E_POISONED);
    CHECK(portcullis_decision_digest(request, &text) == PORTCULLIS_E_POISONED && text.len == 0);
    CHECK(decided(pdp, other) == PORTCULLIS_PERMIT);
    portcullis_request_free(request);
    portcullis_request_free(other);
    portcullis_pdp_free(pdp);
}

static void a_handle_is_poisoned_by_what_changes_it_only(void) {
    portcullis_pdp *pdp = logging_pdp(), *other = logging_pdp();
    portcullis_request *request = new_request(pdp), *of_other = new_request(other), *made;
    portcullis_decision decision = PORTCULLIS_PERMIT;
    size_t count = 9;
    ask_to_view(request);
    ask_to_view(of_other);
    CHECK(portcullis_test_panic_in_reading(pdp, &count) == PORTCULLIS_E_PANIC && count == 0);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(portcullis_test_panic_in_change(pdp) == PORTCULLIS_E_PANIC);
    CHECK(portcullis_decide(pdp, request, &decision) == PORTCULLIS_E_POISONED && decision == PORTCULLIS_DENY);
    CHECK(portcullis_request_new(pdp, &made) == PORTCULLIS_E_POISONED && made == NULL);
    CHECK(portcullis_pdp_reload_files(pdp, small_files, SMALL_FILES, NULL) == PORTCULLIS_E_POISONED);
    CHECK(decided(other, of_other) == PORTCULLIS_PERMIT);
    portcullis_request_free(request);
    portcullis_request_free(of_other);
    portcullis_pdp_free(pdp);
    portcullis_pdp_free(other);
}

static void *panic_here(void *pdp) {
    size_t count;
    for (int i = 0; i < 100; i++)
        if (portcullis_test_panic_in_reading(pdp, &count) != PORTCULLIS_E_PANIC) return NULL;
    return pdp;
}

static void threads_panic_by_themselves(void) {
    portcullis_pdp *pdp = logging_pdp();
    pthread_attr_t attributes;
    pthread_t threads[4];
    pthread_attr_init(&attributes);
    CHECK(pthread_attr_setstacksize(&attributes, 65536) == 0);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], &attributes, panic_here, pdp);
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        CHECK(result == pdp);
    }
    pthread_attr_destroy(&attributes);
    portcullis_pdp_free(pdp);
}

static void nothing_is_written_to_standard_error(void) {
    char path[] = "/tmp/portcullis-stderr-XXXXXX", read_back[10];
    int kept = dup(2), file = mkstemp(path);
    portcullis_pdp *pdp = logging_pdp();
    dup2(file, 2);
    void *result = panic_here(pdp);
    dup2(kept, 2);
    CHECK(result == pdp);
    CHECK(lseek(file, 0, SEEK_SET) == 0 && read(file, read_back, sizeof read_back) == 0);
    close(file);
    unlink(path);
    close(2);
    result = panic_here(pdp);
    dup2(kept, 2);
    close(kept);
    CHECK(result == pdp);
    portcullis_pdp_free(pdp);
}

int main(void) {
    a_request_is_poisoned_and_its_handle_is_not();
    a_handle_is_poisoned_by_what_changes_it_only();
    threads_panic_by_themselves();
    nothing_is_written_to_standard_error();
    return finished("panic");
}
