/* Evidence: verifiers, tokens, keys, notices. The tokens are those of tests/evidence. */
#include "check.h"

static portcullis_pdp *pdp;
static portcullis_verifier *verifier;
static portcullis_request *request;
static char token[4096], notice[4096], keys[8192], config[4096];
static size_t token_len, notice_len, keys_len, config_len;
static const char certificate[] = "the certificate of LAPTOP-7";
static char seen[65];

static size_t read_file(const char *name, char *to, size_t room) {
    char path[200];
    snprintf(path, sizeof path, "tests/c/evidence/%s", name);
    FILE *file = fopen(path, "rb");
    if (!file) exit(3);
    size_t length = fread(to, 1, room, file);
    fclose(file);
    while (length && to[length - 1] == '\n') length--;
    return length;
}

static portcullis_evidence_reason attest(const char *bytes, size_t length, int64_t now) {
    portcullis_evidence_reason reason = 77;
    OK(portcullis_request_reset(request));
    OK(portcullis_request_attest(request, verifier, bytes, length, seen, 64, NULL, 0, now, &reason));
    return reason;
}

static int holds(const char *fact) {
    char text[8192];
    size_t length;
    CHECK(decided(pdp, request) == PORTCULLIS_DENY || 1);
    OK(portcullis_audit_next(pdp, text, sizeof text, &length));
    return strstr(text, fact) != NULL;
}

static void evidence_sets_what_a_gateway_cannot_state(void) {
    char thumbprint[32] = {0};
    size_t length;
    OK(portcullis_certificate_thumbprint(certificate, sizeof certificate - 1, seen, sizeof seen, &length));
    CHECK(length == 64);
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    CHECK(holds("\"device.claimed_posture\":\"managed\"") && holds("\"evidence.bound\":true"));
    /* Seen on another connection. */
    CHECK(portcullis_request_reset(request) == PORTCULLIS_OK);
    portcullis_evidence_reason reason;
    OK(portcullis_request_attest(request, verifier, token, token_len, thumbprint, 32, NULL, 0, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_BOUND_ELSEWHERE && holds("\"evidence.trusted\":false"));
    OK(portcullis_request_attest(request, verifier, token, token_len, seen, 64, thumbprint, 32, NOW, NULL));
    CHECK(holds("\"evidence.trusted\":false")); /* the worse counts */
}

static void evidence_that_is_not_believed_says_why(void) {
    char text[200], other[4096];
    size_t length;
    CHECK(attest(NULL, 0, NOW) == PORTCULLIS_EVIDENCE_ABSENT && holds("\"evidence.present\":false"));
    CHECK(attest("x", 1, NOW) == PORTCULLIS_EVIDENCE_NOT_COMPACT && holds("\"evidence.present\":true"));
    CHECK(attest(token, token_len, PORTCULLIS_SECONDS(1800000000)) == PORTCULLIS_EVIDENCE_EXPIRED);
    CHECK(attest(token, token_len, 0) == PORTCULLIS_EVIDENCE_FROM_THE_FUTURE);
    memcpy(other, token, token_len);
    other[token_len - 5] = other[token_len - 5] == 'A' ? 'B' : 'A';
    CHECK(attest(other, token_len, NOW) == PORTCULLIS_EVIDENCE_BAD_SIGNATURE);
    for (portcullis_evidence_reason reason = 1; reason <= PORTCULLIS_EVIDENCE_WRONG_NONCE; reason++)
        OK(portcullis_evidence_text(reason, text, sizeof text, &length));
    CHECK(strcmp(text, "it does not repeat the nonce that the gateway gave") == 0);
    CHECK(portcullis_evidence_text(0, text, sizeof text, &length) == PORTCULLIS_E_ARGUMENT);
    CHECK(portcullis_evidence_text(99, text, sizeof text, &length) == PORTCULLIS_E_ARGUMENT);
}

static void what_cannot_be_read_is_not_believed_even_beside_what_is(void) {
    portcullis_evidence_reason reason = 77;
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    CHECK(portcullis_request_attest(request, verifier, NULL, 9, seen, 64, NULL, 0, NOW, &reason) == PORTCULLIS_E_NULL);
    CHECK(reason == PORTCULLIS_EVIDENCE_NOT_LOOKED_AT && holds("\"evidence.trusted\":false"));
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    CHECK(portcullis_request_attest(request, verifier, token, token_len, "short", 5, NULL, 0, NOW, NULL) == PORTCULLIS_E_THUMBPRINT);
    CHECK(holds("\"evidence.trusted\":false"));
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    CHECK(portcullis_request_attest(request, verifier, token, token_len, seen, 64, NULL, 7, NOW, NULL) == PORTCULLIS_E_NULL);
    CHECK(holds("\"evidence.trusted\":false"));
    CHECK(portcullis_request_attest(request, verifier, token, SIZE_MAX, seen, 64, NULL, 0, NOW, NULL) == PORTCULLIS_E_LENGTH);
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
}

static void without_a_verifier_the_request_is_incomplete(void) {
    portcullis_decision decision = PORTCULLIS_PERMIT;
    portcullis_evidence_reason reason = 77;
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    CHECK(portcullis_request_attest(request, NULL, S("x"), NULL, 0, NULL, 0, NOW, &reason) == PORTCULLIS_E_NULL);
    CHECK(reason == PORTCULLIS_EVIDENCE_NOT_LOOKED_AT);
    CHECK(portcullis_decide(pdp, request, &decision) == PORTCULLIS_E_INCOMPLETE && decision == PORTCULLIS_DENY);
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED && holds("\"evidence.trusted\":true"));
}

