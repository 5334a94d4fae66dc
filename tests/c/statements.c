/* Stating values: every type by name and by id, and what happens to those that are none. */
#include "check.h"

static portcullis_pdp *pdp;
static portcullis_request *request;

static void every_type_is_stated_by_name(void) {
    portcullis_str roles[] = {{S("clerk")}, {S("auditor")}};
    ask_to_view(request);
    OK(portcullis_request_set_integer(request, S("subject.level"), -3));
    OK(portcullis_request_set_words(request, S("subject.roles"), roles, 2));
    OK(portcullis_request_set_duration(request, S("session.left"), PORTCULLIS_SECONDS(90)));
    OK(portcullis_request_set_text(request, S("session.left"), S("15m")));
    OK(portcullis_request_set_instant(request, S("session.ends"), NOW));
    OK(portcullis_request_set_text(request, S("session.ends"), S("2026-03-02T10:00:00+01:00")));
    OK(portcullis_request_set_text(request, S("device.version"), S("17.4.1")));
    OK(portcullis_request_set_bool(request, S("device.lost"), 0));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_request_set_bool(request, S("device.lost"), 5));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
}

static uint32_t id(const char *name) {
    uint32_t found = 0;
    MUST(portcullis_pdp_attribute(pdp, name, strlen(name), &found));
    return found;
}

static void every_type_is_stated_by_id(void) {
    portcullis_str roles[40];
    for (int i = 0; i < 40; i++) roles[i] = (portcullis_str){S("clerk")};
    OK(portcullis_request_reset(request));
    OK(portcullis_request_put_text(request, id("action"), S("view")));
    OK(portcullis_request_put_text(request, id("subject.name"), S("Ada")));
    OK(portcullis_request_put_instant(request, id("context.time"), NOW));
    OK(portcullis_request_put_integer(request, id("subject.level"), INT64_MIN));
    OK(portcullis_request_put_duration(request, id("session.left"), 0));
    OK(portcullis_request_put_words(request, id("subject.roles"), roles, 40));
    OK(portcullis_request_put_words(request, id("subject.roles"), NULL, 0));
    OK(portcullis_request_put_bool(request, id("device.lost"), 1));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    OK(portcullis_request_put_nothing(request, id("device.lost")));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(id("action") == id("action"));
}

static void what_is_no_value_makes_the_attribute_unknown_and_not_missing(void) {
    ask_to_view(request);
    CHECK(portcullis_request_set_text(request, S("action"), S("viwe")) == PORTCULLIS_E_VALUE);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    /* "absent" makes a missing value false; an unknown one lets the deny take part. */
    ask_to_view(request);
    CHECK(portcullis_request_set_text(request, S("device.lost"), S("no")) == PORTCULLIS_E_VALUE);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    CHECK(portcullis_request_set_integer(request, S("device.lost"), 0) == PORTCULLIS_E_VALUE);
    OK(portcullis_request_unset(request, S("device.lost")));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(portcullis_request_set_words(request, S("device.lost"), NULL, 0) == PORTCULLIS_E_VALUE);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
}

static void text_that_cannot_be_read_does_not_leave_the_value_before_it(void) {
    uint32_t action = id("action");
    portcullis_str bad[] = {{S("clerk")}, {"\xff", 1}}, none[] = {{NULL, 4}};
    ask_to_view(request);
    CHECK(portcullis_request_set_text(request, S("action"), "\xc3(", 2) == PORTCULLIS_E_UTF8);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    ask_to_view(request);
    CHECK(portcullis_request_set_text(request, S("action"), NULL, 4) == PORTCULLIS_E_NULL);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    ask_to_view(request);
    CHECK(portcullis_request_put_text(request, action, "view", SIZE_MAX) == PORTCULLIS_E_LENGTH);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    CHECK(portcullis_request_set_words(request, S("subject.roles"), bad, 2) == PORTCULLIS_E_UTF8);
    CHECK(portcullis_request_set_words(request, S("subject.roles"), none, 1) == PORTCULLIS_E_NULL);
    CHECK(portcullis_request_set_words(request, S("subject.roles"), NULL, 1) == PORTCULLIS_E_NULL);
    CHECK(portcullis_request_set_words(request, S("subject.roles"), bad, SIZE_MAX / 2) == PORTCULLIS_E_LENGTH);
}

