
/*
 * One request: what is stated of it, what is decided, and again while it lasts.
 *
 * Whatever goes wrong on the way leaves the decision what it is at the beginning: a refusal.
 */


#include "ngx_http_portcullis.h"
#include <openssl/evp.h>
#include <openssl/x509.h>


#define NGX_HTTP_PORTCULLIS_THUMBPRINT  32

/* RFC 8470 */
#define NGX_HTTP_PORTCULLIS_TOO_EARLY  425


/* Of a connection: looked up once, however many requests it carries. */
typedef struct {
    size_t  len;
    u_char  data[NGX_HTTP_PORTCULLIS_THUMBPRINT];
} ngx_http_portcullis_thumbprint_t;


static void
ngx_http_portcullis_thumbprint_cleanup(void *data)
{
    /* nothing to do: the handler is the name by which a connection's thumbprint is found */
}


/*
 * The thumbprint of the certificate whose key the client has shown in the handshake. Whether somebody signed
 * that certificate is ssl_verify_client's business: a token is tied to the key, and that is proved.
 */
static ngx_http_portcullis_thumbprint_t *
ngx_http_portcullis_thumbprint(ngx_connection_t *c)
{
    X509                              *cert;
    unsigned int                       len;
    ngx_pool_cleanup_t                *cln;
    ngx_http_portcullis_thumbprint_t  *thumbprint;

    for (cln = c->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_portcullis_thumbprint_cleanup) {
            return cln->data;
        }
    }

    cln = ngx_pool_cleanup_add(c->pool, sizeof(ngx_http_portcullis_thumbprint_t));
    if (cln == NULL) {
        return NULL;
    }

    thumbprint = cln->data;
    thumbprint->len = 0;

    if (c->ssl) {
        cert = SSL_get1_peer_certificate(c->ssl->connection);

        if (cert) {
            if (X509_digest(cert, EVP_sha256(), thumbprint->data, &len) == 1
                && len == NGX_HTTP_PORTCULLIS_THUMBPRINT)
            {
                thumbprint->len = len;
            }

            X509_free(cert);
        }
    }

    cln->handler = ngx_http_portcullis_thumbprint_cleanup;

    return thumbprint;
}


/* How often something of the client's is in a header. */
typedef ngx_uint_t (*ngx_http_portcullis_count_pt)(ngx_table_elt_t *header, ngx_str_t *name);


/* Once, if the header is the one that nginx calls $http_NAME. */
static ngx_uint_t
ngx_http_portcullis_count_header(ngx_table_elt_t *header, ngx_str_t *name)
{
    u_char  ch;
    size_t  i;

    if (header->key.len != name->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        ch = ngx_tolower(header->key.data[i]);
        ch = ch == '-' ? '_' : ch;

        if (ch != name->data[i]) {
            return 0;
        }
    }

    return 1;
}


/* How many cookies in the header are those that nginx calls $cookie_NAME. It takes commas for separators too. */
static ngx_uint_t
ngx_http_portcullis_count_cookies(ngx_table_elt_t *header, ngx_str_t *name)
{
    u_char            *p, *end, *last;
    ngx_uint_t         n;
    static ngx_str_t   cookie = ngx_string("cookie");

    if (!ngx_http_portcullis_count_header(header, &cookie)) {
        return 0;
    }

    n = 0;
    last = header->value.data + header->value.len;

    for (p = header->value.data; p < last; p++) {

        while (p < last && *p == ' ') { p++; }

        for (end = p; end < last && *end != '=' && *end != ';' && *end != ','; end++) { /* void */ }

        if ((size_t) (end - p) >= name->len && ngx_strncasecmp(p, name->data, name->len) == 0) {
            for (p += name->len; p < end && *p == ' '; p++) { /* void */ }
            n += p == end;
        }

        for (p = end; p < last && *p != ';' && *p != ','; p++) { /* void */ }
    }

    return n;
}


