/*
 * Asks one question, and prints the answer: the whole of what a gateway does.
 *
 *     decide policies/quickstart view managed OFFICIAL
 */
#include <portcullis.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What this program can carry out, were it a gateway: a permit that needs more is refused. */
static const portcullis_str can[] = {{PORTCULLIS_STR("record-access")}};

static void print_obligations(portcullis_request *request) {
    size_t count = 0;
    portcullis_decision_obligation_count(request, &count);
    for (size_t i = 0; i < count; i++) {
        portcullis_str name;
        portcullis_decision_obligation(request, i, &name);
        printf("  must %s\n", name.data);
    }
}

int main(int argc, char **argv) {
    if (argc != 5 || !portcullis_is_compatible()) {
        fprintf(stderr, "usage: decide SET ACTION POSTURE CLASSIFICATION\n");
        return 1;
    }
    portcullis_options options = PORTCULLIS_OPTIONS_INIT;
    options.obligations = can;
    options.obligation_count = sizeof can / sizeof *can;
    options.author_bench = 1; /* the device's posture is given here, not proved: never in a gateway */

    portcullis_pdp *pdp;
    portcullis_findings *findings;
    portcullis_status status = portcullis_pdp_load(argv[1], strlen(argv[1]), &options, &pdp, &findings);
    char text[4096];
    size_t length;
    if (findings && portcullis_findings_text(findings, text, sizeof text, &length) == PORTCULLIS_OK)
        fprintf(stderr, "%s\n", text);
    portcullis_findings_free(findings);
    if (status) return 1;

    portcullis_request *request;
    if (portcullis_request_new(pdp, &request)) return 1;
    portcullis_request_at(request, PORTCULLIS_SECONDS(time(NULL)));
    portcullis_request_set_text(request, PORTCULLIS_STR("action"), argv[2], strlen(argv[2]));
    portcullis_request_set_text(request, PORTCULLIS_STR("device.posture"), argv[3], strlen(argv[3]));
    portcullis_request_set_text(request, PORTCULLIS_STR("resource.classification"), argv[4], strlen(argv[4]));
    portcullis_request_set_bool(request, PORTCULLIS_STR("resource.sensitive"), 0);

    portcullis_decision decision;
    portcullis_str user, administrator;
    portcullis_decide(pdp, request, &decision);
    portcullis_explain(request, &user, &administrator);
    printf("%s\n  %s\n  (%s)\n", decision == PORTCULLIS_PERMIT ? "PERMIT" : "DENY", user.data, administrator.data);
    print_obligations(request);

    portcullis_request_free(request);
    portcullis_pdp_free(pdp);
    return decision == PORTCULLIS_PERMIT ? 0 : 2;
}
