"""What the tests and the measure of the nginx module share: the packaged nginx, and what stands behind it.

Whoever imports this was started as `NAME.py MODE MODULE …`, where MODE is plain, valgrind or asan.
"""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
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
import evidence  # noqa: E402, F401

MODE = sys.argv[1]
MODULE = pathlib.Path(sys.argv[2]).resolve()
POLICY = HERE.parent / "test" / "policy"
SLOW = MODE != "plain"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Upstream(http.server.BaseHTTPRequestHandler):
    """What stands behind nginx: says what reached it, redirects inside nginx, and agrees to any other protocol."""

    protocol_version = "HTTP/1.1"
    reached = []

    def answer(self):
        self.reached.append(self.path)
        if protocol := self.headers.get("Upgrade"):
            self.send_response(101)
            self.send_header("Upgrade", protocol)
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
        if target := self.headers.get("X-Test-Redirect"):
            self.send_header("X-Accel-Redirect", target)
        else:
            self.send_header("X-Accel-Limit-Rate", "0")
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(OSError):  # nginx has no use for it after a redirect
                self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_COPY = do_MOVE = answer

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

    def start(self, port, wrapper=()):
        wrapper = list(wrapper)
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


OPEN = 'portcullis_set resource.handling "FOR PUBLIC RELEASE";'
CLOSED = "portcullis_set resource.classification SECRET;"


class Front(unittest.TestCase):
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
        for name in ("included", "logged"):
            (cls.nginx.folder / "html" / "public" / f"on-terms-{name}.shtml").write_text(
                f'before <!--# include virtual="/on-terms-{name}/page" --> after\n')
        cls.nginx.start(cls.plain)

    @classmethod
    def tearDownClass(cls):
        found = cls.nginx.stop()
        cls.upstream.shutdown()
        shutil.rmtree(cls.keys)
        if found:
            raise AssertionError(f"found while nginx ran:\n{found}")

    @classmethod
    def locations(cls):
        """What each server has."""
        return ""

    @classmethod
    def more(cls):
        """What there is beside the two servers."""
        return ""

    @classmethod
    def http_block(cls):
        locations = cls.locations()
        return f"""
            map $request_method $action {{ GET view; HEAD view; default edit; }}
            log_format decisions escape=json '{{"uri":"$request_uri","status":$status,"decision":"$portcullis_decision",'
                '"reason":"$portcullis_reason","rules":"$portcullis_rules","obligations":"$portcullis_obligations",'
                '"set":"$portcullis_policy_set","digest":"$portcullis_digest","until":"$portcullis_valid_until",'
                '"evidence":"$portcullis_evidence","message":"$portcullis_message"}}';
            access_log {cls.keys}/decisions.log decisions;
            portcullis_poll 50ms;
            portcullis_policy {cls.policy};
            portcullis_evidence {cls.keys}/evidence.json $http_x_posture notices={cls.notices};
            portcullis_set action $action;
            portcullis_set resource.classification OFFICIAL;
            portcullis_set resource.sensitive false;
            portcullis_set resource.type document;
            portcullis_set resource.handling ",";
            server {{ listen 127.0.0.1:{cls.plain}; {locations} }}
            server {{ listen 127.0.0.1:{cls.tls} ssl http2; ssl_certificate {cls.server.cert};
                ssl_certificate_key {cls.server.key}; ssl_verify_client optional_no_ca; {locations} }}
            {cls.more()}
        """

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

    def curl(self, *arguments):
        done = subprocess.run(["curl", "-sk", "--max-time", "60", "--cert", self.laptop.cert, "--key", self.laptop.key,
                               "-w", "\n%{http_version} %{http_code}", *arguments], capture_output=True, text=True)
        return done.stdout.split("\n")[-1]

    def decision(self, uri):
        """What the log says of the last request for `uri`."""
        def find():
            lines = (self.keys / "decisions.log").read_text().splitlines()
            found = [entry for entry in map(json.loads, lines) if entry["uri"] == uri]
            return found[-1] if found else None
        return eventually(find)
