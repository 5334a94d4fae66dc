/*
 * portcullis.hpp: the C library, in C++17
 *
 *     portcullis::Pdp pdp = portcullis::Pdp::load("policies/quickstart");
 *     portcullis::Request request(pdp);
 *
 *     request.reset();
 *     request.at(std::chrono::system_clock::now());
 *     request.set("action", "view");
 *     if (pdp.decide(request)) { ... carry out request.obligations(), then let it through ... }
 *
 * Header only, over portcullis.h, whose rules hold here: see there. Objects own what they hold, can be
 * moved and not copied. Texts that are returned as std::string_view live as long as portcullis.h says of
 * views; everything else is the caller's own.
 *
 * Functions that fail throw portcullis::Error. Deciding, stating and attesting do not throw: trouble
 * there is a refusal, or an attribute that is unknown, and the status is returned for whoever wants it.
 * With exceptions off (-fno-exceptions), or PORTCULLIS_NO_EXCEPTIONS defined, there are only the noexcept
 * forms: Pdp::load(path, options, status) and its like, which leave an empty object behind on failure.
 */
#ifndef PORTCULLIS_HPP
#define PORTCULLIS_HPP

#include "portcullis.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if !defined(PORTCULLIS_NO_EXCEPTIONS) && (defined(__cpp_exceptions) || defined(__EXCEPTIONS))
#define PORTCULLIS_EXCEPTIONS 1
#include <stdexcept>
#else
#define PORTCULLIS_EXCEPTIONS 0
#endif

namespace portcullis {

using Status = portcullis_status;
using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

namespace detail {

inline std::string_view view(portcullis_str text) {
    return text.data ? std::string_view(text.data, text.len) : std::string_view();
}

inline int64_t micros(std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

/* A text that a function writes to a buffer: asked for its length first. */
template <class Write>
std::string text(Write write, Status *status = nullptr) {
    std::string out;
    std::size_t length = 0;
    Status result = write(nullptr, std::size_t(0), &length);
    /* What it writes may grow meanwhile, as a policy set is replaced. */
    for (int tries = 0; result == PORTCULLIS_E_BUFFER && tries < 8; ++tries) {
        out.resize(length + 1);
        result = write(&out[0], out.size(), &length);
    }
    out.resize(result == PORTCULLIS_OK ? length : 0);
    if (status) *status = result;
    return out;
}

} // namespace detail

/* What a status means. */
inline std::string meaning(Status status) {
    return detail::text([=](char *to, std::size_t room, std::size_t *length) {
        return portcullis_status_text(status, to, room, length);
    });
}

/* One thing that is wrong with a policy set, or odd about it. */
struct Finding {
    bool is_error = false;
    std::size_t line = 0, column = 0;
    std::string code, file, message, help;
};

#if PORTCULLIS_EXCEPTIONS
/* A function failed. `findings` say why, where a policy set or a verifier's file is not valid. */
class Error : public std::runtime_error {
public:
    Error(Status status, std::vector<Finding> findings, const std::string &text)
        : std::runtime_error(text), status(status), findings(std::move(findings)) {}
    Status status;
    std::vector<Finding> findings;
};
#endif

namespace detail {

struct FreeFindings { void operator()(portcullis_findings *p) const noexcept { portcullis_findings_free(p); } };
struct FreePdp { void operator()(portcullis_pdp *p) const noexcept { portcullis_pdp_free(p); } };
struct FreeRequest { void operator()(portcullis_request *p) const noexcept { portcullis_request_free(p); } };
struct FreeVerifier { void operator()(portcullis_verifier *p) const noexcept { portcullis_verifier_free(p); } };

/* Findings on their way from C. */
class Found {
public:
    portcullis_findings **out() { return &raw_; }
    ~Found() { portcullis_findings_free(raw_); }
    Found() = default;
    Found(const Found &) = delete;
    Found &operator=(const Found &) = delete;

    std::vector<Finding> list() const {
        std::vector<Finding> list;
        std::size_t count = 0;
        if (raw_) portcullis_findings_count(raw_, &count);
        for (std::size_t i = 0; i < count; ++i) {
            portcullis_finding finding = PORTCULLIS_FINDING_INIT;
            if (portcullis_findings_at(raw_, i, &finding)) continue;
            list.push_back({finding.severity == PORTCULLIS_ERROR, finding.line, finding.column,
                            std::string(view(finding.code)), std::string(view(finding.file)),
                            std::string(view(finding.message)), std::string(view(finding.help))});
        }
        return list;
    }