static void an_empty_text_may_be_null(void) {
    ask_to_view(request);
    OK(portcullis_request_set_text(request, S("subject.name"), NULL, 0));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_request_reset(request));
    CHECK(portcullis_request_set_text(request, NULL, 0, S("view")) == PORTCULLIS_E_ATTRIBUTE);
}

static void text_may_hold_a_zero(void) {
    portcullis_value value = PORTCULLIS_VALUE_INIT, item = PORTCULLIS_VALUE_INIT;
    ask_to_view(request);
    OK(portcullis_request_set_text(request, S("subject.name"), "A\0da", 4));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_decision_parameter_named(request, S("limit"), S("for"), &value));
    CHECK(value.items == 2);
    OK(portcullis_decision_parameter_item(request, 1, 5, 0, &item));
    CHECK(item.text.len == 4 && memcmp(item.text.data, "A\0da", 5) == 0);
}

static void what_a_gateway_cannot_state_it_is_told(void) {
    ask_to_view(request);
    CHECK(portcullis_request_set_bool(request, S("device.proved"), 1) == PORTCULLIS_E_UNSTATABLE);
    CHECK(portcullis_request_set_text(request, S("device.grade"), S("high")) == PORTCULLIS_E_UNSTATABLE);
    CHECK(portcullis_request_set_text(request, S("device.colour"), S("red")) == PORTCULLIS_E_ATTRIBUTE);
    CHECK(portcullis_request_set_text(request, "\xff", 1, S("red")) == PORTCULLIS_E_UTF8);
    CHECK(portcullis_request_put_bool(request, id("device.proved"), 1) == PORTCULLIS_E_UNSTATABLE);
    CHECK(portcullis_request_put_bool(request, 4711, 1) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_request_put_nothing(request, 4711) == PORTCULLIS_E_NOTHING);
    CHECK(portcullis_request_unset(request, S("device.colour")) == PORTCULLIS_E_ATTRIBUTE);
    CHECK(portcullis_request_unset(request, S("device.proved")) == PORTCULLIS_E_UNSTATABLE);
    CHECK(portcullis_request_put_nothing(request, id("device.grade")) == PORTCULLIS_E_UNSTATABLE);
}

static int is_incomplete(void) {
    portcullis_decision decision = PORTCULLIS_PERMIT;
    portcullis_reason reason;
    return portcullis_decide(pdp, request, &decision) == PORTCULLIS_E_INCOMPLETE && decision == PORTCULLIS_DENY &&
           portcullis_decision_reason(request, &reason) == PORTCULLIS_E_UNDECIDED;
}

/* "device.lost" is false where it is absent: whoever ignores that it was not stated must not be let in. */
static void a_statement_about_no_one_knows_what_refuses_until_the_next_reset(void) {
    static const char document[] = "{\"subject\":{\"type\":\"u\",\"id\":\"1\"},\"action\":{\"name\":\"view\"},"
                                   "\"resource\":{\"type\":\"p\",\"id\":\"1\"}}";
    portcullis_decision decision = PORTCULLIS_PERMIT;
    char answer[4000];
    size_t length;
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(portcullis_request_set_bool(request, NULL, 11, 1) == PORTCULLIS_E_NULL);
    CHECK(is_incomplete() && is_incomplete());
    CHECK(portcullis_decide_json(pdp, request, document, sizeof document - 1, answer, sizeof answer, &length,
                                 &decision) == PORTCULLIS_E_INCOMPLETE && decision == PORTCULLIS_DENY && length == 0);
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(portcullis_request_set_text(request, "device.lost", SIZE_MAX, S("true")) == PORTCULLIS_E_LENGTH && is_incomplete());
    ask_to_view(request);
    CHECK(portcullis_request_set_words(request, "\xff", 1, NULL, 0) == PORTCULLIS_E_UTF8 && is_incomplete());
    ask_to_view(request);
    CHECK(portcullis_request_unset(request, NULL, 1) == PORTCULLIS_E_NULL && is_incomplete());
    /* What a look-up that failed gives. */
    ask_to_view(request);
    CHECK(portcullis_request_put_bool(request, UINT32_MAX, 1) == PORTCULLIS_E_NOTHING && is_incomplete());
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
}

