//! `diff`, `test --coverage` and `test --mutate`, from end to end.

use super::run::{Scratch, portcullis};
use serde_json::{Value as Json, json};

const MANIFEST: &str = r#"{ "policy_set": "grace", "vocabulary": "vocabulary.json", "policies": ["policy.json"], "tests": ["tests.json"] }"#;
const VOCABULARY: &str = r#"{ "vocabulary": "grace",
  "attributes": {
    "action": { "type": "enum", "values": ["view", "edit"] },
    "device.days_late": { "type": "integer", "unit": "days", "better": "lower" },
    "device.lost": { "type": "bool" } },
  "obligations": { "tell-user-to-update": {}, "wipe-container": {} } }"#;
const POLICY: &str = r#"{ "policy": "council", "owner": "council", "rules": [
  { "id": "grace", "effect": "permit", "when": { "action": "view", "device.days_late": { "at_most": 7 } },
    "obligations": ["tell-user-to-update"], "because": "P14: seven days' grace." },
  { "id": "lost", "effect": "deny", "certain": true, "when": { "device.lost": true }, "because": "P14: a lost device." } ] }"#;
const TESTS: &str = r#"{ "given": { "action": "view" }, "tests": [
  { "name": "on the seventh day", "request": { "device.days_late": 7 }, "expect": "permit", "by": "grace" },
  { "name": "on the eighth day", "request": { "device.days_late": 8 }, "expect": "deny" } ] }"#;

fn grace(policy: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.write("policy-set.json", MANIFEST);
    scratch.write("vocabulary.json", VOCABULARY);
    scratch.write("policy.json", policy);
    scratch.write("tests.json", TESTS);
    scratch
}

fn json_of(out: &str) -> Json {
    serde_json::from_str(out).unwrap()
}

