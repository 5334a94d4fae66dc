#!/usr/bin/env python3
"""Writes the keys and the corpus of tests/evidence: `python3 tests/evidence/generate.py`.

It needs the package `cryptography`. Keys come from fixed seeds and signatures are deterministic where
their algorithm allows it (PS256 does not), so that a second run changes next to nothing. The private
halves are nowhere but here: they sign tests, and no issuer that exists.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import random
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

HERE = pathlib.Path(__file__).parent
NOW = 1772442000  # 2026-03-02T09:00:00Z
VPN = "https://vpn.council.example"
MDM = "https://mdm.council.example"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


# Keys ------------------------------------------------------------------------------------------


def prime(rng, bits):
    while True:
        candidate = rng.getrandbits(bits) | 1 | 3 << (bits - 2)
        if candidate % 65537 == 1 or any(candidate % small == 0 for small in (3, 5, 7, 11, 13, 17)):
            continue
        odd, twos = candidate - 1, 0
        while odd % 2 == 0:
            odd, twos = odd // 2, twos + 1
        for _ in range(24):
            x = pow(rng.randrange(2, candidate - 1), odd, candidate)
            if x in (1, candidate - 1):
                continue
            if not any((x := x * x % candidate) == candidate - 1 for _ in range(twos - 1)):
                break
        else:
            return candidate


def rsa_key(seed, bits=2048):
    rng = random.Random(seed)
    p, q = prime(rng, bits // 2), prime(rng, bits // 2)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), public)
    return numbers.private_key()


def ec_key(seed, curve):
    scalar = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    return ec.derive_private_key(scalar, curve)


def ed_key(seed):
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


class Key:
    """A key with its one algorithm and its name."""

    def __init__(self, alg, kid, private):
        self.alg, self.kid, self.private = alg, kid, private

    def jwk(self, **more):
        if self.alg == "HS256":
            jwk = {"kty": "oct", "k": b64(self.private)}
        elif self.alg == "EdDSA":
            raw = self.private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        elif self.alg in ("ES256", "ES384"):
            point = self.private.public_key().public_numbers()
            length = 32 if self.alg == "ES256" else 48
            jwk = {"kty": "EC", "crv": "P-256" if length == 32 else "P-384",
                   "x": number(point.x, length), "y": number(point.y, length)}
        else:
            numbers = self.private.public_key().public_numbers()
            jwk = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        jwk |= {"alg": self.alg, "use": "sig"}
        if self.kid is not None:
            jwk["kid"] = self.kid
        return jwk | more

    def pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message):
        if self.alg == "HS256":
            return hmac.digest(self.private, message, "sha256")
        if self.alg == "EdDSA":
            return self.private.sign(message)
        if self.alg in ("ES256", "ES384"):
            digest = hashes.SHA256() if self.alg == "ES256" else hashes.SHA384()
            length = 32 if self.alg == "ES256" else 48
            der = self.private.sign(message, ec.ECDSA(digest, deterministic_signing=True))
            return b"".join(part.to_bytes(length, "big") for part in decode_dss_signature(der))
        if self.alg == "RS256":
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return self.private.sign(message, pss, hashes.SHA256())


ES256 = Key("ES256", "mdm-es256", ec_key("mdm", ec.SECP256R1()))
ES384 = Key("ES384", "mdm-es384", ec_key("mdm", ec.SECP384R1()))
EDDSA = Key("EdDSA", "mdm-eddsa", ed_key("mdm"))
RS256 = Key("RS256", "mdm-rs256", rsa_key("mdm-rs"))
PS256 = Key("PS256", "mdm-ps256", rsa_key("mdm-ps"))
PARTNER = Key("EdDSA", "partner", ed_key("partner"))
VERAISON = Key("ES256", "veraison", ec_key("veraison", ec.SECP256R1()))
EAT = Key("EdDSA", "eat", ed_key("eat"))
TEE = Key("ES256", "tee", ec_key("tee", ec.SECP256R1()))
STRICT_TEE = Key("ES256", "strict-tee", ec_key("strict tee", ec.SECP256R1()))
CAPPED_TEE = Key("ES256", "capped-tee", ec_key("capped tee", ec.SECP256R1()))
IDP = Key("RS256", "idp", rsa_key("idp"))
PLAY = Key("ES256", "play", ec_key("play", ec.SECP256R1()))
ENTRA = Key("RS256", "entra", rsa_key("entra"))
SHARED = Key("HS256", "shared", hashlib.sha256(b"shared").digest())
STRANGER = Key("ES256", "stranger", ec_key("stranger", ec.SECP256R1()))


def signed(key, claims, typ="portcullis-posture+jwt", header=None, kid=True, raw=None):
    """A token. `header` adds to the header or, with None, takes from it; `raw` is claims as bytes."""
    head = {"alg": key.alg, "typ": typ}
    if kid:
        head["kid"] = key.kid
    head |= header or {}
    head = {name: value for name, value in head.items() if value is not None}
    body = json.dumps(claims, separators=(",", ":")).encode() if raw is None else raw
    message = f"{b64(json.dumps(head, separators=(',', ':')).encode())}.{b64(body)}".encode()
    return (message + b"." + b64(key.sign(message)).encode()).decode()


def with_raw_header(key, header, claims):
    message = f"{b64(header)}.{b64(json.dumps(claims).encode())}".encode()
    return (message + b"." + b64(key.sign(message)).encode()).decode()


# Claims ----------------------------------------------------------------------------------------

CERTIFICATE = hashlib.sha256(b"the certificate of LAPTOP-7").digest()
ANOTHER = hashlib.sha256(b"the certificate of another device").digest()
LAPTOP_KEY = ec_key("laptop", ec.SECP256R1()).public_key().public_numbers()
LAPTOP_JWK = {"kty": "EC", "crv": "P-256",
              "x": number(LAPTOP_KEY.x, 32), "y": number(LAPTOP_KEY.y, 32)}
JKT = hashlib.sha256(json.dumps(LAPTOP_JWK, sort_keys=True, separators=(",", ":")).encode()).digest()

DEVICE = {"id": "LAPTOP-7", "ownership": "corporate", "posture": "managed", "platform": "windows",
          "os_version": "10.0.19045", "os_supported": True, "days_since_missed_update": 0,
          "tampered": False, "compromised": False, "compliant": True, "storage_encrypted": True,
          "screen_lock": True, "secure_boot": True, "malware_protection": True}


def posture(**changes):
    """A good posture token's claims; a change to None takes a claim away."""
    claims = {"iss": MDM, "aud": VPN, "iat": NOW - 60, "exp": NOW + 3600, "jti": "t-1",
              "cnf": {"x5t#S256": b64(CERTIFICATE)}, "device": DEVICE} | changes
    return {name: value for name, value in claims.items() if value is not None}


def device(**changes):
    return DEVICE | changes


EAR_04 = "tag:ietf.org,2026:rats/ear#04"
EAR_05 = "tag:ietf.org,2026:rats/ear#05"
EAR_03 = "tag:ietf.org,2026:rats/ear#03"
EAR_2025 = "tag:ietf.org,2025-07:ear"
EAR_2023 = "tag:github.com,2023:veraison/ear"


def ear(profile=EAR_04, status="affirming", vector=None, dotted=False, **changes):
    dot = "." if dotted else "_"
    vector = {"instance-identity": 2, "configuration": 2, "executables": 2, "hardware": 2,
              "storage-opaque": 2} if vector is None else vector
    module = {f"ear{dot}status": status,
              f"ear{dot}trustworthiness{'-' if dotted else '_'}vector": vector}
    claims = {"eat_profile": profile, "iat": NOW - 60,
              f"ear{dot}verifier{'-' if dotted else '_'}id":
                  {"developer": "https://veraison-project.org", "build": "vts 0.0.1"},
              "ueid": "AZj1Ck_2wFhhyIYNE6Y4", "submods": {"PSA": module}} | changes
    return {name: value for name, value in claims.items() if value is not None}


