"""The nginx module, end to end: `run` starts this. Each test is a sentence about what nginx answers."""

import contextlib
import http.client
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from bypasses import Bypasses, Warnings  # noqa: F401
from nginx import CLOSED, HERE, OPEN, POLICY, SLOW, Front, Nginx, eventually, evidence, free_port, switch


class Gateway(Front):
    """What the module answers."""

    @classmethod
    def locations(cls):
        upstream = f"http://127.0.0.1:{cls.upstream.server_address[1]}"
        return f"""
            location /public/ {{ portcullis_set resource.handling "FOR PUBLIC RELEASE"; ssi on; ssi_types *; }}
            location /work/ {{ }}
            location /up/ {{ proxy_pass {upstream}; proxy_http_version 1.1;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
                portcullis_recheck 200ms; }}
            location /casework/ {{ portcullis_set resource.type casework; portcullis_set subject.factors $arg_factors;
                portcullis_step_up step-up-authentication acr_values=urn:town:two max_age=300 realm=town; }}
            location /casework-login/ {{ portcullis_set resource.type casework; portcullis_step_up step-up-authentication;
                portcullis_deny nginx; error_page 401 = @login; }}
            location @login {{ portcullis_policy off; return 302 /login; }}
            location /archive/ {{ portcullis_set resource.type archive; portcullis_obligation view-only methods GET HEAD; }}
            location /sensitive/ {{ portcullis_set resource.sensitive true;
                portcullis_obligation no-local-storage header Cache-Control no-store;
                portcullis_obligation limit-session header X-Session-Minutes $portcullis_must_limit_session_minutes; }}
            location /sensitive-up/ {{ portcullis_set resource.sensitive true; proxy_pass {upstream};
                portcullis_obligation no-local-storage header Cache-Control no-store;
                portcullis_obligation limit-session variable;
                proxy_set_header X-Session-Minutes $portcullis_must_limit_session_minutes; }}
            location /sensitive-slow/ {{ portcullis_set resource.sensitive true; alias html/public/;
                portcullis_obligation no-local-storage limit_rate 100k; portcullis_obligation limit-session variable; }}
            location /sensitive-cannot/ {{ portcullis_set resource.sensitive true;
                portcullis_obligation no-local-storage cannot; portcullis_obligation limit-session variable; }}
            location /sensitive-empty/ {{ portcullis_set resource.sensitive true; alias html/public/;
                portcullis_obligation no-local-storage header X-Nothing $arg_nothing;
                portcullis_obligation limit-session variable; }}
            location /lost/ {{ portcullis_set device.reported_lost $lost; }}
            location /lost-json/ {{ portcullis_set device.reported_lost true; portcullis_deny json; }}
            location /secret/ {{ {CLOSED} }}
        """

    @classmethod
    def more(cls):
        return 'map $http_x_lost $lost { default false; "yes" true; }'

    # Permit and refusal ------------------------------------------------------------------------

    def test_published_pages_are_for_anyone(self):
        self.assertStatus(200, self.nobody("/public/page"), "the public page")

    def test_a_managed_laptop_with_evidence_is_permitted(self):
        self.assertStatus(200, self.ask("/work/page"), "the work page")

    def test_a_refusal_has_words_for_the_user(self):
        answer = self.nobody("/work/page")
        self.assertStatus(403, answer, "<p>You cannot do this as things are.", "work laptop")
        self.assertEqual("text/html; charset=utf-8", answer.headers["Content-Type"])
        self.assertEqual("no-store", answer.headers["Cache-Control"])

    def test_words_are_escaped_in_html_and_in_json(self):
        answer = self.ask("/lost/page", X_Lost="yes")
        self.assertStatus(403, answer, "service desk &amp; say &lt;so&gt;.")
        answer = self.ask("/lost-json/page")
        self.assertEqual("application/problem+json", answer.headers["Content-Type"])
        self.assertEqual({"title": "Forbidden", "status": 403,
                          "detail": "This device is reported lost. If you have it, call the service desk & say <so>."},
                         json.loads(answer.body))

    def test_a_refused_head_has_no_body(self):
        self.assertEqual("", self.nobody("/work/page", method="HEAD").body)

    def test_a_refused_body_is_read_and_the_connection_goes_on(self):
        connection = self.connection(None)
        answer = self.ask("/work/page", token=None, certificate=None, method="POST", body="x" * 100_000, connection=connection)
        self.assertStatus(403, answer)
        answer = self.ask("/public/page", token=None, certificate=None, connection=connection)
        self.assertStatus(200, answer)

    @unittest.skipIf(SLOW, "so many in a second")
    def test_a_flood_of_refusals_gets_fewer_words(self):
        connection, begun = self.connection(None), int(time.time())
        bodies = [self.ask("/work/page", token=None, certificate=None, connection=connection).body for _ in range(900)]
        worded = sum("work laptop" in body for body in bodies)
        self.assertIn("work laptop", bodies[0])
        # One connection is one worker's as long as nginx keeps it, for a thousand requests; a worker puts a
        # hundred a second into words, however long this takes.
        self.assertLessEqual(worded, 100 * (int(time.time()) - begun + 1))
        self.assertTrue(all("<p>You cannot do this as things are." in body for body in bodies))
        time.sleep(1.1)
        self.assertIn("work laptop", self.nobody("/work/page").body)

    # Evidence ----------------------------------------------------------------------------------

    def test_missing_evidence_is_refused(self):
        self.assertStatus(403, self.ask("/work/page", token=None))

    def test_forged_evidence_is_refused(self):
        self.assertStatus(403, self.ask("/work/page", token=self.stranger.token(self.laptop)))
        self.assertStatus(403, self.ask("/work/page", token=self.stranger.token(self.laptop, kid="manager")))
        head, body, signature = self.token.split(".")
        self.assertStatus(403, self.ask("/work/page", token=f"{head}.{body}.{signature[::-1]}"))

    def test_stale_evidence_is_refused(self):
        self.assertStatus(403, self.ask("/work/page", token=self.manager.token(self.laptop, age=7200)))
        self.assertStatus(403, self.ask("/work/page", token=self.manager.token(self.laptop, age=9 * 3600, lifetime=86400)))

    def test_evidence_of_another_audience_is_refused(self):
        self.assertStatus(403, self.ask("/work/page", token=self.manager.token(self.laptop, aud="https://elsewhere.example")))

    def test_evidence_bound_elsewhere_is_refused(self):
        self.assertStatus(403, self.ask("/work/page", certificate="other"))
        self.assertStatus(403, self.ask("/work/page", certificate=None))

    def test_a_header_cannot_say_which_certificate_was_shown(self):
        thumbprint = evidence.b64(bytes.fromhex(self.laptop.thumbprint))
        for header in ("X_SSL_Cert", "Client_Cert", "X_Client_Cert", "X_Forwarded_Client_Cert", "ssl_client_fingerprint"):
            self.assertStatus(403, self.ask("/work/page", certificate="other", **{header: thumbprint}))

    def test_evidence_twice_is_no_request(self):
        for second in (self.token, self.stranger.token(self.laptop)):
            connection = self.connection()
            connection.putrequest("GET", "/work/page")
            connection.putheader("X-Posture", self.token)
            connection.putheader("x-posture", second)
            connection.endheaders()
            self.assertEqual(400, connection.getresponse().status)

    def test_a_phone_in_the_work_app_needs_what_nginx_cannot_do(self):
        token = self.manager.token(self.laptop, device=evidence.PHONE)
        self.assertStatus(403, self.ask("/work/page?phone", token=token))
        self.assertEqual("unenforceable", self.decision("/work/page?phone")["reason"])

    # Obligations -------------------------------------------------------------------------------

    def test_an_obligation_becomes_a_response_header_with_its_parameter(self):
        answer = self.ask("/sensitive/page")
        self.assertStatus(200, answer)
        self.assertEqual(["no-store"], answer.headers.get_all("Cache-Control"))
        self.assertEqual("60", answer.headers["X-Session-Minutes"])

    def test_an_obligation_s_header_replaces_the_upstream_s_and_a_variable_goes_to_it(self):
        answer = self.ask("/sensitive-up/", X_Session_Minutes="9999")
        self.assertEqual(["no-store"], answer.headers.get_all("Cache-Control"))
        self.assertEqual("60", json.loads(answer.body)["headers"]["X-Session-Minutes"])

    def test_an_obligation_limits_the_rate(self):
        before = time.time()
        self.assertStatus(200, self.ask("/sensitive-slow/big"))
        self.assertGreater(time.time() - before, 2)

    def test_an_obligation_limits_the_methods(self):
        self.assertStatus(200, self.ask("/archive/page"))
        self.assertStatus(403, self.ask("/archive/page", method="POST", body="x"))
        self.assertStatus(405, self.ask("/work/page", method="POST", body="x"))  # permitted; files take no POST

    def test_an_obligation_that_cannot_be_carried_out_refuses(self):
        self.assertStatus(403, self.ask("/sensitive-cannot/page"))
        self.assertEqual("unenforceable", self.decision("/sensitive-cannot/page")["reason"])

    def test_an_obligation_whose_header_would_be_empty_refuses(self):
        self.assertStatus(500, self.ask("/sensitive-empty/page"))
        self.assertStatus(200, self.ask("/sensitive-empty/page?nothing=1"))

    def test_an_obligation_of_a_subrequest_that_needs_a_header_refuses_it(self):
        answer = self.ask("/public/includes.shtml")
        self.assertStatus(200, answer, "before", "after")
        self.assertNotIn("the sensitive page", answer.body)

    # Step-up -----------------------------------------------------------------------------------

    def test_a_step_up_is_a_401_with_a_challenge(self):
        answer = self.ask("/casework/page?factors=1")
        self.assertStatus(401, answer, "step of signing in")
        self.assertEqual('Bearer error="insufficient_user_authentication", '
                         'error_description="Another step of signing in is needed", '
                         'acr_values="urn:town:two", max_age="300", realm="town"', answer.headers["WWW-Authenticate"])
        self.assertStatus(200, self.ask("/casework/page?factors=2"))

    def test_where_a_step_up_would_not_help_there_is_none(self):
        answer = self.ask("/casework/page?factors=1", token=None)
        self.assertStatus(403, answer)
        self.assertIsNone(answer.headers["WWW-Authenticate"])

    def test_a_browser_can_be_sent_to_sign_in(self):
        answer = self.ask("/casework-login/page")
        self.assertStatus(302, answer)
        self.assertTrue(answer.headers["Location"].endswith("/login"))

    # HTTP/2, WebSockets, keep-alive ------------------------------------------------------------

    def test_http_2_is_decided_and_bound_alike(self):
        url = f"https://127.0.0.1:{self.tls}"
        self.assertEqual("2 200", self.curl("--http2", "-H", f"X-Posture: {self.token}", f"{url}/work/page"))
        self.assertEqual("2 403", self.curl("--http2", f"{url}/work/page"))
        self.assertEqual("2 403", self.curl("--http2", "-H", f"X-Posture: {self.token}", f"{url}/secret/page"))
        self.assertEqual("2 400", self.curl("--http2", "-H", "X-Posture: a", "-H", "x-posture: b", f"{url}/work/page"))
        several = subprocess.run(
            ["curl", "-sk", "--http2", "--max-time", "60", "--cert", self.laptop.cert, "--key", self.laptop.key, "-H",
             f"X-Posture: {self.token}", "-w", "%{http_code} ", "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null",
             f"{url}/work/page", f"{url}/secret/page", f"{url}/work/page"], capture_output=True, text=True).stdout
        self.assertEqual("200 403 200 ", several)

    def websocket(self, token):
        context = ssl._create_unverified_context()
        context.load_cert_chain(self.laptop.cert, self.laptop.key)
        s = context.wrap_socket(socket.create_connection(("127.0.0.1", self.tls), 60))
        s.sendall((f"GET /up/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   f"X-Posture: {token}\r\n\r\n").encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += s.recv(1000)
        return s, int(got.split()[1])

    def test_a_websocket_is_decided_at_its_upgrade_and_cut_when_the_permit_ends(self):
        s, status = self.websocket("nothing")
        s.close()
        self.assertEqual(403, status)

        lifetime = 20 if SLOW else 4
        s, status = self.websocket(self.manager.token(self.laptop, age=0, lifetime=lifetime))
        self.assertEqual(101, status)
        s.sendall(b"hello")
        self.assertEqual(b"hello", s.recv(100))
        before = time.time()
        with contextlib.suppress(OSError):
            self.assertEqual(b"", s.recv(100))  # it ends with the evidence
        self.assertLess(time.time() - before, lifetime + 5)
        s.close()

    def test_a_revoked_device_is_cut_off_from_its_kept_connection_and_its_websocket(self):
        certificate = evidence.Certificate(self.keys, "revoked")
        type(self).revoked = certificate
        token = self.manager.token(certificate, device=evidence.LAPTOP | {"id": "LAPTOP-9"})
        connection = self.connection("revoked")
        self.assertStatus(200, self.ask("/work/page", token=token, connection=connection))
        slow, laptop = self.laptop, certificate
        try:
            type(self).laptop = laptop
            s, status = self.websocket(token)
        finally:
            type(self).laptop = slow
        self.assertEqual(101, status)

        written = self.notices / ".revoked"
        written.write_text(self.notifier.notice("LAPTOP-9") + "\n")
        written.rename(self.notices / "revoked")

        refused = eventually(lambda: self.ask("/work/page", token=token, connection=connection).status == 403)
        self.assertTrue(refused)
        s.settimeout(60)
        with contextlib.suppress(OSError):
            self.assertEqual(b"", s.recv(100))
        s.close()
        self.assertStatus(200, self.ask("/work/page"))  # nobody else is

        if not SLOW:  # workers that come later know it too
            self.nginx.reload()
            time.sleep(1)
            for _ in range(8):
                self.assertStatus(403, self.ask("/work/page", token=token, certificate="revoked"))

    def test_a_notice_by_a_stranger_changes_nothing(self):
        (self.notices / "forged").write_text(self.stranger.notice("LAPTOP-7") + "\n")
        self.assertTrue(eventually(lambda: "is not believed" in self.nginx.log.read_text()))
        self.assertStatus(200, self.ask("/work/page"))

    # Logs --------------------------------------------------------------------------------------

    def test_logs_say_what_was_decided_and_why(self):
        self.ask("/sensitive/page?log")
        entry = self.decision("/sensitive/page?log")
        self.assertEqual(("permit", "permitted", "town/work", "no-local-storage,limit-session", "gateways"),
                         (entry["decision"], entry["reason"], entry["rules"], entry["obligations"], entry["set"]))
        self.assertRegex(entry["digest"], "^sha-256:")
        self.assertAlmostEqual(time.time() + 3600, int(entry["until"]), delta=300)
        self.nobody("/work/page?log")
        entry = self.decision("/work/page?log")
        self.assertEqual(("deny", "not-permitted"), (entry["decision"], entry["reason"]))
        self.assertIn("work laptop", entry["message"])
        self.ask("/work/page?forged", token=self.stranger.token(self.laptop, kid="manager"))
        self.assertIn("signature", self.decision("/work/page?forged")["evidence"])

    # Policy that changes -----------------------------------------------------------------------

    def test_policy_is_replaced_without_a_reload_and_bad_policy_is_not(self):
        changed = self.keys / "changed"
        shutil.copytree(POLICY, changed)
        (changed / "town.json").write_text((changed / "town.json").read_text().replace('["view", "edit", ', '["edit", '))
        (changed / "policy-set.json").write_text((changed / "policy-set.json").read_text().replace(
            '"tests": ["tests.json"],', ""))
        self.assertStatus(200, self.ask("/work/page"))
        try:
            switch(self.policy, changed)
            self.assertTrue(eventually(lambda: {self.ask("/work/page").status for _ in range(20)} == {403}))
        finally:
            switch(self.policy, POLICY)
        self.assertTrue(eventually(lambda: {self.ask("/work/page").status for _ in range(20)} == {200}))

        broken = self.keys / "broken"
        broken.mkdir()
        (broken / "policy-set.json").write_text("{")
        size = self.nginx.log.stat().st_size
        try:
            switch(self.policy, broken)
            self.assertTrue(eventually(lambda: "P0" in self.nginx.log.read_text()[size:]))
            self.assertStatus(200, self.ask("/work/page"))
            self.assertStatus(403, self.nobody("/work/page"))
        finally:
            switch(self.policy, POLICY)

    @unittest.skipIf(SLOW, "a single process has nobody to send the signal")
    def test_policy_is_replaced_by_nginx_s_own_reload(self):
        connection = self.connection()
        self.assertStatus(200, self.ask("/work/page", connection=connection))
        self.nginx.reload()
        self.assertTrue(eventually(lambda: self.ask("/work/page").status == 200))
        self.assertStatus(403, self.nobody("/work/page"))


class Closed(unittest.TestCase):
    """Without a policy, nothing goes through."""

    maxDiff = None

    def configuration(self, directives, workers=1):
        self.port = free_port()
        nginx = Nginx(f"portcullis_poll 50ms; {directives} server {{ listen 127.0.0.1:{self.port}; location / {{ return 204; }} }}", workers)
        self.addCleanup(shutil.rmtree, nginx.folder, True)
        return nginx

    def status(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/")
        with contextlib.closing(connection):
            return connection.getresponse().status

    def test_a_configuration_that_cannot_be_meant_is_refused(self):
        for directives, words in (
                ("portcullis_policy /nowhere;", "cannot be put in force"),
                (f"portcullis_policy {POLICY}; portcullis_set acton view;", "the vocabulary does not have it"),
                (f"portcullis_policy {POLICY}; portcullis_set action veiw;", "this is no value of it"),
                (f"portcullis_policy {POLICY}; portcullis_set device.posture managed;", "only evidence sets it, or it is derived"),
                (f"portcullis_policy {POLICY}; portcullis_set device.tampered $http_x;", "only evidence sets it, or it is derived"),
                (f"portcullis_policy {POLICY}; portcullis_set action view; portcullis_set action edit;", "second time"),
                (f"portcullis_policy {POLICY}; portcullis_evidence /nowhere $http_x;", "cannot be put in force"),
                (f"portcullis_policy {POLICY}; portcullis_obligation view-only someday;", "takes \"variable\""),
                (f"portcullis_policy {POLICY}; portcullis_obligation view-only header Content-Type x;", "writes itself"),
                (f"portcullis_policy {POLICY} start=open;", "start=closed")):
            good, said = self.configuration(directives).test()
            self.assertFalse(good, directives)
            self.assertIn(words, said)

    def test_the_example_is_a_good_configuration(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-keys-"))
        self.addCleanup(shutil.rmtree, folder)
        server = evidence.Certificate(folder, "server")
        evidence.configure(folder, evidence.Signer(folder, "manager"), evidence.Signer(folder, "notifier"))
        (folder / "notices").mkdir()
        text = (HERE / "example" / "nginx.conf").read_text()
        for there, here in (("load_module modules/ngx_http_portcullis_module.so;\n\nevents { }\n\nhttp {", ""),
                            ("/etc/portcullis/current;", f"{POLICY};"), ("/etc/portcullis/evidence.json", f"{folder}/evidence.json"),
                            ("/var/lib/portcullis/notices", f"{folder}/notices"), ("/var/log/nginx/", f"{folder}/"),
                            ("/etc/nginx/tls/server.pem", server.cert), ("/etc/nginx/tls/server.key", server.key),
                            ("listen 443", f"listen 127.0.0.1:{free_port()}")):
            self.assertIn(there, text)
            text = text.replace(there, str(here))
        nginx = Nginx(text.rstrip().removesuffix("}"))
        self.addCleanup(shutil.rmtree, nginx.folder, True)
        good, said = nginx.test()
        self.assertTrue(good, said)

    def test_a_location_s_if_cannot_change_what_was_decided(self):
        nginx = self.configuration(f"portcullis_policy {POLICY};")
        nginx.conf.write_text(nginx.conf.read_text().replace("return 204;", "if ($arg_a) { portcullis_policy off; } return 204;"))
        good, said = nginx.test()
        self.assertFalse(good)
        self.assertIn("directive is not allowed here", said)

    def test_without_a_policy_set_everything_is_unavailable_until_there_is_one(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-keys-"))
        self.addCleanup(shutil.rmtree, folder)
        nginx = self.configuration(f"""portcullis_policy {folder}/policy start=closed; portcullis_set action view;
            portcullis_set resource.classification OFFICIAL; portcullis_set resource.sensitive false;
            portcullis_set resource.type document; portcullis_set resource.handling "FOR PUBLIC RELEASE";""")
        nginx.start(self.port)
        try:
            self.assertEqual(503, self.status())
            shutil.copytree(POLICY, folder / "policy")
            self.assertTrue(eventually(lambda: self.status() == 204))
            shutil.rmtree(folder / "policy")  # what is in force stays
            time.sleep(0.3)
            self.assertEqual(204, self.status())
        finally:
            found = nginx.stop()
        self.assertEqual("", found)

    def test_a_policy_set_that_governs_nothing_refuses(self):
        nginx = self.configuration(f"portcullis_policy {POLICY};")
        nginx.start(self.port)
        try:
            self.assertEqual(403, self.status())
        finally:
            found = nginx.stop()
        self.assertEqual("", found)


@unittest.skipIf(SLOW, "a measure of real speed")
class Load(unittest.TestCase):
    """Two sets that answer the other way round, changed fifty times under load."""

    REQUESTS = 100_000
    CHANGES = 50

    def test_every_answer_is_one_of_the_two_sets_own(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-keys-"))
        self.addCleanup(shutil.rmtree, folder)
        for name, zone in (("first", "corporate"), ("second", "internet-facing")):
            (folder / name).mkdir()
            (folder / name / "policy-set.json").write_text(json.dumps(
                {"policy_set": name, "vocabulary": "standard", "policies": ["policy.json"]}))
            (folder / name / "policy.json").write_text(json.dumps(
                {"policy": "p", "owner": "o", "rules": [{"id": "r", "effect": "permit", "because": "A test.",
                                                         "when": {"action": "view", "resource.zone": zone}}]}))
        switch(folder / "policy", folder / "first")
        port = free_port()
        nginx = Nginx(f"""access_log off; portcullis_poll 20ms; portcullis_policy {folder}/policy; portcullis_set action view;
            portcullis_deny nginx; add_header X-Set $portcullis_policy_set always; add_header X-Where $uri always;
            server {{ listen 127.0.0.1:{port}; keepalive_requests 1000000;
                location /corporate {{ portcullis_set resource.zone corporate; echo yes; }}
                location /internet {{ portcullis_set resource.zone internet-facing; echo yes; }} }}""")
        (folder / "check.lua").write_text("""
            local right = { ["200 first"] = 1, ["403 second"] = 1 }
            local other = { ["403 first"] = 1, ["200 second"] = 1 }
            local threads = {}
            function setup(thread) table.insert(threads, thread) end
            function init(args) asked, wrong, first, second = 0, 0, 0, 0 end
            function request()
                asked = asked + 1
                return wrk.format("GET", asked % 2 == 1 and "/corporate" or "/internet")
            end
            function response(status, headers, body)
                local set = headers["X-Set"] or "none"
                local allowed = headers["X-Where"] == "/corporate" and right or other
                if not allowed[status .. " " .. set] then wrong = wrong + 1 end
                if set == "first" then first = first + 1 else second = second + 1 end
            end
            function done(summary, latency, requests)
                local w, f, s = 0, 0, 0
                for _, t in ipairs(threads) do w = w + t:get("wrong"); f = f + t:get("first"); s = s + t:get("second") end
                io.write(string.format("ANSWERS %d %d %d %d\\n", w, f, s, summary.errors.connect + summary.errors.read
                         + summary.errors.write + summary.errors.timeout))
            end""")
        nginx.start(port)
        try:
            total, changes, faults, sets = 0, 0, 0, [0, 0]
            while total < self.REQUESTS or changes < self.CHANGES:
                wrk = subprocess.Popen(["wrk", "-t8", "-c8", "-d5s", "-s", folder / "check.lua", f"http://127.0.0.1:{port}/"],
                                       stdout=subprocess.PIPE, text=True)
                while wrk.poll() is None:
                    time.sleep(0.08)
                    changes += 1
                    switch(folder / "policy", folder / ("second" if changes % 2 else "first"))
                with wrk.stdout:
                    wrong, first, second, broken = map(int, re.search(r"ANSWERS (.*)", wrk.stdout.read())[1].split())
                self.assertEqual((0, 0), (wrong, broken))
                total, sets = total + first + second, [sets[0] + first, sets[1] + second]
            reloads = nginx.log.read_text().count("in force")
        finally:
            found = nginx.stop()
        self.assertEqual("", found)
        self.assertGreater(min(sets), self.REQUESTS // 20)
        self.assertGreaterEqual(reloads, self.CHANGES)
        print(f"\n{total} requests, {changes} changes ({reloads} reloads in two workers), {sets[0]} answers of the first set "
              f"and {sets[1]} of the second, none wrong", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
