/* See follow.h. */
#include "follow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    OVERLAP = 2,      /* seconds within which a file may have been overlooked by the last look */
    LEAST_WAIT = 1,   /* seconds for which a set that was refused is left alone: it may be half copied */
    LONGEST_WAIT = 60,
    MAX_NOTICE = 65536
};

/* Whether a file is another than it was; one that cannot be seen is not. */
static int has_changed(const char *path, struct gateway_stamp *stamp) {
    struct stat now;
    if (stat(path, &now)) return 0;
    if (now.st_dev == stamp->device && now.st_ino == stamp->inode && now.st_size == stamp->size &&
        now.st_mtim.tv_sec == stamp->modified.tv_sec && now.st_mtim.tv_nsec == stamp->modified.tv_nsec)
        return 0;
    stamp->device = now.st_dev;
    stamp->inode = now.st_ino;
    stamp->size = now.st_size;
    stamp->modified = now.st_mtim;
    return 1;
}

static int set_has_changed(struct gateway_set *set) {
    char watched[PATH_MAX];
    int length = snprintf(watched, sizeof watched, "%s/policy-set.json", set->path);
    return length > 0 && (size_t)length < sizeof watched && has_changed(watched, &set->stamp);
}

portcullis_status gateway_set_load(struct gateway_set *set, const portcullis_options *options, int start_closed) {
    /* Before the files are read: what changes meanwhile is read again. */
    (void)set_has_changed(set);
    portcullis_status status = portcullis_pdp_load(set->path, strlen(set->path), options, &set->pdp, NULL);
    if (status != PORTCULLIS_E_POLICY_SET || !start_closed) return status;
    memset(&set->stamp, 0, sizeof set->stamp);
    return portcullis_pdp_new(options, &set->pdp);
}

int gateway_set_follow(struct gateway_set *set, time_t now) {
    if (set_has_changed(set)) set->wait = 0;
    else if (!set->wait || (now >= set->refused && now - set->refused < set->wait)) return 0;

    if (portcullis_pdp_reload(set->pdp, set->path, strlen(set->path), NULL) == PORTCULLIS_OK) {
        set->wait = 0;
        return 1;
    }
    set->refused = now;
    set->wait = !set->wait ? LEAST_WAIT : set->wait * 2 < LONGEST_WAIT ? set->wait * 2 : LONGEST_WAIT;
    return 0;
}

ssize_t gateway_read(const char *path, char *bytes, size_t capacity) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return -1;
    size_t length = 0;
    ssize_t count = 1;
    while (count > 0 && length < capacity) {
        count = read(file, bytes + length, capacity - length);
        if (count > 0) length += (size_t)count;
    }
    int trouble = errno;
    close(file);
    errno = trouble;
    return count < 0 ? -1 : (ssize_t)length;
}

size_t gateway_next_line(const char **text, const char *end, const char **line) {
    while (*text < end) {
        const char *from = *text, *stop = memchr(from, '\n', (size_t)(end - from));
        if (!stop) stop = end;
        *text = stop < end ? stop + 1 : end;
        if (stop > from) {
            *line = from;
            return (size_t)(stop - from);
        }
    }
    return 0;
}

__attribute__((format(printf, 3, 4)))
static void tell(const struct gateway_evidence *evidence, portcullis_level level, const char *format, ...) {
    char text[PATH_MAX + 512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0) evidence->tell(evidence->data, level, text, strlen(text));
}

/* Takes what one file of the directory holds; 0 if it could not be read. */
static int take_notices(struct gateway_evidence *evidence, const char *path, time_t at) {
    char bytes[MAX_NOTICE];
    ssize_t length = gateway_read(path, bytes, sizeof bytes);
    if (length < 0) {
        tell(evidence, PORTCULLIS_LOG_ERROR, "cannot read notice %s: %s", path, strerror(errno));
        return 0;
    }
    if (length == sizeof bytes) {
        tell(evidence, PORTCULLIS_LOG_ERROR, "notice %s is too long", path);
        return 1;
    }
    const char *text = bytes, *token;
    for (size_t n; (n = gateway_next_line(&text, bytes + length, &token));) {
        char why[256] = "", device[256] = "";
        size_t why_length, device_length;
        int32_t changed;
        portcullis_evidence_reason reason;
        (void)portcullis_verifier_notice(evidence->verifier, token, n, PORTCULLIS_SECONDS(at), &reason, &changed, device,
                                         sizeof device, &device_length);
        (void)portcullis_evidence_text(reason, why, sizeof why, &why_length);
        if (reason != PORTCULLIS_EVIDENCE_TRUSTED)
            tell(evidence, PORTCULLIS_LOG_ERROR, "notice %s is not believed: %s", path, why);
        else if (changed)
            tell(evidence, PORTCULLIS_LOG_INFO, "took notice %s about %s", path, *device ? device : "every device");
    }
    return 1;
}

static void read_notices(struct gateway_evidence *evidence, time_t now) {
    struct stat st;
    if (!evidence->notices || !evidence->verifier) return;
    if (!stat(evidence->notices, &st) && st.st_mtime + OVERLAP < evidence->noticed) return;
    DIR *folder = opendir(evidence->notices);
    if (!folder) {
        tell(evidence, PORTCULLIS_LOG_ERROR, "cannot look for notices in %s: %s", evidence->notices, strerror(errno));
        return;
    }
    int whole = 1;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", evidence->notices, entry->d_name);
        /* Names that begin with a dot are those of files still being written. A renamed file keeps its time of
         * writing, so that its time of change says whether it is new. */
        if (entry->d_name[0] == '.' || length < 0 || (size_t)length >= sizeof path || stat(path, &st) ||
            !S_ISREG(st.st_mode) || st.st_ctime + OVERLAP < evidence->noticed)
            continue;
        /* Judged at the time at which it came: it still holds after a restart. */
        whole &= take_notices(evidence, path, st.st_mtime < now ? st.st_mtime : now);
    }
    closedir(folder);
    if (whole) evidence->noticed = now;
}

static portcullis_status read_evidence(struct gateway_evidence *evidence) {
    size_t length = strlen(evidence->path);
    portcullis_status status =
        evidence->verifier ? portcullis_verifier_reload(evidence->verifier, evidence->path, length, NULL)
                           : portcullis_verifier_load(evidence->pdp, evidence->path, length, &evidence->verifier, NULL);
    /* Whoever was not believed before may be now. */
    if (status == PORTCULLIS_OK) evidence->noticed = 0;
    return status;
}

portcullis_status gateway_evidence_load(struct gateway_evidence *evidence, time_t now) {
    (void)has_changed(evidence->path, &evidence->stamp);
    portcullis_status status = read_evidence(evidence);
    read_notices(evidence, now);
    return status;
}

void gateway_evidence_follow(struct gateway_evidence *evidence, int anew, time_t now) {
    if (has_changed(evidence->path, &evidence->stamp) || anew) (void)read_evidence(evidence);
    read_notices(evidence, now);
}
