
/*
 * What becomes of a decision: the refusal that the client sees, the challenge of a step-up, obligations
 * carried out, and variables for logs and for whoever stands behind nginx.
 */


#include "ngx_http_portcullis.h"


typedef enum {
    NGX_HTTP_PORTCULLIS_VAR_DECISION = 0,
    NGX_HTTP_PORTCULLIS_VAR_REASON,
    NGX_HTTP_PORTCULLIS_VAR_RULES,
    NGX_HTTP_PORTCULLIS_VAR_OBLIGATIONS,
    NGX_HTTP_PORTCULLIS_VAR_VALID_UNTIL,
    NGX_HTTP_PORTCULLIS_VAR_POLICY_SET,
    NGX_HTTP_PORTCULLIS_VAR_DIGEST,
    NGX_HTTP_PORTCULLIS_VAR_EVIDENCE,
    NGX_HTTP_PORTCULLIS_VAR_MESSAGE,
    NGX_HTTP_PORTCULLIS_VAR_EXPLANATION
} ngx_http_portcullis_var_t;


/* Puts a header into the response, in place of those of its name that are there. */
static ngx_int_t
ngx_http_portcullis_put_header(ngx_http_request_t *r, ngx_str_t *name, ngx_str_t *value, ngx_table_elt_t **put)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == name->len
                && ngx_strncasecmp(header[i].key.data, name->data, name->len) == 0)
            {
                header[i].hash = 0;
            }
        }
    }

    header = ngx_list_push(&r->headers_out.headers);
    if (header == NULL) {
        return NGX_ERROR;
    }

    header->hash = 1;
    header->key = *name;
    header->value = *value;
    header->lowcase_key = NULL;
#if (nginx_version >= 1023000)
    header->next = NULL;
#endif

    if (put) {
        *put = header;
    }

    return NGX_OK;
}


