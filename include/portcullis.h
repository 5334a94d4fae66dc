/*
 * portcullis.h: access decisions inside a gateway
 *
 * May this person, on this device, do this to this information, now, and on what terms? The library
 * answers from a policy set: a folder of JSON files, described in docs/language.md. A whole program:
 *
 *     portcullis_pdp *pdp;
 *     portcullis_request *request;
 *     portcullis_decision decision;
 *
 *     if (!portcullis_is_compatible()) return 1;
 *     if (portcullis_pdp_load(PORTCULLIS_STR("policies/quickstart"), NULL, &pdp, NULL)) return 1;
 *     if (portcullis_request_new(pdp, &request)) return 1;
 *
 *     portcullis_request_reset(request);
 *     portcullis_request_at(request, PORTCULLIS_SECONDS(time(NULL)));
 *     portcullis_request_set_text(request, PORTCULLIS_STR("action"), PORTCULLIS_STR("view"));
 *     portcullis_decide(pdp, request, &decision);
 *     if (decision == PORTCULLIS_PERMIT) { ... carry out its obligations, then let it through ... }
 *
 *     portcullis_request_free(request);
 *     portcullis_pdp_free(pdp);
 *
 * The rules, which hold for every function and are not said again:
 *
 * FAILURE. A function returns a portcullis_status; PORTCULLIS_OK is 0. Results come through pointers,
 * which are last among the parameters and are blanked before anything else happens: a decision to
 * PORTCULLIS_DENY, a count to 0, an object to NULL, a text to the empty text, a struct to zeros behind
 * its size. They stay so on every return other than PORTCULLIS_OK. So a program that forgets to look
 * at a status refuses: what it failed to say, or to ask, is never taken to its advantage. NULL, where
 * this header does not allow it, is PORTCULLIS_E_NULL, never a crash. A bug in the library does not
 * end the program: the call returns PORTCULLIS_E_PANIC, and every object that it was given to change
 * (not const) is poisoned: later calls on it return PORTCULLIS_E_POISONED, and deny. Free it and make
 * another. No other object is affected.
 *
 * THREADS. A const object may be used from any number of threads at once; so may a portcullis_pdp and
 * a portcullis_verifier that is not const: they are changed as a whole. A portcullis_request is for
 * one thread at a time: give each thread, or each connection, its own. A second thread that uses it
 * meanwhile, or a callback that uses it again, gets PORTCULLIS_E_BUSY, and the request refuses until
 * it is reset, since something that was to be stated may be lost. Any thread may free what another
 * made. The library starts no thread, installs no signal handler, reads no environment variable,
 * writes to no file descriptor, and asks no clock; no call needs more than 64 KiB of stack. After a
 * fork, a child of a program with several threads may use what its parent made as long as no other
 * thread was within the library at the time.
 *
 * OWNERSHIP. What a function hands out through a T ** belongs to the caller, who frees it with the
 * function that says so. Inputs are borrowed for the call and copied if they are needed later. Views
 * (portcullis_str) that a function gives belong to the object that it was asked of, and end when that
 * object is changed or freed, whichever is first; each function says so where it differs.
 *
 * TEXT is a pointer and a length in bytes, in UTF-8, and need not end with a zero. NULL with length 0 is
 * the empty text. Text that the library gives is followed by a zero that its length does not count.
 * Text into a buffer of the caller's is written whole with its zero, or not at all: then the result is
 * PORTCULLIS_E_BUFFER, the buffer holds the empty text, and *len is the length that it would have, so
 * that len + 1 bytes are enough. A buffer of NULL with capacity 0 only asks for the length.
 *
 * TIME is an int64_t of microseconds since 1970-01-01T00:00:00Z, without leap seconds. The clock is the
 * caller's. A length of time is in microseconds.
 *
 * STRUCTS with a member `size` are initialised with their _INIT macro, so that a later library still
 * knows what an older program means. They may grow at their end; the others are fixed for ever.
 */
#ifndef PORTCULLIS_H
#define PORTCULLIS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * Version
 */

/* The version of this header, */
#define PORTCULLIS_VERSION "0.1.0"
/* its first number, */
#define PORTCULLIS_VERSION_MAJOR 0
/* its second, */
#define PORTCULLIS_VERSION_MINOR 1
/* and its third. */
#define PORTCULLIS_VERSION_PATCH 0
/* As one number: 1002003 for 1.2.3. */
#define PORTCULLIS_VERSION_NUMBER \
    (PORTCULLIS_VERSION_MAJOR * 1000000 + PORTCULLIS_VERSION_MINOR * 1000 + PORTCULLIS_VERSION_PATCH)

/* The interface of this header: raised when a program built for the one before cannot use this one. */
#define PORTCULLIS_ABI_VERSION 1

/* The interface that the loaded library has. */
uint32_t portcullis_abi_version(void);

/* The version of the loaded library, as one number. */
uint32_t portcullis_version_number(void);

/* The version of the loaded library, as text that ends with a zero and is never freed. */
const char *portcullis_version(void);

/* Whether the loaded library has the interface of this header. Ask once, when the program starts. */
static inline int portcullis_is_compatible(void) {
    return portcullis_abi_version() == PORTCULLIS_ABI_VERSION;
}

/* ------------------------------------------------------------------------------------------------
 * Status
 */

/* What a call came to. Numbers keep their meaning for ever; later versions may add some. */
typedef int32_t portcullis_status;
enum {
    PORTCULLIS_OK = 0,

