/* The decision, and everything that is asked about it. */
#include "check.h"

static portcullis_pdp *pdp;
static portcullis_request *request;

static void a_permit_tells_its_terms(void) {
    size_t count;
    portcullis_str text;
    portcullis_rule rule = PORTCULLIS_RULE_INIT;
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(reason_of(request) == PORTCULLIS_PERMITTED);
    OK(portcullis_decision_obligation_count(request, &count));
    CHECK(count == 2);
    OK(portcullis_decision_obligation(request, 0, &text));
    CHECK(same(text, "record"));
    OK(portcullis_decision_obligation(request, 1, &text));
    CHECK(same(text, "limit"));
    CHECK(portcullis_decision_obligation(request, 2, &text) == PORTCULLIS_E_NOTHING);
    CHECK(same(text, ""));

    OK(portcullis_decision_rule_count(request, PORTCULLIS_RULES_DETERMINING, &count));
    CHECK(count == 1);
    OK(portcullis_decision_rule(request, PORTCULLIS_RULES_DETERMINING, 0, &rule));
    CHECK(rule.effect == PORTCULLIS_EFFECT_PERMIT && same(rule.policy, "own") && same(rule.owner, "us"));
    CHECK(same(rule.authority, "Minute 1") && same(rule.id, "viewing") && same(rule.because, "it is allowed"));
    CHECK(rule.tell_user.data == NULL && rule.accepted_by.data == NULL);
    OK(portcullis_decision_rule(request, PORTCULLIS_RULES_REQUIRING, 0, &rule));
    CHECK(rule.effect == PORTCULLIS_EFFECT_REQUIRE && same(rule.id, "shorter"));
    CHECK(portcullis_decision_rule(request, PORTCULLIS_RULES_DETERMINING, 1, &rule) == PORTCULLIS_E_NOTHING);
    CHECK(rule.id.data == NULL && rule.size == sizeof rule);
    CHECK(portcullis_decision_rule_count(request, 0, &count) == PORTCULLIS_E_ARGUMENT);
    CHECK(portcullis_decision_rule_count(request, 5, &count) == PORTCULLIS_E_ARGUMENT);
    CHECK(portcullis_decision_rule_count(request, -1, &count) == PORTCULLIS_E_ARGUMENT);
    CHECK(count == 0);
}

static void names_come_in_a_line_for_a_log(void) {
    char word[32];
    size_t place = 7, length;
    portcullis_str names;
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_decision_obligation_names(request, &names));
    CHECK(same(names, "record,limit"));
    OK(portcullis_decision_obligation_named(request, S("limit"), &place));
    CHECK(place == 1);
    CHECK(portcullis_decision_obligation_named(request, S("watch"), &place) == PORTCULLIS_E_NOTHING);
    OK(portcullis_decision_rule_names(request, PORTCULLIS_RULES_DETERMINING, &names));
    CHECK(same(names, "own/viewing"));
    OK(portcullis_decision_rule_names(request, PORTCULLIS_RULES_TRIAL, &names));
    CHECK(same(names, ""));
    CHECK(portcullis_decision_rule_names(request, 0, &names) == PORTCULLIS_E_ARGUMENT);
    OK(portcullis_request_reset(request));
    CHECK(portcullis_decision_obligation_names(request, &names) == PORTCULLIS_E_UNDECIDED);
    CHECK(same(names, ""));

    static const char *words[] = {"unavailable", "permitted", "denied", "not-governed", "not-permitted", "unenforceable"};
    for (portcullis_reason reason = 0; reason < 6; reason++) {
        OK(portcullis_reason_text(reason, word, sizeof word, &length));
        CHECK(strcmp(word, words[reason]) == 0 && length == strlen(word));
    }
    CHECK(portcullis_reason_text(6, word, sizeof word, &length) == PORTCULLIS_E_ARGUMENT);
    CHECK(portcullis_reason_text(-1, word, sizeof word, &length) == PORTCULLIS_E_ARGUMENT);
}

