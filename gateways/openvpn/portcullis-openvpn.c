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
#include <portcullis.h>

#include <openvpn/openvpn-plugin.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define NAME "portcullis"

enum {
    MAX_LINE = 1024,
    MAX_FACTS = 64,
    MAX_DUTIES = 32,
    MAX_WORDS = 64,
    MAX_FILE = 65536,
    MAX_PUSH = 4096,
    MAX_REASON = 200, /* bytes of the words that a client shows */
    OVERLAP = 2       /* seconds within which a file may have been overlooked by the last look */
};

/* A fact that is stated: a constant, or a variable of OpenVPN's. */
struct fact {
    char *name;
    char *value;
    int is_words;
    int when; /* CONNECT, RENEGOTIATE or both */
};
enum { CONNECT = 1, RENEGOTIATE = 2 };

/* How an obligation is carried out. */
struct duty {
    char *name;
    enum { CANNOT, PUSH, SESSION_TIMEOUT, LOGGED } way;
    char *option; /* that is pushed, or the parameter that holds the minutes */
};

/* What a file was when it was read. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

/* The plugin: one for the life of the server. */
struct plugin {
    plugin_log_t log;
    char *policy, *evidence, *tokens, *notices;
    struct stamp policy_stamp, evidence_stamp;
    time_t noticed;
    struct fact facts[MAX_FACTS];
    size_t fact_count;
    struct duty duties[MAX_DUTIES];
    size_t duty_count;
    portcullis_pdp *pdp;
    portcullis_verifier *verifier;
    portcullis_request *request;
};