/* The vocabulary of the small set, but for the attribute that the deny is about. */
static void a_statement_for_which_a_reload_makes_room_is_lost_and_refuses(void) {
    static const char vocabulary[] =
        "{ \"vocabulary\": \"small\", \"attributes\": { \"context.time\": { \"type\": \"instant\" },"
        " \"device.lost\": { \"type\": \"bool\", \"source\": \"evidence\" }, \"subject.name\": { \"type\": \"string\" },"
        " \"action\": { \"type\": \"enum\", \"values\": [\"edit\", \"view\"] } } }";
    static const char without[] =
        "{ \"vocabulary\": \"small\", \"attributes\": { \"context.time\": { \"type\": \"instant\" },"
        " \"subject.name\": { \"type\": \"string\" },"
        " \"action\": { \"type\": \"enum\", \"values\": [\"edit\", \"view\"] } } }";
    static const char policy[] =
        "{ \"policy\": \"own\", \"owner\": \"us\", \"rules\": [ { \"id\": \"viewing\", \"effect\": \"permit\","
        "  \"when\": { \"action\": \"view\" }, \"because\": \"it is allowed\" } ] }";
    const portcullis_file proved[] = {small_files[0], FILE_OF("vocabulary.json", vocabulary), FILE_OF("policy.json", policy)};
    const portcullis_file lacking[] = {small_files[0], FILE_OF("vocabulary.json", without), FILE_OF("policy.json", policy)};
    OK(portcullis_pdp_reload_files(pdp, lacking, 3, NULL));
    ask_to_view(request);
    CHECK(portcullis_request_set_bool(request, S("device.lost"), 1) == PORTCULLIS_E_ATTRIBUTE);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_pdp_reload_files(pdp, small_files, SMALL_FILES, NULL));
    CHECK(is_incomplete());
    ask_to_view(request);
    OK(portcullis_request_set_bool(request, S("device.lost"), 1));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    OK(portcullis_pdp_reload_files(pdp, proved, 3, NULL));
    ask_to_view(request);
    CHECK(portcullis_request_set_bool(request, S("device.lost"), 1) == PORTCULLIS_E_UNSTATABLE);
    OK(portcullis_pdp_reload_files(pdp, small_files, SMALL_FILES, NULL));
    CHECK(is_incomplete());
    ask_to_view(request);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_pdp_reload_files(pdp, small_files, SMALL_FILES, NULL));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
}

static void an_author_may_state_what_a_gateway_cannot(void) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.author_bench = 1;
    portcullis_pdp *bench = small_pdp(&options);
    portcullis_request *asked = new_request(bench);
    OK(portcullis_request_set_bool(asked, S("device.proved"), 1));
    OK(portcullis_request_set_text(asked, S("device.grade"), S("high")));
    portcullis_request_free(asked);
    portcullis_pdp_free(bench);
}

static void ids_outlive_a_reload(void) {
    uint32_t level = id("subject.level"), action = id("action"), time = id("context.time"), name = id("subject.name");
    static const char vocabulary[] =
        "{ \"vocabulary\": \"small\", \"attributes\": { \"a.first\": { \"type\": \"bool\" }, "
        "\"context.time\": { \"type\": \"instant\" }, \"action\": { \"type\": \"enum\", \"values\": [\"edit\", \"view\"] } } }";
    static const char policy[] =
        "{ \"policy\": \"own\", \"owner\": \"us\", \"rules\": [ { \"id\": \"viewing\", \"effect\": \"permit\","
        "  \"when\": { \"action\": \"view\" }, \"because\": \"it is allowed\" } ] }";
    const portcullis_file files[] = {small_files[0], FILE_OF("vocabulary.json", vocabulary), FILE_OF("policy.json", policy)};
    OK(portcullis_pdp_reload_files(pdp, files, 3, NULL));
    OK(portcullis_request_reset(request));
    OK(portcullis_request_put_text(request, action, S("view")));
    OK(portcullis_request_put_instant(request, time, NOW));
    CHECK(portcullis_request_put_integer(request, level, 1) == PORTCULLIS_E_ATTRIBUTE);
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_pdp_reload_files(pdp, small_files, SMALL_FILES, NULL));
    OK(portcullis_request_put_text(request, action, S("view")));
    OK(portcullis_request_reset(request));
    OK(portcullis_request_put_text(request, action, S("view")));
    OK(portcullis_request_put_text(request, name, S("Ada")));
    OK(portcullis_request_put_instant(request, time, NOW));
    OK(portcullis_request_put_integer(request, level, 1));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
}

