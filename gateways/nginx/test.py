"""The nginx module, end to end: `run` starts this. Each test is a sentence about what nginx answers."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "test"))
import evidence  # noqa: E402

MODE = sys.argv[1]
MODULE = pathlib.Path(sys.argv[2]).resolve()
POLICY = HERE.parent / "test" / "policy"
SLOW = MODE != "plain"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Upstream(http.server.BaseHTTPRequestHandler):
    """What stands behind nginx: says what reached it, redirects inside nginx, and takes WebSockets."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            while data := self.connection.recv(100):
                self.connection.sendall(data)
            self.close_connection = True
            return
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({"method": self.command, "path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "public")
        self.send_header("X-Accel-Limit-Rate", "0")
        if target := self.headers.get("X-Test-Redirect"):
            self.send_header("X-Accel-Redirect", target)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:200]!r}"


class Nginx:
    """The packaged nginx with a configuration of the test's, in a folder that goes away with it."""

    def __init__(self, http_block, workers=2, before=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-nginx-"))
        self.folder.chmod(0o755)
        self.log, self.access = self.folder / "error.log", self.folder / "access.log"
        single = "" if not SLOW else "master_process off;"
        (self.folder / "html").mkdir()
        self.conf = self.folder / "nginx.conf"
        self.frame = f"""
            load_module {MODULE};
            load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
            daemon off; {single} worker_processes {workers}; user root;
            pid {self.folder}/pid; error_log {self.log} notice;
            events {{ worker_connections 512; }}
            http {{
                access_log {self.access}; root {self.folder}/html; server_tokens off;
                client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2;
                fastcgi_temp_path {self.folder}/t3; uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5;
                %s
            }}"""
        self.conf.write_text(self.frame % http_block)
        self.process = None

    def environment(self):
        if MODE != "asan":
            return None
        found = [subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
                 for name in ("libasan.so", "libubsan.so")]
        return dict(os.environ) | {"LD_PRELOAD": ":".join(found),
                                   "ASAN_OPTIONS": f"detect_leaks=0:log_path={self.folder}/asan",
                                   "UBSAN_OPTIONS": f"log_path={self.folder}/ubsan:print_stacktrace=1"}

    def command(self, *arguments):
        return ["nginx", "-e", str(self.log), "-c", str(self.conf), "-p", str(self.folder), *arguments]

    def test(self):
        """`nginx -t`: whether the configuration is good, and what it says."""
        done = subprocess.run(self.command("-t"), capture_output=True, text=True, timeout=60, env=self.environment())
        return done.returncode == 0, done.stderr

    def start(self, port):
        wrapper = []
        if MODE == "valgrind":
            wrapper = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite",
                       f"--suppressions={HERE}/valgrind.supp", f"--log-file={self.folder}/valgrind.%p"]
        with open(self.folder / "stderr", "wb") as stderr:
            self.process = subprocess.Popen(wrapper + self.command(), env=self.environment(), stderr=stderr)
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError("nginx does not start: " + self.log.read_text() + (self.folder / "stderr").read_text())

    def reload(self):
        subprocess.run(self.command("-s", "reload"), check=True, capture_output=True, timeout=60)

    def stop(self):
        """Ends it, and returns what valgrind or the sanitizers found."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        found = "".join(file.read_text() for kind in ("valgrind.*", "asan*", "ubsan*") for file in self.folder.glob(kind))
        crashes = [line for line in self.log.read_text().splitlines()
                   if "exited on signal" in line or "panicked" in line or "[emerg]" in line]
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.folder)
        return found + "\n".join(crashes)


def eventually(what, seconds=10):
    """Waits for what must become true."""
    end = time.time() + seconds * (6 if SLOW else 1)
    while time.time() < end:
        if found := what():
            return found
        time.sleep(0.05)
    return what()


def switch(link, target):
    """Points a symbolic link elsewhere, in one step."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.symlink_to(target)
    fresh.rename(link)


