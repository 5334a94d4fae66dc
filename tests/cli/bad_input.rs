//! Bad policy sets and bad requests: a clear error under one screen that names the place.

use super::run::{Run, Scratch, portcullis, portcullis_reading};

/// Lines of a screen.
const SCREEN: usize = 24;

/// It says what is asked of it, in one screen.
fn says(run: &Run, code: i32, parts: &[&str], about: &str) {
    let lines = run.out.lines().count() + run.err.lines().count();
    assert!(lines <= SCREEN, "{about}: {lines} lines: {run:?}");
    let longest = run.err.lines().map(str::len).max().unwrap_or_default();
    assert!(longest <= 600, "{about}: a line of {longest} bytes");
    for part in parts {
        assert!(run.err.contains(part), "{about}: no `{part}` in {}", run.err);
    }
    assert_eq!(run.code, code, "{about}: {run:?}");
}

fn brackets() -> Vec<u8> {
    vec![b'['; 10_000_000]
}

fn noise() -> Vec<u8> {
    (0..4096_u32)
        .map(|place| u8::try_from(place.wrapping_mul(2_654_435_761) >> 24).unwrap())
        .collect()
}

fn vocabulary(attributes: &str) -> String {
    format!(
        "{{ \"vocabulary\": \"small\", \"attributes\": {{\n{attributes},\n\"action\": {{ \"type\": \"string\" }} }} }}"
    )
}

fn rule(condition: &str) -> String {
    format!(
        "{{ \"policy\": \"p\", \"owner\": \"o\", \"rules\": [\n{{ \"id\": \"r\", \"effect\": \"permit\", \"because\": \"…\",\n\"when\": {condition} }} ] }}"
    )
}

/// Every command on a set with one file replaced.
fn refused(file: &str, text: impl AsRef<[u8]>, code: i32, parts: &[&str]) {
    let scratch = Scratch::with_base();
    scratch.write(file, text);
    every_command(&scratch.set(), code, parts, file);
}

fn every_command(set: &str, code: i32, parts: &[&str], about: &str) {
    for command in [&["check", set][..], &["test", set], &["decide", set, "action=view"]] {
        says(&portcullis(command), code, parts, &format!("{} {about}", command[0]));
    }
}

#[test]
fn empty_files_of_a_set() {
    refused(
        "policy-set.json",
        "",
        3,
        &["error[P0002]", "there is no text here", "policy-set.json:1:1"],
    );
    refused("vocabulary.json", "\n\n", 3, &["error[P0002]", "vocabulary.json:1:1"]);
    refused("policy.json", "", 3, &["error[P0002]", "policy.json:1:1"]);
}

#[test]
fn binary_files_of_a_set() {
    for file in ["policy-set.json", "vocabulary.json", "policy.json"] {
        refused(file, noise(), 3, &["error[P0003]: this is not UTF-8 text", file]);
        refused(file, [0_u8; 100], 3, &["error[P0002]", &format!("{file}:1:1")]);
    }
}

#[test]
fn ten_million_brackets_in_a_set() {
    let scratch = Scratch::with_base();
    for file in ["policy.json", "vocabulary.json", "policy-set.json"] {
        scratch.write(file, brackets());
        let said =
            ["error[P0005]: this is nested more than 64 levels deep", &format!("{file}:1:65")];
        says(&portcullis(&["check", &scratch.set()]), 3, &said, file);
    }
    let balanced = [vec![b'['; 5_000_000], vec![b']'; 5_000_000]].concat();
    refused("policy.json", balanced, 3, &["error[P0005]", "policy.json:1:65"]);
    let longer = vec![b' '; (16 << 20) + 1];
    refused("policy.json", longer, 3, &["error[P0004]", "at most 16777216 are read"]);
}

#[test]
fn duplicate_keys_in_a_set() {
    let twice = rule("{ \"action\": \"view\",\n \"action\": \"edit\" }");
    refused(
        "policy.json",
        twice,
        3,
        &["error[P0006]: the key `action` is written twice", "policy.json:4:2"],
    );
    refused(
        "policy-set.json",
        "{ \"policy_set\": \"a\",\n\"policy_set\": \"b\" }",
        3,
        &["error[P0006]", "policy-set.json:2:1"],
    );
}

#[test]
fn an_unknown_posture_in_a_set() {
    let found = [
        "error[P0105]: `manged` is not a word of `device.posture`",
        "policy.json:3:29",
        "did you mean `managed`?",
    ];
    refused("policy.json", rule("{ \"device.posture\": \"manged\" }"), 3, &found);
}

