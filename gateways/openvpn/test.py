"""The OpenVPN plugin, end to end: `run` starts this. Real tunnels, in network namespaces of their own."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "test"))
import evidence  # noqa: E402

MODE = sys.argv[1]
PLUGIN = pathlib.Path(sys.argv[2]).resolve()
SLOW = MODE != "plain"
POLICY = HERE.parent / "test" / "policy"
SERVER, CLIENT = f"pc-server-{os.getpid()}", f"pc-client-{os.getpid()}"


def sh(command):
    return subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout


def eventually(what, seconds=20):
    end = time.time() + seconds * (6 if SLOW else 1)
    while time.time() < end:
        if found := what():
            return found
        time.sleep(0.1)
    return what()


class OpenVpn:
    """An openvpn process in a namespace, with its log. What is watched runs under valgrind or the sanitizers."""

    def __init__(self, namespace, folder, name, options, watched=False):
        self.log, self.found = folder / f"{name}.log", folder / f"{name}.found"
        (folder / f"{name}.conf").write_text(options)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", namespace, *(self.watcher() if watched else []), "openvpn", "--cd", folder,
                 "--config", f"{name}.conf"], stdout=log, stderr=log)

    def watcher(self):
        if MODE == "valgrind":
            return ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite", f"--log-file={self.found}.%p"]
        if MODE == "asan":
            libraries = [subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
                         for name in ("libasan.so", "libubsan.so")]
            return ["env", f"LD_PRELOAD={':'.join(libraries)}", f"ASAN_OPTIONS=log_path={self.found}",
                    f"UBSAN_OPTIONS=log_path={self.found}:print_stacktrace=1"]
        return []

    def findings(self):
        """What valgrind or the sanitizers found, once it ended."""
        return "".join(file.read_text() for file in self.found.parent.glob(f"{self.found.name}.*"))

    def said(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Tunnel(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        sh(f"""ip netns add {SERVER}; ip netns add {CLIENT}
               ip link add pcs{os.getpid() % 10000} netns {SERVER} type veth peer name pcc{os.getpid() % 10000} netns {CLIENT}
               ip -n {SERVER} addr add 10.77.0.1/24 dev pcs{os.getpid() % 10000}
               ip -n {CLIENT} addr add 10.77.0.2/24 dev pcc{os.getpid() % 10000}
               ip -n {SERVER} link set lo up; ip -n {CLIENT} link set lo up
               ip -n {SERVER} link set pcs{os.getpid() % 10000} up; ip -n {CLIENT} link set pcc{os.getpid() % 10000} up
               ip -n {SERVER} addr add 10.99.0.1/32 dev lo""")
        folder = cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-openvpn-"))
        cls.manager, cls.notifier = evidence.Signer(folder, "manager"), evidence.Signer(folder, "notifier")
        cls.stranger = evidence.Signer(folder, "stranger")
        evidence.configure(folder, cls.manager, cls.notifier)
        cls.authority = evidence.Certificate(folder, "authority")
        cls.gateway = evidence.Certificate(folder, "gateway", cls.authority, "serverAuth")
        cls.tokens, cls.notices, cls.policy = folder / "tokens", folder / "notices", folder / "policy"
        cls.tokens.mkdir()
        cls.notices.mkdir()
        cls.policy.symlink_to(POLICY)
        cls.count = 0
        cls.server = cls.start_server(cls.settings(), "server")
        assert eventually(lambda: "Initialization Sequence Completed" in cls.server.said()), cls.server.said()

    @classmethod
    def settings(cls):
        return f"""
            policy {cls.policy}
            evidence {cls.folder}/evidence.json
            tokens {cls.tokens}
            notices {cls.notices}
            set-at-connect action view            # what is asked when a client comes
            set-at-renegotiation action continue-session
            set resource.classification OFFICIAL
            set resource.type document
            set resource.handling ","
            set resource.sensitive $X509_0_OU     # test: the certificate's unit says what the client is for
            obligation no-local-storage push "route 10.99.0.1 255.255.255.255"
            obligation limit-session session-timeout minutes
            obligation record-access log
            """

    @classmethod
    def start_server(cls, settings, name, port=1194, more=""):
        (cls.folder / f"{name}.portcullis").write_text(settings)
        return OpenVpn(SERVER, cls.folder, name, f"""
            dev tun
            proto udp
            local 10.77.0.1
            port {port}
            topology subnet
            server 10.88.{port % 250}.0 255.255.255.0
            ca {cls.authority.cert}
            cert {cls.gateway.cert}
            key {cls.gateway.key}
            dh none
            duplicate-cn
            auth-user-pass-optional
            plugin {PLUGIN} {cls.folder}/{name}.portcullis
            reneg-sec 6
            tran-window 3
            keepalive 2 20
            verb 4
            {more}
            """, watched=True)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        found = cls.server.findings()
        for namespace in (SERVER, CLIENT):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
        if os.environ.get("KEEP"):
            print(cls.folder, file=sys.stderr)
        else:
            shutil.rmtree(cls.folder)
        if found:
            raise AssertionError(f"found while OpenVPN ran:\n{found}")

    def certificate(self, unit="false"):
        """A device of its own, of a unit."""
        type(self).count += 1
        name = f"device-{self.count}"
        return evidence.Certificate(self.folder, name, self.authority, "clientAuth", f"/OU={unit}/CN={name}")

    def deposit(self, certificate, *tokens):
        """What the device manager leaves at the gateway."""
        fresh = self.tokens / f".{certificate.thumbprint}"
        fresh.write_text("".join(f"{token}\n" for token in tokens))
        fresh.rename(self.tokens / certificate.thumbprint)

    def connect(self, certificate, more="", port=1194, wait=True):
        client = OpenVpn(CLIENT, self.folder, f"client-{certificate.name}", f"""
            client
            dev tun
            proto udp
            remote 10.77.0.1 {port}
            nobind
            ca {self.authority.cert}
            cert {certificate.cert}
            key {certificate.key}
            remote-cert-tls server
            reneg-sec 0
            verb 4
            connect-retry-max 2
            auth-retry none
            {more}
            """)
        self.addCleanup(client.stop)
        if wait:
            eventually(lambda: client.process.poll() is not None or "Initialization Sequence Completed" in client.said())
        return client

    def up(self, client):
        return client.process.poll() is None and "Initialization Sequence Completed" in client.said()

    def ping(self, address="10.88.194.1"):
        return subprocess.run(["ip", "netns", "exec", CLIENT, "ping", "-c", "1", "-W", "1", address],
                              capture_output=True).returncode == 0

    def assertRefused(self, client, *words):
        self.assertFalse(self.up(client), client.said())
        for word in words:
            self.assertIn(word, client.said())

    def test_a_managed_device_gets_a_tunnel(self):
        device = self.certificate()
        self.deposit(device, self.manager.token(device))
        client = self.connect(device)
        self.assertTrue(self.up(client), client.said() + self.server.said())
        self.assertTrue(eventually(self.ping))
        client.stop()

    def test_a_device_without_evidence_is_told_why_it_gets_none(self):
        client = self.connect(self.certificate())
        self.assertRefused(client, "AUTH_FAILED", "You cannot do this as things are", "work laptop")

    def test_forged_stale_and_borrowed_evidence_is_refused(self):
        other = self.certificate()
        for token in (lambda device: self.stranger.token(device, kid="manager"),
                      lambda device: self.manager.token(device, age=7200),
                      lambda device: self.manager.token(other)):
            device = self.certificate()
            self.deposit(device, token(device))
            self.assertRefused(self.connect(device), "AUTH_FAILED")

    def test_what_a_client_asserts_changes_nothing(self):
        device = self.certificate()
        client = self.connect(device, f"""
            push-peer-info
            setenv UV_TOKEN {self.manager.token(self.certificate())[:200]}
            setenv UV_tls_digest_sha256_0 {"00:" * 31}00
            setenv UV_device_posture managed""")
        self.assertRefused(client, "AUTH_FAILED")

    def test_obligations_become_pushed_options(self):
        device = self.certificate(unit="true")
        self.deposit(device, self.manager.token(device))
        client = self.connect(device)
        self.assertTrue(self.up(client), client.said() + self.server.said())
        push = re.search(r"PUSH: Received control message: '(.*)'", client.said())[1]
        self.assertIn("route 10.99.0.1 255.255.255.255", push)
        self.assertIn("session-timeout 3600", push)
        self.assertTrue(eventually(lambda: self.ping("10.99.0.1")))
        client.stop()

    def test_an_obligation_that_the_gateway_cannot_do_is_refused(self):
        device = self.certificate()
        self.deposit(device, self.manager.token(device, device=evidence.PHONE))
        self.assertRefused(self.connect(device), "AUTH_FAILED")
        self.assertIn("keep-data-inside-container", self.server.said())

    def test_a_device_that_is_revoked_meanwhile_is_cut_off_at_the_next_renegotiation(self):
        device = self.certificate()
        self.deposit(device, self.manager.token(device, device=evidence.LAPTOP | {"id": "LAPTOP-9"}))
        client = self.connect(device)
        self.assertTrue(self.up(client), client.said() + self.server.said())
        self.assertTrue(eventually(self.ping))
        time.sleep(8)  # one renegotiation goes well
        self.assertTrue(self.ping())
        said = re.findall(f"{device.thumbprint}: permitted to (.*)", self.server.said())
        self.assertEqual(["connect", "connect", "renegotiate"], said[:3])

        written = self.notices / ".revoked"
        written.write_text(self.notifier.notice("LAPTOP-9") + "\n")
        written.rename(self.notices / "revoked")
        self.assertTrue(eventually(lambda: not self.ping() and not self.ping(), 30), client.said() + self.server.said())
        self.assertIn(f"{device.thumbprint}: refused to renegotiate", self.server.said())
        self.assertTrue(eventually(lambda: client.process.poll() is not None, 30), client.said())

    def test_a_token_of_openvpn_s_own_does_not_keep_a_device_that_is_revoked(self):
        server = self.start_server(self.settings(), "token", port=1195, more="auth-gen-token 3600 120")
        self.addCleanup(server.stop)
        self.assertTrue(eventually(lambda: "Initialization Sequence Completed" in server.said()), server.said())
        device = self.certificate()
        self.deposit(device, self.manager.token(device, device=evidence.LAPTOP | {"id": "LAPTOP-10"}))
        (self.folder / "user").write_text("somebody\nsecret\n")
        client = self.connect(device, f"auth-user-pass {self.folder}/user", port=1195)
        self.assertTrue(self.up(client), client.said() + server.said())
        self.assertTrue(eventually(lambda: "permitted to renegotiate" in server.said()), server.said())
        self.assertTrue(eventually(lambda: self.ping("10.88.195.1")))

        written = self.notices / ".token"
        written.write_text(self.notifier.notice("LAPTOP-10") + "\n")
        written.rename(self.notices / "token")
        gone = lambda: not self.ping("10.88.195.1") and not self.ping("10.88.195.1")  # noqa: E731
        self.assertTrue(eventually(gone, 30), client.said() + server.said())
        self.assertIn(f"{device.thumbprint}: refused to renegotiate", server.said())
        server.stop()
        self.assertEqual("", server.findings())

    def test_a_session_ends_when_its_time_is_up_whatever_the_client_does(self):
        short = self.folder / "short"
        shutil.copytree(POLICY, short)
        (short / "town.json").write_text((short / "town.json").read_text().replace('"minutes": 60', '"minutes": 1'))
        try:
            self.switch(short)
            device = self.certificate(unit="true")
            self.deposit(device, self.manager.token(device))
            client = self.connect(device, 'pull-filter ignore "session-timeout"')
            self.assertTrue(self.up(client), client.said() + self.server.said())
            self.assertTrue(eventually(self.ping))
            begun = time.time()
            self.assertTrue(eventually(lambda: client.process.poll() is not None, 90), client.said())
            self.assertGreater(time.time() - begun, 50)
            self.assertIn("Your session has ended", client.said())
        finally:
            self.switch(POLICY)

    def test_policy_is_replaced_without_a_restart(self):
        device = self.certificate()
        self.deposit(device, self.manager.token(device))
        changed = self.folder / "changed"
        shutil.copytree(POLICY, changed)
        (changed / "town.json").write_text((changed / "town.json").read_text().replace('["view", "edit", ', '["edit", '))
        try:
            self.switch(changed)
            self.assertRefused(self.connect(device), "AUTH_FAILED")
            broken = self.folder / "broken"
            broken.mkdir()
            (broken / "policy-set.json").write_text("{")
            self.switch(broken)  # what is in force stays
            self.assertRefused(self.connect(device), "AUTH_FAILED")
        finally:
            self.switch(POLICY)
        client = self.connect(device)
        self.assertTrue(self.up(client), client.said() + self.server.said())
        client.stop()

    def test_policy_that_changes_under_load_gives_the_answer_of_one_of_the_two_sets(self):
        closed = self.folder / "closed"
        shutil.copytree(POLICY, closed)
        (closed / "town.json").write_text((closed / "town.json").read_text().replace(
            '["view", "edit", "continue-session"]', '["edit"]'))
        manifest = closed / "policy-set.json"
        manifest.write_text(manifest.read_text().replace('"gateways"', '"closed"').replace('"tests": ["tests.json"],', ""))
        devices = [self.certificate() for _ in range(8)]
        for device in devices:
            self.deposit(device, self.manager.token(device))
        begun = len(self.server.said())
        answers, changes = {}, 0
        # The handshakes of a round end nearly together: the rounds go on until both sets have answered.
        for _ in range(6):
            clients = []
            try:
                for device in devices:
                    clients.append(self.connect(device, wait=False))
                    changes += 1
                    self.switch(closed if changes % 2 else POLICY)
                    time.sleep(0.4)
                for _ in range(21):
                    changes += 1
                    self.switch(closed if changes % 2 else POLICY)
                    time.sleep(0.15)
                for client in clients:
                    client.stop()
            finally:
                self.switch(POLICY)
            answers = self.answers(self.server.said()[begun:])
            if min(answers.values()) > 1:
                break
        self.assertGreater(min(answers.values()), 1, answers)

    def answers(self, said):
        """How often each set gave its answer; another answer fails."""
        answers = {("gateways", "permitted"): 0, ("closed", "refused"): 0}
        in_force = "gateways"
        for line in said.splitlines():
            if found := re.search("policy set `(.*)` is in force", line):
                in_force = found[1]
            elif found := re.search("[0-9a-f]{64}: (permitted|refused) to (?:connect|renegotiate)", line):
                self.assertIn((in_force, found[1]), answers, line)
                answers[in_force, found[1]] += 1
        return answers

    def switch(self, target):
        fresh = self.folder / ".policy"
        fresh.symlink_to(target)
        fresh.rename(self.policy)

    def test_a_gateway_whose_configuration_cannot_be_meant_does_not_start(self):
        good = f"policy {POLICY}\nset action view\n"
        for name, (settings, words) in enumerate((
                ("policy /nowhere\n", "cannot be put in force"),
                (good + "set acton view\n", "does not have `acton`"),
                (good + "set device.posture managed\n", "only evidence sets"),
                (good + "set resource.id $UV_ID\n", "the client asserts this variable"),
                (good + "set resource.id $IV_HWADDR\n", "the client asserts this variable"),
                (good + "obligation record-access someday\n", "it takes a name, and"),
                (good + "frobnicate\n", "this is no directive"),
                (good + f"evidence {self.folder}/evidence.json\n", "`tokens` is missing"))):
            server = self.start_server(settings, f"bad-{name}", port=1200 + name)
            self.addCleanup(server.stop)
            self.assertTrue(eventually(lambda: server.process.poll() is not None), server.said())
            self.assertIn(words, server.said())
            self.assertEqual("", server.findings())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