    std::string text() const {
        return detail::text([this](char *to, std::size_t room, std::size_t *length) {
            return portcullis_findings_text(raw_, to, room, length);
        });
    }

#if PORTCULLIS_EXCEPTIONS
    void check(Status status) const {
        if (status != PORTCULLIS_OK) throw Error(status, list(), raw_ ? text() : meaning(status));
    }
#endif

private:
    portcullis_findings *raw_ = nullptr;
};

} // namespace detail

enum class Level { error = PORTCULLIS_LOG_ERROR, warning = PORTCULLIS_LOG_WARNING, info = PORTCULLIS_LOG_INFO };

/* How a handle works: see portcullis_options. Exceptions that a callback throws end with it. */
struct Options {
    std::vector<std::string> obligations;
    bool every_obligation = false;
    std::function<void(Level, std::string_view)> log;
    std::function<void(std::string_view)> audit;
    std::size_t audit_capacity = 0;
    std::size_t max_file_bytes = 0;
    std::size_t max_request_bytes = 0;
    bool author_bench = false;
};

class Request;

/* A handle: a policy set in force. Any number of threads may use one. */
class Pdp {
public:
    /* No handle: every decision by it is a refusal. */
    Pdp() = default;

    static Pdp load(std::string_view path, Options options, Status &status,
                    std::vector<Finding> *findings = nullptr) {
        Pdp pdp(std::move(options));
        detail::Found found;
        portcullis_pdp *raw = nullptr;
        const Raw raw_options(*pdp.options_);
        status = portcullis_pdp_load(path.data(), path.size(), &raw_options.value, &raw, found.out());
        pdp.raw_.reset(raw);
        if (findings) *findings = found.list();
        return pdp;
    }

    /* Without a policy set: refuses everything until one is loaded into it. */
    static Pdp unavailable(Options options, Status &status) {
        Pdp pdp(std::move(options));
        portcullis_pdp *raw = nullptr;
        const Raw raw_options(*pdp.options_);
        status = portcullis_pdp_new(&raw_options.value, &raw);
        pdp.raw_.reset(raw);
        return pdp;
    }

    /* The old set stays in force unless the status is PORTCULLIS_OK. */
    Status reload(std::string_view path, std::vector<Finding> *findings) {
        detail::Found found;
        const Status status = portcullis_pdp_reload(raw_.get(), path.data(), path.size(), found.out());
        if (findings) *findings = found.list();
        return status;
    }

#if PORTCULLIS_EXCEPTIONS
    explicit Pdp(std::string_view path, Options options = {}) : Pdp(load(path, std::move(options))) {}

    static Pdp load(std::string_view path, Options options = {}) {
        Pdp pdp(std::move(options));
        detail::Found found;
        portcullis_pdp *raw = nullptr;
        const Raw raw_options(*pdp.options_);
        found.check(portcullis_pdp_load(path.data(), path.size(), &raw_options.value, &raw, found.out()));
        pdp.raw_.reset(raw);
        return pdp;
    }

    void reload(std::string_view path) {
        detail::Found found;
        found.check(portcullis_pdp_reload(raw_.get(), path.data(), path.size(), found.out()));
    }
#endif

    /* Whether the request is permitted, on the terms of its obligations. Trouble is a refusal. */
    bool decide(Request &request, Status *status = nullptr) const noexcept;
    /* And a bit for each obligation of a permit: see portcullis_decide_with_obligations. */
    bool decide(Request &request, std::uint64_t &obligations, Status *status = nullptr) const noexcept;

    /* The AuthZEN answer to an AuthZEN document; the status, and whether everything in it is a permit. */
    std::string decide_json(std::string_view json, Request *host, Status &status, bool *permit = nullptr) const;

    /* The id of an attribute, for Request::put; none if the vocabulary does not have it. */
    std::optional<std::uint32_t> attribute(std::string_view name) const noexcept {
        std::uint32_t id = 0;
        if (portcullis_pdp_attribute(raw_.get(), name.data(), name.size(), &id)) return std::nullopt;
        return id;
    }