    /* The call itself is wrong; nothing happened. */
    PORTCULLIS_E_NULL = 1,        /* a pointer is NULL, or not aligned for its type */
    PORTCULLIS_E_LENGTH = 2,      /* a length is impossible */
    PORTCULLIS_E_UTF8 = 3,        /* a text is not UTF-8 */
    PORTCULLIS_E_STRUCT = 4,      /* a struct's size is impossible, or it asks what this library cannot */
    PORTCULLIS_E_ARGUMENT = 5,    /* a number is none of those that a parameter takes */

    /* The object cannot be used. */
    PORTCULLIS_E_BUSY = 10,       /* another call on it is under way */
    PORTCULLIS_E_POISONED = 11,   /* an earlier call on it met a bug in the library: free it */
    PORTCULLIS_E_PANIC = 12,      /* this call met a bug in the library */
    PORTCULLIS_E_FREED = 13,      /* the handle that the request belongs to was freed */
    PORTCULLIS_E_FOREIGN = 14,    /* the request belongs to another handle */
    PORTCULLIS_E_INCOMPLETE = 15, /* a statement was lost: reset the request, and state all of it */

    /* A value was not stated, which never helps whoever asks. So a gateway may well go on: the decision
     * is right without it. */
    PORTCULLIS_E_ATTRIBUTE = 20,  /* the vocabulary does not have this attribute */
    PORTCULLIS_E_VALUE = 21,      /* it is no value of this attribute, which is unknown now */
    PORTCULLIS_E_UNSTATABLE = 22, /* only evidence sets this attribute, or it is derived from others */

    /* There is nothing to give. */
    PORTCULLIS_E_UNDECIDED = 30,  /* the request was not decided since it was last changed */
    PORTCULLIS_E_NOTHING = 31,    /* nothing is at this place, or has this name */
    PORTCULLIS_E_BUFFER = 32,     /* the buffer is too short */

    /* What was to be read is not valid. */
    PORTCULLIS_E_POLICY_SET = 40, /* the policy set is not valid: see the findings */
    PORTCULLIS_E_JSON = 41,       /* the bytes are no AuthZEN request */
    PORTCULLIS_E_EVIDENCE = 42,   /* a verifier's configuration, keys or notices are not valid */
    PORTCULLIS_E_THUMBPRINT = 43  /* a thumbprint is neither 32 bytes nor their text */
};

/* Writes what a status means, in English, to `text`. PORTCULLIS_E_ARGUMENT for an unknown one. */
portcullis_status portcullis_status_text(portcullis_status status, char *text, size_t text_capacity,
                                         size_t *text_len);

/* ------------------------------------------------------------------------------------------------
 * Text and time
 */

/* Text, or bytes. */
typedef struct portcullis_str {
    const char *data;
    size_t len; /* in bytes */
} portcullis_str;

/* A string literal, as the two parameters that a text is: pointer and length. */
#define PORTCULLIS_STR(literal) ("" literal), (sizeof(literal) - 1)

/* An instant so many seconds after 1970-01-01T00:00:00Z, or a length of so many seconds. */
#define PORTCULLIS_SECONDS(seconds) ((int64_t)(seconds) * 1000000)

/* A time that never comes. */
#define PORTCULLIS_NEVER INT64_MAX

/* ------------------------------------------------------------------------------------------------
 * Findings: what is wrong with a policy set, or odd about it
 */

/* What was found. It never changes. */
typedef struct portcullis_findings portcullis_findings;

/* How bad a finding is. */
typedef int32_t portcullis_severity;
enum {
    PORTCULLIS_ERROR = 1,  /* the set is refused for it */
    PORTCULLIS_WARNING = 2 /* the set is accepted */
};

/* One of them, with its place. */
typedef struct portcullis_finding {
    size_t size;
    portcullis_severity severity; /* whether the set is refused for it */
    int32_t reserved;
    size_t line;            /* from 1 */
    size_t column;          /* from 1, in characters */
    portcullis_str code;    /* as "P0105"; keeps its meaning for ever */
    portcullis_str file;    /* relative to the folder of the policy set */
    portcullis_str message; /* what is wrong */
    portcullis_str help;    /* the way out; data is NULL if there is none */
} portcullis_finding;
#define PORTCULLIS_FINDING_INIT \
    { sizeof(portcullis_finding), 0, 0, 0, 0, {0, 0}, {0, 0}, {0, 0}, {0, 0} }

/* How many findings there are. */
portcullis_status portcullis_findings_count(const portcullis_findings *findings, size_t *count);

/* The finding at `place`, from 0, in the order of the files. Its texts live as long as `findings`. */
portcullis_status portcullis_findings_at(const portcullis_findings *findings, size_t place,
                                         portcullis_finding *finding);

/* Writes all findings to `text`, as an author reads them: file:line:column: severity[code]: message. */
portcullis_status portcullis_findings_text(const portcullis_findings *findings, char *text,
                                           size_t text_capacity, size_t *text_len);

/* Frees findings. NULL is nothing. */
void portcullis_findings_free(portcullis_findings *findings);

/* ------------------------------------------------------------------------------------------------
 * The handle: a policy set in force
 */

/* A handle: decides by the policy set that is in force in it. */
typedef struct portcullis_pdp portcullis_pdp;

/* How much a line of the log matters. */
typedef int32_t portcullis_level;
enum {
    PORTCULLIS_LOG_ERROR = 1,
    PORTCULLIS_LOG_WARNING = 2,
    PORTCULLIS_LOG_INFO = 3
};

/*
 * Takes one line of the log: a set put in force or refused, with its findings; a bug met. Nothing is
 * logged about decisions. `text` is borrowed for the call, and not followed by a zero.
 *
 * Callbacks are called on the thread that called the library, before that call returns, and from
 * several threads at a time if several call. They must not block, must not throw, and must not
 * longjmp. They may call the library, but a request that is being decided is PORTCULLIS_E_BUSY.
 */
