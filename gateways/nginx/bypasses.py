"""Ways past a gateway, each tried against the real nginx. Part of test.py."""

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import time
import unittest

from nginx import CLOSED, OPEN, POLICY, SLOW, Front, Nginx, Upstream, free_port


TERMS = """portcullis_obligation no-local-storage header Cache-Control no-store;
    portcullis_obligation limit-session header X-Session-Minutes $portcullis_must_limit_session_minutes;"""
SLOWLY = "portcullis_obligation no-local-storage limit_rate 100k; portcullis_obligation limit-session variable;"
LONG = "a_name_of_an_argument_that_is_longer_than_most_of_them_are"


class Bypasses(Front):
    """What is closed stays closed."""

    @classmethod
    def setUpClass(cls):
        cls.origin, cls.early = free_port(), free_port()
        super().setUpClass()

    @classmethod
    def locations(cls):
        upstream = f"http://127.0.0.1:{cls.upstream.server_address[1]}"
        return f"""
            location /public/ {{ {OPEN} ssi on; ssi_types *; }}
            location /work/ {{ }}
            location /up/ {{ proxy_pass {upstream}; proxy_http_version 1.1;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
                portcullis_recheck 200ms; }}
            location /up/open/ {{ proxy_pass {upstream}; {OPEN} }}
            location /tunnel/ {{ {OPEN} proxy_pass {upstream}; proxy_http_version 1.1;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }}
            location /by-header/ {{ portcullis_set resource.classification $http_x_class; alias html/public/;
                {OPEN} }}
            location /by-map/ {{ portcullis_set resource.classification $kind; portcullis_once $http_x_kind;
                alias html/public/; {OPEN} }}
            location /by-argument/ {{ portcullis_set resource.classification $arg_class; alias html/public/;
                {OPEN} }}

            location /secret/ {{ {CLOSED} }}
            location /secret-return/ {{ {CLOSED} return 200 through; }}
            location /secret-satisfy/ {{ {CLOSED} satisfy any; allow all; alias html/work/; }}
            location /secret-rewrite/ {{ {CLOSED} rewrite ^ /public/page last; }}
            location /secret-try/ {{ {CLOSED} try_files /public/page =404; }}
            location /secret-error-page/ {{ {CLOSED} error_page 403 =200 /public/page; portcullis_deny nginx; }}
            location /secret-echo/ {{ {CLOSED} echo through; }}
            location /secret-up/ {{ {CLOSED} proxy_pass {upstream}; }}
            location /to-secret-rewrite/ {{ {OPEN} rewrite ^ /secret/page last; }}
            location /to-secret-index/ {{ {OPEN} index /secret/page; root html/nowhere; }}
            location /to-secret-try/ {{ {OPEN} try_files /nothing /secret/page; }}
            location /to-secret-named/ {{ {OPEN} try_files /nothing @secret; }}
            location @secret {{ {CLOSED} return 200 through; }}
            location /to-secret-error/ {{ {OPEN} error_page 404 =200 /secret/page; }}
            location /to-secret-echo/ {{ {OPEN} echo before; echo_location /secret/page; echo after; }}
            location /to-secret-exec/ {{ {OPEN} echo_exec /secret/page; }}
            location /auth-work/ {{ {OPEN} auth_request /work-check; alias html/work/; }}
            location = /work-check {{ internal; portcullis_set action edit; return 204; }}
            location /access-too/ {{ {OPEN} deny all; alias html/public/; }}
            location /off/ {{ portcullis_policy off; alias html/public/; }}
            location /inner/ {{ {OPEN} alias html/public/;
                location /inner/secret/ {{ {CLOSED} alias html/public/; }} }}

            location /secret-if/ {{ {CLOSED} if ($arg_if) {{ return 200 through; }} if ($arg_up) {{ proxy_pass {upstream}; }} }}
            location /secret-except/ {{ {CLOSED} limit_except POST {{ deny all; }} proxy_pass {upstream}; }}
            location /secret-mirror/ {{ {CLOSED} mirror /mirrored; proxy_pass {upstream}; }}
            location /to-secret-mirror/ {{ {OPEN} mirror /secret-up/mirrored; proxy_pass {upstream}; }}
            location = /mirrored {{ internal; {OPEN} proxy_pass {upstream}; }}
            location /secret-error-named/ {{ {CLOSED} error_page 403 = @secret; portcullis_deny nginx; }}
            location /except/ {{ {OPEN} limit_except GET {{ allow all; }} proxy_pass {upstream}; }}

            location /on-terms/ {{ portcullis_set resource.sensitive true; {TERMS} proxy_pass {upstream}; }}
            location /on-terms-rewrite/ {{ portcullis_set resource.sensitive true; {TERMS} rewrite ^ /off/page last; }}
            location /on-terms-missing/ {{ portcullis_set resource.sensitive true; {TERMS} error_page 404 =200 /off/page; }}
            location /on-terms-headers/ {{ portcullis_set resource.sensitive true; {TERMS} alias html/public/;
                expires 1h; add_header X-Session-Minutes 9999; }}
            location /on-terms-slow/ {{ portcullis_set resource.sensitive true; {SLOWLY} alias html/public/;
                limit_rate_after 10m; }}
            location /on-terms-tunnel/ {{ portcullis_set resource.sensitive true; {SLOWLY} proxy_pass {upstream};
                proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }}
            location /on-terms-included/ {{ portcullis_set resource.sensitive true; alias html/work/;
                portcullis_obligation no-local-storage variable; portcullis_obligation limit-session variable; }}
            location /on-terms-logged/ {{ portcullis_set resource.sensitive true; alias html/work/; log_subrequest on;
                portcullis_obligation no-local-storage variable; portcullis_obligation limit-session variable; }}
            location /off/slow/ {{ portcullis_policy off; alias html/public/; limit_rate 5k; }}

            location /by-cookie/ {{ portcullis_set resource.classification $cookie_class; alias html/public/; {OPEN} }}
            location /by-long-argument/ {{ portcullis_set resource.classification $arg_{LONG}; alias html/public/; {OPEN} }}
            location /underscores/ {{ alias html/work/; }}
            location /encoded/ {{ {OPEN} portcullis_ambiguous_paths allow; proxy_pass {upstream}; }}
            location /sliced/ {{ {OPEN} slice 100k; proxy_set_header Range $slice_range;
                proxy_pass http://127.0.0.1:{cls.origin}/public/; }}
        """

    @classmethod
    def more(cls):
        return f"""
            map $http_x_kind $kind {{ default SECRET; open OFFICIAL; }}
            server {{ listen 127.0.0.1:{cls.plain}; server_name early; return 200 through; }}
            server {{ listen 127.0.0.1:{cls.plain}; server_name early-redirect; return 301 https://$host/; }}
            server {{ listen 127.0.0.1:{cls.plain}; server_name underscores; underscores_in_headers on; }}
            server {{ listen 127.0.0.1:{cls.origin}; portcullis_policy off; }}
            server {{ listen 127.0.0.1:{cls.tls} ssl http2; server_name unasked.example; ssl_verify_client off;
                ssl_certificate {cls.server.cert}; ssl_certificate_key {cls.server.key}; location /work/ {{ }} }}
            server {{ listen 127.0.0.1:{cls.early} ssl; ssl_verify_client optional_no_ca; ssl_early_data on;
                ssl_protocols TLSv1.3; ssl_session_tickets on; ssl_certificate {cls.server.cert};
                ssl_certificate_key {cls.server.key}; location /public/ {{ {OPEN} }} }}
        """

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
        for path in ("/%73ecret/page", "/public/%2e%2e/secret/page", "//secret//page", "/./secret/page",
                     "/public/../secret/page"):
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

    # Other ways to be answered -----------------------------------------------------------------

    def test_no_directive_of_a_closed_location_opens_it(self):
        for path in ("/secret-if/page?if=1", "/secret-if/page?up=1", "/secret-except/page", "/secret-mirror/page",
                     "/secret-error-named/page"):
            answer = self.ask(path)
            self.assertStatus(403, answer)
            self.assertNotIn("through", answer.body)
        self.assertStatus(403, self.ask("/secret-except/page", method="POST", body="x"))
        self.assertStatus(403, self.ask("/except/page", token=None, method="POST", body="x"))
        self.assertStatus(200, self.ask("/except/page", token=None))

    def test_a_mirror_is_decided_by_itself(self):
        self.assertStatus(200, self.ask("/to-secret-mirror/x"))
        self.assertNotIn("/secret-up/mirrored", Upstream.reached)

    def test_ranges_and_head_and_conditions_are_decided_as_the_whole_is(self):
        for headers in ({"Range": "bytes=0-3"}, {"If_Modified_Since": "Thu, 01 Jan 2099 00:00:00 GMT"}, {"If_None_Match": "*"}):
            self.assertStatus(403, self.ask("/secret/page", **headers))
        answer = self.ask("/secret/page", method="HEAD")
        self.assertStatus(403, answer)
        self.assertIsNone(answer.headers["ETag"])
        self.assertStatus(206, self.ask("/inner/page", Range="bytes=0-2"), "the")

    def test_a_refused_body_never_reaches_the_upstream(self):
        self.assertStatus(403, self.nobody("/secret-up/body", method="POST", body="x" * 100_000))
        self.raw("POST /secret-up/expect HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
        self.raw("POST /secret-up/chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
        for path in ("body", "expect", "chunked"):
            self.assertNotIn(f"/secret-up/{path}", Upstream.reached)

    def test_a_trailer_states_nothing(self):
        answer = self.raw("POST /by-header/page HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Class\r\n"
                          "Connection: close\r\n\r\n0\r\nX-Class: OFFICIAL\r\n\r\n")
        self.assertIn(" 403 ", answer.split("\r\n")[0])

    def test_http_1_0_and_absolute_requests_are_decided(self):
        self.assertIn(" 403 ", self.raw("GET /secret/page HTTP/1.0\r\n\r\n").split("\r\n")[0])
        self.assertIn(" 200 ", self.raw("GET /public/page HTTP/1.0\r\n\r\n").split("\r\n")[0])
        answer = self.raw("GET http://x/secret/page HTTP/1.1\r\nHost: early-redirect\r\nConnection: close\r\n\r\n")
        self.assertIn(" 403 ", answer.split("\r\n")[0])

    # Tunnels -----------------------------------------------------------------------------------

    def upgrade(self, *protocols):
        headers = "".join(f"Upgrade: {protocol}\r\n" for protocol in protocols)
        with socket.create_connection(("127.0.0.1", self.plain), 60) as s:
            s.sendall(f"GET /tunnel/x HTTP/1.1\r\nHost: x\r\n{headers}Connection: Upgrade\r\n\r\n".encode())
            return int(s.recv(1000).split()[1])

    def test_a_tunnel_is_for_websockets_and_not_for_other_requests(self):
        self.assertEqual(101, self.upgrade("WebSocket"))
        for protocols in (["h2c"], ["HTTP/2.0"], ["websocket, h2c"], ["TLS/1.0"], ["websocket", "h2c"]):
            self.assertEqual(403, self.upgrade(*protocols), protocols)

    def test_a_tunnel_cannot_be_slow(self):
        context = ssl._create_unverified_context()
        context.load_cert_chain(self.laptop.cert, self.laptop.key)
        with context.wrap_socket(socket.create_connection(("127.0.0.1", self.tls), 60)) as s:
            s.sendall((f"GET /on-terms-tunnel/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       f"X-Posture: {self.token}\r\n\r\n").encode())
            self.assertNotIn(b" 101 ", s.recv(1000))

    # Obligations -------------------------------------------------------------------------------

    def assertOnTerms(self, answer):
        self.assertStatus(200, answer)
        self.assertEqual(["no-store"], answer.headers.get_all("Cache-Control"))
        self.assertEqual(["60"], answer.headers.get_all("X-Session-Minutes"))

    def test_an_obligation_is_not_lost_by_an_internal_redirect(self):
        self.assertOnTerms(self.ask("/on-terms/x", X_Test_Redirect="/off/page"))
        self.assertOnTerms(self.ask("/on-terms/x", X_Test_Redirect="/public/page"))
        self.assertOnTerms(self.ask("/on-terms-rewrite/x"))
        self.assertOnTerms(self.ask("/on-terms-missing/x"))
        self.assertIsNone(self.ask("/off/page").headers["Cache-Control"])

    def test_an_obligation_s_header_is_the_last_word(self):
        self.assertOnTerms(self.ask("/on-terms-headers/page"))

    def test_an_obligation_to_be_slow_holds_from_the_first_byte(self):
        before = time.time()
        self.assertStatus(200, self.ask("/on-terms-slow/big"))
        self.assertGreater(time.time() - before, 2)

    def test_an_obligation_that_is_for_a_log_is_refused_where_none_is_written(self):
        self.assertNotIn("the work page", self.ask("/public/on-terms-included.shtml").body)
        self.assertIn("the work page", self.ask("/public/on-terms-logged.shtml").body)
        self.assertStatus(200, self.ask("/on-terms-included/page"))

    def test_what_was_redirected_within_nginx_is_still_cut_when_its_permit_ends(self):
        lifetime = 20 if SLOW else 3
        token = self.manager.token(self.laptop, age=0, lifetime=lifetime)
        before = time.time()
        with self.assertRaises(http.client.IncompleteRead):
            self.ask("/up/x", token=token, X_Test_Redirect="/off/slow/big")
        self.assertLess(time.time() - before, lifetime + 8)

    def test_slices_of_a_response_are_part_of_what_was_decided(self):
        self.assertEqual(400_000, len(self.nobody("/sliced/big").body))
        self.assertStatus(403, self.nobody("/sliced/big", method="POST", body="x"))

    # Two readings ------------------------------------------------------------------------------

    def test_a_cookie_that_decides_is_there_once(self):
        self.assertStatus(200, self.nobody("/by-cookie/page", Cookie="a=b; class=OFFICIAL"))
        for cookies in ("class=OFFICIAL; class=SECRET", "class=OFFICIAL; CLASS=SECRET", "class=OFFICIAL,class=SECRET",
                        "class=OFFICIAL;class =SECRET"):
            self.assertStatus(400, self.nobody("/by-cookie/page", Cookie=cookies))
        answer = self.raw("GET /by-cookie/page HTTP/1.1\r\nHost: x\r\nCookie: class=OFFICIAL\r\nCookie: class=SECRET\r\n"
                          "Connection: close\r\n\r\n")
        self.assertIn(" 400 ", answer.split("\r\n")[0])

    def test_an_argument_that_decides_is_there_once_however_long_its_name(self):
        encoded = "".join(f"%{ord(letter):02x}" for letter in LONG)
        self.assertStatus(200, self.nobody(f"/by-long-argument/page?{LONG}=OFFICIAL"))
        self.assertStatus(400, self.nobody(f"/by-long-argument/page?{LONG}=OFFICIAL&{encoded}=SECRET"))

    def test_an_underscore_is_another_way_to_write_a_dash(self):
        text = ("GET /underscores/page HTTP/1.1\r\nHost: underscores\r\nX-Posture: a\r\nX_Posture: b\r\n"
                "Connection: close\r\n\r\n")
        self.assertIn(" 400 ", self.raw(text).split("\r\n")[0])
        text = "GET /x HTTP/1.1\r\nHost: underscores\r\nX_HTTP_Method_Override: DELETE\r\nConnection: close\r\n\r\n"
        self.assertIn(" 400 ", self.raw(text).split("\r\n")[0])

    def test_a_second_resource_is_no_request(self):
        for method in ("COPY", "MOVE"):
            self.assertStatus(400, self.ask("/up/open/x", method=method, Destination="/secret/page"))

    def test_a_path_that_others_read_otherwise_is_no_request(self):
        for path in ("/up/open/..;/secret", "/up/open/.;/..;a=b/secret", "/up/open/..%5csecret", "/up/open/..\\secret",
                     "/up/open/%252e%252e/secret", "/up/open/..%252fsecret", "/up/open/a%2f..%2f..%2fsecret", "/up/open/a%2fb",
                     "/up/open/a%00b"):
            answer = self.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(" 400 ", answer.split("\r\n")[0], path)
        for path in ("/up/open/a;b=c", "/up/open/100%25", "/up/open/a%20b", "/up/open/...;/x", "/up/open/x?a=..;/&b=%2f%5c%252e"):
            self.assertStatus(200, self.nobody(path))
        self.assertStatus(200, self.nobody("/encoded/group%2fproject"))

    # TLS ---------------------------------------------------------------------------------------

    def over(self, context, path, name=None, host="x", session=None, token=None):
        """A request over TLS as told, and the session to resume."""
        with socket.create_connection(("127.0.0.1", self.tls), 60) as plain, \
                context.wrap_socket(plain, server_hostname=name, session=session) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Posture: {token or self.token}\r\nConnection: close\r\n\r\n".encode())
            got = b""
            while data := s.recv(65536):
                got += data
            return int(got.split()[1]), s.session, s.session_reused

    def test_a_resumed_session_is_the_device_s_that_began_it(self):
        context = ssl._create_unverified_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.laptop.cert, self.laptop.key)
        status, session, _ = self.over(context, "/work/page")
        self.assertEqual(200, status)
        context.load_cert_chain(self.other.cert, self.other.key)  # the same session, another certificate at hand
        status, _, resumed = self.over(context, "/work/page", session=session)
        self.assertEqual((200, True), (status, resumed))
        status, _, resumed = self.over(context, "/work/page", session=session, token=self.manager.token(self.other))
        self.assertEqual((403, True), (status, resumed))

    def test_a_host_that_is_not_the_one_of_the_handshake_brings_nothing(self):
        context = ssl._create_unverified_context()
        context.load_cert_chain(self.laptop.cert, self.laptop.key)
        self.assertEqual(200, self.over(context, "/work/page", name="x")[0])
        # A server that asks for no certificate has none, whichever server the request is for then.
        self.assertIn(self.over(context, "/work/page", name="unasked.example", host="x")[0], (403, 421))
        # A key that was shown was shown.
        self.assertEqual(200, self.over(context, "/work/page", name="x", host="unasked.example")[0])
        self.assertEqual(403, self.over(context, "/work/page", name="unasked.example", host="unasked.example")[0])

    def test_a_certificate_that_nobody_signed_proves_its_key_and_nothing_else(self):
        # `optional_no_ca` lets it in; the token says whose key it is, and this one is nobody's.
        self.assertStatus(403, self.ask("/work/page", certificate="other"))
        self.assertStatus(200, self.ask("/work/page", certificate="other", token=self.manager.token(self.other)))

    @unittest.skipIf(SLOW, "by the time that a slow nginx looks, the handshake is over, and the data is early no more")
    def test_early_data_which_anyone_may_replay_is_not_decided(self):
        ticket, early = self.keys / "ticket", self.keys / "early"
        early.write_text("GET /public/page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        def connect(*more):
            return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.early}", "-tls1_3", "-cert", self.laptop.cert,
                                   "-key", self.laptop.key, "-ign_eof", *more], input="", capture_output=True, text=True, timeout=60).stdout

        subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.early}", "-tls1_3", "-cert", self.laptop.cert, "-key",
                        self.laptop.key, "-sess_out", ticket, "-ign_eof"], input=early.read_text(), capture_output=True, text=True, timeout=60)
        answer = connect("-sess_in", ticket, "-early_data", early)
        self.assertIn("Early data was accepted", answer)
        self.assertIn("HTTP/1.1 425", answer)


class Warnings(unittest.TestCase):
    """What an administrator is told."""

    def test_slashes_that_are_not_merged_are_warned_of(self):
        port = free_port()
        nginx = Nginx(f"portcullis_policy {POLICY}; merge_slashes off; server {{ listen 127.0.0.1:{port}; }}")
        self.addCleanup(shutil.rmtree, nginx.folder, True)
        good, said = nginx.test()
        self.assertTrue(good, said)
        self.assertIn("merge_slashes", said)
