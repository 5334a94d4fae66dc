
/*
 * What keeps a request from being decided at all: it can be read in two ways, or comes too early.
 */


#include "ngx_http_portcullis.h"


/* RFC 8470 */
#define NGX_HTTP_PORTCULLIS_TOO_EARLY  425


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


/* The status of a request that is not decided, or NGX_OK. */
ngx_uint_t
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
