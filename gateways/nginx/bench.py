"""What a decision costs in nginx: CPU time per request of the worker, in paired runs of wrk.

    python3 bench.py MODULE [ROUNDS [SECONDS]]

Requests per second swing with whatever else the machine does; CPU time per request does not. In every round each way
is run once, one after the other; printed are the median and the range over the rounds, and of the differences to the
way that it is paired with.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULE, ROUNDS, SECONDS = sys.argv[1], int((sys.argv[2:] + ["5"])[0]), int((sys.argv[3:] + ["2"])[0])
sys.argv[1:] = ["plain", MODULE]
sys.path.insert(0, str(HERE))
from nginx import POLICY, Nginx, evidence, free_port  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-keys-"))
    manager, notifier = evidence.Signer(folder, "manager"), evidence.Signer(folder, "notifier")
    # Without TLS, which wrk cannot bring a certificate to, a token is tied to nothing: these terms accept that.
    configuration = evidence.configure(folder, manager, notifier)
    configuration.write_text(configuration.read_text().replace('"max_age": "8h"', '"max_age": "8h", "binding": "optional"'))
    (folder / "policy").mkdir()
    (folder / "policy" / "policy-set.json").write_text(
        '{"policy_set": "bench", "vocabulary": "standard", "policies": ["policy.json"]}')
    (folder / "policy" / "policy.json").write_text('''{"policy": "bench", "owner": "bench", "rules": [
        {"id": "trusted", "effect": "permit", "because": "A measure.",
         "when": {"action": "view", "evidence.trusted": true, "device.claimed_posture": "managed"}}]}''')
    plain, service = free_port(), free_port()
    facts = """portcullis_set action $action; portcullis_set resource.classification OFFICIAL;
        portcullis_set resource.type document; portcullis_set organisation.name town;
        portcullis_set context.network_path internet;"""
    published = 'portcullis_set_words resource.handling "FOR PUBLIC RELEASE";'
    must = """portcullis_obligation no-local-storage header Cache-Control no-store;
        portcullis_obligation limit-session variable;"""
    on = f"portcullis_policy {POLICY}; {facts} alias html/;"
    nginx = Nginx(f"""
        access_log off; portcullis_deny nginx; portcullis_poll 1s;
        map $request_method $action {{ GET view; HEAD view; default edit; }}
        upstream service {{ server 127.0.0.1:{service}; keepalive 64; }}
        server {{ listen 127.0.0.1:{service}; keepalive_requests 1000000; location / {{ return 204; }} }}
        server {{ listen 127.0.0.1:{plain}; keepalive_requests 1000000;
            location /none/ {{ alias html/; }}
            location /permit/ {{ {on} {published} portcullis_set resource.sensitive false; }}
            location /obligations/ {{ {on} {published} portcullis_set resource.sensitive true; {must} }}
            location /evidence/ {{ portcullis_policy {folder}/policy; {facts} alias html/; portcullis_set resource.sensitive false;
                portcullis_evidence {folder}/evidence.json $http_x_posture; }}
            location /refused/ {{ {on} portcullis_set resource.sensitive false; }}
            location /returned/ {{ return 403; }}
            location /explained/ {{ {on} portcullis_set resource.sensitive false; portcullis_deny html; }}
            location /asked/ {{ alias html/; auth_request /ask; }}
            location = /ask {{ internal; proxy_pass http://service/; proxy_http_version 1.1;
                proxy_set_header Connection ""; proxy_pass_request_body off; proxy_set_header Content-Length ""; }}
        }}""", workers=1)
    (nginx.folder / "html" / "page").write_text("x" * 612)
    nginx.start(plain)
    worker = int(subprocess.run(["pgrep", "-P", str(nginx.process.pid)], capture_output=True, text=True).stdout.split()[0])
    token = manager.token(evidence.Certificate(folder, "laptop"), cnf=None)

    def once(where):
        before = cpu(worker)
        said = subprocess.run(["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-H", f"X-Posture: {token}",
                               f"http://127.0.0.1:{plain}/{where}/page"], capture_output=True, text=True).stdout
        refused = "Non-2xx" in said
        if refused != (where in ("returned", "refused", "explained")):
            raise SystemExit(f"{where}: {said}")
        return (cpu(worker) - before) * 1e6 / int(re.search(r"(\d+) requests in", said)[1])

    pairs = [("permit", "none"), ("obligations", "none"), ("evidence", "none"), ("asked", "none"),
             ("refused", "returned"), ("explained", "returned")]
    ways = ["none", "permit", "obligations", "evidence", "asked", "returned", "refused", "explained"]
    found = {way: [] for way in ways}
    try:
        for way in ways:
            once(way)
        for _ in range(ROUNDS):
            for way in ways:
                found[way].append(once(way))
    finally:
        print(nginx.stop(), end="")
    for way in ways:
        line = f"{way:12} {statistics.median(found[way]):7.1f} us  ({min(found[way]):.1f}-{max(found[way]):.1f})"
        for left, right in pairs:
            if left == way:
                apart = [a - b for a, b in zip(found[left], found[right])]
                line += f"   {statistics.median(apart):+.1f} ({min(apart):+.1f} to {max(apart):+.1f}) to {right}"
        print(line)


main()
