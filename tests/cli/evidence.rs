//! Evidence on the command line.

use super::json_of;
use super::run::{Run, Scratch, portcullis, portcullis_reading};

const CONFIG: &str = "tests/evidence/evidence.json";
const LAPTOP: &str = "tests/evidence/laptop.token";
const NOW: &str = "2026-03-02T09:00:00Z";
/// The thumbprint of the certificate that LAPTOP-7 shows, as OpenSSL prints it.
const SEEN: &str = "51:8B:97:E6:3B:C7:EF:85:13:B0:67:02:E4:34:09:29:BF:50:20:C7:05:8B:D5:25:5A:1E:87:9E:11:2F:58:F1";

fn evidence(token: &str, more: &[&str]) -> Run {
    let start = ["evidence", token, "--config", CONFIG, "--at", NOW];
    portcullis(&[&start, more].concat())
}

#[test]
fn a_token_that_is_believed_is_accounted_for_claim_by_claim() {
    let run = evidence(LAPTOP, &["--certificate", SEEN]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[0], "BELIEVED trusted");
    for line in [
        "  + signature: by a key of `https://mdm.council.example`, with ES256",
        "  + typ: the token is of kind `native`",
        "  + exp: counts until 2026-03-02T10:00:00Z",
        "  + device.os_version: 10.0.19045",
        "    jti: kind `native` does not read it",
        "  = evidence.bound: true",
    ] {
        assert!(lines.contains(&line), "{line} is not in {}", run.out);
    }
}

#[test]
fn a_token_that_is_not_believed_says_why_and_ends_with_2() {
    let run = evidence(LAPTOP, &[]);
    assert_eq!(run.code, 2);
    assert!(run.out.starts_with("NOT BELIEVED bound-elsewhere\n"));
    assert!(
        run.out.contains("  - the token: it is bound to a key that this connection did not show\n")
    );
    assert!(run.out.ends_with("  = evidence.present: true\n  = evidence.trusted: false\n"));
    let run = portcullis_reading(
        &["evidence", "-", "--config", CONFIG, "--at", NOW],
        b"\x1b[31mnot a token",
    );
    assert_eq!(run.code, 2);
    assert!(run.out.starts_with("NOT BELIEVED not-compact\n"));
}

#[test]
fn a_token_answers_the_nonce_that_the_gateway_gave() {
    let answer = "tests/evidence/nonce.token";
    let asked = |nonce: &str| evidence(answer, &["--certificate", SEEN, "--nonce", nonce]);
    let run = asked("jkd8KL-8xQk");
    assert_eq!((run.code, run.out.lines().next()), (0, Some("BELIEVED trusted")), "{run:?}");
    let run = asked("another nonce");
    assert_eq!((run.code, run.out.lines().next()), (2, Some("NOT BELIEVED wrong-nonce")));
    assert!(
        run.out.contains("  - the token: it does not repeat the nonce that the gateway gave\n")
    );
}

#[test]
fn an_account_in_json_has_the_same_in_it() {
    let run = evidence(LAPTOP, &["--certificate", SEEN, "--format", "json"]);
    let json = json_of(&run);
    assert_eq!((json["trusted"].as_bool(), json["reason"].as_str()), (Some(true), Some("trusted")));
    let attests = json["attests"].as_array().unwrap();
    let posture = attests.iter().find(|value| value["attribute"] == "device.claimed_posture");
    assert_eq!(posture.unwrap()["value"], "managed");
    assert_eq!(json["account"][0]["belief"], "believed");
}

#[test]
fn a_decision_takes_evidence_where_a_statement_would_not_count() {
    let asked = [
        "decide",
        "policies/quickstart",
        "action=view",
        "resource.classification=OFFICIAL",
        "resource.sensitive=false",
        "subject.factors=2",
        "--as-gateway",
        "--at",
        NOW,
    ];
    let with = |more: &[&str]| portcullis(&[&asked, more].concat()).code;
    let evidence = ["--evidence", LAPTOP, "--evidence-config", CONFIG];
    assert_eq!(with(&[]), 2);
    assert_eq!(with(&["device.posture=managed"]), 2);
    assert_eq!(with(&evidence), 2);
    assert_eq!(with(&[&evidence[..], &["--certificate", SEEN]].concat()), 0);
    assert_eq!(with(&[&evidence[..], &["--certificate", SEEN, "--evidence", CONFIG]].concat()), 2);
}

#[test]
fn a_configuration_that_is_not_valid_ends_with_3_and_one_that_is_not_there_with_1() {
    let scratch = Scratch::new();
    scratch.write("evidence.json", r#"{ "evidence": "x", "isuers": [] }"#);
    let run = portcullis(&["evidence", LAPTOP, "--config", &scratch.path("evidence.json")]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(
        run.err.contains("unknown key `isuers`") && run.err.contains("did you mean `issuers`?")
    );
    let run = portcullis(&["evidence", LAPTOP, "--config", "missing.json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let run = portcullis(&["evidence", "missing.token", "--config", CONFIG]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("cannot read the token `missing.token`"));
    let run = portcullis(&["decide", "policies/quickstart", "action=view", "--evidence", LAPTOP]);
    assert_eq!(run.code, 1, "{run:?}");
    let run = evidence(LAPTOP, &["--certificate", "abc"]);
    assert_eq!(run.code, 1, "{run:?}");
}
