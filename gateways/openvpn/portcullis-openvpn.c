/*
 * Portcullis in OpenVPN: a plugin (v3) that asks who may have a tunnel, on which device, on what terms.
 *
 *     plugin /usr/lib/openvpn/portcullis-openvpn.so /etc/openvpn/portcullis.conf
 *
 * It is asked when a client comes, and again at every renegotiation of keys; then a device that was revoked
 * meanwhile is refused, and OpenVPN ends its session. What is stated of a device comes from signed evidence
 * about the certificate that it showed, found by that certificate's fingerprint; what the client asserts of
 * itself (IV_*, UV_*) is never read.
 *
 * OpenVPN calls a plugin on one thread. Whatever goes wrong is a refusal.
 */
#include "../common/follow.h"

#include <openvpn/openvpn-plugin.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "portcullis"

enum {
    MAX_LINE = 1024,
    MAX_FACTS = 64,
    MAX_DUTIES = 32,
    MAX_TOKENS = 65536, /* bytes of a file of them */
    MAX_PUSH = 4096,
    MAX_REASON = 200 /* bytes of the words that a client shows */
};

/* A fact that is stated: a constant, or a variable of OpenVPN's. */
struct fact {
    char *name;
    char *value;
    int when; /* CONNECT, RENEGOTIATE or both */
};
enum { CONNECT = 1, RENEGOTIATE = 2 };

/* How an obligation is carried out. */
struct duty {
    char *name;
    enum { CANNOT, PUSH, SESSION_TIMEOUT, LOGGED } way;
    char *option; /* that is pushed, or the parameter that holds the minutes */
};

/* The plugin: one for the life of the server. */
struct plugin {
    plugin_log_t log;
    char *policy, *evidence_file, *tokens, *notices;
    struct gateway_set set;
    struct gateway_evidence evidence;
    struct fact facts[MAX_FACTS];
    size_t fact_count;
    struct duty duties[MAX_DUTIES];
    size_t duty_count;
    portcullis_request *request;
};

/* A client: one for the life of its connection. */
struct client {
    time_t since;  /* its first permit; 0 before it */
    time_t until;  /* the end of its session as an obligation sets it; 0 is none */
    int connected; /* what comes now is a renegotiation */
    int answered;  /* in this handshake it was asked about, and permitted */
};

/* ------------------------------------------------------------------------------------------------
 * Texts
 */