/// AUTH-05.
#[test]
fn seven_days_made_seventy_show_what_is_granted_and_which_test_breaks() {
    let (old, new) = (grace(POLICY), grace(&POLICY.replace("\"at_most\": 7 ", "\"at_most\": 70 ")));
    let run = portcullis(&["diff", &old.set(), &new.set()]);
    assert_eq!((run.code, run.err.as_str()), (2, ""), "{run:?}");
    assert_eq!(
        run.out,
        "GRANTS  council/grace
  - when `device.days_late` at most `7`
  + when `device.days_late` at most `70`
    permit
    when `action` `view`
    must tell-user-to-update
  what was refused is permitted, for example
    action=view device.days_late=8
    before  DENY  `council` permits nothing here; nearest is `grace`, which lacks `device.days_late` at most 7 (it is `8`)
    after   PERMIT  permitted by `council/grace` (P14: seven days' grace.); must tell-user-to-update
    still refused where these apply: council/lost, council

BREAKS  on the eighth day  (tests.json:3:3)
        expected deny, got permit: permitted by `council/grace` (P14: seven days' grace.)

outcomes change: edits that grant 1, that refuse 0, that change obligations 0; 1 test break
"
    );
    let back = portcullis(&["diff", &new.set(), &old.set(), "--format", "json"]);
    let found = json_of(&back.out);
    assert_eq!((back.code, &found["same"]), (2, &json!(false)));
    let change = &found["edits"][0]["changes"][0];
    let told =
        json!([change["outcome"], change["before"]["decision"], change["after"]["decision"]]);
    assert_eq!(told, json!(["refused", "permit", "deny"]));
    assert_eq!(found["broken_tests"], json!([]), "the tests are those of seven days");
}

#[test]
fn other_words_other_names_and_another_order_change_no_outcome() {
    let mut policy: Json = serde_json::from_str(POLICY).unwrap();
    let rules = policy["rules"].as_array_mut().unwrap();
    rules.reverse();
    rules[1]["id"] = json!("seven-days");
    rules[0]["because"] = json!("P14, in other words.");
    let (old, new) = (grace(POLICY), grace(&policy.to_string()));
    new.write("tests.json", TESTS.replace("\"grace\"", "\"seven-days\""));
    let run = portcullis(&["diff", &old.set(), &new.set()]);
    // The old test names the rule by its old name; the new one of that name passes.
    assert_eq!(
        (run.code, run.out.as_str()),
        (
            0,
            "council/grace is now called seven-days: no outcome changes\n\nBREAKS  on the seventh day  (tests.json:2:3, a test of the old set)\n        it is invalid: no rule is called `grace`; it is one of `lost`, `seven-days`\n\nno request changes outcome; 1 test break\n"
        )
    );
}

#[test]
fn an_obligation_more_is_told_apart_from_a_decision() {
    let more = POLICY
        .replace("\"certain\": true,", "\"certain\": true, \"obligations\": [\"wipe-container\"],");
    let (old, new) = (grace(POLICY), grace(&more));
    let run = portcullis(&["diff", &old.set(), &new.set()]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.starts_with("OBLIGES  council/lost\n  + must wipe-container\n"), "{run:?}");
    assert!(run.out.contains("    device.lost=true\n    before  DENY  "), "{run:?}");
    assert!(run.out.contains("; must wipe-container\n"), "{run:?}");
}

#[test]
fn what_cannot_be_compared_is_said_and_what_is_not_valid_is_shown() {
    let (old, new) = (grace(POLICY), grace(POLICY));
    new.write(
        "vocabulary.json",
        VOCABULARY.replace(
            "\"device.lost\": { \"type\": \"bool\" }",
            "\"device.lost\": { \"type\": \"enum\", \"values\": [\"yes\"] }",
        ),
    );
    new.write("policy.json", POLICY.replace("\"device.lost\": true", "\"device.lost\": \"yes\""));
    let run = portcullis(&["diff", &old.set(), &new.set()]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err
            .contains("`device.lost` is of type `bool` in the old set and `enum` in the new one"),
        "{run:?}"
    );
    new.write("policy.json", POLICY);
    let run = portcullis(&["diff", &old.set(), &new.set()]);
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(portcullis(&["diff", &old.set(), "/no/such/folder"]).code, 1);
}

#[test]
fn mutants_that_survive_come_with_tests_that_kill_them() {
    let set = grace(POLICY);
    let run = portcullis(&["test", &set.set(), "--mutate", "--write", &set.path("more.json")]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.contains("council/lost: without this rule\n"), "{run:?}");
    assert!(
        run.out.contains("  council/grace: `action` `view` or `edit` instead of `view`\n"),
        "{run:?}"
    );
    let before = portcullis(&["test", &set.set(), "--mutate", "--format", "json"]);
    let killed = json_of(&before.out)["killed"].as_u64().unwrap();
    set.write(
        "policy-set.json",
        MANIFEST.replace("\"tests.json\"", "\"tests.json\", \"more.json\""),
    );
    let run = portcullis(&["test", &set.set()]);
    assert_eq!(run.code, 0, "the new tests pass: {run:?}");
    let run = portcullis(&["test", &set.set(), "--mutate"]);
    assert_eq!(run.code, 0, "and with them nothing survives: {run:?}");
    assert!(run.out.contains(" 100 %; "), "{run:?}");
    let after = portcullis(&["test", &set.set(), "--mutate", "--format", "json"]);
    let after = json_of(&after.out);
    assert!(after["killed"].as_u64().unwrap() > killed && after["survived"] == 0, "{after}");
}

#[test]
fn coverage_names_the_conditions_that_no_test_decides() {
    let set = grace(POLICY);
    let run = portcullis(&["test", &set.set(), "--coverage"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (
            2,
            "no test decides council/lost\nno test decides council/grace: `action` `view`\ndecided by some test: 1 of 2 rules, 0 of 0 branches, 2 of 3 conditions\n"
        )
    );
}