#[test]
fn cyclic_attributes_in_a_set() {
    let derive = |name: &str, used: &str| {
        format!(
            "\"{name}\": {{ \"type\": \"bool\", \"derive\": [ {{ \"value\": true, \"when\": {{ \"{used}\": true }} }}, {{ \"value\": false }} ] }}"
        )
    };
    let cyclic = vocabulary(&format!("{},\n{}", derive("a", "b"), derive("b", "a")));
    refused(
        "vocabulary.json",
        cyclic,
        3,
        &["error[P0201]", "in a circle: a -> b -> a", "vocabulary.json:2:1"],
    );
}

#[test]
fn wrong_types_in_a_set() {
    refused(
        "policy.json",
        rule("{ \"device.lost\": 1 }"),
        3,
        &["error[P0103]: `device.lost` is true or false, not a number", "policy.json:3:26"],
    );
    refused(
        "policy.json",
        "[]",
        3,
        &["error[P0103]: a policy is an object, not an array", "policy.json:1:1"],
    );
    refused("policy-set.json", "7", 3, &["error[P0103]", "policy-set.json:1:1"]);
    refused(
        "vocabulary.json",
        vocabulary("\"a\": 7"),
        3,
        &["error[P0103]: the attribute `a` is an object", "vocabulary.json:2:6"],
    );
}

#[test]
fn sets_and_files_that_are_not_there() {
    let scratch = Scratch::new();
    let nowhere = scratch.path("nowhere");
    every_command(
        &nowhere,
        1,
        &["error[P0001]: cannot read `policy-set.json`", "no such file", "nowhere"],
        "missing set",
    );
    let empty = Scratch::new();
    every_command(
        &empty.set(),
        1,
        &["cannot read `policy-set.json`", "no such file"],
        "empty folder",
    );
    empty.write("notes.txt", "hello");
    every_command(
        &empty.path("notes.txt"),
        1,
        &["cannot read `policy-set.json`", "notes.txt"],
        "a file for a set",
    );

    let manifest = "{ \"policy_set\": \"s\", \"vocabulary\": \"vocabulary.json\",\n\"policies\": [\"policy.json\", \"dwp.json\"] }";
    refused(
        "policy-set.json",
        manifest,
        1,
        &["error[P0001]: cannot read `dwp.json`: there is no such file", "policy-set.json:2:29"],
    );
    let manifest = "{ \"policy_set\": \"s\", \"vocabulary\": \"../secret.json\",\n\"policies\": [\"policy.json\"] }";
    refused(
        "policy-set.json",
        manifest,
        3,
        &["error[P0007]: `../secret.json`", "policy-set.json:1:36"],
    );
}

