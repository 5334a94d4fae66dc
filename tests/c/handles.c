/* Handles: loading, findings, reloading, logging, records, and the version. */
#include "check.h"

static const char broken_policy[] =
    "{ \"policy\": \"own\", \"owner\": \"us\", \"rules\": [\n"
    "    { \"id\": \"viewing\", \"effect\": \"permit\", \"when\": { \"action\": \"veiw\" }, \"because\": \"it is allowed\" } ] }";
static const portcullis_file broken_files[] = {
    FILE_OF("policy-set.json", small_manifest),
    FILE_OF("vocabulary.json", small_vocabulary),
    FILE_OF("policy.json", broken_policy),
};

static void the_library_is_the_one_of_the_header(void) {
    CHECK(portcullis_is_compatible());
    CHECK(portcullis_abi_version() == PORTCULLIS_ABI_VERSION);
    CHECK(strcmp(portcullis_version(), PORTCULLIS_VERSION) == 0);
    CHECK(portcullis_version_number() == PORTCULLIS_VERSION_NUMBER);
}

static void every_status_has_words(void) {
    static const portcullis_status known[] = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 20, 21, 22, 30, 31, 32, 40, 41, 42, 43};
    char text[200];
    size_t length;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        OK(portcullis_status_text(known[i], text, sizeof text, &length));
        CHECK(length > 3 && strlen(text) == length);
    }
    CHECK(portcullis_status_text(99, text, sizeof text, &length) == PORTCULLIS_E_ARGUMENT);
    CHECK(portcullis_status_text(INT32_MIN, text, sizeof text, &length) == PORTCULLIS_E_ARGUMENT && length == 0 && !*text);
}

static void a_set_is_loaded_from_a_folder(void) {
    portcullis_pdp *pdp;
    portcullis_findings *findings;
    OK(portcullis_pdp_load(S("policies/quickstart"), NULL, &pdp, &findings));
    CHECK(pdp != NULL && findings == NULL);
    portcullis_pdp_free(pdp);
    OK(portcullis_pdp_load(S("policies/quickstart/policy-set.json"), NULL, &pdp, NULL));
    portcullis_pdp_free(pdp);
}

static void a_set_that_is_not_valid_is_told_with_its_places(void) {
    portcullis_pdp *pdp = (portcullis_pdp *)&pdp;
    portcullis_findings *findings;
    portcullis_finding finding = PORTCULLIS_FINDING_INIT;
    char text[500];
    size_t count, length;
    CHECK(portcullis_pdp_load_files(broken_files, 3, NULL, &pdp, &findings) == PORTCULLIS_E_POLICY_SET);
    CHECK(pdp == NULL && findings != NULL);
    OK(portcullis_findings_count(findings, &count));
    CHECK(count == 1);
    OK(portcullis_findings_at(findings, 0, &finding));
    CHECK(finding.severity == PORTCULLIS_ERROR && finding.line == 2 && finding.column == 64);
    CHECK(same(finding.code, "P0105") && same(finding.file, "policy.json"));
    CHECK(same(finding.message, "`veiw` is not a word of `action`") && same(finding.help, "did you mean `view`?"));
    CHECK(portcullis_findings_at(findings, 1, &finding) == PORTCULLIS_E_NOTHING);
    CHECK(finding.code.data == NULL && finding.line == 0);
    OK(portcullis_findings_text(findings, text, sizeof text, &length));
    CHECK(strcmp(text, "policy.json:2:64: error[P0105]: `veiw` is not a word of `action`\n  help: did you mean `view`?") == 0);
    portcullis_findings_free(findings);
    CHECK(portcullis_pdp_load(S("no/such/folder"), NULL, &pdp, NULL) == PORTCULLIS_E_POLICY_SET);
    CHECK(portcullis_pdp_load("\xff/\xfe", 3, NULL, &pdp, NULL) == PORTCULLIS_E_POLICY_SET);
    CHECK(portcullis_pdp_load("a\0b", 3, NULL, &pdp, NULL) == PORTCULLIS_E_POLICY_SET);
    CHECK(portcullis_pdp_load(NULL, 0, NULL, &pdp, NULL) == PORTCULLIS_E_POLICY_SET);
    CHECK(portcullis_pdp_load_files(NULL, 0, NULL, &pdp, NULL) == PORTCULLIS_E_POLICY_SET);
}

static void warnings_come_with_success(void) {
    static const char manifest[] =
        "{ \"policy_set\": \"odd\", \"vocabulary\": \"vocabulary.json\", \"policies\": [\"policy.json\"], \"tests\": [\"t/*.json\"] }";
    const portcullis_file files[] = {FILE_OF("policy-set.json", manifest), small_files[1], small_files[2]};
    portcullis_pdp *pdp;
    portcullis_findings *findings;
    portcullis_finding finding = PORTCULLIS_FINDING_INIT;
    OK(portcullis_pdp_load_files(files, 3, NULL, &pdp, &findings));
    if (findings) {
        OK(portcullis_findings_at(findings, 0, &finding));
        CHECK(finding.severity == PORTCULLIS_WARNING);
    }
    portcullis_findings_free(findings);
    portcullis_pdp_free(pdp);
}