static const char *variable(const char *const *environment, const char *name) {
    size_t length = strlen(name);
    for (; environment && *environment; environment++)
        if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

/* Cuts the next word, plain or in double quotes, from a line of the configuration. */
static char *next_word(char **line) {
    char *at = *line + strspn(*line, " \t\r\n"), *word;
    if (!*at || *at == '#') return NULL;
    if (*at == '"') {
        word = ++at;
        at += strcspn(at, "\"");
        if (!*at) return NULL;
    } else {
        word = at;
        at += strcspn(at, " \t\r\n");
    }
    *line = *at ? at + 1 : at;
    *at = 0;
    return word;
}

/* Variables that a client sets as it likes, or that OpenVPN takes from it unchecked, state nothing. */
static int is_asserted(const char *name) {
    return !strncmp(name, "IV_", 3) || !strncmp(name, "UV_", 3) || !strcmp(name, "password");
}

/* ------------------------------------------------------------------------------------------------
 * Configuration
 */

static int complain(struct plugin *plugin, const char *path, unsigned line, const char *what) {
    plugin->log(PLOG_ERR, NAME, "%s:%u: %s", path, line, what);
    return 0;
}

static int read_fact(struct plugin *plugin, const char *path, unsigned number, char *rest, int when) {
    char *name = next_word(&rest), *value = next_word(&rest);
    if (!name || !value || next_word(&rest)) return complain(plugin, path, number, "it takes a name and a value");
    if (plugin->fact_count == MAX_FACTS) return complain(plugin, path, number, "there are too many facts");
    if (*value == '$' && is_asserted(value + 1))
        return complain(plugin, path, number, "the client asserts this variable: it proves nothing");
    struct fact *fact = &plugin->facts[plugin->fact_count++];
    fact->name = strdup(name);
    fact->value = strdup(value);
    fact->when = when;
    return fact->name && fact->value;
}

static int read_duty(struct plugin *plugin, const char *path, unsigned number, char *rest) {
    char *name = next_word(&rest), *way = next_word(&rest), *option = next_word(&rest);
    if (plugin->duty_count == MAX_DUTIES) return complain(plugin, path, number, "there are too many obligations");
    struct duty *duty = &plugin->duties[plugin->duty_count++];
    if (!name || !way || next_word(&rest)) goto wrong;
    if (!strcmp(way, "cannot") && !option) duty->way = CANNOT;
    else if (!strcmp(way, "log") && !option) duty->way = LOGGED;
    else if (!strcmp(way, "push") && option) duty->way = PUSH;
    else if (!strcmp(way, "session-timeout") && option) duty->way = SESSION_TIMEOUT;
    else goto wrong;
    duty->name = strdup(name);
    duty->option = option ? strdup(option) : NULL;
    return duty->name && (!option || duty->option);
wrong:
    return complain(plugin, path, number,
                    "it takes a name, and `push \"OPTION\"`, `session-timeout PARAMETER`, `log` or `cannot`");
}

static int read_path(struct plugin *plugin, const char *path, unsigned number, char *rest, char **to) {
    char *word = next_word(&rest);
    if (!word || *word != '/' || next_word(&rest) || *to)
        return complain(plugin, path, number, "it takes one path from the root, and is there once");
    return (*to = strdup(word)) != NULL;
}

static int read_line(struct plugin *plugin, const char *path, unsigned number, char *line) {
    char *word = next_word(&line);
    if (!word) return 1;
    if (!strcmp(word, "policy")) return read_path(plugin, path, number, line, &plugin->policy);
    if (!strcmp(word, "evidence")) return read_path(plugin, path, number, line, &plugin->evidence_file);
    if (!strcmp(word, "tokens")) return read_path(plugin, path, number, line, &plugin->tokens);
    if (!strcmp(word, "notices")) return read_path(plugin, path, number, line, &plugin->notices);
    if (!strcmp(word, "set")) return read_fact(plugin, path, number, line, CONNECT | RENEGOTIATE);
    if (!strcmp(word, "set-at-connect")) return read_fact(plugin, path, number, line, CONNECT);
    if (!strcmp(word, "set-at-renegotiation")) return read_fact(plugin, path, number, line, RENEGOTIATE);
    if (!strcmp(word, "obligation")) return read_duty(plugin, path, number, line);
    return complain(plugin, path, number, "this is no directive: see the configuration reference");
}

static int read_configuration(struct plugin *plugin, const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) {
        plugin->log(PLOG_ERR | PLOG_ERRNO, NAME, "cannot open %s", path);
        return 0;
    }
    char line[MAX_LINE];
    unsigned number = 0;
    int good = 1;
    while (good && fgets(line, sizeof line, file)) {
        number++;
        if (!strchr(line, '\n') && !feof(file)) good = complain(plugin, path, number, "the line is too long");
        else good = read_line(plugin, path, number, line);
    }
    fclose(file);
    if (good && !plugin->policy) good = complain(plugin, path, number, "`policy` is missing");
    if (good && plugin->evidence_file && !plugin->tokens) good = complain(plugin, path, number, "`tokens` is missing");
    return good;
}

/* ------------------------------------------------------------------------------------------------
 * Policy, evidence and notices: looked at again before each decision, of which there are few
 */

static void log_line(void *data, portcullis_level level, const char *text, size_t length) {
    struct plugin *plugin = data;
    openvpn_plugin_log_flags_t flags = level == PORTCULLIS_LOG_ERROR     ? PLOG_ERR
                                       : level == PORTCULLIS_LOG_WARNING ? PLOG_WARN
                                                                         : PLOG_NOTE;
    plugin->log(flags, NAME, "%.*s", (int)length, text);
}

