//! The command: what it prints, how it ends, and that nothing makes it panic.
#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/change.rs"]
mod change;
#[cfg(feature = "evidence")]
#[path = "cli/evidence.rs"]
mod evidence;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/stream.rs"]
mod stream;

use run::{Run, Scratch, portcullis, portcullis_reading};
use serde_json::{Value as Json, json};

const TERMS: &str = "tests/authzen/terms";
const CERTIFICATION: &str = "tests/authzen/certification";
const READS: &str = r#"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}"#;
const WRITES: &str = r#"{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"}}"#;

fn json_of(run: &Run) -> Json {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn a_request_on_standard_input_is_answered_as_authzen_says() {
    for (request, code, decision) in [(READS, 0, true), (WRITES, 2, false)] {
        let run = portcullis_reading(&["decide", CERTIFICATION, "-"], request.as_bytes());
        assert_eq!((run.code, run.err.as_str()), (code, ""), "{run:?}");
        assert_eq!(run.out.lines().count(), 1);
        assert_eq!(json_of(&run)["decision"], decision);
        assert_eq!(json_of(&run)["context"]["policy_set"], "certification");
        let scratch = Scratch::new();
        scratch.write("request.json", request);
        let read = portcullis(&["decide", CERTIFICATION, &scratch.path("request.json")]);
        assert_eq!((read.code, read.out), (run.code, run.out), "a file is answered the same");
    }
}

#[test]
fn a_batch_permits_only_where_every_decision_does() {
    let good = READS.strip_suffix('}').unwrap();
    let batch_of = |items: &str| format!("{good},\"evaluations\":[{items}]}}");
    for (items, code, decisions) in [
        ("{},{}", 0, json!([true, true])),
        (r#"{},{"action":{"name":"delete"}}"#, 2, json!([true, false])),
        (r#"{},{"action":{}}"#, 2, json!([true, false])),
    ] {
        let run = portcullis_reading(&["decide", CERTIFICATION, "-"], batch_of(items).as_bytes());
        let answers = json_of(&run)["evaluations"].as_array().unwrap().clone();
        let got: Json = answers.iter().map(|answer| answer["decision"].clone()).collect();
        assert_eq!((run.code, got), (code, decisions), "{items}");
        let run = portcullis_reading(
            &["decide", CERTIFICATION, "-", "--format", "text"],
            batch_of(items).as_bytes(),
        );
        assert_eq!(
            (run.code, run.out.matches("PERMIT permitted").count()),
            (code, if code == 0 { 2 } else { 1 })
        );
    }
}

#[test]
fn values_on_the_command_line_are_answered_in_words() {
    let permit = [
        "decide",
        TERMS,
        "action=view",
        "device.managed=true",
        "device.os_version=17.1",
        "subject.factors=2",
        "subject.roles=clerk, archivist",
        "resource.labels=",
        "resource.embargo_ends=2026-06-01T00:00Z",
        "context.time=2026-03-02T09:00Z",
    ];
    let run = portcullis(&permit);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert_eq!(
        run.out,
        "PERMIT permitted
  why       permitted by `archive/staff-view` (Terms 1: viewing is for managed devices and two factors.)
  must      record-access
  must      limit-session (minutes 60, pause 15m, until 2026-06-01T00:00:00Z, reasons viewing, watchers archivist, watermark false)
  on trial  `archive/closed-records` would deny (Terms 7, on trial: closed records are for nobody.)
  holds to  2026-06-01T00:00:00Z
"
    );
    let deny = [&permit[..], &["subject.factors=1"]].concat();
    let run = portcullis(&deny);
    assert_eq!((run.code, run.err.as_str()), (2, ""), "{run:?}");
    assert_eq!(
        run.out,
        "DENY not-permitted
  why       `archive` permits nothing here; nearest is `staff-view`, which lacks `subject.factors` at least 2 (it is `1`)
  must      ask-for-a-factor
  say       You cannot do this as things are. Complete a second factor.
  way out   Complete a second factor [the user: `subject.factors` at least 2]
  on trial  `archive/closed-records` would deny (Terms 7, on trial: closed records are for nobody.)
  holds to  2026-06-01T00:00:00Z
"
    );
    let run = portcullis(&[&permit[..], &["--format", "json"]].concat());
    assert_eq!((run.code, &json_of(&run)["decision"]), (0, &json!(true)));
}

#[test]
fn values_on_the_command_line_count_over_those_of_the_request() {
    let run =
        portcullis_reading(&["decide", CERTIFICATION, "-", "subject.id=alice"], WRITES.as_bytes());
    assert_eq!((run.code, &json_of(&run)["decision"]), (0, &json!(true)));
}

#[test]
fn the_time_is_that_of_the_option_else_of_the_request_else_now() {
    let values = [
        "decide",
        TERMS,
        "action=print",
        "subject.roles=clerk",
        "action.copies=1",
        "context.idle=1m",
        "resource.labels=",
        "resource.status=open",
        "resource.embargo_ends=2026-06-01T00:00Z",
    ];
    let with = |more: &[&str]| portcullis(&[&values[..], more].concat()).code;
    assert_eq!(with(&["--at", "2026-06-01T00:00Z"]), 0, "the embargo has ended");
    assert_eq!(with(&["--at", "2026-05-31T23:59:59Z"]), 2);
    assert_eq!(with(&["context.time=2026-06-01T00:00Z"]), 0);
    assert_eq!(with(&["context.time=2026-06-01T00:00Z", "--at", "2026-05-31T23:59Z"]), 2);
    let past = [&values[..8], &["resource.embargo_ends=2001-01-01T00:00Z"]].concat();
    assert_eq!(portcullis(&past).code, 0, "now is later than 2001");
    let run = portcullis(&[&values[..], &["--at", "tomorrow"]].concat());
    assert_eq!(run.code, 1);
    assert!(run.err.contains("this is not an instant"), "{run:?}");
}

#[test]
fn what_the_gateway_cannot_do_is_refused() {
    let values = [
        "decide",
        TERMS,
        "action=view",
        "device.posture=managed",
        "subject.factors=2",
        "resource.labels=",
        "resource.embargo_ends=2026-01-01T00:00Z",
        "--at",
        "2026-03-02T09:00Z",
        "--format",
        "json",
    ];
    let with = |more: &[&str]| {
        let run = portcullis(&[&values[..], more].concat());
        (run.code, json_of(&run)["context"]["reason"].clone())
    };
    assert_eq!(with(&[]), (0, json!("permitted")));
    assert_eq!(with(&["--can", "record-access,limit-session"]), (0, json!("permitted")));
    assert_eq!(with(&["--can", "record-access"]), (2, json!("unenforceable")));
    let run = portcullis(&[&values[..], &["--can", "record-access,limit-sesion"]].concat());
    assert_eq!(run.code, 1, "a misspelt obligation is no answer: {run:?}");
    assert!(run.err.contains("unknown obligation `limit-sesion`"), "{run:?}");
}

#[test]
fn as_a_gateway_stated_evidence_and_derived_attributes_count_for_nothing() {
    for stated in [
        ["device.managed=true", "device.os_version=17"],
        ["device.posture=managed", "subject.id=ann"],
    ] {
        let values = [
            "decide",
            TERMS,
            "action=view",
            "subject.factors=2",
            "subject.roles=archivist",
            "resource.labels=",
            "resource.embargo_ends=2026-01-01T00:00Z",
            stated[0],
            stated[1],
        ];
        assert_eq!(portcullis(&values).code, 0);
        assert_eq!(portcullis(&[&values[..], &["--as-gateway"]].concat()).code, 2);
    }
}

#[test]
fn a_set_is_checked_and_found_well() {
    let run = portcullis(&["check", TERMS]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("terms: 1 policy, 7 rules, 0 tests"), "{run:?}");
    let run = portcullis(&["check", &format!("{TERMS}/policy-set.json")]);
    assert_eq!(run.code, 0, "the manifest stands for its folder: {run:?}");
    let run = portcullis(&["check", TERMS, "--format", "json"]);
    assert_eq!((run.code, json_of(&run)), (0, json!({ "findings": [] })));
}

#[test]
fn warnings_refuse_a_set_only_where_the_author_is_strict() {
    let scratch = Scratch::with_base();
    scratch.write(
        "policy-set.json",
        r#"{ "policy_set": "small", "vocabulary": "vocabulary.json", "policies": ["policy.json"],
  "tests": ["tests/*.json"] }"#,
    );
    scratch.write("tests/a.json", "{ \"tests\": [\n  { \"name\": \"t\", \"request\": { \"action\": \"veiw\" }, \"expect\": \"deny\" } ] }");
    let run = portcullis(&["check", &scratch.set()]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.err.contains("warning[P0505]: the test `t` is invalid: `veiw` is no value of `action`"),
        "{run:?}"
    );
    assert!(run.err.contains("tests/a.json:2:3"), "{run:?}");
    assert!(run.out.contains("1 warning"), "{run:?}");
    assert_eq!(portcullis(&["check", "--strict", &scratch.set()]).code, 3);
    let run = portcullis(&["check", "--format", "json", &scratch.set()]);
    let findings = &json_of(&run)["findings"];
    assert_eq!(findings.as_array().unwrap().len(), 1);
    let place = json!(["P0505", "warning", "tests/a.json", 2, 3]);
    let one = &findings[0];
    assert_eq!(
        json!([one["code"], one["severity"], one["file"], one["line"], one["column"]]),
        place
    );
}

#[test]
fn everything_that_is_wrong_is_shown_with_its_place_and_the_way_out() {
    let scratch = Scratch::with_base();
    scratch.write("policy.json", "{ \"policy\": \"council\", \"owner\": \"council\",\n  \"rules\": [\n    { \"id\": \"é\", \"effect\": \"permit\", \"when\": { \"device.posture\": \"manged\" }, \"becuase\": \"…\" } ] }");
    let run = portcullis(&["check", &scratch.set()]);
    assert_eq!((run.code, run.out.as_str()), (3, ""), "{run:?}");
    for part in [
        "error[P0105]: `manged` is not a word of `device.posture`",
        "policy.json:3:66",
        "help: did you mean `managed`?",
        "error[P0101]: unknown key `becuase` in a rule",
        "policy.json:3:78",
        "error[P0102]: a rule has no `because`",
        "is not valid: 3 errors",
    ] {
        assert!(run.err.contains(part), "`{part}` in {}", run.err);
    }
    let run = portcullis(&["check", "--format", "json", &scratch.set()]);
    let codes: Json = json_of(&run)["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].clone())
        .collect();
    assert_eq!((run.code, codes, run.err.as_str()), (3, json!(["P0102", "P0105", "P0101"]), ""));
}

#[test]
fn a_guarantee_that_does_not_hold_refuses_the_set_with_a_request_that_breaks_it() {
    let scratch = Scratch::with_base();
    let manifest = "{ \"policy_set\": \"small\", \"vocabulary\": \"vocabulary.json\", \"policies\": [\"policy.json\"],
\"guarantees\": [ { \"id\": \"lost\", \"never\": \"permit\", \"when\": { \"device.lost\": true } } ] }";
    scratch.write("policy-set.json", manifest);
    let run = portcullis(&["check", "--format", "json", &scratch.set()]);
    let finding = &json_of(&run)["findings"][0];
    let place = json!([finding["code"], finding["severity"], finding["file"], finding["line"]]);
    assert_eq!((run.code, place), (3, json!(["P0506", "error", "policy-set.json", 2])));
    let help = finding["help"].as_str().unwrap();
    let (request, decision) = help.split_once(" is a ").unwrap();
    assert!(decision.starts_with("permit: permitted by `council/view`"), "{help}");
    let values = Vec::from_iter(request.strip_prefix("the request ").unwrap().split(' '));
    assert!(values.contains(&"device.lost=true"), "{help}");
    let set = scratch.set();
    let decide = [&["decide", set.as_str()], &values[..]].concat();
    assert_eq!(portcullis(&decide).code, 3, "no set is used whose guarantee is false");
    let (without_guarantee, _) = manifest.split_once(",\n\"guarantees\"").unwrap();
    scratch.write("policy-set.json", format!("{without_guarantee} }}"));
    assert_eq!(portcullis(&decide).code, 0, "it does break it");
}

/// A set with tests that pass, fail and are invalid.
fn tested() -> Scratch {
    let scratch = Scratch::with_base();
    scratch.write(
        "policy-set.json",
        r#"{ "policy_set": "small", "vocabulary": "vocabulary.json", "policies": ["policy.json"],
  "tests": ["tests/*.json"] }"#,
    );
    scratch.write(
        "tests/a.json",
        r#"{ "tests": [
  { "name": "staff view", "request": { "action": "view" }, "expect": "permit" },
  { "name": "staff <edit> & more", "request": { "action": "edit" }, "expect": "permit" },
  { "name": "nobody prints", "request": { "action": "print" }, "expect": "deny" } ] }"#,
    );
    scratch.write(
        "tests/b.json",
        r#"{ "tables": [ { "name": "table", "rows": "device.lost", "columns": "action",
  "expect": { "true": { "view": "permit", "edit": "deny" }, "false": { "edit": "deny" } } } ] }"#,
    );
    scratch
}