    /* Whether a gateway may state an attribute, and a value of it: see portcullis_pdp_may_state. */
    Status may_state(std::string_view name, std::string_view value = {}) const noexcept {
        return portcullis_pdp_may_state(raw_.get(), name.data(), name.size(), value.data(), value.size());
    }

    /* The name and the digest of the set in force; empty if there is none. */
    std::string policy_set() const {
        return detail::text([this](char *to, std::size_t room, std::size_t *length) {
            return portcullis_pdp_policy_set(raw_.get(), to, room, length);
        });
    }
    std::string digest() const {
        return detail::text([this](char *to, std::size_t room, std::size_t *length) {
            return portcullis_pdp_digest(raw_.get(), to, room, length);
        });
    }

    /* The oldest record that waits, if one does. */
    std::optional<std::string> next_record() const {
        Status status = PORTCULLIS_OK;
        std::string record = detail::text(
            [this](char *to, std::size_t room, std::size_t *length) {
                return portcullis_audit_next(raw_.get(), to, room, length);
            },
            &status);
        if (status) return std::nullopt;
        return record;
    }

    explicit operator bool() const noexcept { return raw_ != nullptr; }
    portcullis_pdp *get() const noexcept { return raw_.get(); }

private:
    explicit Pdp(Options options) : options_(new Options(std::move(options))) {}

    /* Options as C takes them; they point into the C++ ones. */
    struct Raw {
        explicit Raw(const Options &options) {
            for (const std::string &name : options.obligations) names.push_back({name.data(), name.size()});
            value.obligations = names.data();
            value.obligation_count = options.every_obligation ? PORTCULLIS_EVERY_OBLIGATION : names.size();
            if (options.log) {
                value.log = call_log;
                value.log_data = const_cast<Options *>(&options);
            }
            if (options.audit) {
                value.audit = call_audit;
                value.audit_data = const_cast<Options *>(&options);
            }
            value.audit_capacity = options.audit_capacity;
            value.max_file_bytes = options.max_file_bytes;
            value.max_request_bytes = options.max_request_bytes;
            value.author_bench = options.author_bench;
        }
        std::vector<portcullis_str> names;
        portcullis_options value = PORTCULLIS_OPTIONS_INIT;
    };

    /* No exception may pass through the library. */
    template <class Call>
    static void contain(Call call) noexcept {
#if PORTCULLIS_EXCEPTIONS
        try {
            call();
        } catch (...) {
        }
#else
        call();
#endif
    }
    static void call_log(void *data, portcullis_level level, const char *text, std::size_t length) {
        contain([&] { static_cast<Options *>(data)->log(static_cast<Level>(level), {text, length}); });
    }
    static void call_audit(void *data, const char *text, std::size_t length) {
        contain([&] { static_cast<Options *>(data)->audit({text, length}); });
    }

    /* Before the handle, and so freed after it: the handle's callbacks point to them. */
    std::unique_ptr<Options> options_;
    std::unique_ptr<portcullis_pdp, detail::FreePdp> raw_;
};

/* Tells which evidence can be believed. Any number of threads may use one. */
class Verifier {
public:
    Verifier() = default;

    static Verifier load(const Pdp &pdp, std::string_view path, Status &status,
                         std::vector<Finding> *findings = nullptr) {
        Verifier verifier;
        detail::Found found;
        portcullis_verifier *raw = nullptr;
        status = portcullis_verifier_load(pdp.get(), path.data(), path.size(), &raw, found.out());
        verifier.raw_.reset(raw);
        if (findings) *findings = found.list();
        return verifier;
    }

    /* The old configuration stays in force unless the status is PORTCULLIS_OK. */
    Status reload(std::string_view path, std::vector<Finding> *findings = nullptr) {
        detail::Found found;
        const Status status = portcullis_verifier_reload(raw_.get(), path.data(), path.size(), found.out());
        if (findings) *findings = found.list();
        return status;
    }

    Status replace_keys(std::string_view issuer, std::string_view keys, std::vector<Finding> *findings = nullptr) {
        detail::Found found;
        const Status status = portcullis_verifier_replace_keys(raw_.get(), issuer.data(), issuer.size(),
                                                               keys.data(), keys.size(), found.out());
        if (findings) *findings = found.list();
        return status;
    }

    /* What came of a notice of change. */
    struct Noticed {
        portcullis_evidence_reason reason = PORTCULLIS_EVIDENCE_NOT_LOOKED_AT;
        bool changed = false;
        std::string device; /* empty: every device, or a notice that is not believed */
    };

