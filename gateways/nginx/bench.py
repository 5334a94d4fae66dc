"""What a decision costs in nginx.

    python3 bench.py MODULE [ROUNDS [SECONDS]]     CPU time per request of the worker, in paired runs of wrk
    python3 bench.py MODULE instructions [WAY]     instructions per request, under callgrind; of WAY also where they are

Requests per second swing with whatever else the machine does; CPU time per request does less, and is paired: in every round
each way is run once, one after the other; printed are the median and the range over the rounds, and of the differences to
the way that it is paired with. Instructions are the same each time, whatever else the machine does.
"""

import http.client
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULE, MORE = sys.argv[1], sys.argv[2:]
sys.argv[1:] = ["plain", MODULE]
sys.path.insert(0, str(HERE))
from nginx import POLICY, Nginx, evidence, free_port  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
# Each way, and the one that it is paired with.
WAYS = {"none": None, "permit": "none", "obligations": "none", "evidence": "none", "asked": "none", "returned": None,
        "refused": "returned", "explained": "returned"}
REFUSED = ("returned", "refused", "explained")


class Ways:
    """An nginx with a location for each way."""

    def __init__(self, single=False):
        folder = self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-keys-"))
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
        self.port, service = free_port(), free_port()
        facts = """portcullis_set action $action; portcullis_set resource.classification OFFICIAL;
            portcullis_set resource.type document; portcullis_set organisation.name town;
            portcullis_set context.network_path internet;"""
        published = 'portcullis_set resource.handling "FOR PUBLIC RELEASE";'
        must = """portcullis_obligation no-local-storage header Cache-Control no-store;
            portcullis_obligation limit-session variable;"""
        on = f"portcullis_policy {POLICY}; {facts} alias html/;"
        self.nginx = Nginx(f"""
            access_log off; portcullis_deny nginx; portcullis_poll {"off" if single else "1s"};
            map $request_method $action {{ GET view; HEAD view; default edit; }}
            upstream service {{ server 127.0.0.1:{service}; keepalive 64; }}
            server {{ listen 127.0.0.1:{service}; keepalive_requests 1000000; location / {{ return 204; }} }}
            server {{ listen 127.0.0.1:{self.port}; keepalive_requests 1000000;
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
        if single:
            self.nginx.conf.write_text(self.nginx.conf.read_text().replace("daemon off;", "daemon off; master_process off;"))
        (self.nginx.folder / "html" / "page").write_text("x" * 612)
        self.token = manager.token(evidence.Certificate(folder, "laptop"), cnf=None)

    def stop(self):
        print(self.nginx.stop(), end="")
        shutil.rmtree(self.folder)


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(rounds, seconds):
    """Prints the CPU time per request of each way."""
    ways = Ways()
    ways.nginx.start(ways.port)
    worker = int(subprocess.run(["pgrep", "-P", str(ways.nginx.process.pid)], capture_output=True, text=True).stdout.split()[0])

    def once(way):
        before = cpu(worker)
        said = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", f"X-Posture: {ways.token}",
                               f"http://127.0.0.1:{ways.port}/{way}/page"], capture_output=True, text=True).stdout
        if ("Non-2xx" in said) != (way in REFUSED):
            raise SystemExit(f"{way}: {said}")
        return (cpu(worker) - before) * 1e6 / int(re.search(r"(\d+) requests in", said)[1])

    found = {way: [] for way in WAYS}
    try:
        for way in WAYS:
            once(way)
        for _ in range(rounds):
            for way in WAYS:
                found[way].append(once(way))
    finally:
        ways.stop()
    for way, other in WAYS.items():
        line = f"{way:12} {statistics.median(found[way]):7.1f} us  ({min(found[way]):.1f}-{max(found[way]):.1f})"
        if other:
            apart = [a - b for a, b in zip(found[way], found[other])]
            line += f"   {statistics.median(apart):+.1f} ({min(apart):+.1f} to {max(apart):+.1f}) to {other}"
        print(line)


def count(shown):
    """Prints the instructions per request of each way, one request after the other on a kept connection."""
    requests = 500
    ways = Ways(single=True)
    profile = ways.folder / "callgrind"
    ways.nginx.start(ways.port, ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}"])
    pid = ways.nginx.process.pid

    def control(*options):
        subprocess.run(["callgrind_control", *options, str(pid)], check=True, capture_output=True, timeout=60)

    def once(way, connection):
        connection.request("GET", f"/{way}/page", headers={"X-Posture": ways.token})
        response = connection.getresponse()
        response.read()
        if (response.status != 200) != (way in REFUSED):
            raise SystemExit(f"{way}: {response.status}")

    counts = {}
    try:
        for dump, way in enumerate(WAYS, 1):
            connection = http.client.HTTPConnection("127.0.0.1", ways.port, timeout=60)
            for _ in range(150):  # those after it are no longer put into words
                once(way, connection)
            control("-z")
            for _ in range(requests):
                once(way, connection)
            control("-d")
            written = ways.folder / f"callgrind.{dump}"
            counts[way] = int(re.search(r"^(?:totals|summary): (\d+)", written.read_text(), re.M)[1]) // requests
            if way == shown:
                print(subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=99", written], capture_output=True,
                                     text=True).stdout)
            connection.close()
    finally:
        ways.stop()
    for way, other in WAYS.items():
        print(f"{way:12} {counts[way]:8} instructions" + (f"   {counts[way] - counts[other]:+} to {other}" if other else ""))


if MORE[:1] == ["instructions"]:
    count((MORE[1:] + [None])[0])
else:
    measure(*map(int, (MORE + ["5", "2"][len(MORE):])[:2]))