static void a_token_answers_the_nonce_that_was_given(void) {
    char answer[4096];
    size_t answer_len = read_file("nonce.token", answer, sizeof answer);
    portcullis_evidence_reason reason = 77;
    portcullis_binding binding = PORTCULLIS_BINDING_INIT;
    binding.certificate.data = seen;
    binding.certificate.len = 64;
    OK(portcullis_request_reset(request));
    OK(portcullis_request_attest_binding(request, verifier, answer, answer_len, &binding, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_TRUSTED && holds("\"evidence.bound\":true"));
    binding.nonce.data = "jkd8KL-8xQk";
    binding.nonce.len = 11;
    OK(portcullis_request_attest_binding(request, verifier, answer, answer_len, &binding, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_TRUSTED && holds("\"evidence.trusted\":true"));
    /* Another challenge; and a token that answers none. */
    binding.nonce.len = 10;
    OK(portcullis_request_attest_binding(request, verifier, answer, answer_len, &binding, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_WRONG_NONCE && holds("\"evidence.trusted\":false"));
    OK(portcullis_request_reset(request));
    OK(portcullis_request_attest_binding(request, verifier, token, token_len, &binding, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_WRONG_NONCE && holds("\"evidence.trusted\":false"));
    /* Nothing was seen. */
    OK(portcullis_request_attest_binding(request, verifier, answer, answer_len, NULL, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_BOUND_ELSEWHERE);
    OK(portcullis_request_reset(request));
    OK(portcullis_request_attest_binding(request, verifier, NULL, 0, &binding, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_ABSENT && holds("\"evidence.present\":false"));
}

static void a_binding_that_cannot_be_read_is_evidence_that_is_not_believed(void) {
    portcullis_evidence_reason reason;
    portcullis_binding binding = PORTCULLIS_BINDING_INIT;
#define REFUSED(status) \
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED); \
    reason = 77; \
    CHECK(portcullis_request_attest_binding(request, verifier, token, token_len, &binding, NOW, &reason) == (status)); \
    CHECK(reason == PORTCULLIS_EVIDENCE_NOT_LOOKED_AT && holds("\"evidence.trusted\":false"))
    binding.size = 0;
    REFUSED(PORTCULLIS_E_STRUCT);
    binding.size = 3;
    REFUSED(PORTCULLIS_E_STRUCT);
    binding.size = sizeof binding;
    binding.nonce.len = 7;
    REFUSED(PORTCULLIS_E_NULL);
    binding.nonce.data = "a nonce";
    binding.nonce.len = SIZE_MAX;
    REFUSED(PORTCULLIS_E_LENGTH);
    binding.nonce.len = 0;
    binding.key.data = "short";
    binding.key.len = 5;
    REFUSED(PORTCULLIS_E_THUMBPRINT);
    binding.key.len = 0;
    binding.size = offsetof(portcullis_binding, nonce);
    REFUSED(PORTCULLIS_E_STRUCT);
    /* Of a later header, which says nothing that this library cannot; and something. */
    struct { portcullis_binding binding; size_t more; } later = {PORTCULLIS_BINDING_INIT, 0};
    later.binding.size = sizeof later;
    later.binding.certificate.data = seen;
    later.binding.certificate.len = 64;
    OK(portcullis_request_reset(request));
    OK(portcullis_request_attest_binding(request, verifier, token, token_len, &later.binding, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_TRUSTED);
    later.more = 1;
    CHECK(portcullis_request_attest_binding(request, verifier, token, token_len, &later.binding, NOW, NULL) == PORTCULLIS_E_STRUCT);
    CHECK(holds("\"evidence.trusted\":false"));
#undef REFUSED
}

static void attested_values_outlive_a_reload_and_count_in_documents(void) {
    char answer[8192];
    size_t length;
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    OK(portcullis_pdp_reload(pdp, S("policies/solihull-2013"), NULL));
    CHECK(holds("\"device.claimed_posture\":\"managed\""));
    OK(portcullis_decide_json(pdp, request, S("{\"subject\":{\"type\":\"user\",\"id\":\"1\"},\"action\":{\"name\":\"view\"},"
                              "\"resource\":{\"type\":\"page\",\"id\":\"1\"}}"), answer, sizeof answer, &length, NULL));
    CHECK(strstr(answer, "it is `managed`") != NULL || strstr(answer, "device.posture") == NULL);
    char record[16384];
    OK(portcullis_audit_next(pdp, record, sizeof record, &length));
    CHECK(strstr(record, "\"evidence.trusted\":true") != NULL);
}

static void a_notice_contradicts_evidence_and_is_kept(void) {
    char device[50], held[4096], none[1];
    size_t length, count = 0;
    int32_t changed = 77;
    portcullis_evidence_reason reason;
    portcullis_findings *findings;
    OK(portcullis_verifier_notice(verifier, notice, notice_len, NOW, &reason, &changed, device, sizeof device, &length));
    CHECK(reason == PORTCULLIS_EVIDENCE_TRUSTED && changed == 1 && strcmp(device, "LAPTOP-7") == 0);
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    CHECK(holds("\"evidence.contradicted\":true"));
    OK(portcullis_verifier_notice(verifier, S("junk"), NOW, &reason, &changed, device, sizeof device, &length));
    CHECK(reason == PORTCULLIS_EVIDENCE_NOT_COMPACT && changed == 0 && length == 0);
    CHECK(portcullis_verifier_notice(verifier, notice, notice_len, NOW, NULL, NULL, none, 1, &length) == PORTCULLIS_E_BUFFER);
    OK(portcullis_verifier_notices(verifier, held, sizeof held, &length));
    CHECK(strstr(held, "LAPTOP-7") != NULL);

    portcullis_verifier *fresh;
    MUST(portcullis_verifier_load(pdp, S("tests/c/evidence/evidence.json"), &fresh, NULL));
    CHECK(portcullis_verifier_restore_notices(fresh, S("[1,"), &count, &findings) == PORTCULLIS_E_EVIDENCE);
    CHECK(count == 0 && findings != NULL);
    portcullis_findings_free(findings);
    OK(portcullis_verifier_restore_notices(fresh, held, length, &count, NULL));
    CHECK(count == 1);
    portcullis_verifier_free(verifier);
    verifier = fresh;
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    CHECK(holds("\"evidence.contradicted\":true"));
}

static void a_notice_is_taken_even_where_its_device_cannot_be_written(void) {
    static char none[50];
    portcullis_verifier *kept = verifier;
    portcullis_evidence_reason reason;
    size_t length;
    int32_t changed;
    for (int way = 0; way < 3; way++) {
        MUST(portcullis_verifier_load(pdp, S("tests/c/evidence/evidence.json"), &verifier, NULL));
        CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED && holds("\"evidence.contradicted\":false"));
        CHECK(portcullis_verifier_notice(verifier, notice, notice_len, NOW, &reason, &changed, way == 1 ? NULL : none,
                                         way == 2 ? SIZE_MAX : sizeof none, way == 0 ? NULL : &length) ==
              (way == 2 ? PORTCULLIS_E_LENGTH : PORTCULLIS_E_NULL));
        CHECK(reason == PORTCULLIS_EVIDENCE_TRUSTED && changed == 1);
        CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED && holds("\"evidence.contradicted\":true"));
        portcullis_verifier_free(verifier);
    }
    verifier = kept;
}

static void nothing_is_believed_while_notices_are_lost(void) {
    portcullis_verifier *kept = verifier;
    portcullis_evidence_reason reason = 77;
    char empty[100];
    size_t length, count;
    MUST(portcullis_verifier_load(pdp, S("tests/c/evidence/evidence.json"), &verifier, NULL));
    MUST(portcullis_verifier_notices(verifier, empty, sizeof empty, &length));
    CHECK(portcullis_verifier_restore_notices(verifier, S("{\"notices\": [{"), &count, NULL) == PORTCULLIS_E_EVIDENCE);
    OK(portcullis_request_reset(request));
    CHECK(portcullis_request_attest(request, verifier, token, token_len, seen, 64, NULL, 0, NOW, &reason) == PORTCULLIS_E_EVIDENCE);
    CHECK(reason == PORTCULLIS_EVIDENCE_NOT_LOOKED_AT && holds("\"evidence.trusted\":false"));
    OK(portcullis_verifier_restore_notices(verifier, empty, length, &count, NULL));
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED && count == 0);
    CHECK(portcullis_verifier_restore_notices(verifier, NULL, 9, NULL, NULL) == PORTCULLIS_E_NULL);
    OK(portcullis_request_reset(request));
    CHECK(portcullis_request_attest(request, verifier, token, token_len, seen, 64, NULL, 0, NOW, NULL) == PORTCULLIS_E_EVIDENCE);
    portcullis_verifier_free(verifier);
    verifier = kept;
}

static void keys_are_replaced_and_replaced_keys_count_no_more(void) {
    static const char other[] =
        "{ \"keys\": [ {\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": \"OMFXmHAl0iIA7PScNA-14_HuVsQp4LeFeWXXNcvCsuk\","
        " \"alg\": \"EdDSA\", \"use\": \"sig\", \"kid\": \"mdm-eddsa\"} ] }";
    portcullis_findings *findings;
    OK(portcullis_verifier_replace_keys(verifier, S("https://mdm.council.example"), other, sizeof other - 1, NULL));
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_UNKNOWN_KEY);
    CHECK(portcullis_verifier_replace_keys(verifier, S("https://nobody.example"), other, sizeof other - 1, &findings) == PORTCULLIS_E_EVIDENCE);
    CHECK(findings != NULL);
    portcullis_findings_free(findings);
    CHECK(portcullis_verifier_replace_keys(verifier, S("https://mdm.council.example"), S("{}"), NULL) == PORTCULLIS_E_EVIDENCE);
    OK(portcullis_verifier_replace_keys(verifier, S("https://mdm.council.example"), keys, keys_len, NULL));
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
    OK(portcullis_verifier_reload(verifier, S("tests/c/evidence/evidence.json"), NULL));
    CHECK(portcullis_verifier_reload(verifier, S("no/such/file.json"), &findings) == PORTCULLIS_E_EVIDENCE && findings);
    portcullis_findings_free(findings);
    CHECK(attest(token, token_len, NOW) == PORTCULLIS_EVIDENCE_TRUSTED);
}

static void a_verifier_is_made_of_files_in_memory(void) {
    const portcullis_file files[] = {{S("evidence.json"), config, config_len}, {S("mdm.jwks.json"), keys, keys_len}, {S("idp.jwks.json"), keys, keys_len}};
    portcullis_verifier *made;
    portcullis_findings *findings;
    CHECK(portcullis_verifier_load_files(pdp, files, 1, S("evidence.json"), &made, &findings) == PORTCULLIS_E_EVIDENCE);
    CHECK(made == NULL && findings != NULL);
    portcullis_findings_free(findings);
    CHECK(portcullis_verifier_load(pdp, S("no/such/file.json"), &made, NULL) == PORTCULLIS_E_EVIDENCE);
    OK(portcullis_verifier_load_files(pdp, files, 3, S("evidence.json"), &made, NULL));
    portcullis_verifier_free(made);
}

static int lines;

static void count_lines(void *data, portcullis_level level, const char *text, size_t length) {
    (void)level, (void)text, (void)length;
    ++*(int *)data;
}

/* What the callback uses may be gone with the handle. */
static void a_verifier_outlives_its_handle_and_does_not_log_to_it(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    portcullis_pdp *ending;
    portcullis_verifier *made;
    options.log = count_lines;
    options.log_data = &lines;
    MUST(portcullis_pdp_load(S("policies/solihull-2013"), &options, &ending, NULL));
    MUST(portcullis_verifier_load(ending, S("tests/c/evidence/evidence.json"), &made, NULL));
    lines = 0;
    CHECK(portcullis_verifier_replace_keys(made, S("https://nobody.example"), S("{}"), NULL) == PORTCULLIS_E_EVIDENCE);
    CHECK(lines == 1);
    portcullis_pdp_free(ending);
    CHECK(portcullis_verifier_replace_keys(made, S("https://nobody.example"), S("{}"), NULL) == PORTCULLIS_E_EVIDENCE);
    CHECK(lines == 1);
    OK(portcullis_request_reset(request));
    OK(portcullis_request_attest(request, made, token, token_len, seen, 64, NULL, 0, NOW, NULL));
    portcullis_verifier_free(made);
}

int main(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    options.audit_capacity = 1;
    MUST(portcullis_pdp_load(S("policies/solihull-2013"), &options, &pdp, NULL));
    MUST(portcullis_verifier_load(pdp, S("tests/c/evidence/evidence.json"), &verifier, NULL));
    request = new_request(pdp);
    token_len = read_file("laptop.token", token, sizeof token);
    notice_len = read_file("notice.token", notice, sizeof notice);
    keys_len = read_file("mdm.jwks.json", keys, sizeof keys);
    config_len = read_file("evidence.json", config, sizeof config);
    evidence_sets_what_a_gateway_cannot_state();
    evidence_that_is_not_believed_says_why();
    what_cannot_be_read_is_not_believed_even_beside_what_is();
    without_a_verifier_the_request_is_incomplete();
    a_token_answers_the_nonce_that_was_given();
    a_binding_that_cannot_be_read_is_evidence_that_is_not_believed();
    attested_values_outlive_a_reload_and_count_in_documents();
    a_notice_is_taken_even_where_its_device_cannot_be_written();
    nothing_is_believed_while_notices_are_lost();
    a_notice_contradicts_evidence_and_is_kept();
    keys_are_replaced_and_replaced_keys_count_no_more();
    a_verifier_is_made_of_files_in_memory();
    a_verifier_outlives_its_handle_and_does_not_log_to_it();
    portcullis_verifier_free(verifier);
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
    return finished("evidence");
}