    /* Takes a notice of change: see portcullis_verifier_notice. */
    Noticed notice(std::string_view token, std::chrono::system_clock::time_point now, Status &status) {
        Noticed noticed;
        std::string device(256, '\0');
        std::size_t length = 0;
        std::int32_t changed = 0;
        const auto take = [&] {
            return portcullis_verifier_notice(raw_.get(), token.data(), token.size(), detail::micros(now),
                                              &noticed.reason, &changed, &device[0], device.size(), &length);
        };
        status = take();
        noticed.changed = changed != 0;
        if (status == PORTCULLIS_E_BUFFER) {
            /* It was news the first time. */
            device.resize(length + 1);
            status = take();
        }
        device.resize(status == PORTCULLIS_OK ? length : 0);
        noticed.device = std::move(device);
        return noticed;
    }

    /* Every notice that is held, to be held again after a restart. */
    std::string notices(Status &status) const {
        return detail::text(
            [this](char *to, std::size_t room, std::size_t *length) {
                return portcullis_verifier_notices(raw_.get(), to, room, length);
            },
            &status);
    }

    /* Unless the status is PORTCULLIS_OK, nothing is believed until it is. */
    Status restore_notices(std::string_view json, std::vector<Finding> *findings = nullptr) {
        detail::Found found;
        const Status status =
            portcullis_verifier_restore_notices(raw_.get(), json.data(), json.size(), nullptr, found.out());
        if (findings) *findings = found.list();
        return status;
    }

#if PORTCULLIS_EXCEPTIONS
    Verifier(const Pdp &pdp, std::string_view path) {
        detail::Found found;
        portcullis_verifier *raw = nullptr;
        found.check(portcullis_verifier_load(pdp.get(), path.data(), path.size(), &raw, found.out()));
        raw_.reset(raw);
    }
#endif

    explicit operator bool() const noexcept { return raw_ != nullptr; }
    portcullis_verifier *get() const noexcept { return raw_.get(); }

private:
    std::unique_ptr<portcullis_verifier, detail::FreeVerifier> raw_;
};

/* A parameter of an obligation. */
struct Parameter {
    std::string_view name;
    portcullis_kind kind = 0;
    std::int64_t number = 0;
    std::string_view text;
    std::vector<std::string_view> items;
};

/* What must be done along with a decision. */
struct Obligation {
    std::string_view name;
    std::vector<Parameter> parameters;

    const Parameter *parameter(std::string_view wanted) const noexcept {
        for (const Parameter &found : parameters)
            if (found.name == wanted) return &found;
        return nullptr;
    }
};

/* The decision in words. */
struct Explanation {
    std::string_view user, administrator;
};

/* A question, and the decision on it. One thread at a time uses it. */
class Request {
public:
    Request() = default;

    static Request make(const Pdp &pdp, Status &status) noexcept {
        Request request;
        portcullis_request *raw = nullptr;
        status = portcullis_request_new(pdp.get(), &raw);
        request.raw_.reset(raw);
        return request;
    }

#if PORTCULLIS_EXCEPTIONS
    explicit Request(const Pdp &pdp) {
        Status status = PORTCULLIS_OK;
        *this = make(pdp, status);
        if (status) throw Error(status, {}, meaning(status));
    }
#endif

    Status reset() noexcept { return portcullis_request_reset(get()); }
    Status at(std::chrono::system_clock::time_point now) noexcept { return portcullis_request_at(get(), detail::micros(now)); }