static void look_again(struct plugin *plugin, time_t now) {
    int anew = gateway_set_follow(&plugin->set, now);
    if (plugin->evidence_file) gateway_evidence_follow(&plugin->evidence, anew, now);
}

/* ------------------------------------------------------------------------------------------------
 * One question
 */

/* What is asked, and what came of it. */
struct question {
    struct plugin *plugin;
    const char *const *environment;
    int when;
    time_t now;
    char fingerprint[65]; /* of the certificate that the client showed: hexadecimal */
};

/* The SHA-256 fingerprint of the client's certificate, as OpenVPN took it at the handshake. */
static int read_fingerprint(struct question *question) {
    const char *digest = variable(question->environment, "tls_digest_sha256_0");
    size_t length = 0;
    for (; digest && *digest; digest++) {
        if (*digest == ':') continue;
        if (!isxdigit((unsigned char)*digest) || length == 64) return 0;
        question->fingerprint[length++] = (char)tolower((unsigned char)*digest);
    }
    question->fingerprint[length] = 0;
    return length == 64;
}

/* The vocabulary knows the type. A variable without a value states nothing. */
static portcullis_status state(struct question *question, const struct fact *fact) {
    const char *value = *fact->value == '$' ? variable(question->environment, fact->value + 1) : fact->value;
    if (!value || !*value) return PORTCULLIS_OK;
    return portcullis_request_set_spelled(question->plugin->request, fact->name, strlen(fact->name), value, strlen(value));
}

static portcullis_status attest_token(struct question *question, const char *token, size_t length) {
    struct plugin *plugin = question->plugin;
    portcullis_evidence_reason reason;
    char text[256] = "";
    size_t text_length;
    portcullis_status status = portcullis_request_attest(
        plugin->request, plugin->evidence.verifier, token, length, question->fingerprint,
        strlen(question->fingerprint), NULL, 0, PORTCULLIS_SECONDS(question->now), &reason);
    if (reason != PORTCULLIS_EVIDENCE_TRUSTED) {
        (void)portcullis_evidence_text(reason, text, sizeof text, &text_length);
        plugin->log(PLOG_NOTE, NAME, "evidence of %s is not believed: %s", question->fingerprint, text);
    }
    return status;
}

/* The tokens that a device manager left for this certificate, in a file with its fingerprint as the name. */
static portcullis_status attest(struct question *question) {
    char path[PATH_MAX], bytes[MAX_TOKENS];
    if (!question->plugin->evidence_file) return PORTCULLIS_OK;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", question->plugin->tokens, question->fingerprint) >= sizeof path)
        return PORTCULLIS_E_LENGTH;
    ssize_t length = gateway_read(path, bytes, sizeof bytes);
    if (length == sizeof bytes) {
        question->plugin->log(PLOG_ERR, NAME, "%s is too long", path);
        return PORTCULLIS_E_LENGTH;
    }
    if (length <= 0) return attest_token(question, NULL, 0);
    portcullis_status status = PORTCULLIS_OK;
    const char *text = bytes, *token;
    for (size_t n; !status && (n = gateway_next_line(&text, bytes + length, &token));)
        status = attest_token(question, token, n);
    return status;
}

/* Decides; the obligations of a permit are bits, each of the duty at that place. */
static portcullis_status ask(struct question *question, portcullis_decision *decision, uint64_t *obligations) {
    struct plugin *plugin = question->plugin;
    portcullis_str can[MAX_DUTIES] = {{NULL, 0}};
    *decision = PORTCULLIS_DENY;

    portcullis_status status = portcullis_request_reset(plugin->request);
    if (!status) status = portcullis_request_at(plugin->request, PORTCULLIS_SECONDS(question->now));
    for (size_t i = 0; i < plugin->duty_count; i++)
        if (plugin->duties[i].way != CANNOT)
            can[i] = (portcullis_str){plugin->duties[i].name, strlen(plugin->duties[i].name)};
    if (!status) status = portcullis_request_can(plugin->request, can, plugin->duty_count);

    for (size_t i = 0; !status && i < plugin->fact_count; i++) {
        if (!(plugin->facts[i].when & question->when)) continue;
        status = state(question, &plugin->facts[i]);
        /* What is no value is unknown, which never helps whoever asks. */
        if (status == PORTCULLIS_E_UTF8 || status == PORTCULLIS_E_ATTRIBUTE || status == PORTCULLIS_E_VALUE ||
            status == PORTCULLIS_E_UNSTATABLE)
            status = PORTCULLIS_OK;
    }
    if (!status) status = attest(question);
    if (!status)
        status = portcullis_decide_with_obligations(plugin->set.pdp, plugin->request, decision, obligations);
    if (status) *decision = PORTCULLIS_DENY;
    return status;
}