/* Whether the client sent one of `names` more often than `most` times. */
static ngx_int_t
ngx_http_portcullis_has(ngx_http_request_t *r, ngx_array_t *names, ngx_uint_t most,
    ngx_http_portcullis_count_pt count)
{
    ngx_str_t        *name;
    ngx_uint_t        i, j, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    if (names == NULL) {
        return 0;
    }

    name = names->elts;

    for (i = 0; i < names->nelts; i++) {
        n = 0;

        for (part = &r->headers_in.headers.part; part; part = part->next) {
            header = part->elts;

            for (j = 0; j < part->nelts; j++) {
                n += count(&header[j], &name[i]);
            }
        }

        if (n > most) {
            return 1;
        }
    }

    return 0;
}


/* Whether a text between `p` and `end` is `name`, however it is encoded, in capitals or not. */
static ngx_int_t
ngx_http_portcullis_is_encoded(u_char *p, u_char *end, ngx_str_t *name)
{
    u_char     ch;
    size_t     i;
    ngx_int_t  code;

    for (i = 0; i < name->len && p < end; i++) {
        ch = *p++;

        if (ch == '%' && end - p >= 2) {
            code = ngx_hextoi(p, 2);

            if (code != NGX_ERROR) {
                ch = (u_char) code;
                p += 2;
            }
        }

        if (ngx_tolower(ch) != name->data[i]) {
            return 0;
        }
    }

    return i == name->len && p == end;
}


/* Whether one of `names` is more than once an argument of the query. */
static ngx_int_t
ngx_http_portcullis_has_args(ngx_http_request_t *r, ngx_array_t *names)
{
    u_char      *p, *end, *equals, *last;
    ngx_str_t   *name;
    ngx_uint_t   i, n;

    if (names == NULL || r->args.len == 0) {
        return 0;
    }

    name = names->elts;
    last = r->args.data + r->args.len;

    for (i = 0; i < names->nelts; i++) {
        n = 0;

        for (p = r->args.data; p < last; p = end + 1) {
            end = ngx_strlchr(p, last, '&');
            end = end ? end : last;

            equals = ngx_strlchr(p, end, '=');

            n += ngx_http_portcullis_is_encoded(p, equals ? equals : end, &name[i]);
        }

        if (n > 1) {
            return 1;
        }
    }

    return 0;
}


/*
 * Whether somebody behind nginx may read the path otherwise than nginx: a backslash as a slash, "..;" as "..", an
 * encoded slash as part of a name, or what is encoded after it was decoded.
 */
static ngx_int_t
ngx_http_portcullis_is_ambiguous(ngx_http_request_t *r)
{
    u_char  *p, *dot, *last;

    last = r->uri.data + r->uri.len;

    if (ngx_strlchr(r->uri.data, last, '\\')) {
        return 1;
    }

    for (p = ngx_strlchr(r->uri.data, last, '%'); p; p = ngx_strlchr(p + 1, last, '%')) {
        if (last - p > 2 && ngx_hextoi(p + 1, 2) != NGX_ERROR) {
            return 1;
        }
    }

    for (p = ngx_strlchr(r->uri.data, last, ';'); p; p = ngx_strlchr(p + 1, last, ';')) {
        for (dot = p; dot > r->uri.data && dot[-1] == '.'; dot--) { /* void */ }

        if (dot > r->uri.data && dot[-1] == '/' && (p - dot == 1 || p - dot == 2)) {
            return 1;
        }
    }

    /* An encoded slash is one when it is decoded: only the path as it came tells. */
    last = r->unparsed_uri.data + r->unparsed_uri.len;
    p = ngx_strlchr(r->unparsed_uri.data, last, '?');
    last = p ? p : last;

    for (p = ngx_strlchr(r->unparsed_uri.data, last, '%'); p; p = ngx_strlchr(p + 1, last, '%')) {
        if (last - p > 2 && p[1] == '2' && (p[2] | 0x20) == 'f') {
            return 1;
        }
    }

    return 0;
}