/* A client: one for the life of its connection. */
struct client {
    time_t since;  /* its first permit; 0 before it */
    time_t until;  /* the end of its session as an obligation sets it; 0 is none */
    int connected; /* what comes now is a renegotiation */
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

static int read_fact(struct plugin *plugin, const char *path, unsigned number, char *rest, int is_words, int when) {
    char *name = next_word(&rest), *value = next_word(&rest);
    if (!name || !value || next_word(&rest)) return complain(plugin, path, number, "it takes a name and a value");
    if (plugin->fact_count == MAX_FACTS) return complain(plugin, path, number, "there are too many facts");
    if (*value == '$' && is_asserted(value + 1))
        return complain(plugin, path, number, "the client asserts this variable: it proves nothing");
    struct fact *fact = &plugin->facts[plugin->fact_count++];
    fact->name = strdup(name);
    fact->value = strdup(value);
    fact->is_words = is_words;
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
    if (!strcmp(word, "evidence")) return read_path(plugin, path, number, line, &plugin->evidence);
    if (!strcmp(word, "tokens")) return read_path(plugin, path, number, line, &plugin->tokens);
    if (!strcmp(word, "notices")) return read_path(plugin, path, number, line, &plugin->notices);
    if (!strcmp(word, "set")) return read_fact(plugin, path, number, line, 0, CONNECT | RENEGOTIATE);
    if (!strcmp(word, "set-words")) return read_fact(plugin, path, number, line, 1, CONNECT | RENEGOTIATE);
    if (!strcmp(word, "set-at-connect")) return read_fact(plugin, path, number, line, 0, CONNECT);
    if (!strcmp(word, "set-at-renegotiation")) return read_fact(plugin, path, number, line, 0, RENEGOTIATE);
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
    if (good && plugin->evidence && !plugin->tokens) good = complain(plugin, path, number, "`tokens` is missing");
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

/* Whether a file is another than it was; one that cannot be seen is not. */
static int has_changed(const char *path, struct stamp *stamp) {
    struct stat now;
    if (stat(path, &now)) return 0;
    if (now.st_dev == stamp->device && now.st_ino == stamp->inode && now.st_size == stamp->size &&
        now.st_mtim.tv_sec == stamp->modified.tv_sec && now.st_mtim.tv_nsec == stamp->modified.tv_nsec)
        return 0;
    *stamp = (struct stamp){now.st_dev, now.st_ino, now.st_size, now.st_mtim};
    return 1;
}

/* Reads a file whole; its length, or 0. */
static size_t read_file(const char *path, char *bytes, size_t capacity) {
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(bytes, 1, capacity, file);
    int whole = feof(file) && !ferror(file);
    fclose(file);
    return whole ? length : 0;
}

/* Calls `each` for every line of a text that holds something. */
static int for_lines(char *text, size_t length, int (*each)(void *, const char *, size_t), void *data) {
    int good = 1;
    for (char *at = text, *end = text + length; at < end;) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        if (stop > at) good = each(data, at, (size_t)(stop - at)) && good;
        at = stop + 1;
    }
    return good;
}

struct notice {
    struct plugin *plugin;
    const char *path;
    time_t at;
};

static int take_notice(void *data, const char *token, size_t length) {
    struct notice *notice = data;
    portcullis_evidence_reason reason;
    char text[256] = "", device[256];
    size_t text_length;
    int32_t changed;
    portcullis_verifier_notice(notice->plugin->verifier, token, length, PORTCULLIS_SECONDS(notice->at), &reason,
                               &changed, device, sizeof device, &text_length);
    if (reason == PORTCULLIS_EVIDENCE_TRUSTED) {
        if (changed) notice->plugin->log(PLOG_NOTE, NAME, "took notice %s about %s", notice->path, device);
        return 1;
    }
    portcullis_evidence_text(reason, text, sizeof text, &text_length);
    notice->plugin->log(PLOG_WARN, NAME, "notice %s is not believed: %s", notice->path, text);
    return 0;
}

static void read_notices(struct plugin *plugin, time_t now) {
    struct stat st;
    if (!plugin->notices || !plugin->verifier) return;
    if (!stat(plugin->notices, &st) && st.st_mtime + OVERLAP < plugin->noticed) return;
    DIR *folder = opendir(plugin->notices);
    if (!folder) {
        plugin->log(PLOG_ERR | PLOG_ERRNO, NAME, "cannot look for notices in %s", plugin->notices);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[PATH_MAX], text[MAX_FILE];
        /* Names that begin with a dot are those of files still being written. A renamed file keeps its time
         * of writing, so that its time of change says whether it is new. */
        if (entry->d_name[0] == '.' ||
            (size_t)snprintf(path, sizeof path, "%s/%s", plugin->notices, entry->d_name) >= sizeof path ||
            stat(path, &st) || !S_ISREG(st.st_mode) || st.st_ctime + OVERLAP < plugin->noticed)
            continue;
        /* Judged at the time at which it came: it still holds after a restart. */
        struct notice notice = {plugin, path, st.st_mtime < now ? st.st_mtime : now};
        for_lines(text, read_file(path, text, sizeof text), take_notice, &notice);
    }
    closedir(folder);
    plugin->noticed = now;
}

static void look_again(struct plugin *plugin, time_t now) {
    char watched[PATH_MAX];
    snprintf(watched, sizeof watched, "%s/policy-set.json", plugin->policy);
    struct stamp before = plugin->policy_stamp;
    if (has_changed(watched, &plugin->policy_stamp)) {
        if (portcullis_pdp_reload(plugin->pdp, plugin->policy, strlen(plugin->policy), NULL) == PORTCULLIS_OK)
            plugin->evidence_stamp = (struct stamp){0, 0, 0, {0, 0}}; /* the vocabulary may be another */
        else
            plugin->policy_stamp = before; /* perhaps half copied: tried again with the next decision */
    }
    if (plugin->evidence && has_changed(plugin->evidence, &plugin->evidence_stamp)) {
        if (plugin->verifier)
            portcullis_verifier_reload(plugin->verifier, plugin->evidence, strlen(plugin->evidence), NULL);
        else
            portcullis_verifier_load(plugin->pdp, plugin->evidence, strlen(plugin->evidence), &plugin->verifier, NULL);
    }
    read_notices(plugin, now);
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

static portcullis_status state_words(portcullis_request *request, const char *name, const char *value) {
    portcullis_str words[MAX_WORDS];
    size_t count = 0;
    while (*value) {
        value += strspn(value, ", ");
        size_t length = strcspn(value, ",");
        while (length && value[length - 1] == ' ') length--;
        if (length && count == MAX_WORDS) return PORTCULLIS_E_LENGTH;
        if (length) words[count++] = (portcullis_str){value, length};
        value += strcspn(value, ",");
    }
    return portcullis_request_set_words(request, name, strlen(name), words, count);
}

/* The vocabulary knows the type: only one of text, truth and number can be a value of the attribute. */
static portcullis_status state(struct question *question, const struct fact *fact) {
    portcullis_request *request = question->plugin->request;
    const char *value = *fact->value == '$' ? variable(question->environment, fact->value + 1) : fact->value;
    size_t name_length = strlen(fact->name);
    if (!value || !*value) return PORTCULLIS_OK; /* unknown */
    if (fact->is_words) return state_words(request, fact->name, value);
    portcullis_status status = portcullis_request_set_text(request, fact->name, name_length, value, strlen(value));
    if (status != PORTCULLIS_E_VALUE) return status;
    if (!strcmp(value, "true") || !strcmp(value, "false"))
        return portcullis_request_set_bool(request, fact->name, name_length, *value == 't');
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (!*end && !errno) return portcullis_request_set_integer(request, fact->name, name_length, number);
    return status;
}

static int attest_token(void *data, const char *token, size_t length) {
    struct question *question = data;
    portcullis_evidence_reason reason;
    char text[256] = "";
    size_t text_length;
    portcullis_status status =
        portcullis_request_attest(question->plugin->request, question->plugin->verifier, token, length,
                                  question->fingerprint, strlen(question->fingerprint), NULL, 0,
                                  PORTCULLIS_SECONDS(question->now), &reason);
    if (reason != PORTCULLIS_EVIDENCE_TRUSTED) {
        portcullis_evidence_text(reason, text, sizeof text, &text_length);
        question->plugin->log(PLOG_NOTE, NAME, "evidence of %s is not believed: %s", question->fingerprint, text);
    }
    return status == PORTCULLIS_OK;
}

/* The tokens that a device manager left for this certificate, in a file with its fingerprint as the name. */
static int attest(struct question *question) {
    char path[PATH_MAX], text[MAX_FILE];
    if (!question->plugin->verifier) return 1;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", question->plugin->tokens, question->fingerprint) >= sizeof path)
        return 0;
    size_t length = read_file(path, text, sizeof text);
    return length ? for_lines(text, length, attest_token, question) : attest_token(question, NULL, 0);
}

static const struct duty *find_duty(const struct plugin *plugin, portcullis_str name) {
    for (size_t i = 0; i < plugin->duty_count; i++)
        if (strlen(plugin->duties[i].name) == name.len && !memcmp(plugin->duties[i].name, name.data, name.len))
            return &plugin->duties[i];
    return NULL;
}

static portcullis_status ask(struct question *question, portcullis_decision *decision) {
    struct plugin *plugin = question->plugin;
    portcullis_str can[MAX_DUTIES];
    size_t count = 0;
    *decision = PORTCULLIS_DENY;

    portcullis_status status = portcullis_request_reset(plugin->request);
    if (!status) status = portcullis_request_at(plugin->request, PORTCULLIS_SECONDS(question->now));
    for (size_t i = 0; i < plugin->duty_count; i++)
        if (plugin->duties[i].way != CANNOT)
            can[count++] = (portcullis_str){plugin->duties[i].name, strlen(plugin->duties[i].name)};
    if (!status) status = portcullis_request_can(plugin->request, can, count);

    for (size_t i = 0; !status && i < plugin->fact_count; i++) {
        if (!(plugin->facts[i].when & question->when)) continue;
        status = state(question, &plugin->facts[i]);
        /* What is no value is unknown, which never helps whoever asks. */
        if (status == PORTCULLIS_E_UTF8 || status == PORTCULLIS_E_ATTRIBUTE || status == PORTCULLIS_E_VALUE ||
            status == PORTCULLIS_E_UNSTATABLE)
            status = PORTCULLIS_OK;
    }
    if (!status && !attest(question)) status = PORTCULLIS_E_LENGTH;
    if (!status) status = portcullis_decide(plugin->pdp, plugin->request, decision);
    if (status) *decision = PORTCULLIS_DENY;
    return status;
}

/* Carries out what a permit brought: adds to the options that are pushed, and to the client's terms. */
static int oblige(struct question *question, struct client *client, char *push, size_t capacity) {
    portcullis_request *request = question->plugin->request;
    size_t count, used = 0;
    if (portcullis_decision_obligation_count(request, &count)) return 0;
    for (size_t i = 0; i < count; i++) {
        portcullis_str name;
        if (portcullis_decision_obligation(request, i, &name)) return 0;
        const struct duty *duty = find_duty(question->plugin, name);
        if (!duty || duty->way == CANNOT) return 0;

        int written = 0;
        if (duty->way == PUSH) {
            written = snprintf(push + used, capacity - used, "push \"%s\"\n", duty->option);
        } else if (duty->way == SESSION_TIMEOUT) {
            portcullis_value minutes = PORTCULLIS_VALUE_INIT;
            if (portcullis_decision_parameter_named(request, name.data, name.len, duty->option, strlen(duty->option),
                                                    &minutes) ||
                minutes.kind != PORTCULLIS_INTEGER || minutes.number < 0 || minutes.number > 525600)
                return 0;
            time_t until = client->since + (time_t)minutes.number * 60;
            if (!client->until || until < client->until) client->until = until;
            if (client->until <= question->now) return 0;
            /* The client ends by itself; whatever it does, its next renegotiation is refused. */
            written = snprintf(push + used, capacity - used, "push \"session-timeout %lld\"\n",
                               (long long)(client->until - question->now));
        } else {
            question->plugin->log(PLOG_NOTE, NAME, "%s: %s", name.data, question->fingerprint);
        }
        if (written < 0 || (size_t)written >= capacity - used) return 0;
        used += (size_t)written;
    }
    return 1;
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
    portcullis_decision decision = PORTCULLIS_DENY;
    portcullis_str user = {"", 0}, administrator = {"", 0};
    *push = 0;

    look_again(plugin, question.now);
    if (!read_fingerprint(&question)) {
        plugin->log(PLOG_ERR, NAME, "the client showed no certificate that can be recognised: refused");
        return 0;
    }

    portcullis_status status = ask(&question, &decision);
    if (status) {
        plugin->log(PLOG_ERR, NAME, "could not decide about %s: status %d", question.fingerprint, (int)status);
        tell_why(&question, PORTCULLIS_STR("Access cannot be decided at the moment"));
        return 0;
    }
    if (decision == PORTCULLIS_PERMIT) {
        if (!client->since) client->since = question.now;
        if ((!client->until || client->until > question.now) && oblige(&question, client, push, capacity)) {
            plugin->log(PLOG_NOTE, NAME, "%s: permitted to %s", question.fingerprint, occasion);
            return 1;
        }
        plugin->log(PLOG_NOTE, NAME, "%s: refused to %s: its session is over, or an obligation cannot be carried out",
                    question.fingerprint, occasion);
        tell_why(&question, PORTCULLIS_STR("Your session has ended: connect again"));
        return 0;
    }
    portcullis_explain(plugin->request, &user, &administrator);
    plugin->log(PLOG_NOTE, NAME, "%s: refused to %s: %.*s", question.fingerprint, occasion, (int)administrator.len,
                administrator.data ? administrator.data : "");
    tell_why(&question, user.data ? user.data : "", user.len);
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
    portcullis_verifier_free(plugin->verifier);
    portcullis_pdp_free(plugin->pdp);
    free(plugin->policy);
    free(plugin->evidence);
    free(plugin->tokens);
    free(plugin->notices);
    free(plugin);
}

/* Names that are misspelt would be unknown for ever: better said before everybody is refused. */
static int check_facts(struct plugin *plugin) {
    for (size_t i = 0; i < plugin->fact_count; i++) {
        uint32_t attribute;
        const char *name = plugin->facts[i].name;
        if (portcullis_pdp_attribute(plugin->pdp, name, strlen(name), &attribute)) {
            plugin->log(PLOG_ERR, NAME, "the vocabulary of the policy set does not have `%s`", name);
            return 0;
        }
        if (portcullis_request_put_text(plugin->request, attribute, "", 0) == PORTCULLIS_E_UNSTATABLE) {
            plugin->log(PLOG_ERR, NAME, "only evidence sets `%s`, or it is derived", name);
            return 0;
        }
    }
    return 1;
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
    if (!read_configuration(plugin, in->argv[1])) goto failed;

    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.log = log_line;
    options.log_data = plugin;
    if (portcullis_pdp_new(&options, &plugin->pdp)) goto failed;
    look_again(plugin, time(NULL));
    size_t length;
    if (portcullis_pdp_policy_set(plugin->pdp, NULL, 0, &length) == PORTCULLIS_E_NOTHING) {
        plugin->log(PLOG_ERR, NAME, "the policy set %s cannot be put in force", plugin->policy);
        goto failed;
    }
    if (plugin->evidence && !plugin->verifier) {
        plugin->log(PLOG_ERR, NAME, "the evidence configuration %s cannot be put in force", plugin->evidence);
        goto failed;
    }
    if (portcullis_request_new(plugin->pdp, &plugin->request) || !check_facts(plugin)) goto failed;

    out->handle = plugin;
    out->type_mask = OPENVPN_PLUGIN_MASK(OPENVPN_PLUGIN_AUTH_USER_PASS_VERIFY) |
                     OPENVPN_PLUGIN_MASK(OPENVPN_PLUGIN_CLIENT_CONNECT_V2);
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

OPENVPN_EXPORT int openvpn_plugin_func_v3(const int version, struct openvpn_plugin_args_func_in const *in,
                                          struct openvpn_plugin_args_func_return *out) {
    struct plugin *plugin = in->handle;
    struct client *client = in->per_client_context;
    char push[MAX_PUSH];
    if (version < 1 || !plugin || !client) return OPENVPN_PLUGIN_FUNC_ERROR;
    /* The first keys of a client are asked about twice: before it counts as authenticated, so that it can be told
     * why not; and when it connects, for the options that it gets. */
    int is_connect = in->type == OPENVPN_PLUGIN_CLIENT_CONNECT_V2;
    int when = is_connect || !client->connected ? CONNECT : RENEGOTIATE;
    int permitted = judge(plugin, client, when, (const char *const *)in->envp, push, sizeof push);
    if (permitted && is_connect) permitted = client->connected = give_options(out->return_list, push);
    return permitted ? OPENVPN_PLUGIN_FUNC_SUCCESS : OPENVPN_PLUGIN_FUNC_ERROR;
}
