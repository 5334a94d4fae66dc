/*
 * What the gateways share: a policy set, evidence and notices, followed as their files change.
 *
 * What cannot be read or is not valid never replaces what is in force. Nothing here belongs to one gateway: it brings
 * the clock, and takes what is told of notices. The library tells what becomes of sets and evidence itself.
 */
#ifndef GATEWAY_FOLLOW_H
#define GATEWAY_FOLLOW_H

#include <portcullis.h>

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* A gateway is a shared object in its host: these names are its own. */
#pragma GCC visibility push(hidden)

/* What a file was when it was last read: any difference means that it may have changed. */
struct gateway_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

/* A policy set. The gateway fills in `path`, which must live as long; the rest begins as zeros. */
struct gateway_set {
    const char *path; /* the folder */
    portcullis_pdp *pdp;
    struct gateway_stamp stamp; /* of its policy-set.json */
    time_t refused, wait;       /* when a set was refused, and how long it is left alone */
};

/* Whose signatures are believed, and the notices of change. The gateway fills in what comes before the verifier. */
struct gateway_evidence {
    const portcullis_pdp *pdp;
    const char *path;
    const char *notices; /* a directory; NULL is none */
    portcullis_log_function tell;
    void *data;
    portcullis_verifier *verifier;
    struct gateway_stamp stamp;
    time_t noticed; /* notices that are older were taken */
};

/* Puts a policy set in force. With `start_closed`, one that is not valid is no error: everything is refused until
 * gateway_set_follow finds a valid one. */
portcullis_status gateway_set_load(struct gateway_set *set, const portcullis_options *options, int start_closed);

/* Looks whether the set has changed; 1 if another one is in force. */
int gateway_set_follow(struct gateway_set *set, time_t now);

/* Reads the evidence configuration, and the notices. */
portcullis_status gateway_evidence_load(struct gateway_evidence *evidence, time_t now);

/* Looks whether either has changed. `anew` if the set has: its vocabulary may be another. */
void gateway_evidence_follow(struct gateway_evidence *evidence, int anew, time_t now);

/* Reads a file whole into `bytes`. Its length; -1 if it cannot be read; `capacity` if it is too long. */
ssize_t gateway_read(const char *path, char *bytes, size_t capacity);

/* Cuts the next line that is not empty from a text; its length, or 0 after the last. */
size_t gateway_next_line(const char **text, const char *end, const char **line);

#pragma GCC visibility pop

#endif