struct log { int lines; portcullis_level worst; char last[400]; };

static void keep_log(void *data, portcullis_level level, const char *text, size_t length) {
    struct log *log = data;
    log->lines++;
    if (log->worst == 0 || level < log->worst) log->worst = level;
    snprintf(log->last, sizeof log->last, "%.*s", (int)length, text);
}

static void a_set_that_does_not_check_leaves_the_old_one_in_force(void) {
    struct log log = {0, 0, ""};
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    portcullis_findings *findings;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    options.log = keep_log;
    options.log_data = &log;
    portcullis_pdp *pdp = small_pdp(&options);
    CHECK(log.lines == 1 && log.worst == PORTCULLIS_LOG_INFO && strstr(log.last, "`small` is in force") != NULL);
    portcullis_request *request = new_request(pdp);
    CHECK(portcullis_pdp_reload_files(pdp, broken_files, 3, &findings) == PORTCULLIS_E_POLICY_SET);
    CHECK(findings != NULL && log.worst == PORTCULLIS_LOG_ERROR && log.lines == 3);
    portcullis_findings_free(findings);
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_pdp_reload(pdp, S("policies/quickstart"), &findings));
    CHECK(findings == NULL);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
}

static void a_handle_without_a_set_refuses_until_there_is_one(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    portcullis_pdp *pdp;
    char text[100] = "x";
    size_t length = 9;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    MUST(portcullis_pdp_new(&options, &pdp));
    portcullis_request *request = new_request(pdp);
    CHECK(portcullis_pdp_policy_set(pdp, text, sizeof text, &length) == PORTCULLIS_E_NOTHING && length == 0 && !*text);
    CHECK(portcullis_pdp_digest(pdp, text, sizeof text, &length) == PORTCULLIS_E_NOTHING);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    CHECK(reason_of(request) == PORTCULLIS_UNAVAILABLE);
    OK(portcullis_pdp_reload_files(pdp, small_files, SMALL_FILES, NULL));
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
}

struct audit { int records; char last[4000]; portcullis_request *asked; portcullis_status again; };

static void keep_record(void *data, const char *record, size_t length) {
    struct audit *audit = data;
    audit->records++;
    snprintf(audit->last, sizeof audit->last, "%.*s", (int)length, record);
    /* A callback may not use what is in use, nor free it. */
    audit->again = portcullis_request_reset(audit->asked);
    portcullis_request_free(audit->asked);
}

static void every_decision_is_recorded(void) {
    struct audit audit = {0, "", NULL, 0};
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    char text[4000], answer[4000];
    size_t length;
    uint64_t lost;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    options.audit = keep_record;
    options.audit_data = &audit;
    options.audit_capacity = 2;
    portcullis_pdp *pdp = small_pdp(&options);
    portcullis_request *request = new_request(pdp);
    audit.asked = request;
    CHECK(portcullis_audit_next(pdp, text, sizeof text, &length) == PORTCULLIS_E_NOTHING);
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(audit.records == 1 && audit.again == PORTCULLIS_E_BUSY);
    CHECK(strstr(audit.last, "{\"attributes\":{\"action\":\"view\",") == audit.last);
    CHECK(strstr(audit.last, "\"decision\":true") != NULL && strchr(audit.last, '\n') == NULL);
    CHECK(portcullis_audit_next(pdp, text, 10, &length) == PORTCULLIS_E_BUFFER && length == strlen(audit.last));
    OK(portcullis_audit_next(pdp, text, sizeof text, &length));
    CHECK(strcmp(text, audit.last) == 0);
    audit.asked = NULL;
    /* The reset that came to nothing may have been meant to be done. */
    portcullis_decision decision = PORTCULLIS_PERMIT;
    CHECK(portcullis_decide(pdp, request, &decision) == PORTCULLIS_E_INCOMPLETE && decision == PORTCULLIS_DENY);
    ask_to_view(request);
    for (int i = 0; i < 3; i++) CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_decide_json(pdp, request, S("{\"subject\":{\"type\":\"u\",\"id\":\"1\"},\n\"action\":{\"name\":\"edit\"},"
                              "\"resource\":{\"type\":\"p\",\"id\":\"1\"}}"), answer, sizeof answer, &length, NULL));
    CHECK(strstr(audit.last, "{\"request\":{\"action\":{\"name\":\"edit\"}") == audit.last && strchr(audit.last, '\n') == NULL);
    OK(portcullis_audit_lost(pdp, &lost));
    CHECK(lost == 2);
    OK(portcullis_audit_next(pdp, text, sizeof text, &length));
    OK(portcullis_audit_next(pdp, text, sizeof text, &length));
    CHECK(strcmp(text, audit.last) == 0);
    CHECK(portcullis_audit_next(pdp, text, sizeof text, &length) == PORTCULLIS_E_NOTHING);
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
}