    Status set(std::string_view name, std::string_view value) noexcept {
        return portcullis_request_set_text(get(), name.data(), name.size(), value.data(), value.size());
    }
    /* Else a literal would rather become a bool. */
    Status set(std::string_view name, const char *value) noexcept { return set(name, std::string_view(value)); }
    Status set(std::string_view name, bool value) noexcept {
        return portcullis_request_set_bool(get(), name.data(), name.size(), value);
    }
    Status set(std::string_view name, std::int64_t value) noexcept {
        return portcullis_request_set_integer(get(), name.data(), name.size(), value);
    }
    Status set(std::string_view name, int value) noexcept { return set(name, std::int64_t(value)); }
    Status set(std::string_view name, std::chrono::system_clock::time_point value) noexcept {
        return portcullis_request_set_instant(get(), name.data(), name.size(), detail::micros(value));
    }
    Status set(std::string_view name, std::chrono::microseconds value) noexcept {
        return portcullis_request_set_duration(get(), name.data(), name.size(), value.count());
    }
    Status set_words(std::string_view name, const std::vector<std::string_view> &words) {
        const std::vector<portcullis_str> raw = strings(words);
        return portcullis_request_set_words(get(), name.data(), name.size(), raw.data(), raw.size());
    }
    /* What a text spells, by the type of the attribute: see portcullis_request_set_spelled. */
    Status set_spelled(std::string_view name, std::string_view value) noexcept {
        return portcullis_request_set_spelled(get(), name.data(), name.size(), value.data(), value.size());
    }
    Status unset(std::string_view name) noexcept { return portcullis_request_unset(get(), name.data(), name.size()); }

    Status put(std::uint32_t attribute, std::string_view value) noexcept {
        return portcullis_request_put_text(get(), attribute, value.data(), value.size());
    }
    Status put(std::uint32_t attribute, const char *value) noexcept { return put(attribute, std::string_view(value)); }
    Status put(std::uint32_t attribute, bool value) noexcept { return portcullis_request_put_bool(get(), attribute, value); }
    Status put(std::uint32_t attribute, std::int64_t value) noexcept {
        return portcullis_request_put_integer(get(), attribute, value);
    }
    Status put(std::uint32_t attribute, int value) noexcept { return put(attribute, std::int64_t(value)); }
    Status put(std::uint32_t attribute, std::chrono::system_clock::time_point value) noexcept {
        return portcullis_request_put_instant(get(), attribute, detail::micros(value));
    }
    Status put(std::uint32_t attribute, std::chrono::microseconds value) noexcept {
        return portcullis_request_put_duration(get(), attribute, value.count());
    }
    Status put_words(std::uint32_t attribute, const std::vector<std::string_view> &words) {
        const std::vector<portcullis_str> raw = strings(words);
        return portcullis_request_put_words(get(), attribute, raw.data(), raw.size());
    }
    Status put_nothing(std::uint32_t attribute) noexcept { return portcullis_request_put_nothing(get(), attribute); }

    Status put_spelled(std::uint32_t attribute, std::string_view value) noexcept {
        return portcullis_request_put_spelled(get(), attribute, value.data(), value.size());
    }

    /* Declares what can be carried out for this request. */
    Status can(const std::vector<std::string_view> &obligations) {
        const std::vector<portcullis_str> raw = strings(obligations);
        return portcullis_request_can(get(), raw.data(), raw.size());
    }

    /* States what a token attests: see portcullis_request_attest. */
    portcullis_evidence_reason attest(const Verifier &verifier, std::string_view token, std::string_view certificate,
                                      std::string_view key, std::chrono::system_clock::time_point now,
                                      Status *status = nullptr) noexcept {
        portcullis_evidence_reason reason = PORTCULLIS_EVIDENCE_NOT_LOOKED_AT;
        const Status result = portcullis_request_attest(get(), verifier.get(), token.data(), token.size(),
                                                        certificate.data(), certificate.size(), key.data(),
                                                        key.size(), detail::micros(now), &reason);
        if (status) *status = result;
        return reason;
    }

    /* The same, for a connection of which more may have been seen: see portcullis_binding. */
    portcullis_evidence_reason attest(const Verifier &verifier, std::string_view token, const portcullis_binding &seen,
                                      std::chrono::system_clock::time_point now, Status *status = nullptr) noexcept {
        portcullis_evidence_reason reason = PORTCULLIS_EVIDENCE_NOT_LOOKED_AT;
        const Status result = portcullis_request_attest_binding(get(), verifier.get(), token.data(), token.size(),
                                                                &seen, detail::micros(now), &reason);
        if (status) *status = result;
        return reason;
    }

