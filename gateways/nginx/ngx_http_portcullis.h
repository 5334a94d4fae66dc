
/*
 * Portcullis in nginx: what the files of the module share.
 *
 *   _module   where nginx calls
 *   _conf     directives
 *   _examine  one request: whether it can be decided at all
 *   _ask      what is stated of it, what is decided, and again while it lasts
 *   _answer   what becomes of the decision: refusal, step-up, obligations, variables
 *   _set      policy sets, evidence and notices: loaded, and looked at again
 */


#ifndef _NGX_HTTP_PORTCULLIS_H_INCLUDED_
#define _NGX_HTTP_PORTCULLIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <portcullis.h>
#include "../common/follow.h"


/* A text as the two parameters of the library's functions. */
#define ngx_portcullis_str(s)  (const char *) (s)->data, (s)->len

/* How many refusals each worker puts into words in a second. That takes far longer than deciding, and
 * whoever wants to keep a gateway busy needs no permit to be refused. */
#ifndef NGX_HTTP_PORTCULLIS_WORDS
#define NGX_HTTP_PORTCULLIS_WORDS  100
#endif


/* A request of the library, which may be used by one request of nginx after the other. */
typedef struct ngx_http_portcullis_paper_s  ngx_http_portcullis_paper_t;

struct ngx_http_portcullis_paper_s {
    portcullis_request               *request;
    ngx_http_portcullis_paper_t      *next;

    /* what was last declared in it as possible, so that it is not declared again and again */
    void                             *can_conf;
    uint64_t                          can;
    ngx_uint_t                        generation;
};


/* A policy set in force. */
typedef struct {
    ngx_str_t                         path;
    struct gateway_set                followed;
    ngx_http_portcullis_paper_t      *papers;       /* free ones */
    ngx_uint_t                        generation;   /* how often it was replaced */
    ngx_flag_t                        start_closed;
} ngx_http_portcullis_set_t;


/* Whose signatures are believed, in the words of a policy set. */
typedef struct {
    ngx_http_portcullis_set_t        *set;
    ngx_str_t                         path;
    ngx_str_t                         notices;      /* a directory; may be empty */
    struct gateway_evidence           followed;
} ngx_http_portcullis_evidence_t;


typedef struct {
    ngx_array_t                       sets;         /* of ngx_http_portcullis_set_t * */
    ngx_array_t                       evidence;     /* of ngx_http_portcullis_evidence_t * */
    ngx_msec_t                        poll;
    ngx_event_t                       timer;
    ngx_queue_t                       live;         /* requests under way */
    time_t                            worded;       /* the second of the last words */
    ngx_uint_t                        words;        /* how many it has had */
} ngx_http_portcullis_main_conf_t;


/* One fact that the gateway states. */
typedef struct {
    ngx_str_t                         name;
    ngx_http_complex_value_t          value;
    uint32_t                          attribute;    /* its id, once it is known */
    ngx_flag_t                        known;
} ngx_http_portcullis_fact_t;


/* How an obligation is carried out. */
typedef enum {
    NGX_HTTP_PORTCULLIS_CANNOT = 0,
    NGX_HTTP_PORTCULLIS_VARIABLE,     /* whoever reads its variable sees to it */
    NGX_HTTP_PORTCULLIS_HEADER,       /* a response header */
    NGX_HTTP_PORTCULLIS_LIMIT_RATE,   /* a slower response */
    NGX_HTTP_PORTCULLIS_METHODS       /* no other methods */
} ngx_http_portcullis_way_t;

typedef struct {
    ngx_str_t                         name;
    ngx_http_portcullis_way_t         way;
    ngx_str_t                         header;
    ngx_http_complex_value_t          value;
    size_t                            rate;
    ngx_array_t                      *methods;      /* of ngx_str_t */
} ngx_http_portcullis_duty_t;

/* Duties are bits of what a decision carries. */
#define NGX_HTTP_PORTCULLIS_MAX_DUTIES  64


typedef enum {
    NGX_HTTP_PORTCULLIS_DENY_HTML = 0,
    NGX_HTTP_PORTCULLIS_DENY_JSON,
    NGX_HTTP_PORTCULLIS_DENY_NGINX    /* the bare status: error_page may have it */
} ngx_http_portcullis_deny_t;


typedef enum {
    NGX_HTTP_PORTCULLIS_PATHS_REFUSE = 0,
    NGX_HTTP_PORTCULLIS_PATHS_ALLOW
} ngx_http_portcullis_paths_t;


