
/*
 * The directives: read, checked against the policy set, and inherited.
 */


#include "ngx_http_portcullis.h"


static char *ngx_http_portcullis_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_portcullis_evidence_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_portcullis_fact(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_portcullis_once(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_portcullis_obligation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_portcullis_step_up(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_portcullis_refuse_headers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_portcullis_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


static ngx_conf_enum_t  ngx_http_portcullis_deny[] = {
    { ngx_string("html"), NGX_HTTP_PORTCULLIS_DENY_HTML },
    { ngx_string("json"), NGX_HTTP_PORTCULLIS_DENY_JSON },
    { ngx_string("nginx"), NGX_HTTP_PORTCULLIS_DENY_NGINX },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_portcullis_paths[] = {
    { ngx_string("refuse"), NGX_HTTP_PORTCULLIS_PATHS_REFUSE },
    { ngx_string("allow"), NGX_HTTP_PORTCULLIS_PATHS_ALLOW },
    { ngx_null_string, 0 }
};


/* Headers by which some applications take a request for another than nginx sees, or that name a second resource. */
static char  *ngx_http_portcullis_refused[] = {
    "x_http_method_override", "x_http_method", "x_method_override", "x_original_url", "x_rewrite_url",
    "destination"
};


/* Headers that nginx itself writes: a second one would be a second answer. */
static char  *ngx_http_portcullis_reserved[] = {
    "connection", "content-encoding", "content-length", "content-type", "date", "last-modified", "location",
    "server", "transfer-encoding", "upgrade", "www-authenticate"
};


/* None of them in `if`, whose block is chosen after the decision. */
#define ngx_http_portcullis_directive(name, arguments, set, offset, post)                                 \
    { ngx_string("portcullis_" name),                                                                     \
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|(arguments),                                 \
      set, NGX_HTTP_LOC_CONF_OFFSET, offset, post }

#define ngx_http_portcullis_at(field)  offsetof(ngx_http_portcullis_loc_conf_t, field)


ngx_command_t  ngx_http_portcullis_commands[] = {

    ngx_http_portcullis_directive("policy", NGX_CONF_TAKE12, ngx_http_portcullis_policy, 0, NULL),
    ngx_http_portcullis_directive("evidence", NGX_CONF_1MORE, ngx_http_portcullis_evidence_directive, 0, NULL),
    ngx_http_portcullis_directive("set", NGX_CONF_TAKE2, ngx_http_portcullis_fact, 0, NULL),
    ngx_http_portcullis_directive("once", NGX_CONF_1MORE, ngx_http_portcullis_once, 0, NULL),
    ngx_http_portcullis_directive("obligation", NGX_CONF_2MORE, ngx_http_portcullis_obligation, 0, NULL),
    ngx_http_portcullis_directive("step_up", NGX_CONF_1MORE, ngx_http_portcullis_step_up, 0, NULL),
    ngx_http_portcullis_directive("refuse_headers", NGX_CONF_1MORE, ngx_http_portcullis_refuse_headers, 0, NULL),

    ngx_http_portcullis_directive("deny", NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
                                  ngx_http_portcullis_at(deny), ngx_http_portcullis_deny),
    ngx_http_portcullis_directive("ambiguous_paths", NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
                                  ngx_http_portcullis_at(ambiguous_paths), ngx_http_portcullis_paths),
    ngx_http_portcullis_directive("recheck", NGX_CONF_TAKE1, ngx_http_portcullis_time,
                                  ngx_http_portcullis_at(recheck), NULL),

    { ngx_string("portcullis_poll"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_portcullis_time,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_portcullis_main_conf_t, poll),
      NULL },

      ngx_null_command
};


static char *
ngx_http_portcullis_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_portcullis_loc_conf_t  *plcf = conf;

    ngx_str_t   *value;
    ngx_flag_t   start_closed;

    if (plcf->set != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    start_closed = 0;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        plcf->set = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "has a parameter beside \"off\"";
    }

    if (cf->args->nelts == 3) {
        if (ngx_strcmp(value[2].data, "start=closed") != 0) {
            return "has a parameter other than \"start=closed\"";
        }

        start_closed = 1;
    }

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    plcf->set = ngx_http_portcullis_set(cf, &value[1], start_closed);

    return plcf->set ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_portcullis_compile(ngx_conf_t *cf, ngx_str_t *text, ngx_http_complex_value_t *value)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = value;

    return ngx_http_compile_complex_value(&ccv);
}


static ngx_str_t *
ngx_http_portcullis_push(ngx_conf_t *cf, ngx_array_t **array)
{
    if (*array == NULL) {
        *array = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        if (*array == NULL) {
            return NULL;
        }
    }

    return ngx_array_push(*array);
}


/* Which of the first `n` elements has a name; NULL if there is none. Elements of such arrays begin with their names. */
static void *
ngx_http_portcullis_find(ngx_array_t *array, ngx_uint_t n, ngx_str_t *name)
{
    u_char     *element;
    ngx_str_t  *known;

    for (element = array->elts; n; n--, element += array->size) {
        known = (ngx_str_t *) element;

        if (known->len == name->len && ngx_strncmp(known->data, name->data, name->len) == 0) {
            return element;
        }
    }

    return NULL;
}


/* Remembers which headers, arguments and cookies of the client's a value is made of: each may be there only once. */
static ngx_int_t
ngx_http_portcullis_note(ngx_conf_t *cf, ngx_http_portcullis_loc_conf_t *plcf, ngx_str_t *text)
{
    u_char      *p, *name, *last;
    ngx_str_t   *noted;
    ngx_uint_t   i;

    struct {
        ngx_str_t     prefix;
        ngx_array_t **names;
    } kinds[] = {
        { ngx_string("http_"), &plcf->single_headers },
        { ngx_string("arg_"), &plcf->single_args },
        { ngx_string("cookie_"), &plcf->single_cookies }
    };

    last = text->data + text->len;

    for (p = ngx_strlchr(text->data, last, '$'); p; p = ngx_strlchr(p, last, '$')) {

        name = ++p;
        if (name < last && *name == '{') {
            name++;
        }

        for (p = name; p < last; p++) {
            if (!(*p == '_' || (*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'))) {
                break;
            }
        }

        for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            if ((size_t) (p - name) > kinds[i].prefix.len
                && ngx_strncasecmp(name, kinds[i].prefix.data, kinds[i].prefix.len) == 0)
            {
                break;
            }
        }

        if (i == sizeof(kinds) / sizeof(kinds[0])) {
            continue;
        }

        name += kinds[i].prefix.len;

        noted = ngx_http_portcullis_push(cf, kinds[i].names);
        if (noted == NULL) {
            return NGX_ERROR;
        }

        noted->len = p - name;
        noted->data = ngx_pnalloc(cf->pool, noted->len);
        if (noted->data == NULL) {
            return NGX_ERROR;
        }

        ngx_strlow(noted->data, name, noted->len);
    }

    return NGX_OK;
}


static char *
ngx_http_portcullis_evidence_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_portcullis_loc_conf_t  *plcf = conf;

    ngx_str_t                 *value, notices;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *token;

    if (plcf->tokens != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        plcf->tokens = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "has a parameter beside \"off\"";
    }

    plcf->evidence_path = value[1];
    if (ngx_conf_full_name(cf->cycle, &plcf->evidence_path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    plcf->tokens = ngx_array_create(cf->pool, 1, sizeof(ngx_http_complex_value_t));
    if (plcf->tokens == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "notices=", sizeof("notices=") - 1) == 0) {
            notices.data = value[i].data + sizeof("notices=") - 1;
            notices.len = value[i].len - (sizeof("notices=") - 1);

            if (ngx_conf_full_name(cf->cycle, &notices, 1) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            plcf->notices = notices;
            continue;
        }

        token = ngx_array_push(plcf->tokens);
        if (token == NULL
            || ngx_http_portcullis_compile(cf, &value[i], token) != NGX_OK
            || ngx_http_portcullis_note(cf, plcf, &value[i]) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return plcf->tokens->nelts ? NGX_CONF_OK : "does not say where the token is";
}


static char *
ngx_http_portcullis_fact(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_portcullis_loc_conf_t  *plcf = conf;

    ngx_str_t                   *value;
    ngx_http_portcullis_fact_t  *fact;

    if (plcf->facts == NULL) {
        plcf->facts = ngx_array_create(cf->pool, 8, sizeof(ngx_http_portcullis_fact_t));
        if (plcf->facts == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    if (ngx_http_portcullis_find(plcf->facts, plcf->facts->nelts, &value[1])) {
        return "says a second time what this attribute is";
    }

    fact = ngx_array_push(plcf->facts);
    if (fact == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(fact, sizeof(ngx_http_portcullis_fact_t));

    fact->name = value[1];

    if (ngx_http_portcullis_compile(cf, &value[2], &fact->value) != NGX_OK
        || ngx_http_portcullis_note(cf, plcf, &value[2]) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_portcullis_once(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_portcullis_loc_conf_t  *plcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "$http_", sizeof("$http_") - 1) != 0
            && ngx_strncmp(value[i].data, "$arg_", sizeof("$arg_") - 1) != 0
            && ngx_strncmp(value[i].data, "$cookie_", sizeof("$cookie_") - 1) != 0)
        {
            return "takes variables $http_NAME, $arg_NAME and $cookie_NAME";
        }

        if (ngx_http_portcullis_note(cf, plcf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_portcullis_obligation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_portcullis_loc_conf_t  *plcf = conf;

    ssize_t                      rate;
    ngx_str_t                   *value, *method;
    ngx_uint_t                   i, n;
    ngx_http_portcullis_duty_t  *duty;

    if (plcf->duties == NULL) {
        plcf->duties = ngx_array_create(cf->pool, 8, sizeof(ngx_http_portcullis_duty_t));
        if (plcf->duties == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;
    n = cf->args->nelts;

    if (ngx_http_portcullis_find(plcf->duties, plcf->duties->nelts, &value[1])) {
        return "says a second time how this obligation is carried out";
    }

    duty = ngx_array_push(plcf->duties);
    if (duty == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(duty, sizeof(ngx_http_portcullis_duty_t));
    duty->name = value[1];

    if (n == 3 && ngx_strcmp(value[2].data, "cannot") == 0) {
        duty->way = NGX_HTTP_PORTCULLIS_CANNOT;
        return NGX_CONF_OK;
    }

    if (n == 3 && ngx_strcmp(value[2].data, "variable") == 0) {
        duty->way = NGX_HTTP_PORTCULLIS_VARIABLE;
        return NGX_CONF_OK;
    }

    if (n == 5 && ngx_strcmp(value[2].data, "header") == 0) {
        duty->way = NGX_HTTP_PORTCULLIS_HEADER;
        duty->header = value[3];

        for (i = 0; i < sizeof(ngx_http_portcullis_reserved) / sizeof(char *); i++) {
            if (ngx_strcasecmp(value[3].data, (u_char *) ngx_http_portcullis_reserved[i]) == 0) {
                return "names a header that nginx writes itself";
            }
        }

        return ngx_http_portcullis_compile(cf, &value[4], &duty->value) == NGX_OK ? NGX_CONF_OK
                                                                                 : NGX_CONF_ERROR;
    }

    if (n == 4 && ngx_strcmp(value[2].data, "limit_rate") == 0) {
        duty->way = NGX_HTTP_PORTCULLIS_LIMIT_RATE;

        rate = ngx_parse_size(&value[3]);
        if (rate == NGX_ERROR || rate == 0) {
            return "has no valid rate";
        }

        duty->rate = rate;
        return NGX_CONF_OK;
    }

    if (n > 3 && ngx_strcmp(value[2].data, "methods") == 0) {
        duty->way = NGX_HTTP_PORTCULLIS_METHODS;

        for (i = 3; i < n; i++) {
            method = ngx_http_portcullis_push(cf, &duty->methods);
            if (method == NULL) {
                return NGX_CONF_ERROR;
            }

            *method = value[i];
        }

        return NGX_CONF_OK;
    }

    return "takes \"variable\", \"header NAME VALUE\", \"limit_rate SIZE\", \"methods METHOD ...\" or \"cannot\"";
}


static char *
ngx_http_portcullis_step_up(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_portcullis_loc_conf_t  *plcf = conf;

    u_char      *p, *equals;
    size_t       len;
    ngx_str_t   *value, scheme;
    ngx_uint_t   i;

    static ngx_str_t  error = ngx_string(" error=\"insufficient_user_authentication\", "
                                         "error_description=\"Another step of signing in is needed\"");

    if (plcf->step_up.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(&plcf->step_up, "");
        return cf->args->nelts == 2 ? NGX_CONF_OK : "has a parameter beside \"off\"";
    }

    plcf->step_up = value[1];
    ngx_str_set(&scheme, "Bearer");

    len = error.len;
    for (i = 2; i < cf->args->nelts; i++) {
        len += value[i].len + sizeof(", \"\"");
    }

    plcf->challenge.data = ngx_pnalloc(cf->pool, len + scheme.len);
    if (plcf->challenge.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_sprintf(plcf->challenge.data, "%V%V", &scheme, &error);

    for (i = 2; i < cf->args->nelts; i++) {

        equals = ngx_strlchr(value[i].data, value[i].data + value[i].len, '=');

        if (equals == NULL
            || (ngx_strncmp(value[i].data, "acr_values=", 11) != 0
                && ngx_strncmp(value[i].data, "max_age=", 8) != 0
                && ngx_strncmp(value[i].data, "scope=", 6) != 0
                && ngx_strncmp(value[i].data, "realm=", 6) != 0))
        {
            return "takes acr_values=, max_age=, scope= and realm=";
        }

        if (ngx_strlchr(value[i].data, value[i].data + value[i].len, '"')
            || ngx_strlchr(value[i].data, value[i].data + value[i].len, '\\'))
        {
            return "has a parameter with a quote or a backslash in it";
        }

        p = ngx_sprintf(p, ", %*s=\"%*s\"", (size_t) (equals - value[i].data), value[i].data,
                        (size_t) (value[i].data + value[i].len - equals - 1), equals + 1);
    }

    plcf->challenge.len = p - plcf->challenge.data;

    return NGX_CONF_OK;
}


static char *
ngx_http_portcullis_refuse_headers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_portcullis_loc_conf_t  *plcf = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i, j;

    if (plcf->refused_headers != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    plcf->refused_headers = NULL;
    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return cf->args->nelts == 2 ? NGX_CONF_OK : "has a parameter beside \"off\"";
    }

    for (i = 1; i < cf->args->nelts; i++) {
        name = ngx_http_portcullis_push(cf, &plcf->refused_headers);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
        for (j = 0; j < name->len; j++) {
            name->data[j] = name->data[j] == '-' ? '_' : ngx_tolower(name->data[j]);
        }
    }

    return NGX_CONF_OK;
}


/* A time, or "off". */
static char *
ngx_http_portcullis_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value;
    ngx_msec_t  *msec;

    value = cf->args->elts;
    msec = (ngx_msec_t *) ((char *) conf + cmd->offset);

    if (*msec == NGX_CONF_UNSET_MSEC && ngx_strcmp(value[1].data, "off") == 0) {
        *msec = 0;
        return NGX_CONF_OK;
    }

    return ngx_conf_set_msec_slot(cf, cmd, conf);
}


/* In a single process the timer would outlive the configuration that it belongs to. */
static void
ngx_http_portcullis_stop(void *data)
{
    ngx_http_portcullis_main_conf_t  *pmcf = data;

    if (pmcf->timer.timer_set) {
        ngx_del_timer(&pmcf->timer);
    }
}


void *
ngx_http_portcullis_create_main_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t               *cln;
    ngx_http_portcullis_main_conf_t  *pmcf;

    pmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_portcullis_main_conf_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (pmcf == NULL || cln == NULL
        || ngx_array_init(&pmcf->sets, cf->pool, 4, sizeof(ngx_http_portcullis_set_t *)) != NGX_OK
        || ngx_array_init(&pmcf->evidence, cf->pool, 4, sizeof(ngx_http_portcullis_evidence_t *)) != NGX_OK)
    {
        return NULL;
    }

    pmcf->poll = NGX_CONF_UNSET_MSEC;
    ngx_queue_init(&pmcf->live);

    cln->handler = ngx_http_portcullis_stop;
    cln->data = pmcf;

    if (!portcullis_is_compatible()) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "portcullis: the library %s has another interface than "
                      "that of " PORTCULLIS_VERSION ", for which the module was built", portcullis_version());
        return NULL;
    }

    return pmcf;
}


char *
ngx_http_portcullis_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_portcullis_main_conf_t  *pmcf = conf;

    ngx_conf_init_msec_value(pmcf->poll, 1000);

    return NGX_CONF_OK;
}


void *
ngx_http_portcullis_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_portcullis_loc_conf_t  *plcf;

    plcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_portcullis_loc_conf_t));
    if (plcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     plcf->evidence, facts, duties, single_headers, single_args, single_cookies = NULL
     *     plcf->evidence_path, notices, step_up, challenge = { 0, NULL }
     */

    plcf->set = NGX_CONF_UNSET_PTR;
    plcf->tokens = NGX_CONF_UNSET_PTR;
    plcf->refused_headers = NGX_CONF_UNSET_PTR;
    plcf->deny = NGX_CONF_UNSET_UINT;
    plcf->ambiguous_paths = NGX_CONF_UNSET_UINT;
    plcf->recheck = NGX_CONF_UNSET_MSEC;

    return plcf;
}


/* Adds what an outer level says to what an inner one says, but for names that the inner one says anew. */
static ngx_int_t
ngx_http_portcullis_inherit(ngx_conf_t *cf, ngx_array_t *outer, ngx_array_t **inner)
{
    void        *to;
    u_char      *from;
    ngx_uint_t   i, n;

    if (outer == NULL) {
        return NGX_OK;
    }

    /* A copy: the same name may be another attribute in another location's policy set. */
    if (*inner == NULL) {
        *inner = ngx_array_create(cf->pool, outer->nelts, outer->size);
        if (*inner == NULL) {
            return NGX_ERROR;
        }
    }

    n = (*inner)->nelts;
    from = outer->elts;

    for (i = 0; i < outer->nelts; i++, from += outer->size) {

        if (ngx_http_portcullis_find(*inner, n, (ngx_str_t *) from)) {
            continue;
        }

        to = ngx_array_push(*inner);
        if (to == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(to, from, outer->size);
    }

    return NGX_OK;
}


/* An attribute that is misspelt would be unknown for ever: better said before it refuses everybody. */
static char *
ngx_http_portcullis_check_facts(ngx_conf_t *cf, ngx_http_portcullis_loc_conf_t *conf)
{
    char                        *why;
    ngx_str_t                    always;
    ngx_uint_t                   i;
    portcullis_pdp              *pdp;
    portcullis_status            status;
    ngx_http_portcullis_fact_t  *fact;

    if (conf->facts == NULL) {
        return NGX_CONF_OK;
    }

    pdp = conf->set->followed.pdp;
    fact = conf->facts->elts;

    for (i = 0; i < conf->facts->nelts; i++) {

        ngx_str_null(&always);
        if (fact[i].value.lengths == NULL) {
            always = fact[i].value.value;
        }

        status = portcullis_pdp_may_state(pdp, ngx_portcullis_str(&fact[i].name), ngx_portcullis_str(&always));

        if (status == PORTCULLIS_OK) {
            fact[i].known = portcullis_pdp_attribute(pdp, ngx_portcullis_str(&fact[i].name),
                                                     &fact[i].attribute) == PORTCULLIS_OK;
            continue;
        }

        if (status == PORTCULLIS_E_NOTHING) {
            break;
        }

        why = status == PORTCULLIS_E_ATTRIBUTE ? "the vocabulary does not have it"
              : status == PORTCULLIS_E_UNSTATABLE ? "only evidence sets it, or it is derived"
              : "this is no value of it";

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "portcullis_set \"%V\" for the policy set \"%V\": %s",
                           &fact[i].name, &conf->set->path, why);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_portcullis_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_portcullis_loc_conf_t  *prev = parent;
    ngx_http_portcullis_loc_conf_t  *conf = child;

    ngx_str_t   *name;
    ngx_uint_t   i;

    ngx_conf_merge_ptr_value(conf->set, prev->set, NULL);
    ngx_conf_merge_uint_value(conf->deny, prev->deny, NGX_HTTP_PORTCULLIS_DENY_HTML);
    ngx_conf_merge_uint_value(conf->ambiguous_paths, prev->ambiguous_paths, NGX_HTTP_PORTCULLIS_PATHS_REFUSE);
    ngx_conf_merge_msec_value(conf->recheck, prev->recheck, 30000);

    if (conf->tokens == NGX_CONF_UNSET_PTR) {
        conf->tokens = prev->tokens == NGX_CONF_UNSET_PTR ? NULL : prev->tokens;
        conf->evidence_path = prev->evidence_path;
        conf->notices = prev->notices;
    }

    if (conf->step_up.data == NULL) {
        conf->step_up = prev->step_up;
        conf->challenge = prev->challenge;
    }

    if (ngx_http_portcullis_inherit(cf, prev->facts, &conf->facts) != NGX_OK
        || ngx_http_portcullis_inherit(cf, prev->duties, &conf->duties) != NGX_OK
        || ngx_http_portcullis_inherit(cf, prev->single_headers, &conf->single_headers) != NGX_OK
        || ngx_http_portcullis_inherit(cf, prev->single_args, &conf->single_args) != NGX_OK
        || ngx_http_portcullis_inherit(cf, prev->single_cookies, &conf->single_cookies) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->refused_headers == NGX_CONF_UNSET_PTR) {
        conf->refused_headers = prev->refused_headers;
    }

    if (conf->refused_headers == NGX_CONF_UNSET_PTR) {
        conf->refused_headers = NULL;

        for (i = 0; i < sizeof(ngx_http_portcullis_refused) / sizeof(char *); i++) {
            name = ngx_http_portcullis_push(cf, &conf->refused_headers);
            if (name == NULL) {
                return NGX_CONF_ERROR;
            }

            name->data = (u_char *) ngx_http_portcullis_refused[i];
            name->len = ngx_strlen(name->data);
        }
    }

    if (conf->duties && conf->duties->nelts > NGX_HTTP_PORTCULLIS_MAX_DUTIES) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "there are more than %d portcullis_obligation directives",
                           NGX_HTTP_PORTCULLIS_MAX_DUTIES);
        return NGX_CONF_ERROR;
    }

    if (conf->set == NULL) {
        return NGX_CONF_OK;
    }

    if (conf->tokens) {
        conf->evidence = ngx_http_portcullis_evidence(cf, conf->set, &conf->evidence_path, &conf->notices);
        if (conf->evidence == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_portcullis_check_facts(cf, conf);
}
