
/*
 * Where nginx calls the module:
 *
 *   REWRITE phase   decides, before a location's `return` and `rewrite`, and where `satisfy any` cannot
 *                   out-vote it; again after every internal redirect, and for every subrequest
 *   header filter   carries obligations out, and stops what reached it without a decision
 *   a timer         looks for new policy, and asks again about requests that last
 */


#include "ngx_http_portcullis.h"


static ngx_int_t ngx_http_portcullis_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_portcullis_header_filter(ngx_http_request_t *r);
static void ngx_http_portcullis_tick(ngx_event_t *ev);

static ngx_int_t ngx_http_portcullis_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_portcullis_init_process(ngx_cycle_t *cycle);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


static ngx_http_module_t  ngx_http_portcullis_module_ctx = {
    ngx_http_portcullis_add_variables,     /* preconfiguration */
    ngx_http_portcullis_init,              /* postconfiguration */

    ngx_http_portcullis_create_main_conf,  /* create main configuration */
    ngx_http_portcullis_init_main_conf,    /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_portcullis_create_loc_conf,   /* create location configuration */
    ngx_http_portcullis_merge_loc_conf     /* merge location configuration */
};


ngx_module_t  ngx_http_portcullis_module = {
    NGX_MODULE_V1,
    &ngx_http_portcullis_module_ctx,       /* module context */
    ngx_http_portcullis_commands,          /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_portcullis_init_process,      /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_portcullis_handler(ngx_http_request_t *r)
{
    ngx_http_portcullis_ctx_t       *ctx, *before;
    ngx_http_portcullis_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_portcullis_module);

    /* What was permitted elsewhere, and led here, lasts by the terms of that permit. */
    if (conf->set == NULL) {
        return NGX_DECLINED;
    }

    /* Here are other terms. What the permit obliged to is not over. */
    before = ngx_http_portcullis_last(r);
    if (before && before->queued) {
        ngx_queue_remove(&before->queue);
        before->queued = 0;
    }

    ctx = ngx_http_portcullis_ask(r, conf, before);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* Never NGX_OK: the other access checks must still have their say. */
    return ctx->decision == PORTCULLIS_PERMIT ? NGX_DECLINED : ngx_http_portcullis_refuse(r, ctx);
}


/* The decision by which a response goes out; NULL if there was none. */
static ngx_http_portcullis_ctx_t *
ngx_http_portcullis_decided(ngx_http_request_t *r, ngx_http_portcullis_loc_conf_t *conf)
{
    ngx_http_request_t         *parent;
    ngx_http_portcullis_ctx_t  *ctx;

    if (conf->set == NULL) {
        return r->internal ? ngx_http_portcullis_last(r) : NULL;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_portcullis_module);

    if (ctx == NULL && r != r->main) {

        /* A subrequest that goes on with its parent, without phases: the next slice, or the update of a cache. */
        parent = r->parent;

        if (r->loc_conf == parent->loc_conf && r->uri.data == parent->uri.data && r->uri.len == parent->uri.len) {
            ctx = ngx_http_get_module_ctx(parent, ngx_http_portcullis_module);
        }
    }

    return ctx;
}


/* Whether a tunnel is what the client asked for with nothing but "Upgrade: websocket". In one of another protocol,
 * as h2c, more requests would follow that nobody decides about. */
static ngx_flag_t
ngx_http_portcullis_is_websocket(ngx_http_request_t *r)
{
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len != sizeof("Upgrade") - 1
                || ngx_strncasecmp(header[i].key.data, (u_char *) "Upgrade", sizeof("Upgrade") - 1) != 0)
            {
                continue;
            }

            n++;

            if (header[i].value.len != sizeof("websocket") - 1
                || ngx_strncasecmp(header[i].value.data, (u_char *) "websocket", sizeof("websocket") - 1) != 0)
            {
                return 0;
            }
        }
    }

    return n == 1;
}


static ngx_int_t
ngx_http_portcullis_header_filter(ngx_http_request_t *r)
{
    ngx_http_portcullis_ctx_t       *ctx;
    ngx_http_portcullis_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_portcullis_module);
    ctx = ngx_http_portcullis_decided(r, conf);

    if (ctx && ctx->decision == PORTCULLIS_PERMIT) {

        if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS && !ngx_http_portcullis_is_websocket(r)) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "portcullis stops a tunnel that is no WebSocket");
            ngx_str_set(&ctx->cause, "refused-tunnel");
            ctx->decision = PORTCULLIS_DENY;
            return ngx_http_filter_finalize_request(r, &ngx_http_portcullis_module, NGX_HTTP_FORBIDDEN);
        }

        if (ngx_http_portcullis_oblige(r, ctx) != NGX_OK) {
            ctx->decision = PORTCULLIS_DENY;
            ngx_str_set(&ctx->cause, "unenforceable");
            return ngx_http_filter_finalize_request(r, &ngx_http_portcullis_module,
                                                    NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return ngx_http_next_header_filter(r);
    }

    /* Refusals, and redirects and errors from before the decision, give nothing away. */
    if (conf->set == NULL || r->headers_out.status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return ngx_http_next_header_filter(r);
    }

    /* A `return` of the server's, or another module's early answer: nobody was asked. */
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "portcullis stops a response that was not decided on");

    return ngx_http_filter_finalize_request(r, &ngx_http_portcullis_module, NGX_HTTP_FORBIDDEN);
}


static void
ngx_http_portcullis_tick(ngx_event_t *ev)
{
    ngx_http_portcullis_main_conf_t  *pmcf = ev->data;

    /* A worker that is on its way out serves only what it began: policy still counts for that. */
    ngx_http_portcullis_look_again(pmcf);
    ngx_http_portcullis_recheck(pmcf);

    ngx_add_timer(ev, pmcf->poll);
}


static ngx_int_t
ngx_http_portcullis_init_process(ngx_cycle_t *cycle)
{
    ngx_http_portcullis_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_portcullis_module);

    if (pmcf == NULL || pmcf->sets.nelts == 0 || pmcf->poll == 0) {
        return NGX_OK;
    }

    pmcf->timer.handler = ngx_http_portcullis_tick;
    pmcf->timer.data = pmcf;
    pmcf->timer.log = cycle->log;
    pmcf->timer.cancelable = 1;

    ngx_add_timer(&pmcf->timer, pmcf->poll);

    return NGX_OK;
}


static ngx_int_t
ngx_http_portcullis_init(ngx_conf_t *cf)
{
    ngx_uint_t                        i;
    ngx_http_handler_pt              *h;
    ngx_http_core_srv_conf_t        **cscf;
    ngx_http_core_main_conf_t        *cmcf;
    ngx_http_portcullis_main_conf_t  *pmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_portcullis_module);

    cscf = cmcf->servers.elts;
    for (i = 0; pmcf->sets.nelts && i < cmcf->servers.nelts; i++) {
        if (!cscf[i]->merge_slashes) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0, "with \"merge_slashes off\", as in the server of %s:%ui, \"//a\" "
                          "is the file \"/a\" and not of its location: portcullis decides by another's terms",
                          cscf[i]->file_name, cscf[i]->line);
        }
    }

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_portcullis_handler;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_portcullis_header_filter;

    return NGX_OK;
}
