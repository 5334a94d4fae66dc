"""Devices for the gateways' tests: certificates, and posture tokens signed by a device manager of the test's.

Needs the command `openssl` and nothing else. Keys are made anew for every run.
"""

import base64
import hashlib
import json
import pathlib
import subprocess
import time

ISSUER = "https://mdm.town.example"
AUDIENCE = "https://gateway.town.example"
LAPTOP = {"id": "LAPTOP-7", "ownership": "corporate", "posture": "managed", "os_supported": True,
          "days_since_missed_update": 0, "tampered": False, "compromised": False, "compliant": True,
          "screen_lock": True, "malware_protection": True}
PHONE = {"id": "PHONE-3", "ownership": "personal", "posture": "containerised", "os_supported": True,
         "tampered": False, "compromised": False,
         "container": {"encrypted": True, "pin_set": True, "remote_wipe_available": True, "assurance": "approved",
                       "assurance_valid_until": int(time.time()) + 86400}}


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **more).stdout


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Whoever signs: a device manager, or somebody who would like to be one."""

    def __init__(self, folder, name):
        self.name, self.key = name, pathlib.Path(folder) / f"{name}.key"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)

    def jwks(self):
        public = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-32:]
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": b64(public), "kid": self.name, "alg": "EdDSA", "use": "sig"}]}

    def sign(self, claims, typ, kid=None):
        header = {"alg": "EdDSA", "typ": typ, "kid": kid or self.name}
        message = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
        scratch = self.key.with_suffix(".message")
        scratch.write_text(message)
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", scratch)
        return f"{message}.{b64(signature)}"

    def token(self, certificate, device=LAPTOP, age=5, lifetime=3600, kid=None, **changes):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now - age, "exp": now - age + lifetime,
                  "cnf": {"x5t#S256": b64(bytes.fromhex(certificate.thumbprint))}, "device": device} | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.sign(claims, "portcullis-posture+jwt", kid)

    def notice(self, device, about=ISSUER):
        """A CAEP notice: the device no longer complies."""
        now = int(time.time())
        event = {"current_status": "not-compliant", "previous_status": "compliant", "event_timestamp": now}
        claims = {"iss": "https://notices.town.example", "jti": f"{device}-{now}", "iat": now, "aud": AUDIENCE,
                  "sub_id": {"format": "complex", "device": {"format": "iss_sub", "iss": about, "sub": device}},
                  "events": {"https://schemas.openid.net/secevent/caep/event-type/device-compliance-change": event}}
        return self.sign(claims, "secevent+jwt")


class Certificate:
    """A device's certificate and key. Signed by itself, or by `authority`."""

    def __init__(self, folder, name, authority=None, usage=None, subject=None):
        folder = pathlib.Path(folder)
        self.name, self.cert, self.key = name, folder / f"{name}.pem", folder / f"{name}.pem.key"
        request = ["req", "-x509" if authority is None else "-new", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject or f"/CN={name}", "-keyout", self.key]
        if authority is None:
            openssl(*request, "-days", 2, "-out", self.cert)
        else:
            openssl(*request, "-out", folder / f"{name}.csr")
            extensions = folder / f"{name}.ext"
            extensions.write_text(f"extendedKeyUsage={usage}\nkeyUsage=digitalSignature\n")
            openssl("x509", "-req", "-in", folder / f"{name}.csr", "-CA", authority.cert, "-CAkey", authority.key,
                    "-CAcreateserial", "-days", 2, "-extfile", extensions, "-out", self.cert)
        self.thumbprint = hashlib.sha256(openssl("x509", "-in", self.cert, "-outform", "DER")).hexdigest()


def configure(folder, manager, notifier):
    """Writes evidence.json and the keys that it names into `folder`."""
    folder = pathlib.Path(folder)
    (folder / "manager.jwks.json").write_text(json.dumps(manager.jwks()))
    (folder / "notices.jwks.json").write_text(json.dumps(notifier.jwks()))
    (folder / "evidence.json").write_text(json.dumps(
        {"evidence": "gateways", "audience": [AUDIENCE], "issuers": [
            {"issuer": ISSUER, "keys": ["manager.jwks.json"], "kinds": ["native"], "max_age": "8h", "may_set": ["device.*"]},
            {"issuer": "https://notices.town.example", "keys": ["notices.jwks.json"], "about": [ISSUER], "max_age": "24h",
             "kinds": ["caep-device-compliance-change"], "may_set": ["device.compliant"]}]}, indent=2))
    return folder / "evidence.json"