#[test]
fn tests_that_pass_fail_and_are_invalid_are_told_apart() {
    let scratch = tested();
    let run = portcullis(&["test", &scratch.set()]);
    assert_eq!(run.code, 2, "{run:?}");
    let lines = Vec::from_iter(run.out.lines().map(str::trim));
    assert_eq!(lines.len(), 5, "{run:?}");
    assert_eq!(lines[0], "FAIL    staff <edit> & more  (tests/a.json:3:3)");
    assert!(lines[1].starts_with("expected permit, got deny: "), "{run:?}");
    assert_eq!(lines[2], "INVALID nobody prints  (tests/a.json:4:3)");
    assert!(lines[3].starts_with("`print` is no value of `action`"), "{run:?}");
    assert_eq!(lines[4], "4 passed, 1 failed, 1 invalid");
    let all = portcullis(&["test", "--all", &scratch.set()]).out;
    assert_eq!(all.matches("PASS ").count(), 4, "{all}");
    assert!(all.contains("PASS    table: true × view  (tests/b.json:2:25)"), "{all}");
}

#[test]
fn tests_can_be_chosen_by_name() {
    let scratch = tested();
    let chosen = |filter: &str| {
        let run = portcullis(&["test", "--filter", filter, &scratch.set()]);
        (run.code, run.out.lines().last().unwrap_or_default().to_owned())
    };
    assert_eq!(chosen("staff view"), (0, "1 passed, 0 failed, 0 invalid".to_owned()));
    assert_eq!(chosen("table"), (0, "3 passed, 0 failed, 0 invalid".to_owned()));
    assert_eq!(chosen("edit"), (2, "2 passed, 1 failed, 0 invalid".to_owned()));
    assert_eq!(
        chosen("prints"),
        (2, "0 passed, 0 failed, 1 invalid".to_owned()),
        "invalid is not passed"
    );
    let run = portcullis(&["test", "--filter", "nothing like it", &scratch.set()]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("there are no tests to run"), "{run:?}");
}