typedef void (*portcullis_log_function)(void *data, portcullis_level level, const char *text,
                                        size_t text_len);

/*
 * Takes one record of a decision, as JSON on one line: {"attributes": {…}, "response": {…}}, the
 * values that were stated and the AuthZEN response; of a document that was answered also its
 * "request". It is called before the decision is known to the caller. Making records takes far longer
 * than deciding, most of all for refusals, whose way forward is searched for. Otherwise as above.
 */
typedef void (*portcullis_audit_function)(void *data, const char *record, size_t record_len);

/* How a handle works. All zeros behind `size` is the default, and the safest. */
typedef struct portcullis_options {
    size_t size;

    /* The obligations that this gateway can carry out, by name; borrowed for the call. A permit that
     * needs another one is refused, with the reason PORTCULLIS_UNENFORCEABLE. By default it can carry
     * out none. PORTCULLIS_EVERY_OBLIGATION as the count says that it can carry out all: only where
     * whoever enforces the decision sees to them. */
    const portcullis_str *obligations;
    size_t obligation_count; /* how many they are */

    /* Who takes the log. */
    portcullis_log_function log;
    void *log_data; /* what it is given back */

    /* Who takes records of decisions. */
    portcullis_audit_function audit;
    void *audit_data; /* what it is given back */
    /* How many records are kept for portcullis_audit_next. Beyond it the oldest are lost. */
    size_t audit_capacity;

    /* Bytes of one file of a policy set, at most; 0 for 16 MiB. */
    size_t max_file_bytes;
    /* Bytes of one request in JSON, at most; 0 for 1 MiB. */
    size_t max_request_bytes;

    /* Nonzero on an author's bench, never in a gateway: stated evidence is taken as verified, and
     * derived attributes may be stated. */
    int32_t author_bench;
    int32_t reserved;
} portcullis_options;
#define PORTCULLIS_OPTIONS_INIT { sizeof(portcullis_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* As a count of obligations: all that there may be. */
#define PORTCULLIS_EVERY_OBLIGATION SIZE_MAX

/* One file of a policy set in memory. */
typedef struct portcullis_file {
    const char *path; /* relative to the folder of the policy set, with "/", as "policy-set.json" */
    size_t path_len;
    const char *bytes; /* what is in it */
    size_t bytes_len;
} portcullis_file;

/*
 * Makes a handle on the policy set in the folder at `path`: reads it, checks it, compiles it.
 *
 * `options` may be NULL. `findings` may be NULL; otherwise *findings is what was found, or NULL where
 * there is nothing to say: on success there may be warnings. The caller frees the handle with
 * portcullis_pdp_free, and the findings with portcullis_findings_free.
 *
 * PORTCULLIS_E_POLICY_SET: the set cannot be read or is not valid; *pdp is NULL. A gateway that must
 * start all the same takes portcullis_pdp_new, which refuses everything, and tries to reload.
 */
portcullis_status portcullis_pdp_load(const char *path, size_t path_len, const portcullis_options *options,
                                      portcullis_pdp **pdp, portcullis_findings **findings);

/* The same, of a policy set in memory: `files` holds "policy-set.json" and what it names. */
portcullis_status portcullis_pdp_load_files(const portcullis_file *files, size_t file_count,
                                            const portcullis_options *options, portcullis_pdp **pdp,
                                            portcullis_findings **findings);

/* Makes a handle without a policy set: it refuses everything, with the reason PORTCULLIS_UNAVAILABLE,
 * until one is loaded into it with portcullis_pdp_reload. `options` may be NULL. */
portcullis_status portcullis_pdp_new(const portcullis_options *options, portcullis_pdp **pdp);

/*
 * Replaces the policy set by that in the folder at `path`, while other threads decide.
 *
 * Decisions under way finish on the old set, later ones use the new; nobody waits. `findings` may be
 * NULL, else as above. Requests made before stay good: they are translated, once, by the names of their
 * attributes.
 *
 * PORTCULLIS_E_POLICY_SET: the new set is not valid, and the old one stays in force.
 */
portcullis_status portcullis_pdp_reload(portcullis_pdp *pdp, const char *path, size_t path_len,
                                        portcullis_findings **findings);

/* The same, by a policy set in memory. */
portcullis_status portcullis_pdp_reload_files(portcullis_pdp *pdp, const portcullis_file *files,
                                              size_t file_count, portcullis_findings **findings);

/* Writes the name of the policy set in force. PORTCULLIS_E_NOTHING if there is none. */
portcullis_status portcullis_pdp_policy_set(const portcullis_pdp *pdp, char *name, size_t name_capacity,
                                            size_t *name_len);

/* Writes the digest of the policy set in force, as "sha-256:…". PORTCULLIS_E_NOTHING if there is none. */
portcullis_status portcullis_pdp_digest(const portcullis_pdp *pdp, char *digest, size_t digest_capacity,
                                        size_t *digest_len);

/*
 * Looks an attribute up, once, for the portcullis_request_put_ functions, which then need not search
 * for its name. The id is good as long as the handle, through every reload: should a later vocabulary
 * lack the attribute, putting it is PORTCULLIS_E_ATTRIBUTE. So is this, if the vocabulary in force lacks
 * it: look again after a reload.
 */
portcullis_status portcullis_pdp_attribute(const portcullis_pdp *pdp, const char *name, size_t name_len,
                                           uint32_t *attribute);

