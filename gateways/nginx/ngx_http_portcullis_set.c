
/*
 * Policy sets, evidence and notices: loaded with nginx's configuration, and followed by every worker, so that a
 * change counts without `nginx -s reload`. The following itself is what all gateways share.
 */


#include "ngx_http_portcullis.h"


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

    portcullis_pdp_free(set->followed.pdp);
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
    set->followed.path = (char *) path->data;
    set->start_closed = start_closed;

    cln->handler = ngx_http_portcullis_set_free;
    cln->data = set;

    /* Obligations are declared for each request: what can be done differs between locations. */
    options.log = ngx_http_portcullis_log;
    options.log_data = &set->path;

    status = gateway_set_load(&set->followed, &options, start_closed);

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

    portcullis_verifier_free(evidence->followed.verifier);
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

    evidence->followed.pdp = set->followed.pdp;
    evidence->followed.path = (char *) path->data;
    evidence->followed.notices = notices->len ? (char *) notices->data : NULL;
    evidence->followed.tell = ngx_http_portcullis_log;
    evidence->followed.data = &evidence->path;

    cln->handler = ngx_http_portcullis_evidence_free;
    cln->data = evidence;

    status = gateway_evidence_load(&evidence->followed, ngx_time());

    if (status && !set->start_closed) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the evidence configuration \"%V\" cannot be put in "
                           "force (%d)", path, (int) status);
        return NULL;
    }

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

    if (portcullis_request_new(set->followed.pdp, &paper->request)) {
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


/* Each worker looks for itself: it has handles of its own, and shares nothing with the others. */
void
ngx_http_portcullis_look_again(ngx_http_portcullis_main_conf_t *pmcf)
{
    ngx_int_t                         anew;
    ngx_uint_t                        i, j;
    ngx_http_portcullis_set_t       **set;
    ngx_http_portcullis_evidence_t  **evidence;

    set = pmcf->sets.elts;
    evidence = pmcf->evidence.elts;

    for (i = 0; i < pmcf->sets.nelts; i++) {

        anew = gateway_set_follow(&set[i]->followed, ngx_time());
        set[i]->generation += anew;

        for (j = 0; j < pmcf->evidence.nelts; j++) {
            if (evidence[j]->set == set[i]) {
                gateway_evidence_follow(&evidence[j]->followed, anew, ngx_time());
            }
        }
    }
}
