// The C++ header: ownership, the forms that throw and those that do not.
#include "check.h"
#include <portcullis.hpp>

#include <fstream>
#include <iterator>
#include <type_traits>

static_assert(!std::is_copy_constructible<portcullis::Pdp>::value, "a handle is not copied");
static_assert(!std::is_copy_constructible<portcullis::Request>::value, "a request is not copied");
static_assert(!std::is_copy_constructible<portcullis::Verifier>::value, "a verifier is not copied");
static_assert(std::is_nothrow_move_constructible<portcullis::Request>::value, "a request is moved");
static_assert(std::is_nothrow_move_assignable<portcullis::Pdp>::value, "a handle is moved");

using portcullis::Pdp;
using portcullis::Request;

static const std::chrono::system_clock::time_point now{std::chrono::seconds(1772442000)};

static portcullis::Options options() {
    portcullis::Options options;
    options.every_obligation = true;
    options.author_bench = true;
    return options;
}

static void ask(Request &request) {
    CHECK(request.reset() == PORTCULLIS_OK);
    CHECK(request.at(now) == PORTCULLIS_OK);
    CHECK(request.set("action", "view") == PORTCULLIS_OK);
    CHECK(request.set("device.posture", std::string("containerised")) == PORTCULLIS_OK);
    CHECK(request.set("resource.classification", "OFFICIAL") == PORTCULLIS_OK);
    CHECK(request.set("resource.sensitive", false) == PORTCULLIS_OK);
    CHECK(request.set("subject.factors", 2) == PORTCULLIS_OK);
}

static void a_permit_and_its_obligations(const Pdp &pdp) {
    portcullis::Status status = -1;
    Request request = Request::make(pdp, status);
    CHECK(status == PORTCULLIS_OK);
    ask(request);
    CHECK(pdp.decide(request, &status) && status == PORTCULLIS_OK);
    CHECK(request.reason() == PORTCULLIS_PERMITTED);
    CHECK(request.obligations().size() == 1 && request.obligations()[0].name == "keep-data-inside-container");
    CHECK(request.obligations()[0].parameter("minutes") == nullptr);
    CHECK(request.explain().user == "You can do this.");
    CHECK(!request.valid_until());
    CHECK(request.json().rfind("{\"decision\":true,", 0) == 0);
    CHECK(request.set_words("resource.handling", {"FOR PUBLIC RELEASE"}) == PORTCULLIS_OK);
    CHECK(request.set("device.reported_lost", true) == PORTCULLIS_OK);
    CHECK(!pdp.decide(request));
    std::uint64_t obligations = 0;
    CHECK(request.can({"record-access", "keep-data-inside-container"}) == PORTCULLIS_OK);
    CHECK(request.set_spelled("device.reported_lost", "false") == PORTCULLIS_OK);
    CHECK(pdp.decide(request, obligations) && obligations == 2);
    CHECK(request.obligation_names() == "keep-data-inside-container" && request.rule_names().find("reading-in-the-work-app") != std::string::npos);
    CHECK(pdp.may_state("action", "view") == PORTCULLIS_OK && pdp.may_state("acton") == PORTCULLIS_E_ATTRIBUTE);
    CHECK(request.can({"record-access"}) == PORTCULLIS_OK);
    const auto action = pdp.attribute("action");
    CHECK(action && !pdp.attribute("no.such") && request.put(*action, "edit") == PORTCULLIS_OK);
    CHECK(request.unset("action") == PORTCULLIS_OK);
    const auto time = pdp.attribute("context.time"), handling = pdp.attribute("resource.handling");
    CHECK(time && request.put(*time, now) == PORTCULLIS_OK);
    CHECK(handling && request.put_words(*handling, {"FOR PUBLIC RELEASE"}) == PORTCULLIS_OK);
    CHECK(request.put_nothing(*handling) == PORTCULLIS_OK);
    CHECK(request.put(*action, std::chrono::microseconds(1)) == PORTCULLIS_E_VALUE);
}

static void what_is_moved_from_refuses(Pdp &pdp) {
    portcullis::Status status = -1;
    Request first = Request::make(pdp, status);
    ask(first);
    Request second = std::move(first);
    CHECK(!first && second && pdp.decide(second));
    CHECK(!pdp.decide(first, &status) && status == PORTCULLIS_E_NULL);
    CHECK(first.set("action", "view") == PORTCULLIS_E_NULL);
    CHECK(!Pdp().decide(second, &status) && status == PORTCULLIS_E_NULL);
    Pdp moved = std::move(pdp);
    CHECK(!pdp && moved.decide(second));
    pdp = std::move(moved);
    CHECK(pdp.decide(second));
}

static void documents_are_answered(const Pdp &pdp) {
    portcullis::Status status = -1;
    bool permit = true;
    CHECK(pdp.decide_json("{", nullptr, status, &permit).rfind("request:", 0) == 0);
    CHECK(status == PORTCULLIS_E_JSON && !permit);
    const char *const document =
        "{\"subject\":{\"type\":\"u\",\"id\":\"1\"},\"action\":{\"name\":\"view\"},\"resource\":{\"type\":\"p\",\"id\":\"1\"}}";
    Request host = Request::make(pdp, status);
    ask(host);
    const std::string answer = pdp.decide_json(document, &host, status, &permit);
    CHECK(status == PORTCULLIS_OK && permit && answer.rfind("{\"decision\":true,", 0) == 0);
    /* What it was to say over the document would be lost. */
    Request none;
    CHECK(pdp.decide_json(document, &none, status, &permit).empty());
    CHECK(status == PORTCULLIS_E_NULL && !permit);
}