static void options_of_other_versions_are_understood_or_refused(void) {
    struct { portcullis_options options; size_t later; } grown = {PORTCULLIS_OPTIONS_INIT, 0};
    portcullis_pdp *pdp;
    grown.options.size = sizeof grown;
    OK(portcullis_pdp_new(&grown.options, &pdp));
    portcullis_pdp_free(pdp);
    grown.later = 1;
    CHECK(portcullis_pdp_new(&grown.options, &pdp) == PORTCULLIS_E_STRUCT && pdp == NULL);
    grown.options.size = 0;
    CHECK(portcullis_pdp_new(&grown.options, &pdp) == PORTCULLIS_E_STRUCT);
    grown.options.size = SIZE_MAX;
    CHECK(portcullis_pdp_new(&grown.options, &pdp) == PORTCULLIS_E_STRUCT);
    grown.options.size = sizeof grown.options;
    grown.options.reserved = 1;
    CHECK(portcullis_pdp_new(&grown.options, &pdp) == PORTCULLIS_E_STRUCT);
    grown.options.reserved = 0;
    grown.options.obligation_count = 3;
    CHECK(portcullis_pdp_new(&grown.options, &pdp) == PORTCULLIS_E_NULL);
    grown.options.obligation_count = SIZE_MAX / 2;
    grown.options.obligations = (const portcullis_str *)(const void *)&grown;
    CHECK(portcullis_pdp_new(&grown.options, &pdp) == PORTCULLIS_E_LENGTH);
    grown.options.obligation_count = 0;
    grown.options.max_file_bytes = 10;
    CHECK(portcullis_pdp_load_files(small_files, SMALL_FILES, &grown.options, &pdp, NULL) == PORTCULLIS_E_POLICY_SET);
}

/* A program of a later version brings longer structs, one with a wrong size none at all. */
static void results_of_other_versions_are_filled_as_far_as_they_go(void) {
    struct { portcullis_value value; char later[16]; } grown = {PORTCULLIS_VALUE_INIT, "not zero"};
    portcullis_pdp *pdp = small_pdp(NULL);
    portcullis_request *request = new_request(pdp);
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    grown.value.size = sizeof grown;
    OK(portcullis_decision_parameter_named(request, S("limit"), S("minutes"), &grown.value));
    CHECK(grown.value.number == 30 && grown.later[0] == 0 && grown.later[7] == 0 && grown.value.size == sizeof grown);
    grown.value.size = sizeof grown.value - 1;
    CHECK(portcullis_decision_parameter_named(request, S("limit"), S("minutes"), &grown.value) == PORTCULLIS_E_STRUCT);
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
}

static void a_handle_may_be_freed_before_its_requests(void) {
    portcullis_pdp *pdp = small_pdp(NULL), *other = small_pdp(NULL);
    portcullis_request *request = new_request(pdp);
    portcullis_decision decision = PORTCULLIS_PERMIT;
    char answer[4000];
    size_t length;
    ask_to_view(request);
    CHECK(portcullis_decide(other, request, &decision) == PORTCULLIS_E_FOREIGN && decision == PORTCULLIS_DENY);
    CHECK(portcullis_decide_json(other, request, S("{}"), answer, sizeof answer, &length, NULL) == PORTCULLIS_E_FOREIGN);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    portcullis_pdp_free(pdp);
    decision = PORTCULLIS_PERMIT;
    CHECK(portcullis_decide(pdp, request, &decision) == PORTCULLIS_E_FREED && decision == PORTCULLIS_DENY);
    OK(portcullis_request_set_text(request, S("action"), S("edit")));
    portcullis_request_free(request);
    portcullis_pdp_free(other);
}

static void freeing_nothing_is_nothing(void) {
    portcullis_pdp_free(NULL);
    portcullis_request_free(NULL);
    portcullis_findings_free(NULL);
    portcullis_verifier_free(NULL);
}

int main(void) {
    the_library_is_the_one_of_the_header();
    every_status_has_words();
    a_set_is_loaded_from_a_folder();
    a_set_that_is_not_valid_is_told_with_its_places();
    warnings_come_with_success();
    a_set_that_does_not_check_leaves_the_old_one_in_force();
    a_handle_without_a_set_refuses_until_there_is_one();
    every_decision_is_recorded();
    options_of_other_versions_are_understood_or_refused();
    results_of_other_versions_are_filled_as_far_as_they_go();
    a_handle_may_be_freed_before_its_requests();
    freeing_nothing_is_nothing();
    return finished("handles");
}