/* The decision in words; not those of a refusal beyond what a second may have. */
static ngx_int_t
ngx_http_portcullis_words(ngx_http_portcullis_ctx_t *ctx, portcullis_str *user, portcullis_str *administrator)
{
    ngx_http_portcullis_main_conf_t  *pmcf;

    if (!ctx->decided) {
        return NGX_DECLINED;
    }

    if (!ctx->worded && ctx->decision == PORTCULLIS_DENY) {
        pmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_portcullis_module);

        if (pmcf->worded != ngx_time()) {
            pmcf->worded = ngx_time();
            pmcf->words = 0;
        }

        if (pmcf->words++ >= NGX_HTTP_PORTCULLIS_WORDS) {
            return NGX_DECLINED;
        }
    }

    /* once for a decision: the library keeps its words */
    ctx->worded = 1;

    if (portcullis_explain(ctx->paper->request, user, administrator) != PORTCULLIS_OK) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_portcullis_body(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx, ngx_str_t *body)
{
    u_char          *p;
    size_t           len;
    ngx_str_t        title, words;
    portcullis_str   user, administrator;

    ngx_str_set(&title, "Forbidden");
    if (ctx->status == NGX_HTTP_UNAUTHORIZED) {
        ngx_str_set(&title, "Unauthorized");
    }

    ngx_str_set(&words, "You cannot do this as things are.");
    if (ngx_http_portcullis_words(ctx, &user, &administrator) == NGX_OK) {
        words.data = (u_char *) user.data;
        words.len = user.len;
    }

    if (ctx->conf->deny == NGX_HTTP_PORTCULLIS_DENY_JSON) {

        /* RFC 9457 */
        len = words.len + ngx_escape_json(NULL, words.data, words.len);
        body->data = ngx_pnalloc(r->pool, len + title.len + sizeof("{'title':'','status':123,'detail':''}\n"));
        if (body->data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_sprintf(body->data, "{\"title\":\"%V\",\"status\":%ui,\"detail\":\"", &title, ctx->status);
        p = (u_char *) ngx_escape_json(p, words.data, words.len);
        p = ngx_cpymem(p, "\"}\n", 3);

    } else {

        static char  before[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>";
        static char  between[] = "</title>\n<p>";
        static char  after[] = "</p>\n</html>\n";

        len = words.len + ngx_escape_html(NULL, words.data, words.len);
        body->data = ngx_pnalloc(r->pool, len + title.len + sizeof(before) + sizeof(between) + sizeof(after));
        if (body->data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_sprintf(body->data, "%s%V%s", before, &title, between);
        p = (u_char *) ngx_escape_html(p, words.data, words.len);
        p = ngx_cpymem(p, after, sizeof(after) - 1);
    }

    body->len = p - body->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_portcullis_refuse(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_buf_t                *b;
    ngx_str_t                 body;
    ngx_chain_t               out;
    static ngx_str_t          challenge = ngx_string("WWW-Authenticate");
    static ngx_str_t          cache = ngx_string("Cache-Control");
    static ngx_str_t          no_store = ngx_string("no-store");

    if (ctx->status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_portcullis_put_header(r, &challenge, &ctx->conf->challenge,
                                          &r->headers_out.www_authenticate) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* Words are for people who were refused; for the rest, and where the administrator has pages of their
     * own, nginx has its way. */
    if (r != r->main
        || ctx->conf->deny == NGX_HTTP_PORTCULLIS_DENY_NGINX
        || (ctx->status != NGX_HTTP_UNAUTHORIZED && ctx->status != NGX_HTTP_FORBIDDEN))
    {
        return ctx->status;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_portcullis_body(r, ctx, &body) != NGX_OK
        || ngx_http_portcullis_put_header(r, &cache, &no_store, NULL) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = ctx->status;
    r->headers_out.content_length_n = body.len;

    if (ctx->conf->deny == NGX_HTTP_PORTCULLIS_DENY_JSON) {
        ngx_str_set(&r->headers_out.content_type, "application/problem+json");
    } else {
        ngx_str_set(&r->headers_out.content_type, "text/html");
        ngx_str_set(&r->headers_out.charset, "utf-8");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = body.data;
    b->last = body.data + body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* Carries out what a permit brought, and those on the way to it, before its header goes out. */
ngx_int_t
ngx_http_portcullis_oblige(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx)
{
    ngx_str_t                    value;
    ngx_uint_t                   i;
    ngx_http_portcullis_duty_t  *duty;

    if (r != r->main) {
        return NGX_OK;
    }

    if (ctx->before && ngx_http_portcullis_oblige(r, ctx->before) != NGX_OK) {
        return NGX_ERROR;
    }

    /* its variables are about this decision */
    ngx_http_set_ctx(r, ctx, ngx_http_portcullis_module);

    if (ctx->carried == 0) {
        return NGX_OK;
    }

    duty = ctx->conf->duties->elts;

    for (i = 0; i < ctx->conf->duties->nelts; i++) {

        if (!(ctx->carried & ((uint64_t) 1 << i))) {
            continue;
        }

        if (duty[i].way == NGX_HTTP_PORTCULLIS_HEADER) {

            if (ngx_http_complex_value(r, &duty[i].value, &value) != NGX_OK) {
                return NGX_ERROR;
            }

            /* A header that says nothing carries nothing out; one with a line end says too much. */
            if (value.len == 0 || ngx_strlchr(value.data, value.data + value.len, LF)
                || ngx_strlchr(value.data, value.data + value.len, CR))
            {
                ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                              "portcullis has no value for the header of \"%V\"", &duty[i].name);
                return NGX_ERROR;
            }

            if (ngx_http_portcullis_put_header(r, &duty[i].header, &value, NULL) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        if (duty[i].way != NGX_HTTP_PORTCULLIS_LIMIT_RATE) {
            continue;
        }

        if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "portcullis cannot slow a tunnel, for \"%V\"",
                          &duty[i].name);
            return NGX_ERROR;
        }

        /* Here, after an upstream has had its X-Accel-Limit-Rate; 0 is no limit. */
        if (!r->limit_rate_set || r->limit_rate == 0 || r->limit_rate > duty[i].rate) {
            r->limit_rate = duty[i].rate;
            r->limit_rate_set = 1;
        }

        r->limit_rate_after = 0;
        r->limit_rate_after_set = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_portcullis_text(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx, uintptr_t which,
    ngx_str_t *text)
{
    char                buf[256];
    int64_t             until;
    ngx_int_t           rc;
    portcullis_str      s, other;
    portcullis_reason   reason;
    portcullis_status   status;
    portcullis_request *request;

    s.data = buf;
    s.len = 0;
    request = ctx->decided ? ctx->paper->request : NULL;

    switch (which) {

    case NGX_HTTP_PORTCULLIS_VAR_DECISION:
        if (ctx->decision == PORTCULLIS_PERMIT) {
            ngx_str_set(text, "permit");
        } else {
            ngx_str_set(text, "deny");
        }
        return NGX_OK;

    case NGX_HTTP_PORTCULLIS_VAR_REASON:
        if (ctx->cause.len) {
            *text = ctx->cause;
            return NGX_OK;
        }

        status = portcullis_decision_reason(request, &reason);
        if (status == PORTCULLIS_OK) {
            status = portcullis_reason_text(reason, buf, sizeof(buf), &s.len);
        }
        break;

    case NGX_HTTP_PORTCULLIS_VAR_EVIDENCE:
        status = portcullis_evidence_text(ctx->evidence, buf, sizeof(buf), &s.len);
        break;

    case NGX_HTTP_PORTCULLIS_VAR_RULES:
        status = portcullis_decision_rule_names(request, PORTCULLIS_RULES_DETERMINING, &s);
        break;

    case NGX_HTTP_PORTCULLIS_VAR_OBLIGATIONS:
        status = portcullis_decision_obligation_names(request, &s);
        break;

    case NGX_HTTP_PORTCULLIS_VAR_VALID_UNTIL:
        status = portcullis_decision_valid_until(request, &until);
        if (status == PORTCULLIS_OK && until == PORTCULLIS_NEVER) {
            return NGX_DECLINED;
        }

        s.len = ngx_sprintf((u_char *) buf, "%L", until / 1000000) - (u_char *) buf;
        break;

    case NGX_HTTP_PORTCULLIS_VAR_POLICY_SET:
        status = portcullis_decision_policy_set(request, &s);
        break;

    case NGX_HTTP_PORTCULLIS_VAR_DIGEST:
        status = portcullis_decision_digest(request, &s);
        break;

    case NGX_HTTP_PORTCULLIS_VAR_MESSAGE:
    case NGX_HTTP_PORTCULLIS_VAR_EXPLANATION:
        rc = which == NGX_HTTP_PORTCULLIS_VAR_MESSAGE ? ngx_http_portcullis_words(ctx, &s, &other)
                                                      : ngx_http_portcullis_words(ctx, &other, &s);
        if (rc != NGX_OK) {
            return rc;
        }

        status = PORTCULLIS_OK;
        break;

    default:
        return NGX_DECLINED;
    }

    if (status) {
        return NGX_DECLINED;
    }

    /* the library's views end when the request is decided again */
    text->len = s.len;
    text->data = ngx_pnalloc(r->pool, s.len + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text->data, s.data, s.len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_portcullis_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                   rc;
    ngx_str_t                   text;
    ngx_http_portcullis_ctx_t  *ctx;

    ctx = ngx_http_portcullis_last(r);

    rc = ctx ? ngx_http_portcullis_text(r, ctx, data, &text) : NGX_DECLINED;

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->len = text.len;
    v->data = text.data;

    return NGX_OK;
}


/* Whether a name of the vocabulary is how `rest`, of a variable's name, begins: "-" and "." are "_" there. */
static ngx_flag_t
ngx_http_portcullis_begins(u_char *rest, u_char *last, portcullis_str *name)
{
    u_char  ch;
    size_t  i;

    if ((size_t) (last - rest) < name->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];
        ch = ch == '-' || ch == '.' ? '_' : ch;

        if (rest[i] != ch) {
            return 0;
        }
    }

    return 1;
}


/* $portcullis_must_limit_session is "1" where the decision carries limit-session, and
 * $portcullis_must_limit_session_minutes is its parameter. */
static ngx_int_t
ngx_http_portcullis_must(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                     *rest, *last, *after;
    size_t                      i, j, n, m;
    ngx_str_t                  *variable = (ngx_str_t *) data;
    portcullis_str              name, parameter;
    portcullis_value            value;
    ngx_http_portcullis_ctx_t  *ctx;

    v->not_found = 1;

    rest = variable->data + sizeof("portcullis_must_") - 1;
    last = variable->data + variable->len;

    ctx = ngx_http_portcullis_last(r);
    if (ctx == NULL || !ctx->decided
        || portcullis_decision_obligation_count(ctx->paper->request, &n) != PORTCULLIS_OK)
    {
        return NGX_OK;
    }

    for (i = 0; i < n; i++) {

        if (portcullis_decision_obligation(ctx->paper->request, i, &name)
            || !ngx_http_portcullis_begins(rest, last, &name))
        {
            continue;
        }

        after = rest + name.len;

        if (after == last) {
            v->valid = 1;
            v->no_cacheable = 1;
            v->not_found = 0;
            v->len = 1;
            v->data = (u_char *) "1";
            return NGX_OK;
        }

        if (*after++ != '_' || portcullis_decision_parameter_count(ctx->paper->request, i, &m)) {
            continue;
        }

        for (j = 0; j < m; j++) {
            value = (portcullis_value) PORTCULLIS_VALUE_INIT;

            if (portcullis_decision_parameter(ctx->paper->request, i, j, &parameter, &value)
                || (size_t) (last - after) != parameter.len
                || !ngx_http_portcullis_begins(after, last, &parameter))
            {
                continue;
            }

            v->data = ngx_pnalloc(r->pool, value.text.len + 1);
            if (v->data == NULL) {
                return NGX_ERROR;
            }

            ngx_memcpy(v->data, value.text.data, value.text.len);

            v->valid = 1;
            v->no_cacheable = 1;
            v->not_found = 0;
            v->len = value.text.len;
            return NGX_OK;
        }
    }

    return NGX_OK;
}


#define ngx_http_portcullis_var(name, which)                                                              \
    { ngx_string("portcullis_" name), NULL, ngx_http_portcullis_variable, which, NGX_HTTP_VAR_NOCACHEABLE, 0 }

static ngx_http_variable_t  ngx_http_portcullis_vars[] = {

    ngx_http_portcullis_var("decision", NGX_HTTP_PORTCULLIS_VAR_DECISION),
    ngx_http_portcullis_var("reason", NGX_HTTP_PORTCULLIS_VAR_REASON),
    ngx_http_portcullis_var("rules", NGX_HTTP_PORTCULLIS_VAR_RULES),
    ngx_http_portcullis_var("obligations", NGX_HTTP_PORTCULLIS_VAR_OBLIGATIONS),
    ngx_http_portcullis_var("valid_until", NGX_HTTP_PORTCULLIS_VAR_VALID_UNTIL),
    ngx_http_portcullis_var("policy_set", NGX_HTTP_PORTCULLIS_VAR_POLICY_SET),
    ngx_http_portcullis_var("digest", NGX_HTTP_PORTCULLIS_VAR_DIGEST),
    ngx_http_portcullis_var("evidence", NGX_HTTP_PORTCULLIS_VAR_EVIDENCE),
    ngx_http_portcullis_var("message", NGX_HTTP_PORTCULLIS_VAR_MESSAGE),
    ngx_http_portcullis_var("explanation", NGX_HTTP_PORTCULLIS_VAR_EXPLANATION),

    { ngx_string("portcullis_must_"), NULL, ngx_http_portcullis_must,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_portcullis_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_portcullis_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}
