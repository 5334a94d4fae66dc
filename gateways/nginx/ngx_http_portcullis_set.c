
/*
 * Policy sets, evidence and notices: loaded with nginx's configuration, and looked at again by every
 * worker, so that a change counts without `nginx -s reload`.
 *
 * What cannot be read or is not valid never replaces what is in force.
 */


#include "ngx_http_portcullis.h"


/* A file that came or was renamed within this time of the last look may have been overlooked by it. */
#define NGX_HTTP_PORTCULLIS_OVERLAP   2

#define NGX_HTTP_PORTCULLIS_NOTICE    65536

/* How long a set that was refused is left alone, at first and at most: it may be half copied. */
#define NGX_HTTP_PORTCULLIS_WAIT      1000
#define NGX_HTTP_PORTCULLIS_MAX_WAIT  60000


static ngx_int_t
ngx_http_portcullis_stamp(ngx_str_t *path, ngx_http_portcullis_stamp_t *stamp)
{
    struct stat  st;

    /* also so that two stamps compare as bytes */
    ngx_memzero(stamp, sizeof(ngx_http_portcullis_stamp_t));

    if (stat((char *) path->data, &st) == -1) {
        return NGX_ERROR;
    }

    stamp->dev = st.st_dev;
    stamp->ino = st.st_ino;
    stamp->size = st.st_size;
    stamp->mtime = st.st_mtim;

    return NGX_OK;
}


static void
ngx_http_portcullis_log(void *data, portcullis_level level, const char *text, size_t len)
{
    ngx_str_t   *path = data;
    ngx_uint_t   at;

    at = level == PORTCULLIS_LOG_ERROR ? NGX_LOG_ERR
         : level == PORTCULLIS_LOG_WARNING ? NGX_LOG_WARN : NGX_LOG_NOTICE;

    ngx_log_error(at, ngx_cycle->log, 0, "portcullis \"%V\": %*s", path, len, text);
}


static void
ngx_http_portcullis_set_free(void *data)
{
    ngx_http_portcullis_set_t    *set = data;
    ngx_http_portcullis_paper_t  *paper;

    while ((paper = set->papers) != NULL) {
        set->papers = paper->next;
        portcullis_request_free(paper->request);
        ngx_free(paper);
    }

    portcullis_pdp_free(set->pdp);
}


ngx_http_portcullis_set_t *
ngx_http_portcullis_set(ngx_conf_t *cf, ngx_str_t *path, ngx_flag_t start_closed)
{
    ngx_uint_t                         i;
    portcullis_status                  status;
    ngx_pool_cleanup_t                *cln;
    portcullis_options                 options = PORTCULLIS_OPTIONS_INIT;
    ngx_http_portcullis_set_t         *set, **sets;
    ngx_http_portcullis_main_conf_t   *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_portcullis_module);

    sets = pmcf->sets.elts;
    for (i = 0; i < pmcf->sets.nelts; i++) {
        if (sets[i]->path.len == path->len && ngx_strncmp(sets[i]->path.data, path->data, path->len) == 0) {
            return sets[i];
        }
    }

    set = ngx_pcalloc(cf->pool, sizeof(ngx_http_portcullis_set_t));
    sets = ngx_array_push(&pmcf->sets);
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (set == NULL || sets == NULL || cln == NULL) {
        return NULL;
    }

    *sets = set;
    set->path = *path;
    set->start_closed = start_closed;

    set->watched.len = path->len + sizeof("/policy-set.json") - 1;
    set->watched.data = ngx_pnalloc(cf->pool, set->watched.len + 1);
    if (set->watched.data == NULL) {
        return NULL;
    }
    ngx_sprintf(set->watched.data, "%V/policy-set.json%Z", path);

    cln->handler = ngx_http_portcullis_set_free;
    cln->data = set;

    /* Obligations are declared for each request: what can be done differs between locations. */
    options.log = ngx_http_portcullis_log;
    options.log_data = &set->path;

    /* The stamp before the files: what changes meanwhile is read again. */
    (void) ngx_http_portcullis_stamp(&set->watched, &set->stamp);

    status = portcullis_pdp_load(ngx_portcullis_str(path), &options, &set->pdp, NULL);

    if (status == PORTCULLIS_E_POLICY_SET && start_closed) {
        status = portcullis_pdp_new(&options, &set->pdp);
        ngx_memzero(&set->stamp, sizeof(ngx_http_portcullis_stamp_t));
    }

    if (status) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the policy set \"%V\" cannot be put in force (%d): "
                           "\"portcullis check\" says why", path, (int) status);
        return NULL;
    }

    return set;
}