/* Whether the handshake is not over: then nobody has shown a key, and the request may be an old one, sent again. */
static ngx_int_t
ngx_http_portcullis_is_early(ngx_connection_t *c)
{
#ifdef SSL_READ_EARLY_DATA_SUCCESS
    return c->ssl && !SSL_is_init_finished(c->ssl->connection);
#else
    return 0;
#endif
}


/* Reads the variables once: what is decided again later, is decided about the same request. */
static ngx_int_t
ngx_http_portcullis_collect(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx)
{
    ngx_uint_t                   i, n, m;
    ngx_http_complex_value_t    *token;
    ngx_http_portcullis_fact_t  *fact;

    n = ctx->conf->facts ? ctx->conf->facts->nelts : 0;
    m = ctx->conf->tokens ? ctx->conf->tokens->nelts : 0;

    ctx->values = ngx_palloc(r->pool, (n + m + 1) * sizeof(ngx_str_t));
    if (ctx->values == NULL) {
        return NGX_ERROR;
    }

    ctx->tokens = ctx->values + n;

    fact = n ? ctx->conf->facts->elts : NULL;
    for (i = 0; i < n; i++) {
        if (ngx_http_complex_value(r, &fact[i].value, &ctx->values[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    token = m ? ctx->conf->tokens->elts : NULL;
    for (i = 0; i < m; i++) {
        if (ngx_http_complex_value(r, &token[i], &ctx->tokens[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* States a fact. Which type it has is the vocabulary's business. */
static portcullis_status
ngx_http_portcullis_state(ngx_http_portcullis_ctx_t *ctx, ngx_http_portcullis_fact_t *fact, ngx_str_t *value)
{
    portcullis_status  status;

    /* A variable without a value states nothing; the empty set is written as a comma. */
    if (value->len == 0) {
        return PORTCULLIS_OK;
    }

    /* Mostly known since the configuration was read; a set that came later may bring it. */
    if (!fact->known) {
        status = portcullis_pdp_attribute(ctx->set->followed.pdp, ngx_portcullis_str(&fact->name),
                                          &fact->attribute);
        if (status) {
            return status;
        }

        fact->known = 1;
    }

    return portcullis_request_put_spelled(ctx->paper->request, fact->attribute, ngx_portcullis_str(value));
}


/* What can be carried out for this request, as bits. */
static uint64_t
ngx_http_portcullis_can(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx)
{
    uint64_t                     can;
    ngx_str_t                   *method;
    ngx_uint_t                   i, j;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_portcullis_duty_t  *duty;

    if (ctx->conf->duties == NULL) {
        return 0;
    }

    can = 0;
    duty = ctx->conf->duties->elts;

    for (i = 0; i < ctx->conf->duties->nelts; i++) {

        switch (duty[i].way) {

        case NGX_HTTP_PORTCULLIS_VARIABLE:

            /* A log knows of a subrequest only where it is told to. */
            clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
            if (r != r->main && !clcf->log_subrequest) {
                continue;
            }

            break;

        case NGX_HTTP_PORTCULLIS_HEADER:
        case NGX_HTTP_PORTCULLIS_LIMIT_RATE:

            /* A subrequest has no response of its own that a header could be put on, or that could be slow. */
            if (r != r->main) {
                continue;
            }

            break;

        case NGX_HTTP_PORTCULLIS_METHODS:

            method = duty[i].methods->elts;
            for (j = 0; j < duty[i].methods->nelts; j++) {
                if (method[j].len == r->method_name.len
                    && ngx_strncmp(method[j].data, r->method_name.data, method[j].len) == 0)
                {
                    break;
                }
            }

            if (j == duty[i].methods->nelts) {
                continue;
            }

            break;

        default: /* NGX_HTTP_PORTCULLIS_CANNOT */
            continue;
        }

        can |= (uint64_t) 1 << i;
    }

    return can;
}


static portcullis_status
ngx_http_portcullis_declare(ngx_http_portcullis_ctx_t *ctx, uint64_t can)
{
    ngx_uint_t                    i, n;
    portcullis_str                names[NGX_HTTP_PORTCULLIS_MAX_DUTIES];
    portcullis_status             status;
    ngx_http_portcullis_duty_t   *duty;
    ngx_http_portcullis_paper_t  *paper;

    paper = ctx->paper;

    if (paper->can_conf == ctx->conf && paper->can == can) {
        return PORTCULLIS_OK;
    }

    n = ctx->conf->duties ? ctx->conf->duties->nelts : 0;
    duty = n ? ctx->conf->duties->elts : NULL;

    /* Each at its place, so that the bits of a decision are those of the duties; the empty name is none. */
    for (i = 0; i < n; i++) {
        names[i].data = (char *) duty[i].name.data;
        names[i].len = can & ((uint64_t) 1 << i) ? duty[i].name.len : 0;
    }

    paper->can_conf = NULL;

    status = portcullis_request_can(paper->request, names, n);
    if (status == PORTCULLIS_OK) {
        paper->can_conf = ctx->conf;
        paper->can = can;
    }

    return status;
}


static portcullis_status
ngx_http_portcullis_attest(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx, int64_t now)
{
    ngx_uint_t                          i, given;
    portcullis_status                   status;
    ngx_http_portcullis_thumbprint_t   *thumbprint;

    if (ctx->conf->evidence == NULL || ctx->conf->evidence->followed.verifier == NULL) {
        return PORTCULLIS_OK;
    }

    status = PORTCULLIS_OK;
    given = 0;

    for (i = 0; i < ctx->conf->tokens->nelts; i++) {

        if (ctx->tokens[i].len == 0) {
            continue;
        }

        thumbprint = ngx_http_portcullis_thumbprint(r->connection);
        if (thumbprint == NULL) {
            return PORTCULLIS_E_NULL;
        }

        /* A token that is not believed counts as such: that is no failure of the call. */
        status = portcullis_request_attest(ctx->paper->request, ctx->conf->evidence->followed.verifier,
                                           ngx_portcullis_str(&ctx->tokens[i]), (char *) thumbprint->data,
                                           thumbprint->len, NULL, 0, now, &ctx->evidence);
        if (status) {
            return status;
        }

        given++;
    }

    if (given == 0) {
        status = portcullis_request_attest(ctx->paper->request, ctx->conf->evidence->followed.verifier, NULL, 0,
                                           NULL, 0, NULL, 0, now, &ctx->evidence);
    }

    return status;
}


static portcullis_status
ngx_http_portcullis_decide(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx, uint64_t can, uint64_t *carried)
{
    int64_t                      now;
    ngx_uint_t                   i;
    ngx_time_t                  *tp;
    portcullis_status            status;
    portcullis_request          *request;
    ngx_http_portcullis_fact_t  *fact;

    request = ctx->paper->request;
    tp = ngx_timeofday();
    now = PORTCULLIS_SECONDS(tp->sec) + (int64_t) tp->msec * 1000;

    status = portcullis_request_at(request, now);
    if (status) {
        return status;
    }

    fact = ctx->conf->facts ? ctx->conf->facts->elts : NULL;

    for (i = 0; fact && i < ctx->conf->facts->nelts; i++) {

        status = ngx_http_portcullis_state(ctx, &fact[i], &ctx->values[i]);

        /* What is no value is unknown, which never helps whoever asks. */
        if (status && status != PORTCULLIS_E_UTF8 && status != PORTCULLIS_E_ATTRIBUTE
            && status != PORTCULLIS_E_VALUE && status != PORTCULLIS_E_UNSTATABLE)
        {
            return status;
        }
    }

    status = ngx_http_portcullis_attest(r, ctx, now);
    if (status) {
        return status;
    }

    status = ngx_http_portcullis_declare(ctx, can);
    if (status) {
        return status;
    }

    status = portcullis_decide_with_obligations(ctx->set->followed.pdp, request, &ctx->decision, carried);
    ctx->decided = status == PORTCULLIS_OK;

    return status;
}


/* What status a refusal has. */
static ngx_uint_t
ngx_http_portcullis_refusal(ngx_http_portcullis_ctx_t *ctx)
{
    size_t             place;
    portcullis_reason  reason;

    if (portcullis_decision_reason(ctx->paper->request, &reason) || reason == PORTCULLIS_UNAVAILABLE) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ctx->conf->step_up.len
           && portcullis_decision_obligation_named(ctx->paper->request, ngx_portcullis_str(&ctx->conf->step_up),
                                                   &place) == PORTCULLIS_OK
           ? NGX_HTTP_UNAUTHORIZED : NGX_HTTP_FORBIDDEN;
}


/* Decides, and says what status a refusal has. */
static void
ngx_http_portcullis_judge(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx, uint64_t can)
{
    uint64_t           carried;
    portcullis_status  status;

    ctx->decision = PORTCULLIS_DENY;
    ctx->decided = 0;
    ctx->worded = 0;
    ctx->status = NGX_HTTP_SERVICE_UNAVAILABLE;
    ngx_str_set(&ctx->cause, "unavailable");

    status = ngx_http_portcullis_decide(r, ctx, can, &carried);

    if (status) {
        ctx->decision = PORTCULLIS_DENY;
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "portcullis could not decide: status %d",
                      (int) status);
        return;
    }

    ctx->cause.len = 0;

    if (ctx->decision != PORTCULLIS_PERMIT) {
        ctx->status = ngx_http_portcullis_refusal(ctx);
        return;
    }

    /* The library saw to this; a gateway looks itself all the same. */
    if (carried & ~can) {
        ctx->decision = PORTCULLIS_DENY;
        ctx->status = NGX_HTTP_FORBIDDEN;
        ngx_str_set(&ctx->cause, "unenforceable");
        return;
    }

    ctx->carried = carried;
}


static void
ngx_http_portcullis_ctx_cleanup(void *data)
{
    ngx_http_portcullis_ctx_t  *ctx = data;

    if (ctx->queued) {
        ngx_queue_remove(&ctx->queue);
        ctx->queued = 0;
    }

    if (ctx->paper) {
        ngx_http_portcullis_paper_back(ctx->set, ctx->paper);
        ctx->paper = NULL;
    }
}


/* The last decision about a request: nginx forgets a module's context when it redirects internally. */
ngx_http_portcullis_ctx_t *
ngx_http_portcullis_last(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t         *cln;
    ngx_http_portcullis_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_portcullis_module);
    if (ctx) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_portcullis_ctx_cleanup) {
            ctx = cln->data;

            /* the newest is first; subrequests share the pool */
            if (ctx->request == r) {
                return ctx;
            }
        }
    }

    return NULL;
}


/* What keeps a request from being decided at all: its status, or NGX_OK. */
static ngx_uint_t
ngx_http_portcullis_examine(ngx_http_request_t *r, ngx_http_portcullis_loc_conf_t *conf, ngx_str_t *cause)
{
    if (ngx_http_portcullis_is_early(r->connection)) {
        ngx_str_set(cause, "early-data");
        return NGX_HTTP_PORTCULLIS_TOO_EARLY;
    }

    if (conf->ambiguous_paths == NGX_HTTP_PORTCULLIS_PATHS_REFUSE && ngx_http_portcullis_is_ambiguous(r)) {
        ngx_str_set(cause, "ambiguous-path");
        return NGX_HTTP_BAD_REQUEST;
    }

    if (ngx_http_portcullis_has(r, conf->refused_headers, 0, ngx_http_portcullis_count_header)) {
        ngx_str_set(cause, "refused-header");
        return NGX_HTTP_BAD_REQUEST;
    }

    if (ngx_http_portcullis_has(r, conf->single_headers, 1, ngx_http_portcullis_count_header)) {
        ngx_str_set(cause, "repeated-header");
        return NGX_HTTP_BAD_REQUEST;
    }

    if (ngx_http_portcullis_has_args(r, conf->single_args)) {
        ngx_str_set(cause, "repeated-argument");
        return NGX_HTTP_BAD_REQUEST;
    }

    if (ngx_http_portcullis_has(r, conf->single_cookies, 1, ngx_http_portcullis_count_cookies)) {
        ngx_str_set(cause, "repeated-cookie");
        return NGX_HTTP_BAD_REQUEST;
    }

    return NGX_OK;
}


/* Always a new decision: where a request is redirected within nginx, the new place has terms of its own. */
ngx_http_portcullis_ctx_t *
ngx_http_portcullis_ask(ngx_http_request_t *r, ngx_http_portcullis_loc_conf_t *conf,
    ngx_http_portcullis_ctx_t *before)
{
    ngx_str_t                         cause;
    ngx_uint_t                        status;
    ngx_pool_cleanup_t               *cln;
    ngx_http_portcullis_ctx_t        *ctx;
    ngx_http_portcullis_main_conf_t  *pmcf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_portcullis_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_portcullis_ctx_t));

    ctx->request = r;
    ctx->before = before;
    ctx->conf = conf;
    ctx->set = conf->set;
    ctx->status = NGX_HTTP_SERVICE_UNAVAILABLE;
    ngx_str_set(&ctx->cause, "unavailable");

    cln->handler = ngx_http_portcullis_ctx_cleanup;
    ngx_http_set_ctx(r, ctx, ngx_http_portcullis_module);

    status = ngx_http_portcullis_examine(r, conf, &cause);
    if (status != NGX_OK) {
        ctx->status = status;
        ctx->cause = cause;
        return ctx;
    }

    if (ngx_http_portcullis_collect(r, ctx) != NGX_OK) {
        return ctx;
    }

    ctx->paper = ngx_http_portcullis_paper(conf->set);
    if (ctx->paper == NULL) {
        return ctx;
    }

    ngx_http_portcullis_judge(r, ctx, ngx_http_portcullis_can(r, ctx));

    if (ctx->decision == PORTCULLIS_PERMIT && r == r->main && conf->recheck) {
        pmcf = ngx_http_get_module_main_conf(r, ngx_http_portcullis_module);

        ctx->asked = ngx_current_msec;
        ctx->queued = 1;
        ngx_queue_insert_tail(&pmcf->live, &ctx->queue);
    }

    return ctx;
}


/*
 * Asks again about requests that have been under way for long: a download, a stream, a WebSocket. One that
 * is no longer permitted is cut. What was not carried out at its beginning cannot be any more.
 */
void
ngx_http_portcullis_recheck(ngx_http_portcullis_main_conf_t *pmcf)
{
    ngx_queue_t                *q, *next;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_portcullis_ctx_t  *ctx;

    for (q = ngx_queue_head(&pmcf->live); q != ngx_queue_sentinel(&pmcf->live); q = next) {

        next = ngx_queue_next(q);
        ctx = ngx_queue_data(q, ngx_http_portcullis_ctx_t, queue);

        if ((ngx_msec_int_t) (ngx_current_msec - ctx->asked) < (ngx_msec_int_t) ctx->conf->recheck) {
            continue;
        }

        r = ctx->request;
        c = r->connection;
        ctx->asked = ngx_current_msec;

        if (portcullis_request_reset(ctx->paper->request) != PORTCULLIS_OK) {
            ctx->decision = PORTCULLIS_DENY;

        } else {
            ngx_http_portcullis_judge(r, ctx, ctx->carried);
        }

        if (ctx->decision == PORTCULLIS_PERMIT) {
            continue;
        }

        ngx_log_error(NGX_LOG_NOTICE, c->log, 0, "portcullis cuts a request that is no longer permitted");

        ngx_queue_remove(&ctx->queue);
        ctx->queued = 0;

        /*
         * As if the client had gone. An upstream's cleanup gives up a reference that a content handler holds,
         * and this is none: without one of its own the request would be freed under nginx's feet.
         */
        r->main->count++;
        ngx_http_finalize_request(r, NGX_ERROR);
        ngx_http_run_posted_requests(c);

        /* It may have freed others of the queue: from the start, where those just asked are passed over. */
        next = ngx_queue_head(&pmcf->live);
    }
}