static void a_permit_comes_with_its_obligations_as_bits(void) {
    portcullis_str can[66] = {{S("limit")}, {S("")}, {S("record")}};
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    portcullis_decision decision = 77;
    uint64_t bits = 7;

    ask_to_view(request);
    OK(portcullis_request_can(request, can, 3));
    OK(portcullis_decide_with_obligations(pdp, request, &decision, &bits));
    CHECK(decision == PORTCULLIS_PERMIT && bits == 5);
    CHECK(reason_of(request) == PORTCULLIS_PERMITTED);

    /* Of a refusal, none: what cannot be carried out is no permit. */
    OK(portcullis_request_can(request, can, 1));
    OK(portcullis_decide_with_obligations(pdp, request, &decision, &bits));
    CHECK(decision == PORTCULLIS_DENY && bits == 0);
    CHECK(reason_of(request) == PORTCULLIS_UNENFORCEABLE);

    /* One that has no bit, and whoever forgets to look: a refusal, and all of them. */
    for (size_t i = 1; i < 65; i++) can[i] = (portcullis_str){NULL, 0};
    can[65] = (portcullis_str){S("record")};
    OK(portcullis_request_can(request, can, 66));
    CHECK(portcullis_decide_with_obligations(pdp, request, &decision, &bits) == PORTCULLIS_E_LENGTH);
    CHECK(decision == PORTCULLIS_DENY && bits == UINT64_MAX);
    OK(portcullis_request_can(request, can + 2, 64));
    CHECK(portcullis_decide_with_obligations(NULL, request, &decision, &bits) == PORTCULLIS_E_NULL);
    CHECK(decision == PORTCULLIS_DENY && bits == UINT64_MAX);

    /* Declared once for all requests, by the handle; and not by name, so that none has a place. */
    can[1] = can[65];
    options.obligations = can;
    options.obligation_count = 2;
    portcullis_pdp *named = small_pdp(&options);
    portcullis_request *other = new_request(named);
    ask_to_view(other);
    OK(portcullis_decide_with_obligations(named, other, &decision, &bits));
    CHECK(decision == PORTCULLIS_PERMIT && bits == 3);
    OK(portcullis_pdp_reload_files(named, small_files, SMALL_FILES, NULL));
    OK(portcullis_decide_with_obligations(named, other, &decision, &bits));
    CHECK(decision == PORTCULLIS_PERMIT && bits == 3);
    portcullis_request_free(other);
    portcullis_pdp_free(named);

    /* What was told to be a refusal is not recorded as a permit. */
    options.obligation_count = PORTCULLIS_EVERY_OBLIGATION;
    options.audit_capacity = 4;
    portcullis_pdp *audited = small_pdp(&options);
    char record[4096];
    size_t record_len;
    other = new_request(audited);
    ask_to_view(other);
    CHECK(portcullis_decide_with_obligations(audited, other, &decision, &bits) == PORTCULLIS_E_LENGTH);
    CHECK(portcullis_audit_next(audited, record, sizeof record, &record_len) == PORTCULLIS_E_NOTHING);
    portcullis_request_free(other);
    portcullis_pdp_free(audited);
    options = (portcullis_options)PORTCULLIS_OPTIONS_INIT;

    other = new_request(pdp);
    ask_to_view(other);
    CHECK(portcullis_decide_with_obligations(pdp, other, &decision, &bits) == PORTCULLIS_E_LENGTH);
    CHECK(decision == PORTCULLIS_DENY);
    portcullis_request_free(other);
    portcullis_request_free(request);
    request = new_request(pdp);
}

static void parameters_have_their_types(void) {
    static const struct { const char *name; portcullis_kind kind; int64_t number; const char *text; size_t items; } expected[] = {
        {"minutes", PORTCULLIS_INTEGER, 30, "30", 0},
        {"pause", PORTCULLIS_DURATION, PORTCULLIS_SECONDS(900), "15m", 0},
        {"until", PORTCULLIS_INSTANT, PORTCULLIS_SECONDS(1777593600), "2026-05-01T00:00:00Z", 0},
        {"strict", PORTCULLIS_BOOL, 1, "true", 0},
        {"least_version", PORTCULLIS_VERSION_TEXT, 0, "17.4", 0},
        {"for", PORTCULLIS_ALL, 0, "Ada, everyone", 2},
        {"ports", PORTCULLIS_SET, 0, "dns, https", 2},
    };
    size_t count;
    portcullis_str name;
    portcullis_value value = PORTCULLIS_VALUE_INIT;
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_decision_parameter_count(request, 1, &count));
    CHECK(count == 7);
    for (size_t i = 0; i < count && i < 7; i++) {
        OK(portcullis_decision_parameter(request, 1, i, &name, &value));
        CHECK(same(name, expected[i].name) && value.kind == expected[i].kind && value.number == expected[i].number);
        CHECK(same(value.text, expected[i].text) && value.items == expected[i].items);
    }
    OK(portcullis_decision_parameter_item(request, 1, 6, 0, &value));
    CHECK(value.kind == PORTCULLIS_TEXT && same(value.text, "dns"));
    CHECK(portcullis_decision_parameter_item(request, 1, 6, 2, &value) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_decision_parameter_item(request, 1, 9, 0, &value) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_decision_parameter(request, 1, 7, &name, &value) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_decision_parameter(request, 9, 0, &name, &value) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_decision_parameter_count(request, 9, &count) == PORTCULLIS_E_NOTHING);
    OK(portcullis_decision_parameter_named(request, S("limit"), S("minutes"), &value));
    CHECK(value.number == 30);
    CHECK(portcullis_decision_parameter_named(request, S("limit"), S("hours"), &value) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_decision_parameter_named(request, S("slow"), S("minutes"), &value) == PORTCULLIS_E_NOTHING);
    CHECK(value.kind == 0 && value.text.data == NULL);
}