/* Brings forward the end of a client's session, and writes what tells the client of it; its length, or -1. */
static int end_session(struct question *question, struct client *client, const struct duty *duty, char *push,
                       size_t capacity) {
    portcullis_value minutes = PORTCULLIS_VALUE_INIT;
    if (portcullis_decision_parameter_named(question->plugin->request, duty->name, strlen(duty->name), duty->option,
                                            strlen(duty->option), &minutes) ||
        minutes.kind != PORTCULLIS_INTEGER || minutes.number < 0 || minutes.number > 525600)
        return -1;
    time_t until = client->since + (time_t)minutes.number * 60;
    if (!client->until || until < client->until) client->until = until;
    if (client->until <= question->now) return -1;
    /* The client ends by itself; whatever it does, its next renegotiation is refused. */
    return snprintf(push, capacity, "push \"session-timeout %lld\"\n", (long long)(client->until - question->now));
}

/* Carries out what a permit brought: adds to the options that are pushed, and to the client's terms. */
static int oblige(struct question *question, struct client *client, uint64_t obligations, char *push, size_t capacity) {
    struct plugin *plugin = question->plugin;
    size_t used = 0;
    for (size_t i = 0; i < plugin->duty_count; i++) {
        const struct duty *duty = &plugin->duties[i];
        int written = 0;
        if (!(obligations & (uint64_t)1 << i)) continue;
        obligations &= ~((uint64_t)1 << i);
        if (duty->way == PUSH) written = snprintf(push + used, capacity - used, "push \"%s\"\n", duty->option);
        else if (duty->way == SESSION_TIMEOUT) written = end_session(question, client, duty, push + used, capacity - used);
        else if (duty->way == LOGGED) plugin->log(PLOG_NOTE, NAME, "%s: %s", duty->name, question->fingerprint);
        else return 0;
        if (written < 0 || (size_t)written >= capacity - used) return 0;
        used += (size_t)written;
    }
    return !obligations; /* each was one of them: the library saw to it */
}

/* Tells the client why, where OpenVPN reads it from; control characters would be a second message. */
static void tell_why(struct question *question, const char *words, size_t length) {
    const char *path = variable(question->environment, "auth_failed_reason_file");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    if (length > MAX_REASON)
        for (length = MAX_REASON; length && ((unsigned char)words[length] & 0xC0) == 0x80;) length--;
    for (size_t i = 0; i < length; i++) fputc((unsigned char)words[i] < 0x20 || words[i] == 0x7F ? ' ' : words[i], file);
    fclose(file);
}

/* Decides; 1 is a permit whose obligations are seen to. */
static int judge(struct plugin *plugin, struct client *client, int when, const char *const *environment, char *push,
                 size_t capacity) {
    struct question question = {.plugin = plugin, .environment = environment, .when = when, .now = time(NULL)};
    const char *occasion = when == CONNECT ? "connect" : "renegotiate";
    portcullis_decision decision;
    portcullis_str user, administrator;
    uint64_t obligations;
    *push = 0;

    look_again(plugin, question.now);
    if (!read_fingerprint(&question)) {
        plugin->log(PLOG_ERR, NAME, "the client showed no certificate that can be recognised: refused");
        return 0;
    }

    portcullis_status status = ask(&question, &decision, &obligations);
    if (status) {
        plugin->log(PLOG_ERR, NAME, "could not decide about %s: status %d", question.fingerprint, (int)status);
        tell_why(&question, PORTCULLIS_STR("Access cannot be decided at the moment"));
        return 0;
    }
    if (decision == PORTCULLIS_PERMIT) {
        if (!client->since) client->since = question.now;
        if ((!client->until || client->until > question.now) && oblige(&question, client, obligations, push, capacity)) {
            plugin->log(PLOG_NOTE, NAME, "%s: permitted to %s", question.fingerprint, occasion);
            return 1;
        }
        plugin->log(PLOG_NOTE, NAME, "%s: refused to %s: its session is over, or an obligation cannot be carried out",
                    question.fingerprint, occasion);
        tell_why(&question, PORTCULLIS_STR("Your session has ended: connect again"));
        return 0;
    }
    (void)portcullis_explain(plugin->request, &user, &administrator);
    plugin->log(PLOG_NOTE, NAME, "%s: refused to %s: %s", question.fingerprint, occasion, administrator.data);
    tell_why(&question, user.data, user.len);
    return 0;
}