def eat(**changes):
    """The payload of RFC 9711, appendix A.2.4, as one issuer's token."""
    claims = {"iss": "https://eat.example", "aud": VPN, "iat": NOW - 60, "exp": NOW + 600,
              "eat_nonce": "jkd8KL-8xQk", "oemboot": True, "dbgstat": "disabled-since-boot",
              "oemid": "iUWt", "ueid": "AZj1Ck_2wFhhyIYNE6Y4", "swname": "Acme R-IoT-OS",
              "swversion": ["3.1.4"],
              "measres": [["Trustus Measurements", [["all", "success"]]]]} | changes
    return {name: value for name, value in claims.items() if value is not None}


CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
COMPLIANCE = CAEP + "device-compliance-change"
REVOKED = CAEP + "session-revoked"
RISK = CAEP + "risk-level-change"
ABOUT = {"format": "complex", "device": {"format": "iss_sub", "iss": MDM, "sub": "LAPTOP-7"},
         "tenant": {"format": "opaque", "id": "123456789"}}


def notice(event=COMPLIANCE, **changes):
    body = {COMPLIANCE: {"current_status": "not-compliant", "previous_status": "compliant",
                         "initiating_entity": "policy", "event_timestamp": NOW - 30},
            REVOKED: {"initiating_entity": "admin", "event_timestamp": NOW - 30},
            RISK: {"principal": "DEVICE", "current_level": "HIGH", "previous_level": "LOW",
                   "event_timestamp": NOW - 30}}[event]
    inside = changes.pop("event_claims", {})
    body = {name: value for name, value in (body | inside).items() if value is not None}
    claims = {"iss": "https://idp.example", "jti": "24c63fb56e5a2d77a6b512616ca9fa24",
              "iat": NOW - 20, "aud": "https://vpn.council.example", "sub_id": ABOUT,
              "events": {event: body}} | changes
    return {name: value for name, value in claims.items() if value is not None}


def play(**changes):
    claims = {"iss": "https://play.example", "aud": VPN, "iat": NOW - 30, "exp": NOW + 600,
              "sub": "PHONE-3",
              "requestDetails": {"requestPackageName": "uk.gov.council.app",
                                 "requestHash": "aGVsbG8gd29scmQgdGhlcmU",
                                 "timestampMillis": str((NOW - 40) * 1000)},
              "appIntegrity": {"appRecognitionVerdict": "PLAY_RECOGNIZED",
                               "packageName": "uk.gov.council.app", "versionCode": "42"},
              "deviceIntegrity": {"deviceRecognitionVerdict": [
                  "MEETS_BASIC_INTEGRITY", "MEETS_DEVICE_INTEGRITY", "MEETS_STRONG_INTEGRITY"]},
              "accountDetails": {"appLicensingVerdict": "LICENSED"},
              "environmentDetails": {"playProtectVerdict": "NO_ISSUES",
                                     "appAccessRiskVerdict": {"appsDetected": ["KNOWN_INSTALLED"]}}
              } | changes
    return {name: value for name, value in claims.items() if value is not None}


CONTEXT = "http://schemas.microsoft.com/2012/12/devicecontext/claims/"


def entra(**changes):
    claims = {"iss": "https://login.example", "aud": VPN, "iat": NOW - 60, "nbf": NOW - 60,
              "exp": NOW + 3600, "deviceid": "6fcb06f0-1f62-4f3f-8a0e-2a4e6b1f0f3c",
              CONTEXT + "ismanaged": "true", CONTEXT + "iscompliant": "True"} | changes
    return {name: value for name, value in claims.items() if value is not None}


# The corpus ------------------------------------------------------------------------------------

CASES = []


def case(name, token, reason, **more):
    CASES.append((name, {"name": name, "token": token, "reason": reason} | more))


def native(name, reason, key=ES256, typ="portcullis-posture+jwt", header=None, kid=True, raw=None,
           certificate=CERTIFICATE, **claims):
    token = signed(key, posture(**claims), typ, header, kid, raw)
    case(name, token, reason, certificate=certificate and b64(certificate))


def seconds(text):
    """Claims with one date written so."""
    return lambda name: json.dumps(posture(**{name: "@"})).replace('"@"', text).encode()