static void it_holds_until_time_alone_changes_it(void) {
    int64_t until = 0;
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_decision_valid_until(request, &until));
    CHECK(until == PORTCULLIS_SECONDS(1780272000)); /* 2026-06-01 */
    OK(portcullis_request_at(request, until));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    OK(portcullis_decision_valid_until(request, &until));
    CHECK(until == PORTCULLIS_NEVER);
}

static void a_refusal_shows_the_way_forward(void) {
    size_t count;
    portcullis_str user, administrator;
    portcullis_rule rule = PORTCULLIS_RULE_INIT;
    portcullis_remedy remedy = PORTCULLIS_REMEDY_INIT;
    portcullis_change change = PORTCULLIS_CHANGE_INIT;
    OK(portcullis_request_reset(request));
    OK(portcullis_request_set_text(request, S("action"), S("edit")));
    OK(portcullis_request_set_integer(request, S("subject.level"), 1));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    CHECK(reason_of(request) == PORTCULLIS_NOT_PERMITTED);
    OK(portcullis_explain(request, &user, &administrator));
    CHECK(same(user, "You cannot do this as things are. Reach level 3."));
    CHECK(strstr(administrator.data, "`subject.level` at least 3") != NULL);
    OK(portcullis_decision_remedy_count(request, &count));
    CHECK(count == 1);
    OK(portcullis_decision_remedy(request, 0, &remedy));
    CHECK(remedy.by == PORTCULLIS_BY_USER && same(remedy.say, "Reach level 3") && remedy.changes == 1);
    OK(portcullis_decision_change(request, 0, 0, &change));
    CHECK(change.by == PORTCULLIS_BY_USER && same(change.attribute, "subject.level"));
    CHECK(same(change.goal, "{\"at_least\":3}") && same(change.say, "Reach level 3"));
    CHECK(portcullis_decision_change(request, 0, 1, &change) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_decision_change(request, 1, 0, &change) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_decision_remedy(request, 1, &remedy) == PORTCULLIS_E_NOTHING);
    OK(portcullis_decision_rule(request, PORTCULLIS_RULES_NEAREST, 0, &rule));
    CHECK(same(rule.id, "editing"));
    OK(portcullis_request_set_text(request, S("action"), S("sync")));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    OK(portcullis_decision_rule(request, PORTCULLIS_RULES_TRIAL, 0, &rule));
    CHECK(same(rule.id, "syncing"));
}

static void a_deny_tells_the_user_what_it_may(void) {
    portcullis_str user, administrator;
    portcullis_rule rule = PORTCULLIS_RULE_INIT;
    ask_to_view(request);
    OK(portcullis_request_set_bool(request, S("device.lost"), 1));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    CHECK(reason_of(request) == PORTCULLIS_DENIED);
    OK(portcullis_explain(request, &user, &administrator));
    CHECK(strncmp(user.data, "Call the desk.", 14) == 0);
    OK(portcullis_decision_rule(request, PORTCULLIS_RULES_DETERMINING, 0, &rule));
    CHECK(rule.effect == PORTCULLIS_EFFECT_DENY && same(rule.tell_user, "Call the desk."));
}