static void a_text_spells_a_value_of_whatever_type(void) {
    ask_to_view(request);
    OK(portcullis_request_set_spelled(request, S("device.lost"), S("true")));
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    OK(portcullis_request_put_spelled(request, id("device.lost"), S("false")));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    OK(portcullis_request_set_spelled(request, S("subject.level"), S("-3")));
    OK(portcullis_request_set_spelled(request, S("subject.roles"), S("clerk, auditor,,")));
    OK(portcullis_request_put_spelled(request, id("subject.roles"), S(",")));
    OK(portcullis_request_set_spelled(request, S("subject.roles"), S("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6,7,8,9")));
    OK(portcullis_request_set_spelled(request, S("session.left"), S("15m")));
    OK(portcullis_request_set_spelled(request, S("session.ends"), S("2026-03-02T10:00:00Z")));
    OK(portcullis_request_set_spelled(request, S("subject.name"), S("true")));
    CHECK(decided(pdp, request) == PORTCULLIS_PERMIT);
    CHECK(portcullis_request_set_spelled(request, S("device.lost"), S("yes")) == PORTCULLIS_E_VALUE);
    CHECK(decided(pdp, request) == PORTCULLIS_DENY);
    CHECK(portcullis_request_set_spelled(request, S("subject.level"), S("3.0")) == PORTCULLIS_E_VALUE);
    CHECK(portcullis_request_set_spelled(request, S("device.lost"), S("")) == PORTCULLIS_E_VALUE);
    CHECK(portcullis_request_set_spelled(request, S("action"), "\xff", 1) == PORTCULLIS_E_UTF8);
    CHECK(portcullis_request_set_spelled(request, S("device.proved"), S("true")) == PORTCULLIS_E_UNSTATABLE);
    CHECK(portcullis_request_set_spelled(request, S("no.such"), S("true")) == PORTCULLIS_E_ATTRIBUTE);
    CHECK(portcullis_request_put_spelled(request, 9999, S("true")) == PORTCULLIS_E_NOTHING);
}

static void what_a_gateway_means_to_state_can_be_checked_before(void) {
    portcullis_pdp *empty;
    OK(portcullis_pdp_may_state(pdp, S("action"), S("")));
    OK(portcullis_pdp_may_state(pdp, S("action"), NULL, 0));
    OK(portcullis_pdp_may_state(pdp, S("action"), S("view")));
    OK(portcullis_pdp_may_state(pdp, S("device.lost"), S("false")));
    OK(portcullis_pdp_may_state(pdp, S("subject.roles"), S("clerk,auditor")));
    CHECK(portcullis_pdp_may_state(pdp, S("action"), S("viwe")) == PORTCULLIS_E_VALUE);
    CHECK(portcullis_pdp_may_state(pdp, S("acton"), S("view")) == PORTCULLIS_E_ATTRIBUTE);
    CHECK(portcullis_pdp_may_state(pdp, S("device.proved"), S("")) == PORTCULLIS_E_UNSTATABLE);
    CHECK(portcullis_pdp_may_state(pdp, S("device.grade"), S("high")) == PORTCULLIS_E_UNSTATABLE);
    CHECK(portcullis_pdp_may_state(pdp, S("action"), "\xff", 1) == PORTCULLIS_E_UTF8);
    CHECK(portcullis_pdp_may_state(NULL, S("action"), S("view")) == PORTCULLIS_E_NULL);
    MUST(portcullis_pdp_new(NULL, &empty));
    CHECK(portcullis_pdp_may_state(empty, S("action"), S("view")) == PORTCULLIS_E_NOTHING);
    portcullis_pdp_free(empty);
}

int main(void) {
    pdp = small_pdp(NULL);
    request = new_request(pdp);
    every_type_is_stated_by_name();
    every_type_is_stated_by_id();
    what_is_no_value_makes_the_attribute_unknown_and_not_missing();
    text_that_cannot_be_read_does_not_leave_the_value_before_it();
    an_empty_text_may_be_null();
    text_may_hold_a_zero();
    what_a_gateway_cannot_state_it_is_told();
    a_statement_about_no_one_knows_what_refuses_until_the_next_reset();
    a_statement_for_which_a_reload_makes_room_is_lost_and_refuses();
    an_author_may_state_what_a_gateway_cannot();
    ids_outlive_a_reload();
    a_text_spells_a_value_of_whatever_type();
    what_a_gateway_means_to_state_can_be_checked_before();
    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
    return finished("statements");
}