/* ------------------------------------------------------------------------------------------------
 * What OpenVPN calls
 */

OPENVPN_EXPORT int openvpn_plugin_min_version_required_v1(void) { return 3; }

static void free_plugin(struct plugin *plugin) {
    for (size_t i = 0; i < plugin->fact_count; i++) {
        free(plugin->facts[i].name);
        free(plugin->facts[i].value);
    }
    for (size_t i = 0; i < plugin->duty_count; i++) {
        free(plugin->duties[i].name);
        free(plugin->duties[i].option);
    }
    portcullis_request_free(plugin->request);
    portcullis_verifier_free(plugin->evidence.verifier);
    portcullis_pdp_free(plugin->set.pdp);
    free(plugin->policy);
    free(plugin->evidence_file);
    free(plugin->tokens);
    free(plugin->notices);
    free(plugin);
}

/* What is misspelt would be unknown for ever: better said before everybody is refused. */
static int check_facts(struct plugin *plugin) {
    for (size_t i = 0; i < plugin->fact_count; i++) {
        const char *name = plugin->facts[i].name, *value = plugin->facts[i].value;
        if (*value == '$') value = "";
        portcullis_status status = portcullis_pdp_may_state(plugin->set.pdp, name, strlen(name), value, strlen(value));
        if (!status) continue;
        plugin->log(PLOG_ERR, NAME,
                    status == PORTCULLIS_E_ATTRIBUTE    ? "the vocabulary of the policy set does not have `%s`"
                    : status == PORTCULLIS_E_UNSTATABLE ? "only evidence sets `%s`, or it is derived"
                                                        : "this is no value of `%s`",
                    name);
        return 0;
    }
    return 1;
}

/* Puts policy and evidence in force. */
static int begin(struct plugin *plugin) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.log = log_line;
    options.log_data = plugin;
    plugin->set.path = plugin->policy;
    if (gateway_set_load(&plugin->set, &options, 0)) {
        plugin->log(PLOG_ERR, NAME, "the policy set %s cannot be put in force", plugin->policy);
        return 0;
    }
    plugin->evidence = (struct gateway_evidence){.pdp = plugin->set.pdp,
                                                 .path = plugin->evidence_file,
                                                 .notices = plugin->notices,
                                                 .tell = log_line,
                                                 .data = plugin};
    if (plugin->evidence_file && gateway_evidence_load(&plugin->evidence, time(NULL))) {
        plugin->log(PLOG_ERR, NAME, "the evidence configuration %s cannot be put in force", plugin->evidence_file);
        return 0;
    }
    return !portcullis_request_new(plugin->set.pdp, &plugin->request) && check_facts(plugin);
}

