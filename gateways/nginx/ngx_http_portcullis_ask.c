
/*
 * One request: what is stated of it, what is decided, and again while it lasts.
 *
 * Whatever goes wrong on the way leaves the decision what it is at the beginning: a refusal.
 */


#include "ngx_http_portcullis.h"
#include <openssl/evp.h>
#include <openssl/x509.h>


#define NGX_HTTP_PORTCULLIS_THUMBPRINT  32


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
