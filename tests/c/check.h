/* What the C tests share: checks that go on, a policy set, and shorthands. */
#ifndef CHECK_H
#define CHECK_H

#include <portcullis.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures, checks;

/* Threads check, too. */
#define COUNT(what) ((void)__atomic_add_fetch(&what, 1, __ATOMIC_RELAXED))
#define CHECK(condition) \
    (COUNT(checks), (condition) ? 1 : (COUNT(failures), fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition), 0))
#define OK(call) CHECK((call) == PORTCULLIS_OK)
/* For what the rest of a test cannot do without. */
#define MUST(call) \
    do { \
        if (!OK(call)) exit(3); \
    } while (0)
#define S PORTCULLIS_STR

/* 2026-03-02T09:00:00Z */
#define NOW PORTCULLIS_SECONDS(1772442000)

static inline int same(portcullis_str text, const char *expected) {
    return text.data && text.len == strlen(expected) && memcmp(text.data, expected, text.len) == 0 &&
           text.data[text.len] == 0;
}

/* A small set: "view" is permitted, with obligations; "lost" devices are denied; the rest is not permitted. */
static const char small_manifest[] =
    "{ \"policy_set\": \"small\", \"vocabulary\": \"vocabulary.json\", \"policies\": [\"policy.json\"] }";
static const char small_vocabulary[] =
    "{ \"vocabulary\": \"small\", \"attributes\": {"
    "    \"action\": { \"type\": \"enum\", \"values\": [\"view\", \"edit\", \"sync\"] },"
    "    \"context.time\": { \"type\": \"instant\" },"
    "    \"subject.name\": { \"type\": \"string\" },"
    "    \"subject.level\": { \"type\": \"integer\", \"better\": \"higher\","
    "        \"remedy\": { \"by\": \"user\", \"say\": \"Reach level 3\" } },"
    "    \"subject.roles\": { \"type\": \"set\" },"
    "    \"session.left\": { \"type\": \"duration\" },"
    "    \"session.ends\": { \"type\": \"instant\" },"
    "    \"device.version\": { \"type\": \"version\" },"
    "    \"device.lost\": { \"type\": \"bool\", \"better\": false, \"absent\": false },"
    "    \"device.proved\": { \"type\": \"bool\", \"source\": \"evidence\" },"
    "    \"device.grade\": { \"type\": \"enum\", \"order\": [\"low\", \"high\"], \"better\": \"higher\","
    "        \"derive\": [ { \"value\": \"high\", \"when\": { \"device.proved\": true } }, { \"value\": \"low\" } ] } },"
    "  \"obligations\": {"
    "    \"record\": {}, \"watch\": {},"
    "    \"limit\": { \"parameters\": {"
    "        \"minutes\": { \"type\": \"integer\", \"merge\": \"least\" },"
    "        \"pause\": { \"type\": \"duration\", \"merge\": \"most\" },"
    "        \"until\": { \"type\": \"instant\", \"merge\": \"least\" },"
    "        \"strict\": { \"type\": \"bool\", \"merge\": \"most\" },"
    "        \"least_version\": { \"type\": \"version\", \"merge\": \"most\" },"
    "        \"for\": { \"type\": \"string\", \"merge\": \"all\" },"
    "        \"ports\": { \"type\": \"set\", \"merge\": \"union\" } } } } }";
static const char small_policy[] =
    "{ \"policy\": \"own\", \"owner\": \"us\", \"authority\": \"Minute 1\", \"rules\": ["
    "    { \"id\": \"viewing\", \"effect\": \"permit\","
    "      \"when\": { \"action\": \"view\", \"context.time\": { \"below\": \"2026-06-01T00:00:00Z\" } },"
    "      \"because\": \"it is allowed\", \"obligations\": [\"record\", { \"limit\": {"
    "          \"minutes\": 60, \"pause\": \"15m\", \"until\": \"2026-05-01T00:00:00Z\", \"strict\": true,"
    "          \"least_version\": \"17.4\", \"for\": { \"attribute\": \"subject.name\" }, \"ports\": [\"https\", \"dns\"] } }] },"
    "    { \"id\": \"editing\", \"effect\": \"permit\","
    "      \"when\": { \"action\": \"edit\", \"subject.level\": { \"at_least\": 3 } }, \"because\": \"the trusted may\" },"
    "    { \"id\": \"shorter\", \"effect\": \"require\", \"when\": { \"action\": \"view\" },"
    "      \"because\": \"it is late\", \"obligations\": [{ \"limit\": { \"minutes\": 30, \"for\": \"everyone\" } }] },"
    "    { \"id\": \"syncing\", \"effect\": \"permit\", \"trial\": true, \"when\": { \"action\": \"sync\" }, \"because\": \"one day\" },"
    "    { \"id\": \"lost\", \"effect\": \"deny\", \"when\": { \"device.lost\": true },"
    "      \"because\": \"it is lost\", \"tell_user\": \"Call the desk.\" } ] }";

#define FILE_OF(name, text) {name, sizeof(name) - 1, text, sizeof(text) - 1}
static const portcullis_file small_files[] = {
    FILE_OF("policy-set.json", small_manifest),
    FILE_OF("vocabulary.json", small_vocabulary),
    FILE_OF("policy.json", small_policy),
};
enum { SMALL_FILES = sizeof small_files / sizeof *small_files };

static inline portcullis_pdp *small_pdp(const portcullis_options *options) {
    portcullis_options all = PORTCULLIS_OPTIONS_INIT;
    portcullis_pdp *pdp;
    all.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    MUST(portcullis_pdp_load_files(small_files, SMALL_FILES, options ? options : &all, &pdp, NULL));
    return pdp;
}

static inline portcullis_request *new_request(const portcullis_pdp *pdp) {
    portcullis_request *request;
    MUST(portcullis_request_new(pdp, &request));
    return request;
}

/* States the one thing that the small set permits. */
static inline void ask_to_view(portcullis_request *request) {
    OK(portcullis_request_reset(request));
    OK(portcullis_request_at(request, NOW));
    OK(portcullis_request_set_text(request, S("action"), S("view")));
    OK(portcullis_request_set_text(request, S("subject.name"), S("Ada")));
}

static inline portcullis_decision decided(const portcullis_pdp *pdp, portcullis_request *request) {
    portcullis_decision decision = 77;
    OK(portcullis_decide(pdp, request, &decision));
    return decision;
}

static inline portcullis_reason reason_of(portcullis_request *request) {
    portcullis_reason reason = 77;
    OK(portcullis_decision_reason(request, &reason));
    return reason;
}

static inline int finished(const char *name) {
    printf("%s: %d checks, %d failures\n", name, checks, failures);
    return failures != 0;
}

#endif
