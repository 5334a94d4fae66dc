/*
 * A server loop: four threads decide, each with a request of its own, while the policy set is replaced
 * under way. A real server waits for SIGHUP or watches the folder; this one reloads in a loop, from the
 * folder given, and prints what it did.
 *
 *     server policies/quickstart
 */
#include <portcullis.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { THREADS = 4, QUESTIONS = 20000, RELOADS = 20 };

static portcullis_pdp *pdp;
static atomic_long permitted, refused, troubled;

/* Called on whichever thread calls the library; writing one line at once needs no lock. */
static void log_line(void *data, portcullis_level level, const char *text, size_t length) {
    (void)data;
    if (level <= PORTCULLIS_LOG_WARNING) fprintf(stderr, "%.*s\n", (int)length, text);
}

static void *serve(void *number) {
    portcullis_request *request;
    if (portcullis_request_new(pdp, &request)) return NULL;
    for (int i = 0; i < QUESTIONS; i++) {
        const char *action = i % 2 ? "view" : "delete-everything";
        portcullis_request_reset(request);
        portcullis_request_at(request, PORTCULLIS_SECONDS(time(NULL)));
        portcullis_request_set_text(request, PORTCULLIS_STR("action"), action, strlen(action));
        portcullis_request_set_text(request, PORTCULLIS_STR("resource.classification"), PORTCULLIS_STR("OFFICIAL"));
        portcullis_request_set_bool(request, PORTCULLIS_STR("resource.sensitive"), 0);
        portcullis_str release = {PORTCULLIS_STR("FOR PUBLIC RELEASE")};
        portcullis_request_set_words(request, PORTCULLIS_STR("resource.handling"), &release, 1);

        portcullis_decision decision;
        if (portcullis_decide(pdp, request, &decision)) troubled++; /* and `decision` is a refusal */
        if (decision == PORTCULLIS_PERMIT) permitted++; else refused++;
    }
    portcullis_request_free(request);
    return number;
}

int main(int argc, char **argv) {
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.log = log_line;
    if (argc != 2 || portcullis_pdp_load(argv[1], strlen(argv[1]), &options, &pdp, NULL)) return 1;

    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, serve, NULL);
    int reloaded = 0;
    for (int i = 0; i < RELOADS; i++)
        reloaded += portcullis_pdp_reload(pdp, argv[1], strlen(argv[1]), NULL) == PORTCULLIS_OK;
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);

    printf("%ld permitted, %ld refused, %ld in trouble, %d reloads\n", permitted, refused, troubled, reloaded);
    portcullis_pdp_free(pdp);
    return troubled != 0;
}