static void a_gateway_that_can_do_nothing_is_refused(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    portcullis_str limit[] = {{S("limit")}}, both[] = {{S("record")}, {S("limit")}, {S("fly")}}, bad[] = {{"\xff", 1}};
    portcullis_str name;
    size_t count;
    options.obligations = limit;
    options.obligation_count = 1;
    portcullis_pdp *poor = small_pdp(&options);
    portcullis_request *asked = new_request(poor);
    ask_to_view(asked);
    CHECK(decided(poor, asked) == PORTCULLIS_DENY);
    CHECK(reason_of(asked) == PORTCULLIS_UNENFORCEABLE);
    OK(portcullis_decision_unenforceable_count(asked, &count));
    CHECK(count == 1);
    OK(portcullis_decision_unenforceable(asked, 0, &name));
    CHECK(same(name, "record"));
    CHECK(portcullis_decision_unenforceable(asked, 1, &name) == PORTCULLIS_E_NOTHING);
    OK(portcullis_request_can(asked, both, 3));
    CHECK(decided(poor, asked) == PORTCULLIS_PERMIT);
    CHECK(portcullis_request_can(asked, bad, 1) == PORTCULLIS_E_UTF8);
    CHECK(decided(poor, asked) == PORTCULLIS_DENY);
    OK(portcullis_request_can(asked, both, 3));
    OK(portcullis_pdp_reload_files(poor, small_files, SMALL_FILES, NULL));
    CHECK(decided(poor, asked) == PORTCULLIS_PERMIT);
    CHECK(portcullis_request_can(asked, NULL, 2) == PORTCULLIS_E_NULL);
    CHECK(decided(poor, asked) == PORTCULLIS_DENY);
    portcullis_request_free(asked);
    portcullis_pdp_free(poor);
    /* No options at all: it can do nothing. */
    MUST(portcullis_pdp_load_files(small_files, SMALL_FILES, NULL, &poor, NULL));
    asked = new_request(poor);
    ask_to_view(asked);
    CHECK(decided(poor, asked) == PORTCULLIS_DENY);
    portcullis_request_free(asked);
    portcullis_pdp_free(poor);
}

static void what_was_decided_is_forgotten_when_the_question_changes(void) {
    portcullis_str roles[] = {{S("clerk")}};
    portcullis_reason reason = 77;
    int64_t until;
    uint32_t level;
    MUST(portcullis_pdp_attribute(pdp, S("subject.level"), &level));
    for (int change = 0; change < 7; change++) {
        ask_to_view(request);
        CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
        switch (change) {
        case 0: OK(portcullis_request_set_integer(request, S("subject.level"), 1)); break;
        case 1: OK(portcullis_request_put_integer(request, level, 1)); break;
        case 2: OK(portcullis_request_unset(request, S("subject.level"))); break;
        case 3: OK(portcullis_request_set_words(request, S("subject.roles"), roles, 1)); break;
        case 4: OK(portcullis_request_reset(request)); break;
        case 6: OK(portcullis_request_can(request, roles, 0)); break;
        case 5: CHECK(portcullis_request_set_bool(request, S("no.such"), 1) == PORTCULLIS_E_ATTRIBUTE); break;
        }
        CHECK(portcullis_decision_reason(request, &reason) == PORTCULLIS_E_UNDECIDED);
        CHECK(reason == PORTCULLIS_UNAVAILABLE);
        CHECK(portcullis_decision_valid_until(request, &until) == PORTCULLIS_E_UNDECIDED);
        CHECK(until == INT64_MIN);
    }
    portcullis_request_free(request);
    request = new_request(pdp);
}

static void it_is_written_as_authzen(void) {
    char text[4096];
    size_t length, needed;
    ask_to_view(request);
    CHECK(portcullis_decision_json(request, text, sizeof text, &length) == PORTCULLIS_E_UNDECIDED);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_decision_json(request, text, sizeof text, &length));
    CHECK(strlen(text) == length && strncmp(text, "{\"decision\":true,", 17) == 0);
    CHECK(portcullis_decision_json(request, NULL, 0, &needed) == PORTCULLIS_E_BUFFER);
    CHECK(needed == length);
    CHECK(portcullis_decision_json(request, text, length, &needed) == PORTCULLIS_E_BUFFER);
    CHECK(text[0] == 0 && needed == length);
    OK(portcullis_decision_json(request, text, length + 1, &needed));
}

static void it_names_its_policy_set(void) {
    portcullis_str name, digest;
    char now[100];
    size_t length;
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_decision_policy_set(request, &name));
    OK(portcullis_decision_digest(request, &digest));
    CHECK(same(name, "small") && strncmp(digest.data, "sha-256:", 8) == 0 && digest.len == 72);
    OK(portcullis_pdp_digest(pdp, now, sizeof now, &length));
    CHECK(same(digest, now));
    OK(portcullis_pdp_policy_set(pdp, now, sizeof now, &length));
    CHECK(strcmp(now, "small") == 0);
}

static const char document[] =
    "{ \"subject\": { \"type\": \"user\", \"id\": \"1\", \"properties\": { \"name\": \"Ada\" } },"
    "  \"action\": { \"name\": \"view\" }, \"resource\": { \"type\": \"page\", \"id\": \"1\" },"
    "  \"context\": { \"time\": \"2026-03-02T09:00:00Z\" } }";