class Gateway(unittest.TestCase):
    """One nginx for many tests: every location is one way to ask."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        cls.upstream.daemon_threads = True
        threading.Thread(target=cls.upstream.serve_forever, daemon=True).start()
        cls.plain, cls.tls = free_port(), free_port()

        keys = cls.keys = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-keys-"))
        cls.manager, cls.notifier = evidence.Signer(keys, "manager"), evidence.Signer(keys, "notifier")
        cls.stranger = evidence.Signer(keys, "stranger")
        evidence.configure(keys, cls.manager, cls.notifier)
        cls.laptop, cls.other = evidence.Certificate(keys, "laptop"), evidence.Certificate(keys, "other")
        cls.server = evidence.Certificate(keys, "localhost")
        cls.token = cls.manager.token(cls.laptop)
        cls.notices = keys / "notices"
        cls.notices.mkdir()
        cls.policy = keys / "policy"
        switch(cls.policy, POLICY)

        cls.nginx = Nginx(cls.http_block())
        for name in ("public", "work", "secret", "casework", "archive", "sensitive"):
            folder = cls.nginx.folder / "html" / name
            folder.mkdir()
            (folder / "page").write_text(f"the {name} page\n")
            (folder / "index.html").write_text(f"the {name} index\n")
        (cls.nginx.folder / "html" / "public" / "big").write_bytes(b"x" * 400_000)
        (cls.nginx.folder / "html" / "public" / "includes.shtml").write_text(
            'before <!--# include virtual="/secret/page" --> <!--# include virtual="/sensitive/page" --> after\n')
        cls.nginx.start(cls.plain)

    @classmethod
    def tearDownClass(cls):
        found = cls.nginx.stop()
        cls.upstream.shutdown()
        shutil.rmtree(cls.keys)
        if found:
            raise AssertionError(f"found while nginx ran:\n{found}")

    @classmethod
    def http_block(cls):
        upstream = f"http://127.0.0.1:{cls.upstream.server_address[1]}"
        locations = f"""
            location /public/ {{ portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; ssi on; ssi_types *; }}
            location /work/ {{ }}
            location /up/ {{ proxy_pass {upstream}; proxy_http_version 1.1;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
                portcullis_recheck 200ms; }}
            location /up/open/ {{ proxy_pass {upstream}; portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}
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
            location /sensitive-slow/ {{ portcullis_set resource.sensitive true; alias {cls.nginx_html()}/public/;
                portcullis_obligation no-local-storage limit_rate 100k; portcullis_obligation limit-session variable; }}
            location /sensitive-cannot/ {{ portcullis_set resource.sensitive true;
                portcullis_obligation no-local-storage cannot; portcullis_obligation limit-session variable; }}
            location /sensitive-empty/ {{ portcullis_set resource.sensitive true; alias {cls.nginx_html()}/public/;
                portcullis_obligation no-local-storage header X-Nothing $arg_nothing;
                portcullis_obligation limit-session variable; }}
            location /lost/ {{ portcullis_set device.reported_lost $lost; }}
            location /lost-json/ {{ portcullis_set device.reported_lost true; portcullis_deny json; }}
            location /by-header/ {{ portcullis_set resource.classification $http_x_class; alias {cls.nginx_html()}/public/;
                portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}
            location /by-map/ {{ portcullis_set resource.classification $kind; portcullis_once $http_x_kind;
                alias {cls.nginx_html()}/public/; portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}
            location /by-argument/ {{ portcullis_set resource.classification $arg_class; alias {cls.nginx_html()}/public/;
                portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}

            location /secret/ {{ {cls.closed()} }}
            location /secret-return/ {{ {cls.closed()} return 200 through; }}
            location /secret-satisfy/ {{ {cls.closed()} satisfy any; allow all; alias {cls.nginx_html()}/work/; }}
            location /secret-rewrite/ {{ {cls.closed()} rewrite ^ /public/page last; }}
            location /secret-try/ {{ {cls.closed()} try_files /public/page =404; }}
            location /secret-error-page/ {{ {cls.closed()} error_page 403 =200 /public/page; portcullis_deny nginx; }}
            location /secret-echo/ {{ {cls.closed()} echo through; }}
            location /secret-up/ {{ {cls.closed()} proxy_pass {upstream}; }}
            location /to-secret-rewrite/ {{ {cls.open()} rewrite ^ /secret/page last; }}
            location /to-secret-index/ {{ {cls.open()} index /secret/page; root {cls.nginx_html()}/nowhere; }}
            location /to-secret-try/ {{ {cls.open()} try_files /nothing /secret/page; }}
            location /to-secret-named/ {{ {cls.open()} try_files /nothing @secret; }}
            location @secret {{ {cls.closed()} return 200 through; }}
            location /to-secret-error/ {{ {cls.open()} error_page 404 =200 /secret/page; }}
            location /to-secret-echo/ {{ {cls.open()} echo before; echo_location /secret/page; echo after; }}
            location /to-secret-exec/ {{ {cls.open()} echo_exec /secret/page; }}
            location /auth-work/ {{ {cls.open()} auth_request /work-check; alias {cls.nginx_html()}/work/; }}
            location = /work-check {{ internal; portcullis_set action edit; return 204; }}
            location /access-too/ {{ {cls.open()} deny all; alias {cls.nginx_html()}/public/; }}
            location /off/ {{ portcullis_policy off; alias {cls.nginx_html()}/public/; }}
            location /inner/ {{ {cls.open()} alias {cls.nginx_html()}/public/;
                location /inner/secret/ {{ {cls.closed()} alias {cls.nginx_html()}/public/; }} }}
        """
        cls.locations = locations
        return f"""
            map $request_method $action {{ GET view; HEAD view; default edit; }}
            map $http_x_kind $kind {{ default SECRET; open OFFICIAL; }}
            map $http_x_lost $lost {{ default false; "yes" true; }}
            log_format decisions escape=json '{{"uri":"$request_uri","status":$status,"decision":"$portcullis_decision",'
                '"reason":"$portcullis_reason","rules":"$portcullis_rules","obligations":"$portcullis_obligations",'
                '"set":"$portcullis_policy_set","digest":"$portcullis_digest","until":"$portcullis_valid_until",'
                '"evidence":"$portcullis_evidence","message":"$portcullis_message"}}';
            access_log {{folder}}/decisions.log decisions;
            portcullis_poll 50ms;
            portcullis_policy {cls.policy};
            portcullis_evidence {cls.keys}/evidence.json $http_x_posture notices={cls.notices};
            portcullis_set action $action;
            portcullis_set resource.classification OFFICIAL;
            portcullis_set resource.sensitive false;
            portcullis_set resource.type document;
            portcullis_set_words resource.handling ",";
            server {{ listen 127.0.0.1:{cls.plain}; {locations} }}
            server {{ listen 127.0.0.1:{cls.plain}; server_name early; return 200 through; }}
            server {{ listen 127.0.0.1:{cls.plain}; server_name early-redirect; return 301 https://$host/; }}
            server {{ listen 127.0.0.1:{cls.tls} ssl http2; ssl_certificate {cls.server.cert};
                ssl_certificate_key {cls.server.key}; ssl_verify_client optional_no_ca; {locations} }}
        """.replace("{folder}", str(cls.keys))

    @staticmethod
    def nginx_html():
        return "html"

    @staticmethod
    def closed():
        return "portcullis_set resource.classification SECRET;"

    @staticmethod
    def open():
        return 'portcullis_set_words resource.handling "FOR PUBLIC RELEASE";'

    def connection(self, certificate="laptop"):
        if certificate is None:
            return http.client.HTTPConnection("127.0.0.1", self.plain, timeout=60)
        context = ssl._create_unverified_context()
        certificate = getattr(self, certificate)
        context.load_cert_chain(certificate.cert, certificate.key)
        return http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=60, context=context)

    def ask(self, path, token="good", certificate="laptop", method="GET", connection=None, body=None, **headers):
        """A request of the managed laptop's, unless told otherwise."""
        connection = connection or self.connection(certificate)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            headers["X-Posture"] = self.token if token == "good" else token
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())

    def nobody(self, path, **more):
        """A request without evidence, without TLS."""
        return self.ask(path, token=None, certificate=None, **more)

    def raw(self, text):
        """Bytes to the plain port; the first line of the answer, and all of it."""
        with socket.create_connection(("127.0.0.1", self.plain), 60) as s:
            s.sendall(text.encode("latin-1"))
            s.shutdown(socket.SHUT_WR)
            got = b""
            while data := s.recv(65536):
                got += data
        return got.decode("latin-1")

    def assertStatus(self, status, answer, *texts):
        self.assertEqual(status, answer.status, answer)
        for text in texts:
            self.assertIn(text, answer.body)

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
        connection = self.connection(None)
        bodies = [self.ask("/work/page", token=None, certificate=None, connection=connection).body for _ in range(1500)]
        self.assertIn("work laptop", bodies[0])
        self.assertTrue(any("<p>You cannot do this as things are.</p>" in body for body in bodies))
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

    # Bypasses ----------------------------------------------------------------------------------

    def test_what_is_closed_stays_closed_whatever_its_location_says(self):
        for way in ("return", "satisfy", "rewrite", "try", "echo", "up"):
            answer = self.ask(f"/secret-{way}/page")
            self.assertStatus(403, answer)
            self.assertNotIn("through", answer.body)
            self.assertNotIn("page\n", answer.body)

    def test_an_administrator_s_error_page_is_what_they_asked_for(self):
        self.assertStatus(200, self.ask("/secret-error-page/page"), "the public page")
        self.assertEqual("permit", self.decision("/secret-error-page/page")["decision"])

    def test_an_internal_redirect_is_decided_anew(self):
        for way in ("rewrite", "index", "try", "named", "exec"):
            answer = self.ask(f"/to-secret-{way}/")
            self.assertStatus(403, answer)
            self.assertNotIn("page\n", answer.body)

    def test_an_error_page_that_is_closed_stays_closed(self):
        answer = self.ask("/to-secret-error/")
        self.assertStatus(403, answer)
        self.assertNotIn("page\n", answer.body)

    def test_an_upstream_cannot_redirect_into_what_is_closed(self):
        self.assertStatus(403, self.ask("/up/open/x", token=None, X_Test_Redirect="/secret/page"))
        self.assertStatus(200, self.ask("/up/open/x", token=None, X_Test_Redirect="/public/page"), "the public page")

    def test_a_subrequest_is_decided_by_itself(self):
        self.assertNotIn("the secret page", self.ask("/public/includes.shtml").body)
        answer = self.ask("/to-secret-echo/")
        self.assertIn("before", answer.body)
        self.assertNotIn("the secret page", answer.body)

    def test_an_auth_request_asks_for_its_own_location(self):
        self.assertStatus(200, self.ask("/auth-work/page"))
        self.assertStatus(403, self.nobody("/auth-work/page"))

    def test_a_permit_leaves_the_other_checks_their_say(self):
        self.assertStatus(403, self.ask("/access-too/page"))

    def test_an_answer_from_before_the_decision_is_stopped(self):
        answer = self.nobody("/", Host="early")
        self.assertStatus(403, answer)
        self.assertNotIn("through", answer.body)
        self.assertStatus(301, self.nobody("/", Host="early-redirect"))

    def test_an_inner_location_inherits_and_overrides(self):
        self.assertStatus(200, self.nobody("/inner/page"))
        self.assertStatus(403, self.nobody("/inner/secret/page"))

    def test_a_location_can_be_left_out(self):
        self.assertStatus(200, self.nobody("/off/page"))

    def test_percent_encoded_paths_lead_to_the_same_decision(self):
        for path in ("/%73ecret/page", "/secret%2fpage", "/public/..%2fsecret/page", "/public/%2e%2e/secret/page",
                     "//secret//page", "/./secret/page", "/public/../secret/page", "/%2573ecret/../secret/page"):
            answer = self.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(" 403 ", answer.split("\r\n")[0], path)

    def test_a_method_override_is_no_request(self):
        for name in ("X-HTTP-Method-Override", "X-Http-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"):
            self.assertStatus(400, self.ask("/up/open/x", **{name.replace("-", "_"): "DELETE"}))

    def test_another_method_is_another_action(self):
        self.assertStatus(200, self.nobody("/up/open/x"))
        for method in ("POST", "PUT", "DELETE"):
            self.assertStatus(403, self.nobody("/up/open/x", method=method, body="x"))

    def test_a_header_or_argument_that_decides_is_there_once(self):
        self.assertStatus(200, self.nobody("/by-header/page", X_Class="OFFICIAL"))
        self.assertStatus(403, self.nobody("/by-header/page", X_Class="SECRET"))
        self.assertStatus(403, self.nobody("/by-header/page"))
        for first, second in (("OFFICIAL", "SECRET"), ("SECRET", "OFFICIAL")):
            answer = self.raw(f"GET /by-header/page HTTP/1.1\r\nHost: x\r\nX-Class: {first}\r\nx-class: {second}\r\n"
                              "Connection: close\r\n\r\n")
            self.assertIn(" 400 ", answer.split("\r\n")[0])
        self.assertStatus(200, self.nobody("/by-argument/page?class=OFFICIAL"))
        for second in ("OFFICIAL", "SECRET"):  # read by a detour
            answer = self.raw(f"GET /by-map/page HTTP/1.1\r\nHost: x\r\nX-Kind: open\r\nX-Kind: {second}\r\nConnection: close\r\n\r\n")
            self.assertIn(" 400 ", answer.split("\r\n")[0])
        self.assertStatus(200, self.nobody("/by-map/page", X_Kind="open"))
        for query in ("class=OFFICIAL&class=SECRET", "class=OFFICIAL&cl%61ss=SECRET", "class=OFFICIAL&CLASS=SECRET"):
            self.assertStatus(400, self.nobody(f"/by-argument/page?{query}"))

    def test_a_value_cannot_bring_a_second_attribute(self):
        for value in ("OFFICIAL;device.posture=managed", 'OFFICIAL","device.posture":"managed', "OFFICIAL\tSECRET"):
            self.assertStatus(403, self.nobody("/by-header/page", X_Class=value))

    def test_a_value_that_is_not_utf_8_is_unknown(self):
        answer = self.raw("GET /by-header/page HTTP/1.1\r\nHost: x\r\nX-Class: OFFICIAL\xff\r\nConnection: close\r\n\r\n")
        self.assertIn(" 403 ", answer.split("\r\n")[0])

    def test_smuggled_requests_are_refused_or_decided(self):
        smuggled = "GET /secret/page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        for headers in (f"Content-Length: {len(smuggled)}\r\nTransfer-Encoding: chunked", "Transfer-Encoding : chunked",
                        "Transfer-Encoding: xchunked", "Content-Length: 0\r\nContent-Length: 5", "X-Class: a\0b"):
            answer = self.raw(f"POST /public/page HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n0\r\n\r\n{smuggled}")
            self.assertNotIn("the secret page", answer)
            self.assertNotIn(" 200 ", answer.split("\r\n")[0])
        answer = self.raw(f"GET /public/page HTTP/1.1\r\nHost: x\r\n\r\n{smuggled}")
        self.assertEqual(["200", "403"], re.findall(r"HTTP/1.1 (\d+)", answer))

    def test_old_http_is_decided_too(self):
        self.assertNotIn("the secret page", self.raw("GET /secret/page\r\n\r\n"))
        self.assertIn("the public page", self.raw("GET /public/page\r\n\r\n"))

    # HTTP/2, WebSockets, keep-alive ------------------------------------------------------------

    def curl(self, *arguments):
        done = subprocess.run(["curl", "-sk", "--max-time", "60", "--cert", self.laptop.cert, "--key", self.laptop.key,
                               "-w", "\n%{http_version} %{http_code}", *arguments], capture_output=True, text=True)
        return done.stdout.split("\n")[-1]

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
        self.assertTrue(eventually(lambda: "does not believe notice" in self.nginx.log.read_text()))
        self.assertStatus(200, self.ask("/work/page"))

    # Logs --------------------------------------------------------------------------------------

    def decision(self, uri):
        """What the log says of the last request for `uri`."""
        def find():
            lines = (self.keys / "decisions.log").read_text().splitlines()
            found = [entry for entry in map(json.loads, lines) if entry["uri"] == uri]
            return found[-1] if found else None
        return eventually(find)

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
            portcullis_set resource.type document; portcullis_set_words resource.handling "FOR PUBLIC RELEASE";""")
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