static void
ngx_http_portcullis_evidence_free(void *data)
{
    ngx_http_portcullis_evidence_t  *evidence = data;

    portcullis_verifier_free(evidence->verifier);
}


/* Takes what one file of the notices' directory holds. */
static void
ngx_http_portcullis_notice(ngx_http_portcullis_evidence_t *evidence, char *path, struct stat *st,
    time_t now, ngx_log_t *log)
{
    int                          fd;
    char                         device[256], text[256];
    u_char                      *p, *end, *last, buf[NGX_HTTP_PORTCULLIS_NOTICE];
    size_t                       len;
    ssize_t                      n;
    int32_t                      changed;
    portcullis_evidence_reason   reason;

    fd = ngx_open_file((u_char *) path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno, "portcullis cannot open notice \"%s\"", path);
        return;
    }

    n = read(fd, buf, sizeof(buf));
    (void) ngx_close_file(fd);

    if (n <= 0 || n == sizeof(buf)) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "portcullis cannot read notice \"%s\": %z bytes", path, n);
        return;
    }

    /* Judged at the time at which it came: a notice holds when it is read again after a restart. */
    now = ngx_min(now, st->st_mtime);

    for (p = buf, last = buf + n; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, LF);
        end = end ? end : last;

        if (end == p) {
            continue;
        }

        (void) portcullis_verifier_notice(evidence->verifier, (char *) p, end - p, PORTCULLIS_SECONDS(now),
                                          &reason, &changed, device, sizeof(device), &len);

        if (reason != PORTCULLIS_EVIDENCE_TRUSTED) {
            text[0] = '\0';
            (void) portcullis_evidence_text(reason, text, sizeof(text), &len);
            ngx_log_error(NGX_LOG_ERR, log, 0, "portcullis does not believe notice \"%s\": %s", path, text);

        } else if (changed) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0, "portcullis took notice \"%s\" about \"%s\"",
                          path, device);
        }
    }
}


static void
ngx_http_portcullis_read_notices(ngx_http_portcullis_evidence_t *evidence, ngx_log_t *log)
{
    DIR            *dir;
    char            path[NGX_MAX_PATH];
    struct stat     st;
    struct dirent  *entry;
    struct timespec started;

    if (evidence->notices.len == 0 || evidence->verifier == NULL) {
        return;
    }

    (void) clock_gettime(CLOCK_REALTIME, &started);

    if (stat((char *) evidence->notices.data, &st) == -1) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno, "portcullis cannot look for notices in \"%V\"",
                      &evidence->notices);
        return;
    }

    if (st.st_mtime + NGX_HTTP_PORTCULLIS_OVERLAP < evidence->noticed.tv_sec) {
        return;
    }

    dir = opendir((char *) evidence->notices.data);
    if (dir == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno, "portcullis cannot look for notices in \"%V\"",
                      &evidence->notices);
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        /* names with a dot in front are those of files that are still being written */
        if (entry->d_name[0] == '.') {
            continue;
        }

        if (ngx_snprintf((u_char *) path, sizeof(path), "%V/%s%Z", &evidence->notices, entry->d_name)
            == (u_char *) path + sizeof(path))
        {
            continue;
        }

        /* the change time: a file that is renamed into the directory keeps its time of writing */
        if (stat(path, &st) == -1 || !S_ISREG(st.st_mode)
            || st.st_ctime + NGX_HTTP_PORTCULLIS_OVERLAP < evidence->noticed.tv_sec)
        {
            continue;
        }

        ngx_http_portcullis_notice(evidence, path, &st, started.tv_sec, log);
    }

    (void) closedir(dir);

    evidence->noticed = started;
}


ngx_http_portcullis_evidence_t *
ngx_http_portcullis_evidence(ngx_conf_t *cf, ngx_http_portcullis_set_t *set, ngx_str_t *path,
    ngx_str_t *notices)
{
    ngx_uint_t                          i;
    portcullis_status                   status;
    ngx_pool_cleanup_t                 *cln;
    ngx_http_portcullis_evidence_t     *evidence, **known;
    ngx_http_portcullis_main_conf_t    *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_portcullis_module);

    known = pmcf->evidence.elts;
    for (i = 0; i < pmcf->evidence.nelts; i++) {
        evidence = known[i];
        if (evidence->set == set
            && evidence->path.len == path->len
            && ngx_strncmp(evidence->path.data, path->data, path->len) == 0
            && evidence->notices.len == notices->len
            && ngx_strncmp(evidence->notices.data, notices->data, notices->len) == 0)
        {
            return evidence;
        }
    }

    evidence = ngx_pcalloc(cf->pool, sizeof(ngx_http_portcullis_evidence_t));
    known = ngx_array_push(&pmcf->evidence);
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (evidence == NULL || known == NULL || cln == NULL) {
        return NULL;
    }

    *known = evidence;
    evidence->set = set;
    evidence->path = *path;
    evidence->notices = *notices;

    cln->handler = ngx_http_portcullis_evidence_free;
    cln->data = evidence;

    (void) ngx_http_portcullis_stamp(path, &evidence->stamp);

    status = portcullis_verifier_load(set->pdp, ngx_portcullis_str(path), &evidence->verifier, NULL);

    if (status && !set->start_closed) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the evidence configuration \"%V\" cannot be put in "
                           "force (%d)", path, (int) status);
        return NULL;
    }

    /* Before the first request, and before the configuration is said to be good. */
    ngx_http_portcullis_read_notices(evidence, cf->log);

    return evidence;
}


