"""Ways past a gateway, each tried against the real nginx. Part of test.py."""

import re

from nginx import CLOSED, OPEN, Front


class Bypasses(Front):
    """What is closed stays closed."""

    @classmethod
    def locations(cls):
        upstream = f"http://127.0.0.1:{cls.upstream.server_address[1]}"
        return f"""
            location /public/ {{ portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; ssi on; ssi_types *; }}
            location /work/ {{ }}
            location /up/ {{ proxy_pass {upstream}; proxy_http_version 1.1;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
                portcullis_recheck 200ms; }}
            location /up/open/ {{ proxy_pass {upstream}; portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}
            location /by-header/ {{ portcullis_set resource.classification $http_x_class; alias html/public/;
                portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}
            location /by-map/ {{ portcullis_set resource.classification $kind; portcullis_once $http_x_kind;
                alias html/public/; portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}
            location /by-argument/ {{ portcullis_set resource.classification $arg_class; alias html/public/;
                portcullis_set_words resource.handling "FOR PUBLIC RELEASE"; }}

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
        
        """

    @classmethod
    def more(cls):
        return f"""
            map $http_x_kind $kind {{ default SECRET; open OFFICIAL; }}
            server {{ listen 127.0.0.1:{cls.plain}; server_name early; return 200 through; }}
            server {{ listen 127.0.0.1:{cls.plain}; server_name early-redirect; return 301 https://$host/; }}
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
