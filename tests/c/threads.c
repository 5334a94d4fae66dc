/* Many threads on one handle: deciding while it is replaced, freed, misused. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4 };
static int ROUNDS = 3000;

static portcullis_pdp *pdp;
static atomic_int stop, wrong, busy, freed;

static void *decide_under_reload(void *unused) {
    portcullis_request *request;
    (void)unused;
    if (portcullis_request_new(pdp, &request)) { wrong++; return NULL; }
    for (int i = 0; i < ROUNDS; i++) {
        portcullis_decision decision = 77;
        size_t count = 0;
        int viewing = i % 2;
        if (portcullis_request_reset(request) || portcullis_request_at(request, NOW) ||
            portcullis_request_set_text(request, S("subject.name"), S("Ada")))
            wrong++;
        if (portcullis_request_set_text(request, S("action"), viewing ? "view" : "sync", 4)) wrong++;
        if (portcullis_decide(pdp, request, &decision) || decision != viewing) wrong++;
        if (portcullis_decision_obligation_count(request, &count) || count != (viewing ? 2u : 0u)) wrong++;
    }
    portcullis_request_free(request);
    return NULL;
}

static void deciders_see_one_set_or_the_other(void) {
    pthread_t threads[THREADS];
    pdp = small_pdp(NULL);
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, decide_under_reload, NULL);
    for (int i = 0; i < 30; i++) OK(portcullis_pdp_reload_files(pdp, small_files, SMALL_FILES, NULL));
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK(wrong == 0);
    portcullis_pdp_free(pdp);
}

static void *use_the_same_request(void *request) {
    for (int i = 0; i < ROUNDS; i++) {
        portcullis_decision decision = 77;
        portcullis_status status = portcullis_request_set_text(request, S("action"), S("view"));
        if (status == PORTCULLIS_E_BUSY) busy++; else if (status) wrong++;
        status = portcullis_decide(pdp, request, &decision);
        if (status == PORTCULLIS_E_BUSY || status == PORTCULLIS_E_INCOMPLETE) {
            busy++;
            if (decision != PORTCULLIS_DENY) wrong++;
        }
        else if (status || decision != PORTCULLIS_PERMIT) wrong++;
    }
    return NULL;
}

/* Against the rules, and yet no harm is done. */
static void two_threads_with_one_request_are_kept_apart(void) {
    pthread_t threads[2];
    pdp = small_pdp(NULL);
    portcullis_request *request = new_request(pdp);
    ask_to_view(request);
    wrong = busy = 0;
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, use_the_same_request, request);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    CHECK(wrong == 0);
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
}

static void *decide_until_it_is_freed(void *unused) {
    portcullis_request *request = new_request(pdp);
    portcullis_pdp *handle = pdp;
    (void)unused;
    ask_to_view(request);
    stop++;
    for (;;) {
        portcullis_decision decision = 77;
        portcullis_status status = portcullis_decide(handle, request, &decision);
        if (status == PORTCULLIS_OK && decision == PORTCULLIS_PERMIT) continue;
        if (status == PORTCULLIS_E_FREED && decision == PORTCULLIS_DENY) freed++; else wrong++;
        break;
    }
    portcullis_request_free(request);
    return NULL;
}

static void a_handle_freed_by_another_thread_refuses(void) {
    pthread_t threads[THREADS];
    pdp = small_pdp(NULL);
    wrong = stop = freed = 0;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, decide_until_it_is_freed, NULL);
    while (stop < THREADS) {}
    portcullis_pdp_free(pdp);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK(wrong == 0 && freed == THREADS);
}

static void *free_it(void *request) {
    portcullis_request_free(request);
    return NULL;
}

static void what_one_thread_made_another_frees(void) {
    pthread_t thread;
    pdp = small_pdp(NULL);
    portcullis_request *request = new_request(pdp);
    ask_to_view(request);
    pthread_create(&thread, NULL, free_it, request);
    pthread_join(thread, NULL);
    portcullis_pdp_free(pdp);
}

static void count_record(void *data, const char *record, size_t length) {
    (void)record;
    atomic_fetch_add((atomic_int *)data, length > 0);
}

static void *decide_with_records(void *unused) {
    portcullis_request *request = new_request(pdp);
    (void)unused;
    ask_to_view(request);
    for (int i = 0; i < 200; i++)
        if (decided(pdp, request) != PORTCULLIS_PERMIT) wrong++;
    portcullis_request_free(request);
    return NULL;
}

static void no_record_is_missed_by_the_callback(void) {
    static atomic_int records;
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    pthread_t threads[THREADS];
    char text[4000];
    size_t length, fetched = 0;
    uint64_t lost;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    options.audit = count_record;
    options.audit_data = &records;
    options.audit_capacity = 1000;
    pdp = small_pdp(&options);
    wrong = 0;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, decide_with_records, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    while (portcullis_audit_next(pdp, text, sizeof text, &length) == PORTCULLIS_OK) fetched++;
    OK(portcullis_audit_lost(pdp, &lost));
    CHECK(records == THREADS * 200 && fetched == THREADS * 200 && lost == 0 && wrong == 0);
    portcullis_pdp_free(pdp);
}

int main(int argc, char **argv) {
    if (argc > 1) ROUNDS = atoi(argv[1]);
    deciders_see_one_set_or_the_other();
    two_threads_with_one_request_are_kept_apart();
    a_handle_freed_by_another_thread_refuses();
    what_one_thread_made_another_frees();
    no_record_is_missed_by_the_callback();
    return finished("threads");
}