typedef struct {
    ngx_http_portcullis_set_t        *set;          /* NULL where nothing is decided */
    ngx_http_portcullis_evidence_t   *evidence;
    ngx_str_t                         evidence_path;
    ngx_str_t                         notices;
    ngx_array_t                      *tokens;       /* of ngx_http_complex_value_t */
    ngx_array_t                      *facts;        /* of ngx_http_portcullis_fact_t */
    ngx_array_t                      *duties;       /* of ngx_http_portcullis_duty_t */

    /* What the client may say only once, because the decision reads it: $http_NAME, $arg_NAME, $cookie_NAME. */
    ngx_array_t                      *single_headers; /* of ngx_str_t, as in variables */
    ngx_array_t                      *single_args;    /* of ngx_str_t */
    ngx_array_t                      *single_cookies; /* of ngx_str_t */

    ngx_array_t                      *refused_headers; /* of ngx_str_t, as in variables */
    ngx_uint_t                        ambiguous_paths;
    ngx_uint_t                        deny;
    ngx_str_t                         step_up;      /* the obligation */
    ngx_str_t                         challenge;    /* scheme, error and parameters */
    ngx_msec_t                        recheck;
} ngx_http_portcullis_loc_conf_t;


/* One request of nginx, decided. */
typedef struct ngx_http_portcullis_ctx_s  ngx_http_portcullis_ctx_t;

struct ngx_http_portcullis_ctx_s {
    ngx_http_request_t               *request;
    ngx_http_portcullis_ctx_t        *before;       /* at the place from where it was redirected within nginx */
    ngx_http_portcullis_loc_conf_t   *conf;
    ngx_http_portcullis_paper_t      *paper;
    ngx_http_portcullis_set_t        *set;
    ngx_str_t                        *values;       /* of the facts, as first read */
    ngx_str_t                        *tokens;
    ngx_queue_t                       queue;        /* among the live ones */
    ngx_msec_t                        asked;
    portcullis_decision               decision;
    portcullis_evidence_reason        evidence;
    uint64_t                          carried;      /* duties that the permit brought, as bits */
    ngx_uint_t                        status;       /* that a refusal has */
    ngx_str_t                         cause;        /* why, where the module refused by itself */
    unsigned                          queued:1;
    unsigned                          decided:1;    /* the paper holds a decision */
    unsigned                          worded:1;     /* and its words */
};


extern ngx_module_t  ngx_http_portcullis_module;


/* _conf */

extern ngx_command_t  ngx_http_portcullis_commands[];

void *ngx_http_portcullis_create_main_conf(ngx_conf_t *cf);
char *ngx_http_portcullis_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_portcullis_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_portcullis_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

/* _examine */

ngx_uint_t ngx_http_portcullis_examine(ngx_http_request_t *r, ngx_http_portcullis_loc_conf_t *conf,
    ngx_str_t *cause);

/* _ask */

ngx_http_portcullis_ctx_t *ngx_http_portcullis_ask(ngx_http_request_t *r,
    ngx_http_portcullis_loc_conf_t *conf, ngx_http_portcullis_ctx_t *before);
ngx_http_portcullis_ctx_t *ngx_http_portcullis_last(ngx_http_request_t *r);
void ngx_http_portcullis_recheck(ngx_http_portcullis_main_conf_t *pmcf);

/* _answer */

ngx_int_t ngx_http_portcullis_refuse(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx);
ngx_int_t ngx_http_portcullis_oblige(ngx_http_request_t *r, ngx_http_portcullis_ctx_t *ctx);
ngx_int_t ngx_http_portcullis_add_variables(ngx_conf_t *cf);

/* _set */

ngx_http_portcullis_set_t *ngx_http_portcullis_set(ngx_conf_t *cf, ngx_str_t *path,
    ngx_flag_t start_closed);
ngx_http_portcullis_evidence_t *ngx_http_portcullis_evidence(ngx_conf_t *cf,
    ngx_http_portcullis_set_t *set, ngx_str_t *path, ngx_str_t *notices);
ngx_http_portcullis_paper_t *ngx_http_portcullis_paper(ngx_http_portcullis_set_t *set);
void ngx_http_portcullis_paper_back(ngx_http_portcullis_set_t *set, ngx_http_portcullis_paper_t *paper);
void ngx_http_portcullis_look_again(ngx_http_portcullis_main_conf_t *pmcf);


#endif /* _NGX_HTTP_PORTCULLIS_H_INCLUDED_ */