def corpus():
    good = signed(ES256, posture())
    head, body, signature = good.split(".")

    # What is believed, so that the refusals are for the reason that they give.
    for key in (ES256, ES384, EDDSA, RS256, PS256):
        native(f"a token signed with {key.alg} is believed", "trusted", key)
    native("a date on a leap day is believed", "trusted", iat=1772442000 - 60, nbf=1709208000)
    native("an audience among several is believed", "trusted", aud=["https://other.example", VPN])
    native("a type with its prefix and in capitals is the same type", "trusted",
           typ="application/Portcullis-Posture+JWT")
    native("claims that nobody reads change nothing", "trusted", colour="blue", nested={"a": [1]})
    native("keys in the header of a good token are not read", "trusted",
           header={"jwk": STRANGER.jwk(), "jku": "https://evil.example/jwks.json",
                   "x5u": "https://evil.example/x.pem", "x5c": ["MIIB"]})
    native("a clock that is a minute fast is forgiven", "trusted", iat=NOW + 60)
    native("the last second before it expires", "trusted", exp=NOW + 1)

    # alg
    none = b64(b'{"alg":"none","typ":"portcullis-posture+jwt"}')
    case("alg none without a signature", f"{none}.{body}.", "unknown-key")
    none = b64(b'{"alg":"none","typ":"portcullis-posture+jwt","kid":"mdm-es256"}')
    case("alg none with a known kid and no signature", f"{none}.{body}.", "wrong-algorithm")
    case("alg none with a known kid and the signature of another token", f"{none}.{body}.{signature}",
         "wrong-algorithm")
    for word in ("None", "NONE", "nOnE"):
        head_none = b64(json.dumps({"alg": word, "kid": "mdm-es256"}).encode())
        case(f"alg written {word}", f"{head_none}.{body}.", "wrong-algorithm")
    for word in ("es256", "Es256", "ES256 ", "ES-256", "ES256K", "ES512", "RS512", "PS512", "EdDSA",
                 "RS256", "ES384", ""):
        native(f"alg written {word!r} under an ES256 key", "wrong-algorithm", header={"alg": word})
    public = ES256.pem()
    for what, secret in (("PEM of the public key", public),
                         ("JWK of the public key", json.dumps(ES256.jwk()).encode()),
                         ("point of the public key", b"\x04" + base64.urlsafe_b64decode(
                             ES256.jwk()["x"] + "=") + base64.urlsafe_b64decode(ES256.jwk()["y"] + "="))):
        native(f"HS256 with the {what} as its secret", "wrong-algorithm",
               Key("HS256", "mdm-es256", secret))
    native("HS256 with the PEM of an RSA key as its secret", "wrong-algorithm",
           Key("HS256", "mdm-rs256", RS256.pem()))
    native("HS256 with an empty secret", "wrong-algorithm", Key("HS256", "mdm-es256", b""))
    native("PS256 by the key that is for RS256", "wrong-algorithm",
           Key("PS256", "mdm-rs256", RS256.private))
    native("RS256 by the key that is for PS256", "wrong-algorithm",
           Key("RS256", "mdm-ps256", PS256.private))
    native("an RS256 signature that says PS256", "bad-signature",
           Key("RS256", "mdm-ps256", PS256.private), header={"alg": "PS256"})
    native("a P-256 signature under the name of a P-384 key", "bad-signature",
           Key("ES256", "mdm-es384", ES256.private), header={"alg": "ES384"})
    native("alg is a number", "malformed-header", header={"alg": 256})
    native("alg is an array", "malformed-header", header={"alg": ["ES256"]})
    native("there is no alg", "malformed-header", header={"alg": None})

    # kid and keys in the header
    native("a stranger's key under its own name", "unknown-key", STRANGER)
    native("a stranger's key under the name of ours", "bad-signature",
           Key("ES256", "mdm-es256", STRANGER.private))
    native("no kid where every key has one", "unknown-key", kid=False)
    native("an empty kid", "unknown-key", header={"kid": ""})
    native("a kid in other capitals", "unknown-key", header={"kid": "MDM-ES256"})
    native("a kid that is a path", "unknown-key", header={"kid": "../../../../dev/null"})
    native("a kid that is a query", "unknown-key", header={"kid": "x' UNION SELECT 'key"})
    native("a kid with a NUL behind the name", "unknown-key", header={"kid": "mdm-es256\0"})
    native("a kid that is a number", "malformed-header", header={"kid": 1})
    native("another key of the same issuer is named", "bad-signature",
           Key("ES256", "mdm-eddsa", ES256.private), header={"alg": "EdDSA"})
    stranger = Key("ES256", "mdm-es256", STRANGER.private)
    native("the key is in the header as jwk", "bad-signature", stranger,
           header={"jwk": STRANGER.jwk()})
    native("the key is in the header as jwk, without kid", "unknown-key", stranger, kid=False,
           header={"jwk": STRANGER.jwk()})
    native("the header says by jku where the key is", "bad-signature", stranger,
           header={"jku": "https://evil.example/jwks.json"})
    native("the header says by x5u where the key is", "bad-signature", stranger,
           header={"x5u": "https://evil.example/chain.pem"})
    native("the header brings a chain in x5c", "bad-signature", stranger,
           header={"x5c": ["MIIBeTCCAR6gAwIBAgIUQ2VydGlmaWNhdGUgb2YgYSBzdHJhbmdlcg=="]})

    # crit
    for member in ("exp", "b64", "http://example.com/UNDEFINED"):
        native(f"crit asks for {member}", "unknown-extension",
               header={"crit": [member], member: False})
    native("crit is empty", "unknown-extension", header={"crit": []})
    native("crit is no array", "unknown-extension", header={"crit": "exp"})
    native("crit names what is not there", "unknown-extension", header={"crit": ["alg"]})

    # Form
    case("nothing", "", "not-compact")
    case("two dots", "..", "malformed-header")
    case("one dot", "a.b", "not-compact")
    case("a trailing dot", good + ".", "not-compact")
    case("a leading dot", "." + good, "not-compact")
    case("five parts, as of an encrypted token", f"{good}.{body}.{signature}", "not-compact")
    case("truncated in the header", head[:20], "not-compact")
    case("truncated in the claims", f"{head}.{body[:40]}", "not-compact")
    case("truncated in the signature", good[:-10], "bad-signature")
    case("no signature", f"{head}.{body}.", "bad-signature")
    case("padding behind the signature", good + "==", "not-compact")
    case("padding behind the header", f"{head}==.{body}.{signature}", "not-compact")
    case("padding behind the claims", f"{head}.{body}=.{signature}", "bad-signature")
    case("a space before the token", " " + good, "not-compact")
    case("a line end behind the token", good + "\n", "not-compact")
    case("the signature in the other alphabet of base64",
         f"{head}.{body}.+/{signature[2:]}", "not-compact")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = letters[letters.index(signature[-1]) ^ 1]
    case("the signature with trailing bits that are not zero",
         f"{head}.{body}.{signature[:-1]}{last}", "not-compact")
    case("a byte that is no letter", f"{head}.{body}.{signature[:-1]}é", "not-compact")
    case("the JSON serialization",
         json.dumps({"protected": head, "payload": body, "signature": signature}), "not-compact")
    native("an oversized token", "too-long", filler="x" * 16_000)
    case("an oversized token without dots", "x" * 20_000, "too-long")
    case("a signature of another length", f"{head}.{body}.{signature}AAAA", "bad-signature")
    case("the parts of two tokens", f"{head}.{signed(ES256, posture(jti='t-2')).split('.')[1]}.{signature}",
         "bad-signature")
    case("one letter of the claims changed",
         f"{head}.{body[:60]}{'A' if body[60] != 'A' else 'B'}{body[61:]}.{signature}", "bad-signature")

    # The header's JSON
    case("a header that is no JSON", with_raw_header(ES256, b"alg:ES256", posture()),
         "malformed-header")
    case("a header that is an array", with_raw_header(ES256, b'["ES256"]', posture()),
         "malformed-header")
    case("a header with alg twice",
         with_raw_header(ES256, b'{"alg":"none","alg":"ES256","kid":"mdm-es256"}', posture()),
         "malformed-header")
    case("a header with alg twice, once escaped",
         with_raw_header(ES256, b'{"alg":"ES256","\\u0061lg":"none","kid":"mdm-es256"}', posture()),
         "malformed-header")
    case("a header with text behind it",
         with_raw_header(ES256, b'{"alg":"ES256","kid":"mdm-es256"}{}', posture()),
         "malformed-header")
    case("a header that is not UTF-8",
         with_raw_header(ES256, b'{"alg":"ES256","kid":"\xff"}', posture()), "malformed-header")
    case("a header with a byte order mark",
         with_raw_header(ES256, b'\xef\xbb\xbf{"alg":"ES256","kid":"mdm-es256"}', posture()),
         "malformed-header")

    # The claims' JSON
    for what, raw in (
            ("no JSON", b"device=LAPTOP-7"), ("empty", b""), ("an array", b"[]"), ("null", b"null"),
            ("not UTF-8", json.dumps(posture()).encode().replace(b"LAPTOP", b"LAPT\xff")),
            ("followed by more", json.dumps(posture()).encode() + b"{}"),
            ("with exp twice", json.dumps(posture()).encode()[:-1] + b',"exp":99999999999}'),
            ("with iss twice, once escaped",
             json.dumps(posture()).encode()[:-1] + b',"\\u0069ss":"https://evil.example"}'),
            ("with a device attribute twice", json.dumps(posture()).encode().replace(
                b'"tampered": false', b'"tampered": true, "tampered": false')),
            ("nested very deep", b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
            ("with a comment", b"/* hello */ " + json.dumps(posture()).encode()),
            ("with a trailing comma", json.dumps(posture()).encode()[:-1] + b",}"),
            ("with half a surrogate", json.dumps(posture()).encode()[:-1] + b',"a":"\\ud800"}')):
        native(f"claims that are {what}", "malformed-claims", raw=raw)

    # typ
    for typ in ("JWT", "secevent+jwt", "at+jwt", "dpop+jwt", "eat+jwt", "", "portcullis-posture",
                "portcullis-posture+jwt;v=1"):
        native(f"a token of type {typ!r}", "wrong-kind", typ=typ)
    native("a token without type", "wrong-kind", header={"typ": None})
    native("a type that is a number", "malformed-header", header={"typ": 7})
    native("posture claims with an event among them", "wrong-kind", events={})
    native("posture claims with the profile of something else", "wrong-kind", eat_profile=EAR_04)
    native("posture claims that name no device", "wrong-kind", device=device(id=None))

    # iss, aud
    native("another issuer under our key", "wrong-issuer", iss="https://evil.example")
    native("the issuer with a slash behind it", "wrong-issuer", iss=MDM + "/")
    native("the issuer in other capitals", "wrong-issuer", iss=MDM.upper())
    native("the issuer of another key", "wrong-issuer", iss="https://partner.example")
    native("no issuer", "missing-claim", iss=None)
    native("the issuer is a number", "malformed-claim", iss=7)
    native("the issuer is an array", "malformed-claim", iss=[MDM])
    native("another audience", "wrong-audience", aud="https://other.example")
    native("the audience with a slash behind it", "wrong-audience", aud=VPN + "/")
    native("an audience of nobody", "wrong-audience", aud=[])
    native("no audience", "missing-claim", aud=None)
    native("the audience is a number", "malformed-claim", aud=7)
    native("an audience with a number among the names", "malformed-claim", aud=[VPN, 7])
    native("the audience is an object", "malformed-claim", aud={"0": VPN})

    # Dates
    native("no iat", "missing-claim", iat=None)
    native("no exp", "missing-claim", exp=None)
    for name, good_value in (("iat", NOW - 60), ("exp", NOW + 600), ("nbf", NOW - 60)):
        for text in (f'"{good_value}"', f"{good_value}.0", f"{good_value}.5", f"{good_value}e0",
                     '"never"', "-1", "true", "[]", "{}", "253402300800", "1e400",
                     "99999999999999999999"):
            native(f"{name} written {text}", "malformed-claim", raw=seconds(text)(name))
    native("exp is null", "malformed-claim", raw=seconds("null")("exp"))
    native("issued in the future", "from-the-future", iat=NOW + 61, exp=NOW + 3600)
    native("issued in 2100", "from-the-future", iat=4102444800, exp=4102448400)
    native("issued on a leap day to come", "from-the-future", iat=1835438400, exp=1835442000)
    native("issued at the last second that there is", "from-the-future", iat=253402300798,
           exp=253402300799)
    native("not valid yet", "not-yet-valid", nbf=NOW + 61)
    native("not valid before 2100", "not-yet-valid", nbf=4102444800)
    native("expired this second", "expired", exp=NOW)
    native("expired within the clock difference", "expired", exp=NOW - 10)
    native("expired long ago", "expired", iat=0, exp=1)
    native("expires before it was issued", "malformed-claim", iat=NOW - 60, exp=NOW - 120)
    native("expires as it is issued", "malformed-claim", iat=NOW - 60, exp=NOW - 60)
    native("older than the maximum age, though it has not expired", "too-old", iat=NOW - 8 * 3600)
    native("issued in 1970 and expiring in 9999", "too-old", iat=0, exp=253402300799)

    # Binding
    native("replayed on another connection", "bound-elsewhere", certificate=ANOTHER)
    native("replayed where no certificate was shown", "bound-elsewhere", certificate=None)
    native("no binding where one is required", "not-bound", cnf=None)
    native("a confirmation that says nothing", "bound-elsewhere", cnf={})
    native("a confirmation of a kind that is not known", "bound-elsewhere", cnf={"kid": "k"})
    native("a confirmation that is no object", "malformed-claim", cnf="x5t#S256")
    native("a thumbprint that is too short", "malformed-claim", cnf={"x5t#S256": b64(CERTIFICATE[:31])})
    native("a thumbprint in hexadecimal", "malformed-claim", cnf={"x5t#S256": CERTIFICATE.hex()})
    native("a thumbprint with padding", "malformed-claim", cnf={"x5t#S256": b64(CERTIFICATE) + "="})
    native("a thumbprint that is null", "malformed-claim", cnf={"x5t#S256": None})
    native("a certificate that fits and a key that was not shown", "bound-elsewhere",
           cnf={"x5t#S256": b64(CERTIFICATE), "jkt": b64(JKT)})
    native("a key and its thumbprint that differ", "malformed-claim",
           cnf={"jkt": b64(CERTIFICATE), "jwk": LAPTOP_JWK})
    bound = {"certificate": b64(CERTIFICATE), "key": b64(JKT)}
    for what, cnf in (("its thumbprint", {"jkt": b64(JKT)}), ("itself", {"jwk": LAPTOP_JWK}),
                      ("both", {"jkt": b64(JKT), "jwk": LAPTOP_JWK | {"kid": "x", "use": "sig"}})):
        case(f"a key that was shown, named by {what}", signed(ES256, posture(cnf=cnf)), "trusted",
             **bound)
        case(f"a key that was not shown, named by {what}", signed(ES256, posture(cnf=cnf)),
             "bound-elsewhere", certificate=b64(CERTIFICATE))
    case("a key's thumbprint where only such a certificate was shown",
         signed(ES256, posture(cnf={"jkt": b64(CERTIFICATE)})), "bound-elsewhere",
         certificate=b64(CERTIFICATE))

    # Signatures
    r, s = signature_numbers(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    case("the other signature that ECDSA has for the same message says the same",
         f"{head}.{body}.{number_pair(r, order - s)}", "trusted", certificate=b64(CERTIFICATE))
    for what, pair in (("zero", (0, 0)), ("zero and one", (0, 1)), ("the order", (order, order)),
                       ("beyond the order", (r, s + order if s + order < 1 << 256 else order + 1))):
        case(f"an ECDSA signature of {what}", f"{head}.{body}.{number_pair(*pair)}", "bad-signature")
    der = ES256.private.sign(f"{head}.{body}".encode(),
                             ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    case("an ECDSA signature in DER", f"{head}.{body}.{b64(der)}", "bad-signature")
    ed = signed(EDDSA, posture())
    message, raw = ed.rsplit(".", 1)[0], base64.urlsafe_b64decode(ed.rsplit(".", 1)[1] + "==")
    group = 2**252 + 27742317777372353535851937790883648493
    high = (int.from_bytes(raw[32:], "little") + group).to_bytes(32, "little")
    case("an Ed25519 signature with its scalar beyond the order", f"{message}.{b64(raw[:32] + high)}",
         "bad-signature")
    case("an Ed25519 signature of small order", f"{message}.{b64(bytes([1]) + bytes(63))}",
         "bad-signature")

    # The nonce that the gateway gave
    for nonce, what in (("jkd8KL-8xQk", "alone"), (["a-nonce-of-another", "jkd8KL-8xQk"], "among others")):
        token = signed(ES256, posture(eat_nonce=nonce))
        certificate = b64(CERTIFICATE)
        case(f"the nonce that was given, {what}, is believed", token, "trusted",
             certificate=certificate, nonce="jkd8KL-8xQk")
        case(f"a nonce, {what}, where none was given, is believed", token, "trusted",
             certificate=certificate)
        case(f"another nonce than was given, {what}", token, "wrong-nonce", certificate=certificate,
             nonce="jkd8KL-8xQK")
        case(f"the beginning of the nonce, {what}, was given", token, "wrong-nonce",
             certificate=certificate, nonce="jkd8KL-8")
        case(f"the nonce that was given, {what}, on another connection", token, "bound-elsewhere",
             certificate=b64(ANOTHER), nonce="jkd8KL-8xQk")
    case("no nonce where one was given", good, "wrong-nonce", certificate=b64(CERTIFICATE),
         nonce="jkd8KL-8xQk")
    case("a nonce by the name that is OpenID's", signed(ES256, posture(nonce="jkd8KL-8xQk")),
         "wrong-nonce", certificate=b64(CERTIFICATE), nonce="jkd8KL-8xQk")
    case("the nonces that were given written into one text",
         signed(ES256, posture(eat_nonce="jkd8KL-8xQk,a-nonce-of-another")), "wrong-nonce",
         certificate=b64(CERTIFICATE), nonce="jkd8KL-8xQk")
    for what, nonce in (("a number", 12345678), ("true", True), ("an object", {"0": "jkd8KL-8xQk"}),
                        ("too short", "jkd8KL-"), ("too long", "n" * 89), ("empty", ""),
                        ("an empty array", []), ("an array of one", ["jkd8KL-8xQk"]),
                        ("an array with a number in it", ["jkd8KL-8xQk", 7]),
                        ("an array in an array", [["jkd8KL-8xQk", "jkd8KL-8xQk"], "jkd8KL-8xQk"])):
        native(f"a nonce that is {what}", "malformed-claim", eat_nonce=nonce)
    native("a nonce that is null", "malformed-claim",
           raw=json.dumps(posture()).encode()[:-1] + b',"eat_nonce":null}')
    for length in (8, 88):
        nonce = "n" * length
        case(f"a nonce of {length} bytes is believed", signed(ES256, posture(eat_nonce=nonce)),
             "trusted", certificate=b64(CERTIFICATE), nonce=nonce)

    # Attacks of the second look
    case("a detached payload", f"{head}..{signature}", "bad-signature")
    native("a payload that is not encoded by the header's word alone is encoded", "trusted",
           header={"b64": False})
    native("claims that are a token in a token", "malformed-claims", header={"cty": "JWT"},
           raw=good.encode())
    case("a header with kid twice", with_raw_header(
        ES256, b'{"alg":"ES256","kid":"stranger","kid":"mdm-es256"}', posture()), "malformed-header")
    case("a header with typ twice", with_raw_header(
        ES256, b'{"alg":"ES256","kid":"mdm-es256","typ":"JWT","typ":"portcullis-posture+jwt"}',
        posture()), "malformed-header")
    for member in ("alg", "kid", "typ"):
        header = {"alg": "ES256", "kid": "mdm-es256", "typ": "portcullis-posture+jwt", member: None}
        case(f"a header whose {member} is null",
             with_raw_header(ES256, json.dumps(header).encode(), posture()), "malformed-header")
    case("crit in an escape", with_raw_header(
        ES256, b'{"alg":"ES256","kid":"mdm-es256","\\u0063rit":["exp"]}', posture()),
        "unknown-extension")
    native("a type with a hyphen that is another letter", "wrong-kind",
           typ="portcullis\u2010posture+jwt")
    native("a type with a letter that is a capital of another", "wrong-kind",
           typ="portcull\u0130s-posture+jwt")
    native("an audience of everybody", "wrong-audience", aud="*")
    native("an audience within an audience", "malformed-claim", aud=[[VPN]])
    native("the issuer with a NUL behind it", "wrong-issuer", iss=MDM + "\0")
    native("the issuer with a letter that only looks the same", "wrong-issuer",
           iss=MDM.replace("c", "\u0441"))
    native("claims with cnf twice", "malformed-claims",
           raw=json.dumps(posture()).encode()[:-1] + b',"cnf":{}}')
    native("claims with a thumbprint twice", "malformed-claims",
           raw=json.dumps(posture()).encode().replace(
               b'"cnf": {', b'"cnf": {"x5t#S256": "' + b64(ANOTHER).encode() + b'", '))
    native("a confirmation that is an array", "malformed-claim", cnf=[{"x5t#S256": b64(CERTIFICATE)}])
    native("a confirmation that is null", "malformed-claim",
           raw=json.dumps(posture(cnf=None)).encode()[:-1] + b',"cnf":null}')
    case("a confirmation that is null where binding is optional", signed(
        PARTNER, None, raw=json.dumps(posture(cnf=None, iss="https://partner.example")).encode()[:-1]
        + b',"cnf":null}'), "malformed-claim")
    native("a key in the confirmation that is a secret", "malformed-claim",
           cnf={"jwk": {"kty": "oct", "k": "c2VjcmV0"}})
    native("a date of minus nothing", "malformed-claim", raw=seconds("-0.0")("nbf"))
    for what, change in (("with a zero before it", lambda raw: b"\0" + raw),
                         ("without its first byte", lambda raw: raw[1:]),
                         ("that is nothing but zeros", lambda raw: bytes(len(raw))),
                         ("that is one", lambda raw: bytes(len(raw) - 1) + b"\1")):
        rs = signed(RS256, posture())
        raw = base64.urlsafe_b64decode(rs.rsplit(".", 1)[1] + "==")
        case(f"an RSA signature {what}", f"{rs.rsplit('.', 1)[0]}.{b64(change(raw))}", "bad-signature")
    rs = signed(RS256, posture()).rsplit(".", 1)[0].encode()
    longer = RS256.private.sign(rs, padding.PKCS1v15(), hashes.SHA512())
    case("an RSA signature of SHA-512 that says RS256", f"{rs.decode()}.{b64(longer)}", "bad-signature")
    ps = signed(PS256, posture()).rsplit(".", 1)[0].encode()
    for what, salt in (("without salt", 0), ("of a longer salt", 64)):
        raw = PS256.private.sign(ps, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
        case(f"a PSS signature {what}", f"{ps.decode()}.{b64(raw)}", "bad-signature")
    case("a line end within the claims", f"{head}.{body[:40]}\n{body[40:]}.{signature}", "bad-signature")
    case("a line end within the signature", f"{head}.{body}.{signature[:20]}\n{signature[20:]}",
         "not-compact")

    ear_cases()
    eat_cases()
    notice_cases()
    other_cases()


def signature_numbers(signature):
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


def number_pair(r, s):
    return b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def ear_cases():
    def result(name, reason, typ="ear+jwt", attests=None, **claims):
        more = {"attests": attests} if attests else {}
        case(name, signed(VERAISON, ear(**claims), typ), reason, **more)

    good = {"device.tampered": False, "device.secure_boot": True, "device.hardware_attested": True,
            "device.compliant": True, "device.storage_encrypted": True}
    for profile, dotted in ((EAR_2023, True), (EAR_2025, True), (EAR_03, False), (EAR_04, False),
                            (EAR_05, False)):
        result(f"an attestation result of {profile} is believed", "trusted", attests=good,
               profile=profile, dotted=dotted)
        other = "dots" if not dotted else "underscores"
        result(f"an attestation result of {profile} with {other} is not of its dialect",
               "wrong-kind", profile=profile, dotted=not dotted)
    mixed = ear(dotted=True, profile=EAR_2023)
    mixed["submods"]["PSA"]["ear_status"] = "affirming"
    case("an attestation result with both names", signed(VERAISON, mixed, "ear+jwt"), "wrong-kind")
    result("an attestation result of an unknown profile", "wrong-kind",
           profile="tag:ietf.org,2027:rats/ear#05")
    result("an attestation result of a profile in other capitals", "wrong-kind",
           profile=EAR_04.upper())
    result("an attestation result without profile", "wrong-kind", eat_profile=None)
    result("an attestation result with two profiles", "wrong-kind", eat_profile=[EAR_03, EAR_04])
    result("an attestation result without verifier", "wrong-kind", ear_verifier_id=None)
    result("an attestation result without submodules", "wrong-kind", submods=None)
    result("an attestation result with no submodule", "wrong-kind", submods={})
    result("an attestation result without iat", "missing-claim", iat=None)
    result("an attestation result with the claim nonce", "wrong-kind", nonce="jkd8KL-8xQk")
    result("an attestation result that names an issuer it should not have", "wrong-issuer",
           iss="https://veraison.example")
    for status, worst in (("affirming", 32), ("affirming", 96), ("affirming", -33),
                          ("affirming", -97), ("warning", 96), ("warning", -128)):
        result(f"a status of {status} with an entry of {worst}", "refused-by-kind", status=status,
               vector={"executables": worst, "hardware": 2})
    result("a status of affirming with a bad entry of an unknown name", "refused-by-kind",
           vector={"something-new": 96})
    result("a status that is no word of the four", "refused-by-kind", status="Affirming")
    result("a status in a number", "refused-by-kind", status=2)
    result("no status", "refused-by-kind", submods={"PSA": {"ear_trustworthiness_vector": {}}})
    result("a status in one submodule of two", "refused-by-kind",
           submods={"A": {"ear_status": "affirming"}, "B": {}})
    for value in (128, -129, 2.0, "2", True, None):
        reason = "trusted" if value is None else "refused-by-kind"
        result(f"an entry of {value!r}", reason, vector={"hardware": value})
    result("the whole better than a part", "refused-by-kind", ear_status="affirming", status="warning",
           vector={})
    result("the whole with a status of no tier", "refused-by-kind", ear_status="excellent")
    for dotted, profile, name in ((False, EAR_04, "ear_status"), (True, EAR_2023, "ear.status")):
        dialect = {"dotted": dotted, "profile": profile}
        result(f"the whole contraindicated by {name} is tampered with, whatever its parts", "trusted",
               attests={"device.tampered": True, "device.secure_boot": None, "device.compliant": None},
               **dialect, **{name: "contraindicated"})
        for status in ("warning", "none"):
            result(f"the whole at {status} by {name} is not good, whatever its parts", "trusted",
                   attests={"device.tampered": None, "device.secure_boot": None,
                            "device.hardware_attested": None, "device.compliant": None},
                   **dialect, **{name: status})
        result(f"the whole affirming by {name} as its parts are is good", "trusted", attests=good,
               **dialect, **{name: "affirming"})
    nonce = {"eat_nonce": "jkd8KL-8xQk"}
    case("an attestation result that repeats the nonce is believed", signed(VERAISON, ear(**nonce), "ear+jwt"),
         "trusted", nonce="jkd8KL-8xQk")
    part = ear()
    part["submods"]["PSA"] |= nonce
    case("the nonce of the evidence that a result is about is not the result's own",
         signed(VERAISON, part, "ear+jwt"), "wrong-nonce", nonce="jkd8KL-8xQk")
    result("no opinion is not good", "trusted", status="none", vector={},
           attests={"device.tampered": None, "device.secure_boot": None, "device.compliant": None})
    result("an entry of no claim is not good", "trusted", vector={"executables": 0, "hardware": 2},
           attests={"device.tampered": None, "device.secure_boot": None,
                    "device.hardware_attested": None})
    result("unknown elements are not good", "trusted", vector={"configuration": 1},
           attests={"device.compliant": None})
    result("a verifier that failed has no opinion", "trusted", vector={"executables": -1},
           attests={"device.tampered": None})
    result("a contraindicated device is tampered with", "trusted", status="contraindicated",
           vector={"executables": 96, "hardware": 2},
           attests={"device.tampered": True, "device.secure_boot": False})
    result("encrypted without hardware is encrypted", "trusted", status="warning",
           vector={"storage-opaque": 32}, attests={"device.storage_encrypted": True})
    result("not encrypted is not encrypted", "trusted", status="contraindicated",
           vector={"storage-opaque": 96}, attests={"device.storage_encrypted": False})
    worse = {"A": {"ear_status": "affirming", "ear_trustworthiness_vector": {"configuration": 2}},
             "B": {"ear_status": "warning", "ear_trustworthiness_vector": {"configuration": 36}}}
    result("the worse of two submodules counts", "trusted", submods=worse,
           attests={"device.compliant": False})


def eat_cases():
    def token(name, reason, typ="eat+jwt", attests=None, key=EAT, **claims):
        more = {"attests": attests} if attests else {}
        case(name, signed(key, eat(**claims), typ), reason, **more)

    token("the token of RFC 9711 is believed", "trusted",
          attests={"device.secure_boot": True, "device.os_version": "3.1.4",
                   "device.id": "AZj1Ck_2wFhhyIYNE6Y4"})
    token("an entity attestation token of type JWT", "wrong-kind", typ="JWT")
    token("an entity attestation token with the claim nonce", "wrong-kind", nonce="jkd8KL-8xQk")
    token("an entity attestation token with the profile of a result", "refused-by-kind",
          eat_profile=EAR_04)
    token("an attestation result by an issuer of other tokens", "wrong-kind", ear_status="affirming")
    token("an entity attestation token with a fraction in iat", "malformed-claim", iat=NOW - 60.5)
    measured = lambda result: [["Checks", [["storage_encrypted", result]]]]
    for result, value in (("success", True), ("fail", False), ("not-run", None), ("absent", None)):
        token(f"a measurement of {result}", "trusted", measres=measured(result),
              attests={"device.storage_encrypted": value})
    token("a failed measurement in a submodule outweighs a good one", "trusted",
          measres=measured("success"), submods={"TEE": {"measres": measured("fail")}},
          attests={"device.storage_encrypted": False})
    token("a submodule that did not start well outweighs the whole", "trusted",
          submods={"modem": {"oemboot": False}}, attests={"device.secure_boot": False})
    inner = {"iss": "https://tee.example", "iat": NOW - 30, "ueid": "AZj1Ck_2wFhhyIYNE6Y4",
             "measres": measured("fail")}
    good = signed(TEE, inner, "eat+jwt")
    token("a token inside, by a signer of its own, is believed beside the whole", "trusted",
          measres=measured("success"), submods={"TEE": ["JWT", good]},
          attests={"device.storage_encrypted": False})
    for what, broken in (
            ("by the outer signer", signed(EAT, inner | {"iss": "https://eat.example"}, "eat+jwt")),
            ("by a stranger", signed(STRANGER, inner, "eat+jwt")),
            ("with a changed signature", good[:-6] + "AAAAAA"),
            ("that is too old", signed(TEE, inner | {"iat": NOW - 86_400}, "eat+jwt")),
            ("without signature", ".".join([b64(b'{"alg":"none"}'), good.split(".")[1], ""])),
            ("that is a posture token", signed(ES256, posture())),
            ("that holds a third", signed(TEE, inner | {"submods": {"x": ["JWT", good]}}, "eat+jwt"))):
        token(f"a token inside {what}", "nested-not-trusted", submods={"TEE": ["JWT", broken]})
    bound = {"cnf": {"x5t#S256": b64(CERTIFICATE)}}
    outer = signed(EAT, eat(submods={"TEE": ["JWT", signed(TEE, inner | bound, "eat+jwt")]}), "eat+jwt")
    case("a token inside that is bound to the key that was shown is believed", outer, "trusted",
         certificate=b64(CERTIFICATE), attests={"device.storage_encrypted": False})
    case("a token inside, copied from another device to which it is bound", outer, "nested-not-trusted",
         certificate=b64(ANOTHER))
    case("a token inside that is bound, where no certificate was shown", outer, "nested-not-trusted")
    strict = inner | {"iss": "https://strict-tee.example"}
    token("a token inside without the binding that its signer must have", "nested-not-trusted",
          submods={"TEE": ["JWT", signed(STRICT_TEE, strict, "eat+jwt")]})
    capped = inner | {"iss": "https://capped-tee.example", "measres": measured("success")}
    token("a token inside without binding reaches no further than its signer's cap", "trusted",
          submods={"TEE": ["JWT", signed(CAPPED_TEE, capped, "eat+jwt")]},
          attests={"device.storage_encrypted": False})
    case("the nonce of the RFC's token was given", signed(EAT, eat(), "eat+jwt"), "trusted",
         nonce="jkd8KL-8xQk")
    case("the nonce in a submodule is not the token's own",
         signed(EAT, eat(eat_nonce=None, submods={"TEE": {"eat_nonce": "jkd8KL-8xQk"}}), "eat+jwt"),
         "wrong-nonce", nonce="jkd8KL-8xQk")
    token("a token in CBOR inside says nothing", "trusted", submods={"TEE": ["CBOR", "2D0oR..."]})
    case("a signer of inner tokens alone", good, "wrong-kind")


def notice_cases():
    def event(name, reason, typ="secevent+jwt", key=IDP, **claims):
        case(name, signed(key, notice(**claims), typ), reason, offered="notice")

    event("a notice of non-compliance is believed", "trusted")
    event("a notice that sessions were revoked is believed", "trusted", event=REVOKED)
    event("a notice of high risk is believed", "trusted", event=RISK)
    older = {"format": "iss_sub", "iss": MDM, "sub": "LAPTOP-7"}
    event("a notice of an older draft, its subject in the event, is believed", "trusted", sub_id=None,
          event_claims={"subject": older})
    event("a notice about a tenant is about every device", "trusted",
          sub_id={"format": "complex", "tenant": ABOUT["tenant"]})
    event("a notice about a user of a tenant is about no device", "no-device",
          sub_id={"format": "complex", "tenant": ABOUT["tenant"],
                  "user": {"format": "email", "email": "a@council.example"}})
    event("a notice about nobody", "no-device", sub_id=None)
    event("a notice about a device of an issuer that its sender does not speak of", "no-device",
          sub_id={"format": "iss_sub", "iss": "https://eat.example", "sub": "LAPTOP-7"})
    event("a notice about a device in its sender's own names is believed", "trusted",
          sub_id={"format": "iss_sub", "iss": "https://idp.example", "sub": "LAPTOP-7"})
    event("a notice about a device of an issuer that is a number", "malformed-claim",
          sub_id={"format": "iss_sub", "iss": 7, "sub": "LAPTOP-7"})
    event("a notice that expires", "wrong-kind", exp=NOW + 60)
    event("a notice with a sub", "wrong-kind", sub="LAPTOP-7")
    event("a notice of type JWT", "wrong-kind", typ="JWT")
    event("a notice without event", "wrong-kind", events={})
    event("a notice of an unknown event", "wrong-kind", events={CAEP + "something": {}})
    event("a notice of a status in other words", "refused-by-kind",
          event_claims={"current_status": "not_compliant"})
    event("a notice without status", "refused-by-kind", event_claims={"current_status": None})
    event("a notice of what has not happened yet", "from-the-future",
          event_claims={"event_timestamp": NOW + 61})
    event("a notice of 2100", "from-the-future", event_claims={"event_timestamp": 4102444800})
    event("a notice whose time is text", "malformed-claim",
          event_claims={"event_timestamp": str(NOW)})
    event("a notice for somebody else", "wrong-audience", aud="https://sp.example.com/caep")
    event("a notice by a stranger", "unknown-key", key=Key("RS256", "nobody", RS256.private))
    event("a notice by an issuer of posture", "wrong-issuer", key=RS256)
    event("a notice by an issuer of posture in its own name", "wrong-kind", key=RS256, iss=MDM)
    event("a notice about a user's risk", "refused-by-kind", event=RISK,
          event_claims={"principal": "USER"})
    event("a notice without jti", "wrong-kind", jti=None)
    event("a notice without iat", "wrong-kind", iat=None)
    event("a notice whose iat is a fraction", "malformed-claim", iat=NOW - 20.5)
    event("a notice whose iat is text", "malformed-claim", iat="never")
    event("a notice issued in 2100 of what happened today", "from-the-future", iat=4102444800)
    both = notice()
    both["events"][REVOKED] = notice(REVOKED)["events"][REVOKED]
    case("a notice of two events, good news before bad", signed(IDP, both, "secevent+jwt"),
         "wrong-kind", offered="notice")
    case("a notice offered as posture", signed(IDP, notice(), "secevent+jwt"), "wrong-kind")
    case("posture offered as a notice", signed(ES256, posture()), "wrong-kind", offered="notice")
    case("posture in a notice's clothes", signed(ES256, posture(), "secevent+jwt"), "wrong-kind",
         offered="notice")


def other_cases():
    def verdict(name, reason, attests=None, typ="play-integrity-verdict+jwt", **claims):
        more = {"attests": attests} if attests else {}
        case(name, signed(PLAY, play(**claims), typ), reason, **more)

    details = play()["requestDetails"]
    integrity = lambda *words: {"deviceRecognitionVerdict": list(words)}
    verdict("a strong verdict of Play Integrity is believed", "trusted",
            attests={"device.tampered": False, "device.hardware_attested": True,
                     "device.malware_protection": True, "device.platform": "android",
                     "device.container.product": "uk.gov.council.app"})
    for what, found in (("empty", {"deviceRecognitionVerdict": []}), ("missing", {}),
                        ("basic", integrity("MEETS_BASIC_INTEGRITY")),
                        ("of an emulator", integrity("MEETS_DEVICE_INTEGRITY",
                                                     "MEETS_VIRTUAL_INTEGRITY"))):
        verdict(f"a device verdict that is {what} has failed", "trusted", deviceIntegrity=found,
                attests={"device.tampered": True, "device.hardware_attested": None})
    verdict("no device verdict has failed", "trusted", deviceIntegrity=None,
            attests={"device.tampered": True})
    verdict("what was not evaluated is no opinion", "trusted",
            environmentDetails={"playProtectVerdict": "UNEVALUATED"},
            attests={"device.malware_protection": None, "device.compromised": None})
    verdict("an app that controls the screen compromises the device", "trusted",
            environmentDetails={"playProtectVerdict": "NO_ISSUES", "appAccessRiskVerdict":
                                {"appsDetected": ["KNOWN_INSTALLED", "UNKNOWN_CONTROLLING"]}},
            attests={"device.compromised": True})
    for place, nonce in (("requestHash", "aGVsbG8gd29scmQgdGhlcmU"), ("nonce", "bm9uY2Ugb2YgdGhlIGdhdGV3YXk")):
        asked = signed(PLAY, play(requestDetails=details | ({} if place == "requestHash" else {place: nonce})),
                       "play-integrity-verdict+jwt")
        case(f"a verdict on the {place} that was given is believed", asked, "trusted", nonce=nonce)
        case(f"a verdict on another {place} than was given", asked, "wrong-nonce",
             nonce="c29tZXRoaW5nIGVsc2U")
    verdict("a verdict for tests", "refused-by-kind", testingDetails={"isTestingResponse": True})
    verdict("a verdict for tests, which says so in text", "refused-by-kind",
            testingDetails={"isTestingResponse": "true"})
    verdict("a verdict that says that it is not for tests is believed", "trusted",
            testingDetails={"isTestingResponse": False})
    verdict("a verdict about another build of the app", "refused-by-kind",
            appIntegrity={"appRecognitionVerdict": "UNRECOGNIZED_VERSION"})
    verdict("a verdict whose time is in words", "malformed-claim",
            requestDetails=details | {"timestampMillis": "today"})
    verdict("a verdict of the future", "from-the-future",
            requestDetails=details | {"timestampMillis": str((NOW + 61) * 1000)}, exp=NOW + 3600)
    verdict("an old verdict signed anew", "too-old",
            requestDetails=details | {"timestampMillis": str((NOW - 3601) * 1000)})
    verdict("a verdict that names no device", "wrong-kind", sub=None)

    def claims(name, reason, attests=None, typ="JWT", **changes):
        more = {"attests": attests} if attests else {}
        case(name, signed(ENTRA, entra(**changes), typ), reason, **more)

    claims("device claims with truth in text are believed", "trusted",
           attests={"device.compliant": True, "device.claimed_posture": "managed"})
    claims("truth in text that is false", "trusted",
           attests={"device.compliant": False, "device.claimed_posture": "unmanaged"},
           **{CONTEXT + "ismanaged": "false", CONTEXT + "iscompliant": "FALSE"})
    claims("truth in text that is neither", "trusted",
           attests={"device.compliant": None, "device.claimed_posture": None},
           **{CONTEXT + "ismanaged": "yes", CONTEXT + "iscompliant": "1"})
    claims("no opinion on compliance", "trusted", attests={"device.compliant": None},
           **{CONTEXT + "iscompliant": None})
    claims("device claims that name no device", "refused-by-kind", deviceid=None)
    claims("an access token of another profile", "wrong-kind", typ="at+jwt")

    shared = {"iss": "https://hmac.example", "cnf": None}
    case("a shared secret, where one is configured, is believed",
         signed(SHARED, posture(**shared)), "trusted")
    case("a shared secret that is another", signed(Key("HS256", "shared", b"x" * 32), posture(**shared)),
         "bad-signature")

    partner = {"iss": "https://partner.example", "cnf": None}
    case("a partner's evidence without binding reaches no further than its cap",
         signed(PARTNER, posture(**partner)), "trusted", bound=False,
         attests={"device.claimed_posture": "containerised", "device.os_version": None,
                  "evidence.partner": ["finance"]})
    case("a partner's evidence with binding reaches what it says",
         signed(PARTNER, posture(**partner | {"cnf": {"x5t#S256": b64(CERTIFICATE)}})), "trusted",
         certificate=b64(CERTIFICATE), bound=True,
         attests={"device.claimed_posture": "managed", "device.os_version": None})
    odd = device(os_version="ten", ownership="mine", tampered="no", days_since_missed_update=1.5)
    native_odd = signed(ES256, posture(device=odd))
    case("claims that are no values of their attributes are unknown", native_odd, "trusted",
         certificate=b64(CERTIFICATE),
         attests={"device.os_version": None, "device.ownership": None, "device.tampered": None,
                  "device.days_since_missed_update": None, "device.compliant": True})


# Files -----------------------------------------------------------------------------------------

ISSUERS = [
    {"issuer": MDM, "keys": ["mdm.jwks.json"], "kinds": ["native"], "max_age": "8h",
     "may_set": ["device.*"]},
    {"issuer": "https://partner.example", "keys": [{"file": "partner.pem", "kid": "partner"}],
     "kinds": ["native"], "max_age": "1h", "binding": "optional", "partner": ["finance"],
     "may_set": ["device.id", "device.claimed_posture", "device.compliant"],
     "when_unbound": {"device.claimed_posture": "containerised"}},
    {"issuer": "veraison", "iss": None, "audience": None, "keys": ["veraison.jwks.json"],
     "kinds": ["ear", "ear-dotted"], "max_age": "1h", "binding": "optional",
     "may_set": ["device.*"]},
    {"issuer": "https://eat.example", "keys": ["eat.jwks.json"], "kinds": ["eat"], "max_age": "1h",
     "binding": "optional", "may_set": ["device.*"]},
    {"issuer": "https://tee.example", "audience": None, "keys": ["tee.jwks.json"], "kinds": ["eat"],
     "max_age": "1h", "binding": "optional", "may_set": ["device.*"], "only_nested": True},
    {"issuer": "https://strict-tee.example", "audience": None, "keys": ["strict-tee.jwks.json"],
     "kinds": ["eat"], "max_age": "1h", "may_set": ["device.*"], "only_nested": True},
    {"issuer": "https://capped-tee.example", "audience": None, "keys": ["capped-tee.jwks.json"],
     "kinds": ["eat"], "max_age": "1h", "binding": "optional", "may_set": ["device.*"],
     "when_unbound": {"device.storage_encrypted": False}, "only_nested": True},
    {"issuer": "https://idp.example", "keys": ["idp.jwks.json"], "about": [MDM, "https://tee.example"],
     "kinds": ["caep-device-compliance-change", "caep-session-revoked", "caep-risk-level-change"],
     "may_set": ["device.compliant", "device.compromised"]},
    {"issuer": "https://play.example", "keys": ["play.jwks.json"], "kinds": ["play-integrity"],
     "max_age": "1h", "binding": "optional", "may_set": ["device.*"]},
    {"issuer": "https://login.example", "keys": [{"file": "entra.pem", "kid": "entra"}],
     "rsa_algorithm": "RS256", "kinds": ["entra"], "max_age": "24h", "binding": "optional",
     "may_set": ["device.id", "device.claimed_posture", "device.compliant"]},
    {"issuer": "https://hmac.example", "keys": ["shared.jwks.json"], "shared_secrets": True,
     "kinds": ["native"], "max_age": "1h", "binding": "optional", "may_set": ["device.*"]},
]


def in_lines(issuer):
    return "    " + json.dumps(issuer)


def main():
    def jwks(name, *keys):
        text = ",\n".join("  " + json.dumps(key.jwk()) for key in keys)
        (HERE / f"{name}.jwks.json").write_text('{ "keys": [\n' + text + " ] }\n")

    jwks("mdm", ES256, ES384, EDDSA, RS256, PS256)
    jwks("veraison", VERAISON)
    jwks("eat", EAT)
    jwks("tee", TEE)
    jwks("strict-tee", STRICT_TEE)
    jwks("capped-tee", CAPPED_TEE)
    jwks("idp", IDP)
    jwks("play", PLAY)
    jwks("shared", SHARED)
    (HERE / "partner.pem").write_bytes(PARTNER.pem())
    (HERE / "entra.pem").write_bytes(ENTRA.pem())
    (HERE / "evidence.json").write_text(
        '{ "evidence": "tests",\n  "audience": ["' + VPN + '"],\n  "issuers": [\n'
        + ",\n".join(map(in_lines, ISSUERS)) + " ] }\n")
    (HERE / "laptop.token").write_text(signed(ES256, posture()) + "\n")
    (HERE / "copied.token").write_text(
        signed(ES256, posture(jti=None, device={"id": "LAPTOP-7", "posture": "managed"})) + "\n")
    (HERE / "phone.token").write_text(signed(PLAY, play(), "play-integrity-verdict+jwt") + "\n")
    (HERE / "notice.token").write_text(signed(IDP, notice(), "secevent+jwt") + "\n")
    (HERE / "recovered.token").write_text(signed(IDP, notice(
        event_claims={"current_status": "compliant", "event_timestamp": NOW - 10}), "secevent+jwt") + "\n")
    (HERE / "revoked.token").write_text(signed(IDP, notice(REVOKED), "secevent+jwt") + "\n")
    (HERE / "risk.token").write_text(signed(IDP, notice(RISK), "secevent+jwt") + "\n")
    (HERE / "tenant.token").write_text(signed(IDP, notice(
        sub_id={"format": "complex", "tenant": ABOUT["tenant"]}), "secevent+jwt") + "\n")
    inner = {"iss": "https://tee.example", "iat": NOW - 60, "ueid": "TEE-5", "oemboot": True}
    (HERE / "nested.token").write_text(signed(EAT, eat(
        submods={"TEE": ["JWT", signed(TEE, inner, "eat+jwt")]}), "eat+jwt") + "\n")
    (HERE / "tee-revoked.token").write_text(signed(IDP, notice(REVOKED, sub_id=ABOUT | {
        "device": {"format": "opaque", "id": "TEE-5"}}), "secevent+jwt") + "\n")
    for name, iss, status, at in (("tee-recovered", "https://tee.example", "compliant", NOW - 10),
                                  ("own-name", "https://idp.example", "not-compliant", NOW - 30)):
        (HERE / f"{name}.token").write_text(signed(IDP, notice(
            sub_id={"format": "iss_sub", "iss": iss, "sub": "LAPTOP-7"},
            event_claims={"current_status": status, "event_timestamp": at}), "secevent+jwt") + "\n")
    (HERE / "nonce.token").write_text(signed(ES256, posture(eat_nonce="jkd8KL-8xQk")) + "\n")
    (HERE / "shared.token").write_text(signed(SHARED, posture(
        iss="https://hmac.example", cnf=None, jti="later", iat=NOW + 3500, exp=NOW + 7200)) + "\n")
    (HERE / "many.tokens").write_text("".join(
        signed(EDDSA, posture(jti=f"m-{n}", device=device(id=f"D-{n % 8}"))) + "\n" for n in range(48)))

    corpus()
    folder = HERE / "corpus"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    names = set()
    for name, content in CASES:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].strip("-")
        while slug in names:
            slug += "-again"
        names.add(slug)
        content = {key: value for key, value in content.items() if value is not None}
        (folder / f"{slug}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    print(len(CASES), "cases")


main()