#[test]
fn a_folder_where_a_file_should_be() {
    let scratch = Scratch::with_base();
    scratch.write("rules/policy.json", "{}");
    let manifest = "{ \"policy_set\": \"s\", \"vocabulary\": \"vocabulary.json\", \"policies\": [\n\"rules\"] }";
    scratch.write("policy-set.json", manifest);
    every_command(
        &scratch.set(),
        1,
        &["cannot read `rules`: it is a folder, not a file", "policy-set.json:2:1"],
        "folder",
    );
    std::fs::remove_file(scratch.path("policy-set.json")).unwrap();
    std::fs::create_dir(scratch.path("policy-set.json")).unwrap();
    every_command(
        &scratch.set(),
        1,
        &["cannot read `policy-set.json`: it is a folder, not a file"],
        "manifest folder",
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::with_base();
    let policy = scratch.path("policy.json");
    std::fs::set_permissions(&policy, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&policy).is_ok() {
        eprintln!("skipped: this user reads whatever the permissions say");
        return;
    }
    let said = [
        "cannot read `policy.json`: reading it is not permitted to this user",
        "policy-set.json:3:16",
    ];
    every_command(&scratch.set(), 1, &said, "unreadable");
    let request = portcullis(&["decide", "tests/authzen/terms", &policy]);
    says(&request, 1, &["cannot read the request", "policy.json"], "unreadable request");
}

/// `decide`, as JSON and in words, on a request.
fn request(bytes: impl AsRef<[u8]>, parts: &[&str]) {
    let scratch = Scratch::new();
    scratch.write("request.json", &bytes);
    let set = "tests/authzen/certification";
    for format in ["json", "text"] {
        for path in [&scratch.path("request.json"), "-"] {
            let run =
                portcullis_reading(&["decide", set, path, "--format", format], bytes.as_ref());
            says(&run, 1, parts, &format!("{format} {path}"));
            assert_eq!(run.out, "", "nothing is decided");
        }
    }
}

const WHO: &str = r#""subject":{"type":"user","id":"a"},"action":{"name":"read"},"resource":{"type":"record","id":"r"}"#;

#[test]
fn requests_that_are_no_requests() {
    request("", &["request:1:1: there is no text here"]);
    request(noise(), &["request:1:", "this is not UTF-8 text"]);
    request([0_u8; 100], &["request:1:1: expected value"]);
    request(brackets(), &["request:1:1: the text has", "at most 1048576 are read"]);
    request(&brackets()[..1_000_000], &["request:1:65: this is nested more than 64 levels deep"]);
    request(
        format!("{{{WHO},\n\"action\":{{}}}}"),
        &["request:2:1: the key `action` is written twice"],
    );
    request(format!("{{{WHO}}}\n{{}}"), &["request:2:1: trailing characters"]);
    request("{\n\"subject\": 7}", &["request:2:12: `subject` is an object, not a number"]);
    request("{}", &["request:1:1: `subject` is missing"]);
    request("[]", &["request:1:1: a request is an object, not an array"]);
    request("not json at all", &["request:1:2: expected ident"]);
}

#[test]
fn an_unknown_word_in_a_request_is_unknown_and_on_the_command_line_an_error() {
    let text = WHO.replace("\"read\"", "\"raed\"");
    let run = portcullis_reading(
        &["decide", "tests/authzen/certification", "-"],
        format!("{{{text}}}").as_bytes(),
    );
    assert_eq!(run.code, 2, "{run:?}");
    let stated = |pair: &str, parts: &[&str]| {
        let run = portcullis(&["decide", "tests/authzen/terms", "action=view", pair]);
        says(&run, 1, parts, pair);
        assert_eq!(run.out, "");
    };
    stated(
        "device.posture=manged",
        &["`manged` is no value of `device.posture`", "did you mean `managed`?"],
    );
    stated(
        "device.postur=managed",
        &["unknown attribute `device.postur`", "did you mean `device.posture`?"],
    );
    stated("subject.factors=two", &["`two` is no value of `subject.factors`"]);
    stated("device.managed=yes", &["`yes` is no value of `device.managed`"]);
    stated("device.os_version=17.x", &["`17.x` is no value of `device.os_version`"]);
    stated("context.time=noon", &["`noon` is no value of `context.time`"]);
    stated("resource.labels=personal,x", &["`personal, x` is no value of `resource.labels`"]);
    stated("=managed", &["unknown attribute ``"]);
}

#[test]
fn requests_that_are_not_there() {
    let set = "tests/authzen/terms";
    let scratch = Scratch::new();
    let missing = scratch.path("missing.json");
    says(
        &portcullis(&["decide", set, &missing]),
        1,
        &["cannot read the request", "missing.json"],
        "missing",
    );
    says(
        &portcullis(&["decide", set, &scratch.set()]),
        1,
        &["cannot read the request"],
        "a folder",
    );
    says(&portcullis(&["decide", set]), 1, &["there is no request"], "none");
    says(&portcullis(&["decide", set, "a.json", "b.json"]), 1, &["`b.json` is neither"], "two");
    says(
        &portcullis(&["decide", set, "action"]),
        1,
        &["cannot read the request `action`"],
        "no value",
    );
}

#[test]
fn test_files_that_are_none() {
    let with = |text: &[u8], parts: &[&str]| {
        let scratch = Scratch::with_base();
        scratch.write("policy-set.json", "{ \"policy_set\": \"s\", \"vocabulary\": \"vocabulary.json\", \"policies\": [\"policy.json\"],\n\"tests\": [\"tests/*.json\"] }");
        scratch.write("tests/a.json", text);
        for command in ["check", "test"] {
            says(&portcullis(&[command, &scratch.set()]), 3, parts, command);
        }
    };
    with(b"", &["error[P0002]", "tests/a.json:1:1"]);
    with(&noise(), &["error[P0003]", "tests/a.json:1:"]);
    with(&brackets()[..1_000_000], &["error[P0005]", "tests/a.json:1:65"]);
    with(b"[]", &["error[P0103]: a test file is an object, not an array", "tests/a.json:1:1"]);
    with(
        b"{ \"tests\": [\n{ \"name\": 1 } ] }",
        &["error[P0103]: `name` is text", "tests/a.json:2:11"],
    );
}