#[test]
fn results_are_told_to_programs() {
    let scratch = tested();
    let run = portcullis(&["test", "--format", "json", &scratch.set()]);
    let tests = json_of(&run)["tests"].as_array().unwrap().clone();
    let verdicts: Json = tests.iter().map(|test| test["verdict"].clone()).collect();
    assert_eq!(
        (run.code, verdicts),
        (2, json!(["pass", "fail", "invalid", "pass", "pass", "pass"]))
    );
    assert_eq!(json!([tests[1]["file"], tests[1]["line"]]), json!(["tests/a.json", 3]));
}

#[test]
fn a_junit_report_can_be_read_again() {
    let scratch = tested();
    let path = scratch.path("report.xml");
    let run = portcullis(&["test", "--junit", &path, &scratch.set()]);
    assert_eq!(run.code, 2);
    let xml = std::fs::read_to_string(&path).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(
        (report.name.as_ref().unwrap().as_str(), report.tests, report.failures, report.errors),
        ("small", 6, 1, 1)
    );
    let suites = Vec::from_iter(report.test_suites.iter().map(|suite| suite.name.as_str()));
    assert_eq!(suites, ["tests/a.json", "tests/b.json"]);
    let names =
        Vec::from_iter(report.test_suites[0].test_cases.iter().map(|test| test.name.as_str()));
    assert_eq!(names, ["staff view", "staff <edit> & more", "nobody prints"]);

    let run = portcullis(&["test", "--junit", &scratch.path("no/such/folder.xml"), &scratch.set()]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("cannot write") && run.err.contains("folder.xml"), "{run:?}");
}

#[test]
fn help_and_the_version_are_no_errors_and_a_misspelt_command_is_one() {
    for arguments in
        [&["--help"][..], &["decide", "--help"], &["check", "--help"], &["test", "--help"]]
    {
        let run = portcullis(arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert!(run.out.contains("Usage: portcullis"), "{run:?}");
    }
    assert_eq!(
        portcullis(&["--version"]).out,
        concat!("portcullis ", env!("CARGO_PKG_VERSION"), "\n")
    );
    for arguments in
        [&[][..], &["chek"], &["decide"], &["decide", TERMS], &["check", TERMS, "--format", "yaml"]]
    {
        let run = portcullis(arguments);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
        assert!(!run.err.is_empty());
    }
}