    /* About the decision that was made last; nothing, or what is safest, if there is none. */
    portcullis_reason reason() noexcept {
        portcullis_reason reason = PORTCULLIS_UNAVAILABLE;
        portcullis_decision_reason(get(), &reason);
        return reason;
    }
    /* None: time alone does not change it. */
    std::optional<Instant> valid_until() noexcept {
        std::int64_t until = 0;
        portcullis_decision_valid_until(get(), &until);
        if (until == PORTCULLIS_NEVER) return std::nullopt;
        return Instant(std::chrono::microseconds(until));
    }
    std::vector<Obligation> obligations() {
        std::vector<Obligation> list;
        std::size_t count = 0;
        portcullis_decision_obligation_count(get(), &count);
        for (std::size_t i = 0; i < count; ++i) {
            portcullis_str name;
            portcullis_decision_obligation(get(), i, &name);
            list.push_back({detail::view(name), parameters(i)});
        }
        return list;
    }
    /* Their names in one text, for a log; those of rules as "policy/rule". */
    std::string obligation_names() {
        portcullis_str names;
        portcullis_decision_obligation_names(get(), &names);
        return std::string(detail::view(names));
    }
    std::string rule_names(std::int32_t sort = PORTCULLIS_RULES_DETERMINING) {
        portcullis_str names;
        portcullis_decision_rule_names(get(), sort, &names);
        return std::string(detail::view(names));
    }
    Explanation explain() {
        portcullis_str user, administrator;
        portcullis_explain(get(), &user, &administrator);
        return {detail::view(user), detail::view(administrator)};
    }
    std::string json() {
        return detail::text([this](char *to, std::size_t room, std::size_t *length) {
            return portcullis_decision_json(get(), to, room, length);
        });
    }

    explicit operator bool() const noexcept { return raw_ != nullptr; }
    portcullis_request *get() const noexcept { return raw_.get(); }

private:
    static std::vector<portcullis_str> strings(const std::vector<std::string_view> &texts) {
        std::vector<portcullis_str> raw;
        for (std::string_view text : texts) raw.push_back({text.data(), text.size()});
        return raw;
    }

    std::vector<Parameter> parameters(std::size_t obligation) {
        std::vector<Parameter> list;
        std::size_t count = 0;
        portcullis_decision_parameter_count(get(), obligation, &count);
        for (std::size_t i = 0; i < count; ++i) {
            portcullis_str name;
            portcullis_value value = PORTCULLIS_VALUE_INIT;
            portcullis_decision_parameter(get(), obligation, i, &name, &value);
            Parameter parameter{detail::view(name), value.kind, value.number, detail::view(value.text), {}};
            for (std::size_t item = 0; item < value.items; ++item) {
                portcullis_value part = PORTCULLIS_VALUE_INIT;
                portcullis_decision_parameter_item(get(), obligation, i, item, &part);
                parameter.items.push_back(detail::view(part.text));
            }
            list.push_back(std::move(parameter));
        }
        return list;
    }

    std::unique_ptr<portcullis_request, detail::FreeRequest> raw_;
};

inline bool Pdp::decide(Request &request, Status *status) const noexcept {
    portcullis_decision decision = PORTCULLIS_DENY;
    const Status result = portcullis_decide(get(), request.get(), &decision);
    if (status) *status = result;
    return decision == PORTCULLIS_PERMIT;
}

inline bool Pdp::decide(Request &request, std::uint64_t &obligations, Status *status) const noexcept {
    portcullis_decision decision = PORTCULLIS_DENY;
    const Status result = portcullis_decide_with_obligations(get(), request.get(), &decision, &obligations);
    if (status) *status = result;
    return decision == PORTCULLIS_PERMIT;
}

inline std::string Pdp::decide_json(std::string_view json, Request *host, Status &status, bool *permit) const {
    portcullis_decision decision = PORTCULLIS_DENY;
    std::size_t length = 0;
    /* To C, an empty request would be none, and what it was to say over the document would be lost. */
    if (host && !*host) {
        status = PORTCULLIS_E_NULL;
        if (permit) *permit = false;
        return {};
    }
    std::string answer(4096, '\0');
    const auto ask = [&] {
        return portcullis_decide_json(get(), host ? host->get() : nullptr, json.data(), json.size(), &answer[0],
                                      answer.size(), &length, &decision);
    };
    status = ask();
    for (int tries = 0; status == PORTCULLIS_E_BUFFER && tries < 8; ++tries) {
        answer.resize(length + 1);
        status = ask();
    }
    answer.resize(status == PORTCULLIS_OK || status == PORTCULLIS_E_JSON ? length : 0);
    if (permit) *permit = decision == PORTCULLIS_PERMIT;
    return answer;
}

} // namespace portcullis

#endif /* PORTCULLIS_HPP */