/*
 * Whether a gateway may state an attribute: for the gateway's own configuration, which should be refused
 * before everybody is refused for it. `value` is one that it will always state, spelled as for
 * portcullis_request_set_spelled; the empty text asks about the attribute alone.
 *
 * PORTCULLIS_E_ATTRIBUTE, PORTCULLIS_E_UNSTATABLE, PORTCULLIS_E_VALUE: it may not. PORTCULLIS_E_NOTHING: no
 * set is in force that would know.
 */
portcullis_status portcullis_pdp_may_state(const portcullis_pdp *pdp, const char *name, size_t name_len,
                                           const char *value, size_t value_len);

/*
 * Writes the oldest record that waits, and forgets it; PORTCULLIS_E_NOTHING if none waits. The records
 * are those of portcullis_audit_function, kept if `audit_capacity` is not 0: for a host whose event loop
 * must not be held up by a callback.
 */
portcullis_status portcullis_audit_next(const portcullis_pdp *pdp, char *record, size_t record_capacity,
                                        size_t *record_len);

/* How many records were lost because `audit_capacity` of them waited already. */
portcullis_status portcullis_audit_lost(const portcullis_pdp *pdp, uint64_t *lost);

/*
 * Frees a handle. NULL is nothing.
 *
 * Requests of it may outlive it: they are still to be freed, and to decide one of them is
 * PORTCULLIS_E_FREED, a refusal, even where another thread is about to. So may its verifiers. With any
 * other function, a handle must not be used while or after it is freed. Its callbacks are not called any
 * more, but by calls that are under way.
 */
void portcullis_pdp_free(portcullis_pdp *pdp);

/* ------------------------------------------------------------------------------------------------
 * The request: what is asked
 */

/* A request: what is stated, and the decision on it. */
typedef struct portcullis_request portcullis_request;

/*
 * Makes an empty request, to be used again and again: once it has grown to what is stated, stating and
 * deciding allocate nothing. It is freed with portcullis_request_free.
 */
portcullis_status portcullis_request_new(const portcullis_pdp *pdp, portcullis_request **request);

/* Frees a request. NULL is nothing. One that is in use is not freed, but lost. */
void portcullis_request_free(portcullis_request *request);

/* Forgets every value, and what was lost, before the request is used for the next question. What the
 * gateway can carry out is kept. */
portcullis_status portcullis_request_reset(portcullis_request *request);

/* States the time: the attribute "context.time". Without it, what depends on time is unknown. */
portcullis_status portcullis_request_at(portcullis_request *request, int64_t now);

/*
 * States the value of an attribute.
 *
 * Text stands for words, versions ("17.4.1"), instants ("2026-03-02T09:00:00Z") and durations ("15m")
 * alike: the attribute's type says which. What is stated later replaces what was stated before. Where
 * the value is none of the attribute (an unlisted word, bytes that are not UTF-8), the attribute becomes
 * unknown, and the status says so; a gateway may go on.
 *
 * A statement is lost if nobody can tell which attribute it is about: its name cannot be read, or the
 * vocabulary did not have it and is replaced before the decision by one that may. Then deciding is
 * PORTCULLIS_E_INCOMPLETE, a refusal, until the request is reset. All this holds for all that follow.
 */
portcullis_status portcullis_request_set_text(portcullis_request *request, const char *name, size_t name_len,
                                              const char *value, size_t value_len);

/* The same, of a bool: nonzero is true. */
portcullis_status portcullis_request_set_bool(portcullis_request *request, const char *name, size_t name_len,
                                              int32_t value);

/* The same, of an integer. */
portcullis_status portcullis_request_set_integer(portcullis_request *request, const char *name,
                                                 size_t name_len, int64_t value);

/* The same, of an instant. */
portcullis_status portcullis_request_set_instant(portcullis_request *request, const char *name,
                                                 size_t name_len, int64_t value);

/* The same, of a duration. */
portcullis_status portcullis_request_set_duration(portcullis_request *request, const char *name,
                                                  size_t name_len, int64_t value);

/* The same, of a set. No words are the empty set, which is a value. */
portcullis_status portcullis_request_set_words(portcullis_request *request, const char *name,
                                               size_t name_len, const portcullis_str *words,
                                               size_t word_count);

/*
 * The same, of what a text spells, by the type of the attribute, where the host does not know the type:
 * "true" and "false" for a bool, digits for an integer, the words of a set between commas ("" or "," is the
 * empty set), and whatever portcullis_request_set_text takes.
 */
portcullis_status portcullis_request_set_spelled(portcullis_request *request, const char *name,
                                                 size_t name_len, const char *value, size_t value_len);

/* States that an attribute has no value. What evidence attested cannot be taken back so. */
portcullis_status portcullis_request_unset(portcullis_request *request, const char *name, size_t name_len);

/* States text, of an attribute that portcullis_pdp_attribute looked up in the request's handle.
 * PORTCULLIS_E_NOTHING: it looked up no such one, and the statement is lost. */
portcullis_status portcullis_request_put_text(portcullis_request *request, uint32_t attribute,
                                              const char *value, size_t value_len);
/* The same, of a bool. */
portcullis_status portcullis_request_put_bool(portcullis_request *request, uint32_t attribute, int32_t value);
/* The same, of an integer. */
portcullis_status portcullis_request_put_integer(portcullis_request *request, uint32_t attribute,
                                                 int64_t value);
/* The same, of an instant. */
portcullis_status portcullis_request_put_instant(portcullis_request *request, uint32_t attribute,
                                                 int64_t value);
/* The same, of a duration. */
portcullis_status portcullis_request_put_duration(portcullis_request *request, uint32_t attribute,
                                                  int64_t value);
