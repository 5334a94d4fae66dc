/*
 * What a decision costs through the C boundary, beside the same decision in Rust.
 *
 * Both sides are timed in this process, in turns; the least of the rounds is shown, since everything else
 * that the machine does only adds. Read the ratios and the differences; the absolute figures are those of
 * one machine at one moment. Calls of malloc and its like within the timed C code are counted.
 *
 * Exit code 1: a C decision costs 10 ns more than a Rust one, or something allocates that should not.
 */
#define _GNU_SOURCE
#include <portcullis.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Counting what is allocated: these stand before the C library's own. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
static _Thread_local size_t allocations;
void *malloc(size_t size) { allocations++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { allocations++; return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { allocations++; return __libc_realloc(old, size); }
int posix_memalign(void **to, size_t alignment, size_t size) {
    allocations++;
    return (*to = __libc_memalign(alignment, size)) ? 0 : 12;
}

/* The Rust side: benches/c/rust_side.rs. */
struct side;
extern struct side *rust_side(void);
extern size_t rust_decide(struct side *, size_t rounds);
extern size_t rust_state_and_decide(struct side *, size_t rounds);

#define MUST(call) \
    do { if ((call) != PORTCULLIS_OK) { fprintf(stderr, "%s failed\n", #call); exit(2); } } while (0)

static portcullis_pdp *pdp;
static struct side *side;

static const char *const names[] = {"action", "device.posture", "resource.classification",
                                    "context.network_path"};
static const char *const values[] = {"view", "containerised", "OFFICIAL", "internet"};
enum { TEXTS = sizeof names / sizeof *names };
static uint32_t ids[TEXTS], factors, sensitive, now;
/* 2026-03-02T09:00:00Z */
static const int64_t time_of_request = PORTCULLIS_SECONDS(1772442000);

static void state(portcullis_request *request) {
    MUST(portcullis_request_reset(request));
    for (int i = 0; i < TEXTS; i++)
        MUST(portcullis_request_set_text(request, names[i], strlen(names[i]), values[i], strlen(values[i])));
    MUST(portcullis_request_set_integer(request, PORTCULLIS_STR("subject.factors"), 2));
    MUST(portcullis_request_set_bool(request, PORTCULLIS_STR("resource.sensitive"), 0));
    MUST(portcullis_request_at(request, time_of_request));
}

static void put(portcullis_request *request) {
    MUST(portcullis_request_reset(request));
    for (int i = 0; i < TEXTS; i++)
        MUST(portcullis_request_put_text(request, ids[i], values[i], strlen(values[i])));
    MUST(portcullis_request_put_integer(request, factors, 2));
    MUST(portcullis_request_put_bool(request, sensitive, 0));
    MUST(portcullis_request_put_instant(request, now, time_of_request));
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t c_decide(portcullis_request *request, size_t rounds) {
    size_t permits = 0;
    for (size_t i = 0; i < rounds; i++) {
        portcullis_decision decision;
        portcullis_decide(pdp, request, &decision);
        permits += decision == PORTCULLIS_PERMIT;
    }
    return permits;
}

static size_t c_state_and_decide(portcullis_request *request, size_t rounds) {
    size_t permits = 0;
    for (size_t i = 0; i < rounds; i++) { state(request); permits += c_decide(request, 1); }
    return permits;
}

static size_t c_put_and_decide(portcullis_request *request, size_t rounds) {
    size_t permits = 0;
    for (size_t i = 0; i < rounds; i++) { put(request); permits += c_decide(request, 1); }
    return permits;
}

static size_t r_decide(portcullis_request *request, size_t rounds) { (void)request; return rust_decide(side, rounds); }
static size_t r_state_and_decide(portcullis_request *request, size_t rounds) {
    (void)request;
    return rust_state_and_decide(side, rounds);
}

static const char json[] =
    "{ \"subject\": { \"type\": \"user\", \"id\": \"ada\", \"properties\": { \"factors\": 2 } },"
    "  \"action\": { \"name\": \"view\" },"
    "  \"resource\": { \"type\": \"document\", \"id\": \"1\", \"properties\": {"
    "    \"classification\": \"OFFICIAL\", \"sensitive\": false } },"
    "  \"context\": { \"time\": \"2026-03-02T09:00:00Z\", \"network_path\": \"internet\","
    "    \"device\": { \"posture\": \"containerised\" } } }";

static size_t c_json(portcullis_request *request, size_t rounds) {
    (void)request;
    size_t permits = 0;
    for (size_t i = 0; i < rounds; i++) {
        char answer[16384];
        size_t length;
        portcullis_decision decision;
        MUST(portcullis_decide_json(pdp, NULL, json, sizeof json - 1, answer, sizeof answer, &length, &decision));
        permits += decision == PORTCULLIS_PERMIT;
    }
    return permits;
}

struct run {
    const char *name;
    size_t (*work)(portcullis_request *, size_t);
    size_t rounds;
    int counts; /* whether it may not allocate */
    double least;
    size_t permits, allocations;
};

static portcullis_request *new_request(void) {
    portcullis_request *request;
    MUST(portcullis_request_new(pdp, &request));
    state(request);
    put(request);
    portcullis_decision decision;
    portcullis_decide(pdp, request, &decision);
    return request;
}

static void measure(struct run *runs, size_t count, portcullis_request *request) {
    for (int repeat = 0; repeat < 30; repeat++) {
        for (size_t i = 0; i < count; i++) {
            size_t before = allocations;
            double start = seconds();
            size_t permits = runs[i].work(request, runs[i].rounds);
            double each = (seconds() - start) / (double)runs[i].rounds * 1e9;
            runs[i].allocations += allocations - before;
            if (repeat == 0 || each < runs[i].least) runs[i].least = each;
            runs[i].permits = permits;
        }
    }
}

static void *thread(void *argument) {
    portcullis_request *request = new_request();
    measure(argument, 1, request);
    portcullis_request_free(request);
    return NULL;
}

int main(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.author_bench = 1;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    MUST(portcullis_pdp_load(PORTCULLIS_STR("policies/quickstart"), &options, &pdp, NULL));
    for (int i = 0; i < TEXTS; i++) MUST(portcullis_pdp_attribute(pdp, names[i], strlen(names[i]), &ids[i]));
    MUST(portcullis_pdp_attribute(pdp, PORTCULLIS_STR("subject.factors"), &factors));
    MUST(portcullis_pdp_attribute(pdp, PORTCULLIS_STR("resource.sensitive"), &sensitive));
    MUST(portcullis_pdp_attribute(pdp, PORTCULLIS_STR("context.time"), &now));
    side = rust_side();
    portcullis_request *request = new_request();

    struct run runs[] = {
        {"decide, Rust", r_decide, 100000, 1, 0, 0, 0},
        {"decide, C", c_decide, 100000, 1, 0, 0, 0},
        {"state by name and decide, Rust", r_state_and_decide, 10000, 1, 0, 0, 0},
        {"state by name and decide, C", c_state_and_decide, 10000, 1, 0, 0, 0},
        {"state by id and decide, C", c_put_and_decide, 10000, 1, 0, 0, 0},
        {"AuthZEN JSON to JSON, C", c_json, 200, 0, 0, 0, 0},
    };
    size_t count = sizeof runs / sizeof *runs;
    measure(runs, count, request);

    struct run pair[2] = {{"decide, C, one of two threads", c_decide, 100000, 1, 0, 0, 0},
                          {"decide, C, the other thread", c_decide, 100000, 1, 0, 0, 0}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, thread, &pair[i]);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);

    int bad = 0;
    for (size_t i = 0; i < count + 2; i++) {
        const struct run *run = i < count ? &runs[i] : &pair[i - count];
        printf("%-34s %9.1f ns  %6.2f x Rust decide  %zu allocations\n", run->name, run->least,
               run->least / runs[0].least, run->allocations);
        bad |= run->counts && run->allocations != 0;
        bad |= run->permits != run->rounds;
    }
    double more = runs[1].least - runs[0].least;
    printf("the boundary adds %.1f ns to a decision; on one handle each of two threads takes %.2f times as long as one;\n"
           "JSON takes %.0f times as long as typed values by id, %.0f times as long as by name\n",
           more, (pair[0].least + pair[1].least) / 2 / runs[1].least, runs[5].least / runs[4].least,
           runs[5].least / runs[3].least);
    bad |= more > 10.0;
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
    return bad;
}