static std::string read(const char *path) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

static void evidence_is_believed_until_a_notice_contradicts_it() {
    using portcullis::Verifier;
    const char *const config = "tests/c/evidence/evidence.json";
    const std::string token = read("tests/c/evidence/laptop.token"), told = read("tests/c/evidence/notice.token");
    portcullis::Options recorded = options();
    recorded.author_bench = false;
    recorded.audit_capacity = 1;
    portcullis::Status status = -1;
    Pdp pdp = Pdp::load("policies/solihull-2013", recorded, status);
    Verifier verifier = Verifier::load(pdp, config, status);
    CHECK(status == PORTCULLIS_OK && verifier);
    char seen[65];
    std::size_t length = 0;
    const std::string certificate = "the certificate of LAPTOP-7";
    OK(portcullis_certificate_thumbprint(certificate.data(), certificate.size(), seen, sizeof seen, &length));
    Request request = Request::make(pdp, status);
    CHECK(request.attest(verifier, token, seen, {}, now, &status) == PORTCULLIS_EVIDENCE_TRUSTED && status == PORTCULLIS_OK);
    const Verifier::Noticed noticed = verifier.notice(told, now, status);
    CHECK(status == PORTCULLIS_OK && noticed.reason == PORTCULLIS_EVIDENCE_TRUSTED && noticed.changed);
    CHECK(noticed.device == "LAPTOP-7");
    const std::string kept = verifier.notices(status);
    Verifier fresh = Verifier::load(pdp, config, status);
    std::vector<portcullis::Finding> findings;
    CHECK(fresh.restore_notices("[", &findings) == PORTCULLIS_E_EVIDENCE && !findings.empty());
    CHECK(fresh.restore_notices(kept) == PORTCULLIS_OK);
    CHECK(fresh.reload("no/such.json") == PORTCULLIS_E_EVIDENCE && fresh.reload(config) == PORTCULLIS_OK);
    CHECK(request.reset() == PORTCULLIS_OK);
    CHECK(request.attest(fresh, token, seen, {}, now) == PORTCULLIS_EVIDENCE_TRUSTED);
    pdp.decide(request);
    CHECK(pdp.next_record().value_or("").find("\"evidence.contradicted\":true") != std::string::npos);
}

static void logs_and_records_are_told() {
    std::vector<std::string> lines, records;
    portcullis::Options telling = options();
    telling.log = [&lines](portcullis::Level, std::string_view line) { lines.emplace_back(line); };
    telling.audit = [&records](std::string_view record) { records.emplace_back(record); };
    telling.audit_capacity = 5;
    portcullis::Status status = -1;
    Pdp pdp = Pdp::load("policies/quickstart", telling, status);
    CHECK(status == PORTCULLIS_OK && lines.size() == 1);
    Request request = Request::make(pdp, status);
    const Pdp moved = std::move(pdp);
    CHECK(!moved.decide(request));
    CHECK(records.size() == 1 && moved.next_record() == records[0] && !moved.next_record());
    std::vector<portcullis::Finding> findings;
    CHECK(Pdp::load("no/such", telling, status, &findings).get() == nullptr);
    CHECK(status == PORTCULLIS_E_POLICY_SET && findings.size() == 1 && findings[0].code == "P0001");
}

#if PORTCULLIS_EXCEPTIONS
static void trouble_is_thrown() {
    int caught = 0;
    try {
        Pdp::load("no/such");
    } catch (const portcullis::Error &error) {
        caught += error.status == PORTCULLIS_E_POLICY_SET && error.findings.size() == 1;
    }
    try {
        Request request{Pdp()};
    } catch (const portcullis::Error &error) {
        caught += error.status == PORTCULLIS_E_NULL && std::string(error.what()).size() > 5;
    }
    Pdp pdp("policies/quickstart", options());
    try {
        pdp.reload("no/such");
    } catch (const portcullis::Error &) {
        caught++;
    }
    try {
        portcullis::Verifier verifier(pdp, "no/such.json");
    } catch (const portcullis::Error &error) {
        caught += error.status == PORTCULLIS_E_EVIDENCE;
    }
    CHECK(caught == 4);
    portcullis::Options thrower = options();
    thrower.log = [](portcullis::Level, std::string_view) { throw 1; };
    Pdp thrown("policies/quickstart", thrower);
    CHECK(static_cast<bool>(thrown));
}
#endif

int main() {
    portcullis::Status status = -1;
    Pdp pdp = Pdp::load("policies/quickstart", options(), status);
    if (!CHECK(status == PORTCULLIS_OK)) return 3;
    CHECK(pdp.policy_set() == "quickstart" && pdp.digest().size() == 72);
    a_permit_and_its_obligations(pdp);
    what_is_moved_from_refuses(pdp);
    documents_are_answered(pdp);
    evidence_is_believed_until_a_notice_contradicts_it();
    logs_and_records_are_told();
    std::vector<portcullis::Finding> findings;
    CHECK(pdp.reload("no/such", &findings) == PORTCULLIS_E_POLICY_SET && findings.size() == 1);
#if PORTCULLIS_EXCEPTIONS
    trouble_is_thrown();
#endif
    Pdp none = Pdp::unavailable({}, status);
    CHECK(status == PORTCULLIS_OK && none.policy_set().empty() && none.digest().empty());
    return finished(PORTCULLIS_EXCEPTIONS ? "wrapper" : "wrapper without exceptions");
}