/* The same, of a set. */
portcullis_status portcullis_request_put_words(portcullis_request *request, uint32_t attribute,
                                               const portcullis_str *words, size_t word_count);
/* The same, of what a text spells. */
portcullis_status portcullis_request_put_spelled(portcullis_request *request, uint32_t attribute,
                                                 const char *value, size_t value_len);
/* The same, of no value. */
portcullis_status portcullis_request_put_nothing(portcullis_request *request, uint32_t attribute);

/* Declares the obligations that can be carried out for this request, in place of those in the handle's
 * options. Names that the vocabulary does not have change nothing. */
portcullis_status portcullis_request_can(portcullis_request *request, const portcullis_str *obligations,
                                         size_t obligation_count);

/* ------------------------------------------------------------------------------------------------
 * Evidence: signed tokens about the device
 */

/*
 * Tells which evidence can be believed. Who signs, and what their tokens mean, is said by a JSON file,
 * described in docs/evidence.md, beside the policy set. Attributes whose source is evidence are set by
 * nothing else in a gateway.
 */
typedef struct portcullis_verifier portcullis_verifier;

/* Why evidence is believed, or is not. Only PORTCULLIS_EVIDENCE_TRUSTED is belief. */
typedef int32_t portcullis_evidence_reason;
enum {
    PORTCULLIS_EVIDENCE_NOT_LOOKED_AT = 0, /* the call failed */
    PORTCULLIS_EVIDENCE_TRUSTED = 1,
    PORTCULLIS_EVIDENCE_ABSENT = 2, /* there is none */
    PORTCULLIS_EVIDENCE_TOO_LONG = 3,
    PORTCULLIS_EVIDENCE_NOT_COMPACT = 4,
    PORTCULLIS_EVIDENCE_MALFORMED_HEADER = 5,
    PORTCULLIS_EVIDENCE_UNKNOWN_EXTENSION = 6,
    PORTCULLIS_EVIDENCE_UNKNOWN_KEY = 7,
    PORTCULLIS_EVIDENCE_WRONG_ALGORITHM = 8,
    PORTCULLIS_EVIDENCE_BAD_SIGNATURE = 9,
    PORTCULLIS_EVIDENCE_MALFORMED_CLAIMS = 10,
    PORTCULLIS_EVIDENCE_WRONG_ISSUER = 11,
    PORTCULLIS_EVIDENCE_WRONG_KIND = 12,
    PORTCULLIS_EVIDENCE_MISSING_CLAIM = 13,
    PORTCULLIS_EVIDENCE_MALFORMED_CLAIM = 14,
    PORTCULLIS_EVIDENCE_WRONG_AUDIENCE = 15,
    PORTCULLIS_EVIDENCE_FROM_THE_FUTURE = 16,
    PORTCULLIS_EVIDENCE_NOT_YET_VALID = 17,
    PORTCULLIS_EVIDENCE_EXPIRED = 18,
    PORTCULLIS_EVIDENCE_TOO_OLD = 19,
    PORTCULLIS_EVIDENCE_REFUSED_BY_KIND = 20,
    PORTCULLIS_EVIDENCE_NO_DEVICE = 21,
    PORTCULLIS_EVIDENCE_NESTED_NOT_TRUSTED = 22,
    PORTCULLIS_EVIDENCE_NOT_BOUND = 23,      /* it must be tied to a key, and is tied to none */
    PORTCULLIS_EVIDENCE_BOUND_ELSEWHERE = 24, /* it is tied to a key that this connection did not show */
    PORTCULLIS_EVIDENCE_WRONG_NONCE = 25      /* it does not repeat the nonce that the gateway gave */
};

/* Writes what a reason means, in English, for the administrator. PORTCULLIS_E_ARGUMENT for 0 and for an
 * unknown one. */
portcullis_status portcullis_evidence_text(portcullis_evidence_reason reason, char *text,
                                           size_t text_capacity, size_t *text_len);

/*
 * Makes a verifier as the file at `path` says, in the words of the policy set that is in force in `pdp`.
 * Any number of threads may use it. It fetches nothing and remembers what it verified, so that a token
 * that is shown again costs no signature. `findings` may be NULL. The caller frees it with
 * portcullis_verifier_free.
 *
 * PORTCULLIS_E_EVIDENCE: the file, or one that it names, cannot be read or is not valid.
 */
portcullis_status portcullis_verifier_load(const portcullis_pdp *pdp, const char *path, size_t path_len,
                                           portcullis_verifier **verifier, portcullis_findings **findings);

/* The same, of files in memory, of which `path` names the first to read. */
portcullis_status portcullis_verifier_load_files(const portcullis_pdp *pdp, const portcullis_file *files,
                                                 size_t file_count, const char *path, size_t path_len,
                                                 portcullis_verifier **verifier,
                                                 portcullis_findings **findings);

/* Reads the configuration anew, while other threads verify. Notices are kept. PORTCULLIS_E_EVIDENCE: it
 * is not valid, and the old one stays in force. */
portcullis_status portcullis_verifier_reload(portcullis_verifier *verifier, const char *path,
                                             size_t path_len, portcullis_findings **findings);

/*
 * Replaces the keys of the issuer that the configuration calls `issuer` by those of a JWK set, or by one
 * key in PEM, while other threads verify. From the next verification on no other key of theirs counts,
 * for remembered tokens too. PORTCULLIS_E_EVIDENCE: they cannot be used, and the old ones stay in force.
 */
