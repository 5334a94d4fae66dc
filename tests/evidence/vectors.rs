//! Published signatures verify, and nothing near them does.

use super::{NOW, instant, pdp};
use portcullis::{Binding, Limits, Verifier};
use std::collections::BTreeMap;

/// A verifier whose one issuer has these keys, given as JWKs.
fn verifier(iss: &str, kinds: &str, max_age: &str, keys: &str) -> Verifier {
    let config = format!(
        r#"{{ "evidence": "vectors", "issuers": [
            {{ "issuer": "published", "iss": {iss}, "audience": null, "keys": ["keys.json"],
               "shared_secrets": true, "kinds": [{kinds}], "max_age": "{max_age}",
               "binding": "optional", "may_set": ["device.*"] }} ] }}"#
    );
    let files = BTreeMap::from([
        ("evidence.json".to_owned(), config.into_bytes()),
        ("keys.json".to_owned(), format!(r#"{{ "keys": [{keys}] }}"#).into_bytes()),
    ]);
    let request = pdp().request();
    Verifier::read(&files, "evidence.json", request.vocabulary(), &Limits::default()).unwrap()
}

fn reason(verifier: &Verifier, token: &str, at: &str) -> &'static str {
    verifier.verify(token.as_bytes(), &Binding::none(), instant(at)).reason().as_str()
}

/// The claims of these examples are no posture (and one has no JSON), which is asked only after the
/// signature was verified: a changed signature is refused as such.
fn verifies(keys: &str, token: &str, then: &str) {
    let verifier = verifier(r#""joe""#, r#""entra""#, "1h", keys);
    assert_eq!(reason(&verifier, token, NOW), then);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (first, rest) = signature.split_at(1);
    let other = if first == "A" { "B" } else { "A" };
    assert_eq!(reason(&verifier, &format!("{message}.{other}{rest}"), NOW), "bad-signature");
}

const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

#[test]
fn rfc_7515_appendix_a_1_hmac() {
    let key = r#"{ "kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow" }"#;
    let token = format!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    // Its type is that of the kind; what is missing is `iat`.
    verifies(key, &token, "missing-claim");
}

#[test]
fn rfc_7515_appendix_a_2_rsa() {
    let key = r#"{ "kty": "RSA", "alg": "RS256", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" }"#;
    let token = format!(
        "eyJhbGciOiJSUzI1NiJ9.{JOE}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    verifies(key, &token, "wrong-kind");
}

#[test]
fn rfc_7515_appendix_a_3_ecdsa() {
    let key = r#"{ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }"#;
    let token = format!(
        "eyJhbGciOiJFUzI1NiJ9.{JOE}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    verifies(key, &token, "wrong-kind");
}

#[test]
fn rfc_7515_appendix_a_5_unsecured() {
    let key = r#"{ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }"#;
    let verifier = verifier(r#""joe""#, r#""entra""#, "1h", key);
    let token = format!("eyJhbGciOiJub25lIn0.{JOE}.");
    assert_eq!(reason(&verifier, &token, NOW), "wrong-algorithm");
}

#[test]
fn rfc_8037_appendix_a_4_ed25519() {
    let key =
        r#"{ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }"#;
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    verifies(key, token, "malformed-claims");
}

/// A result that Veraison signed in 2024, as the tests of its Rust crate hold it.
#[test]
fn an_attestation_result_of_veraison() {
    let key = r#"{ "kty": "EC", "crv": "P-256", "x": "usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8", "y": "IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4" }"#;
    let verifier = verifier("null", r#""ear-dotted""#, "1h", key);
    let token = std::fs::read_to_string(super::path("veraison-2024.token")).unwrap();
    let (at, later) = ("2024-01-10T17:37:00Z", "2024-01-10T18:37:00Z");
    assert_eq!(reason(&verifier, token.trim(), later), "too-old");
    assert_eq!(reason(&verifier, token.trim(), "2024-01-10T17:00:00Z"), "from-the-future");
    let attested = verifier.verify(token.trim().as_bytes(), &Binding::none(), instant(at));
    assert_eq!(attested.reason().as_str(), "trusted");
    let values: Vec<String> = attested
        .values()
        .filter(|(name, _)| name.starts_with("device."))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    assert_eq!(
        values,
        ["device.tampered false", "device.secure_boot true", "device.hardware_attested true"]
    );
}
