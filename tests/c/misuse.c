/* Every function with every pointer that it must not do without, NULL; and with one that is not aligned. */
#include "check.h"

#define NULL_IS_AN_ERROR(call) CHECK((call) == PORTCULLIS_E_NULL)

static char buffer[4000];
static char crooked[64];
/* A pointer that is not aligned for anything longer than a byte. */
#define CROOKED(type) ((type *)(void *)(crooked + 1))

static portcullis_pdp *pdp;
static portcullis_request *request;
static portcullis_findings *findings;
static portcullis_verifier *verifier;

static void of_the_handle(void) {
    portcullis_pdp *made = (portcullis_pdp *)&made;
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    portcullis_file file = {NULL, 4, NULL, 0}, empty = {S("policy-set.json"), NULL, 4};
    size_t n = 9;
    uint32_t id = 9;
    uint64_t lost = 9;
    NULL_IS_AN_ERROR(portcullis_status_text(0, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_status_text(0, buffer, 9, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_new(NULL, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_new(CROOKED(portcullis_options), &made));
    CHECK(made == NULL);
    NULL_IS_AN_ERROR(portcullis_pdp_load(NULL, 4, NULL, &made, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_load(S("x"), NULL, NULL, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_load(S("x"), &options, CROOKED(portcullis_pdp *), NULL));
    CHECK(portcullis_pdp_load("x", SIZE_MAX, NULL, &made, NULL) == PORTCULLIS_E_LENGTH);
    NULL_IS_AN_ERROR(portcullis_pdp_load_files(NULL, 1, NULL, &made, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_load_files(small_files, SMALL_FILES, NULL, NULL, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_load_files(&file, 1, NULL, &made, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_load_files(&empty, 1, NULL, &made, NULL));
    CHECK(portcullis_pdp_load_files(small_files, SIZE_MAX / 8, NULL, &made, NULL) == PORTCULLIS_E_LENGTH);
    NULL_IS_AN_ERROR(portcullis_pdp_reload(NULL, S("x"), NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_reload(pdp, NULL, 1, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_reload_files(NULL, small_files, SMALL_FILES, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_reload_files(pdp, NULL, 3, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_policy_set(NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_pdp_policy_set(pdp, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_pdp_policy_set(pdp, buffer, 9, NULL));
    CHECK(portcullis_pdp_policy_set(pdp, buffer, SIZE_MAX, &n) == PORTCULLIS_E_LENGTH);
    NULL_IS_AN_ERROR(portcullis_pdp_digest(NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_pdp_digest(pdp, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_pdp_digest(pdp, buffer, 9, NULL));
    NULL_IS_AN_ERROR(portcullis_pdp_attribute(NULL, S("action"), &id));
    NULL_IS_AN_ERROR(portcullis_pdp_attribute(pdp, NULL, 1, &id));
    CHECK(id == UINT32_MAX);
    NULL_IS_AN_ERROR(portcullis_pdp_attribute(pdp, S("action"), NULL));
    CHECK(portcullis_pdp_attribute(pdp, S("no.such"), &id) == PORTCULLIS_E_ATTRIBUTE && id == UINT32_MAX);
    NULL_IS_AN_ERROR(portcullis_audit_next(NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_audit_next(pdp, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_audit_next(pdp, buffer, 9, NULL));
    NULL_IS_AN_ERROR(portcullis_audit_lost(NULL, &lost));
    NULL_IS_AN_ERROR(portcullis_audit_lost(pdp, NULL));
}

static void of_findings(void) {
    portcullis_finding finding = PORTCULLIS_FINDING_INIT;
    size_t n = 9;
    NULL_IS_AN_ERROR(portcullis_findings_count(NULL, &n));
    CHECK(n == 0);
    NULL_IS_AN_ERROR(portcullis_findings_count(findings, NULL));
    NULL_IS_AN_ERROR(portcullis_findings_at(NULL, 0, &finding));
    NULL_IS_AN_ERROR(portcullis_findings_at(findings, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_findings_text(NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_findings_text(findings, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_findings_text(findings, buffer, 9, NULL));
    CHECK(portcullis_findings_at(findings, SIZE_MAX, &finding) == PORTCULLIS_E_NOTHING);
}

static void of_the_request(void) {
    portcullis_request *made = (portcullis_request *)&made;
    portcullis_decision decision = PORTCULLIS_PERMIT;
    size_t n = 9;
    NULL_IS_AN_ERROR(portcullis_request_new(NULL, &made));
    CHECK(made == NULL);
    NULL_IS_AN_ERROR(portcullis_request_new(pdp, NULL));
    NULL_IS_AN_ERROR(portcullis_request_reset(NULL));
    NULL_IS_AN_ERROR(portcullis_request_reset(CROOKED(portcullis_request)));
    NULL_IS_AN_ERROR(portcullis_request_at(NULL, NOW));
    NULL_IS_AN_ERROR(portcullis_request_set_text(NULL, S("a"), S("b")));
    NULL_IS_AN_ERROR(portcullis_request_set_text(request, NULL, 1, S("b")));
    NULL_IS_AN_ERROR(portcullis_request_set_bool(NULL, S("a"), 1));
    NULL_IS_AN_ERROR(portcullis_request_set_bool(request, NULL, 1, 1));
    NULL_IS_AN_ERROR(portcullis_request_set_integer(NULL, S("a"), 1));
    NULL_IS_AN_ERROR(portcullis_request_set_integer(request, NULL, 1, 1));
    NULL_IS_AN_ERROR(portcullis_request_set_instant(NULL, S("a"), 1));
    NULL_IS_AN_ERROR(portcullis_request_set_instant(request, NULL, 1, 1));
    NULL_IS_AN_ERROR(portcullis_request_set_duration(NULL, S("a"), 1));
    NULL_IS_AN_ERROR(portcullis_request_set_duration(request, NULL, 1, 1));
    NULL_IS_AN_ERROR(portcullis_request_set_words(NULL, S("a"), NULL, 0));
    NULL_IS_AN_ERROR(portcullis_request_set_words(request, NULL, 1, NULL, 0));
    NULL_IS_AN_ERROR(portcullis_request_unset(NULL, S("a")));
    NULL_IS_AN_ERROR(portcullis_request_unset(request, NULL, 1));
    NULL_IS_AN_ERROR(portcullis_request_put_text(NULL, 0, S("b")));
    NULL_IS_AN_ERROR(portcullis_request_put_bool(NULL, 0, 1));
    NULL_IS_AN_ERROR(portcullis_request_put_spelled(NULL, 0, S("b")));
    NULL_IS_AN_ERROR(portcullis_request_set_spelled(NULL, S("a"), S("b")));
    NULL_IS_AN_ERROR(portcullis_request_put_integer(NULL, 0, 1));
    NULL_IS_AN_ERROR(portcullis_request_put_instant(NULL, 0, 1));
    NULL_IS_AN_ERROR(portcullis_request_put_duration(NULL, 0, 1));
    NULL_IS_AN_ERROR(portcullis_request_put_words(NULL, 0, NULL, 0));
    NULL_IS_AN_ERROR(portcullis_request_put_nothing(NULL, 0));
    NULL_IS_AN_ERROR(portcullis_request_can(NULL, NULL, 0));
    NULL_IS_AN_ERROR(portcullis_decide(NULL, request, &decision));
    CHECK(decision == PORTCULLIS_DENY);
    decision = PORTCULLIS_PERMIT;
    NULL_IS_AN_ERROR(portcullis_decide(pdp, NULL, &decision));
    CHECK(decision == PORTCULLIS_DENY);
    NULL_IS_AN_ERROR(portcullis_decide(pdp, request, NULL));
    NULL_IS_AN_ERROR(portcullis_decide_json(NULL, NULL, S("{}"), buffer, 9, &n, NULL));
    NULL_IS_AN_ERROR(portcullis_decide_json(pdp, NULL, NULL, 2, buffer, 9, &n, NULL));
    NULL_IS_AN_ERROR(portcullis_decide_json(pdp, NULL, S("{}"), NULL, 9, &n, NULL));
    decision = PORTCULLIS_PERMIT;
    NULL_IS_AN_ERROR(portcullis_decide_json(pdp, NULL, S("{}"), buffer, 9, NULL, &decision));
    CHECK(decision == PORTCULLIS_DENY);
}

static void of_the_decision(void) {
    portcullis_reason reason = 77;
    portcullis_str text;
    portcullis_value value = PORTCULLIS_VALUE_INIT;
    portcullis_rule rule = PORTCULLIS_RULE_INIT;
    portcullis_remedy remedy = PORTCULLIS_REMEDY_INIT;
    portcullis_change change = PORTCULLIS_CHANGE_INIT;
    int64_t until;
    size_t n;
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    n = 9;
    NULL_IS_AN_ERROR(portcullis_decision_obligation_count(NULL, &n));
    /* A count of none would be carried out. */
    CHECK(n == 1 && portcullis_decision_obligation(NULL, 0, &text) && text.len == 0);
    NULL_IS_AN_ERROR(portcullis_decision_reason(NULL, &reason));
    CHECK(reason == PORTCULLIS_UNAVAILABLE);
    NULL_IS_AN_ERROR(portcullis_decision_reason(request, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_valid_until(NULL, &until));
    NULL_IS_AN_ERROR(portcullis_decision_valid_until(request, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_policy_set(NULL, &text));
    NULL_IS_AN_ERROR(portcullis_decision_policy_set(request, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_digest(NULL, &text));
    NULL_IS_AN_ERROR(portcullis_decision_digest(request, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_obligation_count(NULL, &n));
    NULL_IS_AN_ERROR(portcullis_decision_obligation_count(request, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_obligation(NULL, 0, &text));
    NULL_IS_AN_ERROR(portcullis_decision_obligation(request, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_count(NULL, 0, &n));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_count(request, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_parameter(NULL, 1, 0, &text, &value));
    NULL_IS_AN_ERROR(portcullis_decision_parameter(request, 1, 0, NULL, &value));
    NULL_IS_AN_ERROR(portcullis_decision_parameter(request, 1, 0, &text, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_named(NULL, S("a"), S("b"), &value));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_named(request, NULL, 1, S("b"), &value));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_named(request, S("a"), NULL, 1, &value));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_named(request, S("a"), S("b"), NULL));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_item(NULL, 1, 5, 0, &value));
    NULL_IS_AN_ERROR(portcullis_decision_parameter_item(request, 1, 5, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_unenforceable_count(NULL, &n));
    NULL_IS_AN_ERROR(portcullis_decision_unenforceable_count(request, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_unenforceable(NULL, 0, &text));
    NULL_IS_AN_ERROR(portcullis_decision_unenforceable(request, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_rule_count(NULL, 1, &n));
    NULL_IS_AN_ERROR(portcullis_decision_rule_count(request, 1, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_rule(NULL, 1, 0, &rule));
    NULL_IS_AN_ERROR(portcullis_decision_rule(request, 1, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_rule(request, 1, 0, CROOKED(portcullis_rule)));
    NULL_IS_AN_ERROR(portcullis_explain(NULL, &text, &text));
    NULL_IS_AN_ERROR(portcullis_explain(request, NULL, &text));
    NULL_IS_AN_ERROR(portcullis_explain(request, &text, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_remedy_count(NULL, &n));
    NULL_IS_AN_ERROR(portcullis_decision_remedy_count(request, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_remedy(NULL, 0, &remedy));
    NULL_IS_AN_ERROR(portcullis_decision_remedy(request, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_change(NULL, 0, 0, &change));
    NULL_IS_AN_ERROR(portcullis_decision_change(request, 0, 0, NULL));
    NULL_IS_AN_ERROR(portcullis_decision_json(NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_decision_json(request, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_decision_json(request, buffer, 9, NULL));
}

static void of_evidence(void) {
    portcullis_verifier *made = (portcullis_verifier *)&made;
    portcullis_evidence_reason reason = 77;
    size_t n;
    NULL_IS_AN_ERROR(portcullis_evidence_text(1, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_evidence_text(1, buffer, 9, NULL));
    NULL_IS_AN_ERROR(portcullis_certificate_thumbprint(NULL, 1, buffer, 65, &n));
    NULL_IS_AN_ERROR(portcullis_certificate_thumbprint("x", 1, NULL, 65, &n));
    NULL_IS_AN_ERROR(portcullis_certificate_thumbprint("x", 1, buffer, 65, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_load(NULL, S("x"), &made, NULL));
    CHECK(made == NULL);
    NULL_IS_AN_ERROR(portcullis_verifier_load(pdp, NULL, 1, &made, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_load(pdp, S("x"), NULL, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_load_files(NULL, small_files, 1, S("x"), &made, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_load_files(pdp, NULL, 1, S("x"), &made, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_load_files(pdp, small_files, 1, NULL, 1, &made, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_load_files(pdp, small_files, 1, S("x"), NULL, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_reload(NULL, S("x"), NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_reload(verifier, NULL, 1, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_replace_keys(NULL, S("x"), S("x"), NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_replace_keys(verifier, NULL, 1, S("x"), NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_replace_keys(verifier, S("x"), NULL, 1, NULL));
    NULL_IS_AN_ERROR(portcullis_request_attest(NULL, verifier, S("x"), NULL, 0, NULL, 0, NOW, &reason));
    CHECK(reason == PORTCULLIS_EVIDENCE_NOT_LOOKED_AT);
    NULL_IS_AN_ERROR(portcullis_request_attest(request, NULL, S("x"), NULL, 0, NULL, 0, NOW, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_notice(NULL, S("x"), NOW, NULL, NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_verifier_notice(verifier, NULL, 1, NOW, NULL, NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_verifier_notice(verifier, S("x"), NOW, NULL, NULL, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_verifier_notice(verifier, S("x"), NOW, NULL, NULL, buffer, 9, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_notices(NULL, buffer, 9, &n));
    NULL_IS_AN_ERROR(portcullis_verifier_notices(verifier, NULL, 9, &n));
    NULL_IS_AN_ERROR(portcullis_verifier_notices(verifier, buffer, 9, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_restore_notices(NULL, S("[]"), NULL, NULL));
    NULL_IS_AN_ERROR(portcullis_verifier_restore_notices(verifier, NULL, 1, NULL, NULL));
}

int main(void) {
    static const portcullis_file none[] = {FILE_OF("policy-set.json", "{}")};
    static const char keys[] =
        "{ \"keys\": [ {\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": \"OMFXmHAl0iIA7PScNA-14_HuVsQp4LeFeWXXNcvCsuk\","
        " \"alg\": \"EdDSA\", \"use\": \"sig\", \"kid\": \"one\"} ] }";
    static const char config[] =
        "{ \"evidence\": \"misuse\", \"audience\": [\"https://vpn.example\"], \"issuers\": ["
        " { \"issuer\": \"https://mdm.example\", \"keys\": [\"keys.json\"], \"kinds\": [\"native\"], \"max_age\": \"8h\","
        "   \"may_set\": [\"device.*\"] } ] }";
    const portcullis_file files[] = {FILE_OF("evidence.json", config), FILE_OF("keys.json", keys)};
    portcullis_pdp *standard, *nothing;
    pdp = small_pdp(NULL);
    request = new_request(pdp);
    MUST(portcullis_pdp_load(S("policies/solihull-2013"), NULL, &standard, NULL));
    MUST(portcullis_verifier_load_files(standard, files, 2, S("evidence.json"), &verifier, NULL));
    CHECK(portcullis_pdp_load_files(none, 1, NULL, &nothing, &findings) == PORTCULLIS_E_POLICY_SET);
    portcullis_pdp_free(standard);
    of_the_handle();
    of_findings();
    of_the_request();
    of_the_decision();
    of_evidence();
    portcullis_findings_free(findings);
    portcullis_verifier_free(verifier);
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
    return finished("misuse");
}