portcullis_status portcullis_verifier_replace_keys(portcullis_verifier *verifier, const char *issuer,
                                                   size_t issuer_len, const char *keys, size_t keys_len,
                                                   portcullis_findings **findings);

/*
 * Verifies a token, and states what it attests in a request: attributes whose source is evidence.
 *
 * No token (length 0) attests that there is no evidence. One that is not believed attests that, and the
 * call is PORTCULLIS_OK all the same: the policy says what follows from it. Of several tokens, attested
 * one after the other, the worse of two values counts. `portcullis_request_reset` forgets them.
 *
 * `certificate` and `key` are what the gateway itself saw of the connection, never what a header says:
 * the SHA-256 thumbprint of the client's certificate (of its DER, x5t#S256), and of the client's key
 * (RFC 7638, jkt), each as 32 bytes, or as base64url or hexadecimal text; none is length 0. A token that
 * is tied to a key is believed only where that key was seen. `now` is the time that the token is judged
 * at. `reason` may be NULL.
 *
 * A token or thumbprint that cannot be read (PORTCULLIS_E_NULL, PORTCULLIS_E_LENGTH,
 * PORTCULLIS_E_THUMBPRINT) counts as evidence that is not believed; so does any while the verifier's
 * notices are lost (PORTCULLIS_E_EVIDENCE: see portcullis_verifier_restore_notices). If it is the verifier
 * that cannot be used, the request is incomplete.
 */
portcullis_status portcullis_request_attest(portcullis_request *request, const portcullis_verifier *verifier,
                                            const char *token, size_t token_len, const char *certificate,
                                            size_t certificate_len, const char *key, size_t key_len,
                                            int64_t now, portcullis_evidence_reason *reason);

/*
 * What the gateway itself saw of the connection, never what a header says. All zeros behind `size` is
 * nothing.
 */
typedef struct portcullis_binding {
    size_t size;
    portcullis_str certificate; /* the SHA-256 thumbprint of the client's certificate, as above */
    portcullis_str key;         /* the SHA-256 thumbprint of the client's key, as above */
    /* The nonce that the gateway gave the device to answer, in the text that it gave. Then only a token
     * that repeats it is believed (eat_nonce, RFC 9711). Give each to one device, and once. */
    portcullis_str nonce;
} portcullis_binding;
#define PORTCULLIS_BINDING_INIT { sizeof(portcullis_binding), {0, 0}, {0, 0}, {0, 0} }

/*
 * As portcullis_request_attest, for a connection of which more may have been seen. `seen` may be NULL:
 * nothing was. One that cannot be read (also PORTCULLIS_E_STRUCT) counts as evidence that is not
 * believed.
 */
portcullis_status portcullis_request_attest_binding(portcullis_request *request,
                                                    const portcullis_verifier *verifier, const char *token,
                                                    size_t token_len, const portcullis_binding *seen,
                                                    int64_t now, portcullis_evidence_reason *reason);

/* Writes the thumbprint of a certificate in DER: 64 hexadecimal digits. */
portcullis_status portcullis_certificate_thumbprint(const char *der, size_t der_len, char *thumbprint,
                                                    size_t thumbprint_capacity, size_t *thumbprint_len);

/*
 * Takes a notice of change, a Security Event Token (RFC 8417): evidence that is not younger than what it
 * reports is contradicted from now on.
 *
 * `reason` says whether the notice is believed, and `changed` is nonzero if that was news: then sessions
 * of the device are worth another decision. Both may be NULL. `device` takes the device's name; the empty
 * text is every device, or a notice that is not believed. The notice is taken even if there is no room for
 * the name (PORTCULLIS_E_BUFFER), or if `device` or `device_len` is wrong.
 */
portcullis_status portcullis_verifier_notice(portcullis_verifier *verifier, const char *token,
                                             size_t token_len, int64_t now,
                                             portcullis_evidence_reason *reason, int32_t *changed,
                                             char *device, size_t device_capacity, size_t *device_len);

/* Writes every notice that is held, as JSON, to be held again after a restart. */
portcullis_status portcullis_verifier_notices(const portcullis_verifier *verifier, char *json,
                                              size_t json_capacity, size_t *json_len);

/* Holds such notices, beside those that are held. `count`, how many they were, and `findings` may be
 * NULL. PORTCULLIS_E_EVIDENCE: this is not what portcullis_verifier_notices writes. Whenever it fails, no
 * token is believed until it succeeds, since nobody knows which are contradicted: to go on without
 * the notices, restore those of a new verifier. */
portcullis_status portcullis_verifier_restore_notices(portcullis_verifier *verifier, const char *json,
                                                      size_t json_len, size_t *count,
                                                      portcullis_findings **findings);

/* Frees a verifier, which no other call may be using. NULL is nothing. */
void portcullis_verifier_free(portcullis_verifier *verifier);

/* ------------------------------------------------------------------------------------------------
 * The decision
 */

/* Whether access is granted. */
typedef int32_t portcullis_decision;
enum {
    PORTCULLIS_DENY = 0,
    PORTCULLIS_PERMIT = 1 /* on the terms of its obligations: carry them out, or refuse */
};

/*
 * Decides a request by the set that is in force.
 *
 * This takes well under a microsecond, waits for nothing, and allocates nothing, but after a reload,
 * when the request is first translated. The request remembers the decision until it is changed, for
 * the functions below; they take longer, and allocate.
 *
 * PORTCULLIS_E_FOREIGN: the request is not one of `pdp`. PORTCULLIS_E_INCOMPLETE: what was stated is not
 * all there.
 */
portcullis_status portcullis_decide(const portcullis_pdp *pdp, portcullis_request *request,
                                    portcullis_decision *decision);