OPENVPN_EXPORT int openvpn_plugin_open_v3(const int version, struct openvpn_plugin_args_open_in const *in,
                                          struct openvpn_plugin_args_open_return *out) {
    if (version < 1 || !in->callbacks || !in->callbacks->plugin_log) return OPENVPN_PLUGIN_FUNC_ERROR;
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin) return OPENVPN_PLUGIN_FUNC_ERROR;
    plugin->log = in->callbacks->plugin_log;

    if (!portcullis_is_compatible()) {
        plugin->log(PLOG_ERR, NAME, "library %s has another interface than " PORTCULLIS_VERSION, portcullis_version());
        goto failed;
    }
    if (!in->argv[0] || !in->argv[1] || in->argv[2]) {
        plugin->log(PLOG_ERR, NAME, "the plugin takes one parameter: its configuration file");
        goto failed;
    }
    if (!read_configuration(plugin, in->argv[1]) || !begin(plugin)) goto failed;

    out->handle = plugin;
    out->type_mask = OPENVPN_PLUGIN_MASK(OPENVPN_PLUGIN_AUTH_USER_PASS_VERIFY) |
                     OPENVPN_PLUGIN_MASK(OPENVPN_PLUGIN_CLIENT_CONNECT_V2) |
                     OPENVPN_PLUGIN_MASK(OPENVPN_PLUGIN_TLS_VERIFY) | OPENVPN_PLUGIN_MASK(OPENVPN_PLUGIN_TLS_FINAL);
    return OPENVPN_PLUGIN_FUNC_SUCCESS;
failed:
    free_plugin(plugin);
    return OPENVPN_PLUGIN_FUNC_ERROR; /* then OpenVPN does not start */
}

OPENVPN_EXPORT void openvpn_plugin_close_v1(openvpn_plugin_handle_t handle) { free_plugin(handle); }

OPENVPN_EXPORT void *openvpn_plugin_client_constructor_v1(openvpn_plugin_handle_t handle) {
    (void)handle;
    return calloc(1, sizeof(struct client));
}

OPENVPN_EXPORT void openvpn_plugin_client_destructor_v1(openvpn_plugin_handle_t handle, void *client) {
    (void)handle;
    free(client);
}

/* Hands options to OpenVPN, which frees what it is given. */
static int give_options(struct openvpn_plugin_string_list **list, const char *options) {
    if (!*options) return 1;
    struct openvpn_plugin_string_list *item = list ? calloc(1, sizeof *item) : NULL;
    if (!item) return 0;
    item->name = strdup("config");
    item->value = strdup(options);
    if (!item->name || !item->value) {
        free(item->name);
        free(item->value);
        free(item);
        return 0;
    }
    *list = item;
    return 1;
}

/*
 * A handshake calls TLS_VERIFY, AUTH_USER_PASS_VERIFY and TLS_FINAL, of which only the second can tell a client why not.
 * OpenVPN leaves it out where the client shows a token of --auth-gen-token: then the last one asks. The first keys of a
 * client are asked about once more when it connects, for the options that it gets.
 */
OPENVPN_EXPORT int openvpn_plugin_func_v3(const int version, struct openvpn_plugin_args_func_in const *in,
                                          struct openvpn_plugin_args_func_return *out) {
    struct plugin *plugin = in->handle;
    struct client *client = in->per_client_context;
    const char *const *environment = (const char *const *)in->envp;
    char push[MAX_PUSH];
    int permitted = 0;
    if (version < 1 || !plugin || !client) return OPENVPN_PLUGIN_FUNC_ERROR;
    int when = client->connected ? RENEGOTIATE : CONNECT;
    switch (in->type) {
    case OPENVPN_PLUGIN_TLS_VERIFY:
        client->answered = 0;
        permitted = 1; /* as far as this goes: the certificate is checked by OpenVPN */
        break;
    case OPENVPN_PLUGIN_AUTH_USER_PASS_VERIFY:
        permitted = client->answered = judge(plugin, client, when, environment, push, sizeof push);
        break;
    case OPENVPN_PLUGIN_TLS_FINAL:
        permitted = client->answered || judge(plugin, client, when, environment, push, sizeof push);
        break;
    case OPENVPN_PLUGIN_CLIENT_CONNECT_V2:
        permitted = judge(plugin, client, CONNECT, environment, push, sizeof push) && give_options(out->return_list, push);
        client->connected = permitted;
        break;
    }
    return permitted ? OPENVPN_PLUGIN_FUNC_SUCCESS : OPENVPN_PLUGIN_FUNC_ERROR;
}