ngx_http_portcullis_paper_t *
ngx_http_portcullis_paper(ngx_http_portcullis_set_t *set)
{
    ngx_http_portcullis_paper_t  *paper;

    paper = set->papers;

    if (paper) {
        set->papers = paper->next;

        if (portcullis_request_reset(paper->request) == PORTCULLIS_OK) {
            return paper;
        }

        /* poisoned: a bug in the library, which must not outlive this request */
        portcullis_request_free(paper->request);
        ngx_free(paper);
    }

    paper = ngx_calloc(sizeof(ngx_http_portcullis_paper_t), ngx_cycle->log);
    if (paper == NULL) {
        return NULL;
    }

    if (portcullis_request_new(set->pdp, &paper->request)) {
        ngx_free(paper);
        return NULL;
    }

    return paper;
}


void
ngx_http_portcullis_paper_back(ngx_http_portcullis_set_t *set, ngx_http_portcullis_paper_t *paper)
{
    paper->next = set->papers;
    set->papers = paper;
}


static void
ngx_http_portcullis_read_evidence(ngx_http_portcullis_evidence_t *evidence)
{
    /* What comes of it is in the log of the set's handle. */

    if (evidence->verifier == NULL) {
        (void) portcullis_verifier_load(evidence->set->pdp, ngx_portcullis_str(&evidence->path),
                                        &evidence->verifier, NULL);
    } else {
        (void) portcullis_verifier_reload(evidence->verifier, ngx_portcullis_str(&evidence->path), NULL);
    }
}


/* Each worker looks for itself: it has handles of its own, and shares nothing with the others. */
void
ngx_http_portcullis_look_again(ngx_http_portcullis_main_conf_t *pmcf, ngx_log_t *log)
{
    ngx_uint_t                        i, j;
    ngx_http_portcullis_set_t       **set;
    ngx_http_portcullis_stamp_t       stamp;
    ngx_http_portcullis_evidence_t  **evidence;

    set = pmcf->sets.elts;
    evidence = pmcf->evidence.elts;

    for (i = 0; i < pmcf->sets.nelts; i++) {

        if (ngx_http_portcullis_stamp(&set[i]->watched, &stamp) == NGX_ERROR) {
            /* removed, or between two renames: what is in force stays; it is read when it is back */
            set[i]->stamp = stamp;
            continue;
        }

        if (ngx_memcmp(&stamp, &set[i]->stamp, sizeof(stamp)) == 0) {

            if (set[i]->wait == 0 || ngx_current_msec - set[i]->refused < set[i]->wait) {
                continue;
            }

        } else {
            set[i]->wait = 0;
        }

        set[i]->stamp = stamp;

        if (portcullis_pdp_reload(set[i]->pdp, ngx_portcullis_str(&set[i]->path), NULL) != PORTCULLIS_OK) {
            set[i]->refused = ngx_current_msec;
            set[i]->wait = set[i]->wait ? ngx_min(set[i]->wait * 2, NGX_HTTP_PORTCULLIS_MAX_WAIT)
                                        : NGX_HTTP_PORTCULLIS_WAIT;
            continue;
        }

        set[i]->wait = 0;
        set[i]->generation++;

        /* its vocabulary may be another */
        for (j = 0; j < pmcf->evidence.nelts; j++) {
            if (evidence[j]->set == set[i]) {
                ngx_memzero(&evidence[j]->stamp, sizeof(ngx_http_portcullis_stamp_t));
            }
        }
    }

    for (i = 0; i < pmcf->evidence.nelts; i++) {

        if (ngx_http_portcullis_stamp(&evidence[i]->path, &stamp) == NGX_OK
            && ngx_memcmp(&stamp, &evidence[i]->stamp, sizeof(stamp)) != 0)
        {
            evidence[i]->stamp = stamp;
            ngx_http_portcullis_read_evidence(evidence[i]);
        }

        ngx_http_portcullis_read_notices(evidence[i], log);
    }
}