/*
 * The same, with the obligations of a permit: a bit for each, by its place among those that were declared by
 * portcullis_request_can, or else by the handle's options; bit 0 is the first. Of a refusal they are none.
 * This allocates nothing either.
 *
 * PORTCULLIS_E_LENGTH: a permit carries one that was not declared by name, or not among the first 64;
 * *decision is PORTCULLIS_DENY. On failure *obligations is all of them.
 */
portcullis_status portcullis_decide_with_obligations(const portcullis_pdp *pdp, portcullis_request *request,
                                                     portcullis_decision *decision, uint64_t *obligations);

/*
 * Answers an AuthZEN Authorization API 1.0 document, one evaluation or a batch, with one: no other call
 * is needed. `answer` takes the response.
 *
 * What the document states is stated as a gateway's word; what `host` states counts over it, in every
 * evaluation: the time, and what the gateway saw of the connection. `host` may be NULL: then the time
 * is the document's, if it has one. `decision` may be NULL; otherwise it is PORTCULLIS_PERMIT if every
 * decision in the answer is one.
 *
 * PORTCULLIS_E_JSON (for HTTP, 400): the document is not to be understood; `answer` says why.
 * PORTCULLIS_E_BUFFER: the answer is longer. Asked again with more room, everything is decided again.
 */
portcullis_status portcullis_decide_json(const portcullis_pdp *pdp, portcullis_request *host,
                                         const char *json, size_t json_len, char *answer,
                                         size_t answer_capacity, size_t *answer_len,
                                         portcullis_decision *decision);

/*
 * What follows asks about the decision that a request remembers: PORTCULLIS_E_UNDECIDED if it was
 * changed since, or never decided. Views live until the request is changed, decided again or freed.
 * Places count from 0; beyond the last is PORTCULLIS_E_NOTHING.
 */

typedef int32_t portcullis_reason;
enum {
    PORTCULLIS_UNAVAILABLE = 0,   /* there is no valid policy set */
    PORTCULLIS_PERMITTED = 1,     /* the one reason of a permit */
    PORTCULLIS_DENIED = 2,        /* a deny takes part */
    PORTCULLIS_NOT_GOVERNED = 3,  /* no granting policy certainly governs the request */
    PORTCULLIS_NOT_PERMITTED = 4, /* a granting policy that may govern it has no permit for it */
    PORTCULLIS_UNENFORCEABLE = 5  /* it would be permitted, but for obligations that cannot be carried out */
};

/* Why the decision is what it is. */
portcullis_status portcullis_decision_reason(portcullis_request *request, portcullis_reason *reason);

/* Writes the word for a reason, as "not-permitted". PORTCULLIS_E_ARGUMENT for an unknown one. */
portcullis_status portcullis_reason_text(portcullis_reason why, char *text, size_t text_capacity,
                                         size_t *text_len);

/*
 * Until when the decision holds: the first instant at which time alone might change it, its obligations
 * or its reasons. PORTCULLIS_NEVER if time alone does not, or the request states no time. On failure, an
 * instant that is long past.
 */
portcullis_status portcullis_decision_valid_until(portcullis_request *request, int64_t *until);

/* The name of the policy set that made the decision; empty if there was none. */
portcullis_status portcullis_decision_policy_set(portcullis_request *request, portcullis_str *name);

/* The digest of that policy set; empty if there was none. */
portcullis_status portcullis_decision_digest(portcullis_request *request, portcullis_str *digest);

/* How many obligations the decision carries. Those of a permit must all be carried out; those of a
 * refusal as far as the gateway can. On failure it is 1, and its name the empty text: an obligation that
 * nobody can carry out. */
portcullis_status portcullis_decision_obligation_count(portcullis_request *request, size_t *count);

/* The name of an obligation, as "limit-session", in the order of the vocabulary. */
portcullis_status portcullis_decision_obligation(portcullis_request *request, size_t place,
                                                 portcullis_str *name);

/* The place of an obligation by its name. PORTCULLIS_E_NOTHING: the decision does not carry it. */
portcullis_status portcullis_decision_obligation_named(portcullis_request *request, const char *name,
                                                       size_t name_len, size_t *place);

/* All their names in one text, between commas: for a log. */
portcullis_status portcullis_decision_obligation_names(portcullis_request *request, portcullis_str *names);

/* What a value is. */
typedef int32_t portcullis_kind;
enum {
    PORTCULLIS_BOOL = 1,     /* `number` is 0 or 1 */
    PORTCULLIS_INTEGER = 2,  /* `number` is it */
    PORTCULLIS_DURATION = 3, /* `number` is microseconds */
    PORTCULLIS_INSTANT = 4,  /* `number` is microseconds since 1970 */
    PORTCULLIS_VERSION_TEXT = 5,
    PORTCULLIS_TEXT = 6,
    PORTCULLIS_SET = 7,      /* `items` words, sorted, each once */
    PORTCULLIS_ALL = 8       /* `items` values, from several rules, sorted */
};

/* The value of a parameter. */
typedef struct portcullis_value {
    size_t size;
    portcullis_kind kind;
    int32_t reserved;
    int64_t number;      /* of the kinds that are one */
    portcullis_str text; /* of every kind: as the policy language writes it */
    size_t items;        /* of a set, or of all: how many there are */
} portcullis_value;
#define PORTCULLIS_VALUE_INIT { sizeof(portcullis_value), 0, 0, 0, {0, 0}, 0 }

/* How many parameters an obligation has. */
portcullis_status portcullis_decision_parameter_count(portcullis_request *request, size_t obligation,
                                                      size_t *count);