static const char batch[] =
    "{ \"subject\": { \"type\": \"user\", \"id\": \"1\", \"properties\": { \"name\": \"Ada\" } },"
    "  \"action\": { \"name\": \"view\" }, \"resource\": { \"type\": \"page\", \"id\": \"1\" },"
    "  \"context\": { \"time\": \"2026-03-02T09:00:00Z\" },"
    "  \"evaluations\": [ {}, { \"action\": { \"name\": \"sync\" } } ] }";

static void a_document_is_answered_in_one_call(void) {
    char answer[8192];
    size_t length, needed;
    portcullis_decision decision = 77;
    OK(portcullis_decide_json(pdp, NULL, document, sizeof document - 1, answer, sizeof answer, &length, &decision));
    CHECK(decision == PORTCULLIS_PERMIT && strncmp(answer, "{\"decision\":true,", 17) == 0 && strlen(answer) == length);
    OK(portcullis_decide_json(pdp, NULL, batch, sizeof batch - 1, answer, sizeof answer, &length, &decision));
    CHECK(decision == PORTCULLIS_DENY && strstr(answer, "{\"evaluations\":[{\"decision\":true,") == answer);
    OK(portcullis_decide_json(pdp, NULL, document, sizeof document - 1, answer, sizeof answer, &length, NULL));
    decision = PORTCULLIS_PERMIT;
    CHECK(portcullis_decide_json(pdp, NULL, document, sizeof document - 1, answer, length, &needed, &decision) == PORTCULLIS_E_BUFFER);
    CHECK(needed == length && decision == PORTCULLIS_DENY && answer[0] == 0);
    decision = PORTCULLIS_PERMIT;
    CHECK(portcullis_decide_json(pdp, NULL, S("{ \"subject\": 1 }"), answer, sizeof answer, &length, &decision) == PORTCULLIS_E_JSON);
    CHECK(decision == PORTCULLIS_DENY && strstr(answer, "request:1:14: ") == answer);
    CHECK(portcullis_decide_json(pdp, NULL, "\xff\xfe", 2, answer, sizeof answer, &length, &decision) == PORTCULLIS_E_JSON);
    CHECK(portcullis_decide_json(pdp, NULL, NULL, 0, answer, sizeof answer, &length, &decision) == PORTCULLIS_E_JSON);
}

static void what_the_host_states_counts_over_the_document(void) {
    char answer[8192];
    size_t length;
    portcullis_decision decision;
    portcullis_request *host = new_request(pdp);
    OK(portcullis_request_at(host, PORTCULLIS_SECONDS(1790000000)));
    OK(portcullis_decide_json(pdp, host, document, sizeof document - 1, answer, sizeof answer, &length, &decision));
    CHECK(decision == PORTCULLIS_DENY);
    OK(portcullis_request_at(host, NOW));
    OK(portcullis_decide_json(pdp, host, document, sizeof document - 1, answer, sizeof answer, &length, &decision));
    CHECK(decision == PORTCULLIS_PERMIT);
    OK(portcullis_request_can(host, NULL, 0));
    OK(portcullis_decide_json(pdp, host, document, sizeof document - 1, answer, sizeof answer, &length, &decision));
    CHECK(decision == PORTCULLIS_DENY && strstr(answer, "\"reason\":\"unenforceable\"") != NULL);
    portcullis_request_free(host);
}

static void too_long_a_document_is_refused(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.max_request_bytes = 100;
    portcullis_pdp *small = small_pdp(&options);
    char answer[8192];
    size_t length;
    portcullis_decision decision;
    CHECK(portcullis_decide_json(small, NULL, document, sizeof document - 1, answer, sizeof answer, &length, &decision) == PORTCULLIS_E_JSON);
    portcullis_pdp_free(small);
}

int main(void) {
    pdp = small_pdp(NULL);
    request = new_request(pdp);
    a_permit_tells_its_terms();
    names_come_in_a_line_for_a_log();
    a_permit_comes_with_its_obligations_as_bits();
    parameters_have_their_types();
    it_holds_until_time_alone_changes_it();
    a_refusal_shows_the_way_forward();
    a_deny_tells_the_user_what_it_may();
    a_gateway_that_can_do_nothing_is_refused();
    what_was_decided_is_forgotten_when_the_question_changes();
    it_is_written_as_authzen();
    it_names_its_policy_set();
    a_document_is_answered_in_one_call();
    what_the_host_states_counts_over_the_document();
    too_long_a_document_is_refused();
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
    return finished("decisions");
}
