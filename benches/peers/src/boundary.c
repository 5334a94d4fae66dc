/* The caller of the C boundary: the same questions, asked in C. Called by boundary.rs. */
#include <portcullis.h>

#include <stdlib.h>

enum { ATTRIBUTES = 16, WORDS = 8, NUMBERS = 3, FLAGS = 5 };

typedef struct peers_typed {
    const char *words[WORDS];
    size_t lengths[WORDS];
    int64_t numbers[NUMBERS];
    int32_t flags[FLAGS];
} peers_typed;

typedef struct peers_side {
    portcullis_pdp *pdp;
    uint32_t ids[ATTRIBUTES];
    portcullis_request *request;
    portcullis_request **stated;
    size_t count;
} peers_side;

/* A broken call ends the bench: a figure for something that did not work is worse than none. */
#define MUST(call) do { if ((call) != PORTCULLIS_OK) abort(); } while (0)

static void put(const peers_side *side, portcullis_request *request, const peers_typed *typed) {
    MUST(portcullis_request_reset(request));
    const uint32_t *id = side->ids;
    for (int i = 0; i < WORDS; i++)
        MUST(portcullis_request_put_text(request, *id++, typed->words[i], typed->lengths[i]));
    for (int i = 0; i < NUMBERS; i++) MUST(portcullis_request_put_integer(request, *id++, typed->numbers[i]));
    for (int i = 0; i < FLAGS; i++) MUST(portcullis_request_put_bool(request, *id++, typed->flags[i]));
}

peers_side *peers_side_new(const portcullis_file *files, size_t file_count, const portcullis_str *names) {
    peers_side *side = calloc(1, sizeof *side);
    if (side == NULL) abort();
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    MUST(portcullis_pdp_load_files(files, file_count, &options, &side->pdp, NULL));
    for (int i = 0; i < ATTRIBUTES; i++)
        MUST(portcullis_pdp_attribute(side->pdp, names[i].data, names[i].len, &side->ids[i]));
    MUST(portcullis_request_new(side->pdp, &side->request));
    return side;
}

static void forget(peers_side *side) {
    for (size_t i = 0; i < side->count; i++) portcullis_request_free(side->stated[i]);
    free(side->stated);
}

/* States so many requests, in place of those stated before. */
void peers_side_state(peers_side *side, const peers_typed *all, size_t count) {
    forget(side);
    side->count = count;
    side->stated = calloc(count, sizeof *side->stated);
    if (side->stated == NULL) abort();
    for (size_t i = 0; i < count; i++) {
        MUST(portcullis_request_new(side->pdp, &side->stated[i]));
        put(side, side->stated[i], &all[i]);
    }
}

void peers_side_free(peers_side *side) {
    forget(side);
    portcullis_request_free(side->request);
    portcullis_pdp_free(side->pdp);
    free(side);
}

static int decided(const peers_side *side, portcullis_request *request) {
    portcullis_decision decision;
    MUST(portcullis_decide(side->pdp, request, &decision));
    return decision == PORTCULLIS_PERMIT;
}

int32_t peers_side_decide(const peers_side *side, size_t at) { return decided(side, side->stated[at]); }

int32_t peers_side_typed(const peers_side *side, const peers_typed *typed) {
    put(side, side->request, typed);
    return decided(side, side->request);
}

int32_t peers_side_json(const peers_side *side, const char *json, size_t length) {
    static char answer[1 << 20];
    size_t answered;
    portcullis_decision decision;
    MUST(portcullis_decide_json(side->pdp, NULL, json, length, answer, sizeof answer, &answered, &decision));
    return decision == PORTCULLIS_PERMIT;
}