/* A parameter of an obligation: its name, and its value. */
portcullis_status portcullis_decision_parameter(portcullis_request *request, size_t obligation, size_t place,
                                                portcullis_str *name, portcullis_value *value);

/* A parameter by names: of "limit-session", "minutes". PORTCULLIS_E_NOTHING: the decision does not carry
 * the obligation, or carries it without that parameter. */
portcullis_status portcullis_decision_parameter_named(portcullis_request *request, const char *obligation,
                                                      size_t obligation_len, const char *parameter,
                                                      size_t parameter_len, portcullis_value *value);

/* One of the `items` of a parameter: a word of a set, a value of several. */
portcullis_status portcullis_decision_parameter_item(portcullis_request *request, size_t obligation,
                                                     size_t parameter, size_t place,
                                                     portcullis_value *value);

/* The obligations that keep the decision from being a permit, if its reason is
 * PORTCULLIS_UNENFORCEABLE; else none. */
portcullis_status portcullis_decision_unenforceable_count(portcullis_request *request, size_t *count);

/* The name of one of them. */
portcullis_status portcullis_decision_unenforceable(portcullis_request *request, size_t place,
                                                    portcullis_str *name);

/* What a rule does. */
typedef int32_t portcullis_effect;
enum {
    PORTCULLIS_EFFECT_PERMIT = 1,
    PORTCULLIS_EFFECT_DENY = 2,
    PORTCULLIS_EFFECT_REQUIRE = 3
};

/* Which rules are asked for. */
enum {
    PORTCULLIS_RULES_DETERMINING = 1, /* those that made the decision */
    PORTCULLIS_RULES_REQUIRING = 2,   /* those of effect require whose obligations it carries */
    PORTCULLIS_RULES_TRIAL = 3,       /* trial rules that would have taken part, had they counted */
    PORTCULLIS_RULES_NEAREST = 4      /* of each policy that permits nothing here, the nearest permit */
};

/* A rule. Its texts, but for `tell_user`, are for the administrator. */
typedef struct portcullis_rule {
    size_t size;
    portcullis_effect effect;
    int32_t reserved;
    portcullis_str policy;      /* the policy that it belongs to */
    portcullis_str owner;       /* whose policy that is */
    portcullis_str authority;   /* data is NULL if none is given */
    portcullis_str id;          /* its name in the policy */
    portcullis_str because;     /* why there is such a rule */
    portcullis_str tell_user;   /* data is NULL if none is given */
    portcullis_str accepted_by; /* data is NULL if it is no risk acceptance */
} portcullis_rule;
#define PORTCULLIS_RULE_INIT \
    { sizeof(portcullis_rule), 0, 0, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0} }

/* How many rules of a sort are behind the decision. PORTCULLIS_E_ARGUMENT: there is no such sort. */
portcullis_status portcullis_decision_rule_count(portcullis_request *request, int32_t sort, size_t *count);

/* One of them, by policy and id. */
portcullis_status portcullis_decision_rule(portcullis_request *request, int32_t sort, size_t place,
                                           portcullis_rule *rule);

/* All of a sort in one text, as "policy/rule,policy/rule": for a log. */
portcullis_status portcullis_decision_rule_names(portcullis_request *request, int32_t sort,
                                                 portcullis_str *names);

/*
 * The decision in words: for the user, plain and without facts that they may not learn of; for the
 * administrator, with the exact conditions. For a refusal this searches the way forward, by deciding
 * many requests.
 */
portcullis_status portcullis_explain(portcullis_request *request, portcullis_str *user,
                                     portcullis_str *administrator);

/* Who can bring a change about. */
typedef int32_t portcullis_by;
enum {
    PORTCULLIS_BY_USER = 1,
    PORTCULLIS_BY_ADMINISTRATOR = 2,
    PORTCULLIS_BY_INFORMATION_OWNER = 3,
    PORTCULLIS_BY_NOBODY = 4
};

/* A way forward: changes that together lead to a permit. */
typedef struct portcullis_remedy {
    size_t size;
    portcullis_by by;   /* who is needed: the one who is hardest to move */
    int32_t reserved;
    portcullis_str say; /* what to do, in words for them */
    size_t changes;     /* how many there are */
} portcullis_remedy;
#define PORTCULLIS_REMEDY_INIT { sizeof(portcullis_remedy), 0, 0, {0, 0}, 0 }

/* The change of one attribute. */
typedef struct portcullis_change {
    size_t size;
    portcullis_by by;         /* who can bring it about */
    int32_t reserved;
    portcullis_str attribute; /* its name */
    portcullis_str goal;      /* what it must become, as JSON of the policy language: {"at_least":2} */
    portcullis_str say;       /* what to do, in words for them */
} portcullis_change;
#define PORTCULLIS_CHANGE_INIT { sizeof(portcullis_change), 0, 0, {0, 0}, {0, 0}, {0, 0} }

/* How many ways forward there are, the easiest first. Each really leads to a permit. */
portcullis_status portcullis_decision_remedy_count(portcullis_request *request, size_t *count);

/* One of them. */
portcullis_status portcullis_decision_remedy(portcullis_request *request, size_t place,
                                             portcullis_remedy *remedy);

/* One of the `changes` of a way forward. */
portcullis_status portcullis_decision_change(portcullis_request *request, size_t remedy, size_t place,
                                             portcullis_change *change);

/* Writes the decision as an AuthZEN response. */
portcullis_status portcullis_decision_json(portcullis_request *request, char *json, size_t json_capacity,
                                           size_t *json_len);

#ifdef __cplusplus
}
#endif

#endif /* PORTCULLIS_H */
