//! What an author is told: each change to the reference set that an author might make, and each
//! question that one might ask, with what the command answers.
#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[expect(dead_code, reason = "these tests read nothing from standard input")]
#[path = "cli/run.rs"]
mod run;

use std::path::Path;

use run::{Run, Scratch, portcullis};
use serde_json::Value as Json;

const COUNCIL: &str = "policies/council";

/// An ordinary request for the council's own OFFICIAL planning papers, through the remote desktop.
const REMOTE_DESKTOP: &str = include_str!("cli/remote-desktop.txt");

/// The reference set, with one change to one of its files.
fn council_with(file: &str, from: &str, to: &str) -> Scratch {
    let council = Path::new(env!("CARGO_MANIFEST_DIR")).join(COUNCIL);
    let scratch = Scratch::new();
    for folder in ["", "tests"] {
        for entry in std::fs::read_dir(council.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(&council).unwrap().to_str().unwrap().to_owned();
                scratch.write(&name, std::fs::read(&path).unwrap());
            }
        }
    }
    let text = std::fs::read_to_string(scratch.path(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    scratch.write(file, text.replacen(from, to, 1));
    scratch
}

/// The reference set, with one more rule of the council's.
fn council_with_rule(rule: &str) -> Scratch {
    council_with("council.json", "\"rules\": [", &format!("\"rules\": [\n{rule},"))
}

/// What was said, with every run of spaces and every broken line made one space.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_says(run: &Run, code: i32, parts: &[&str]) {
    let said = plain(&format!("{}\n{}", run.err, run.out));
    assert_eq!(run.code, code, "{said}");
    for part in parts {
        assert!(said.contains(part), "`{part}` in: {said}");
    }
}

/// The request through the remote desktop, with other values after it.
fn remote_desktop<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [command, COUNCIL]
        .into_iter()
        .chain(REMOTE_DESKTOP.split_whitespace())
        .chain(more.iter().copied())
        .collect()
}

/// AUTH-01.
#[test]
fn a_misspelt_posture_is_refused_with_its_place_and_the_nearest_word() {
    let scratch = council_with(
        "council.json",
        "\"council.posture\": \"managed\"",
        "\"council.posture\": \"manged\"",
    );
    assert_says(
        &portcullis(&["check", &scratch.set()]),
        3,
        &[
            "error[P0105]: `manged` is not a word of `council.posture`",
            "council.json:",
            "help: did you mean `managed`?",
        ],
    );
}

/// AUTH-02.
#[test]
fn a_local_permit_for_what_the_network_protects_is_refused_with_a_request_that_would_breach_its_terms()
 {
    let scratch = council_with_rule(
        r#"{ "id": "psn-in-the-remote-desktop", "effect": "permit",
      "when": { "resource.zone": "psn-walled-garden", "resource.owner": "dwp",
                "device.posture": "thin-client", "action": "view",
                "subject.factors": { "at_least": 2 } },
      "unless": { "council.for_anyone": true },
      "because": "It would be handy." }"#,
    );
    let run = portcullis(&["check", &scratch.set()]);
    assert_says(
        &run,
        3,
        &[
            "error[P0509]: the rule `psn-in-the-remote-desktop` permits what is for `psn-authority` to permit, who does not",
            "wherever it would, the silence of `psn` refuses; for example the request ",
        ],
    );
    let said = plain(&run.err);
    let request = said.split("for example the request ").nth(1).unwrap();
    for value in ["device.claimed_posture=thin-client", "resource.zone=psn-walled-garden"] {
        assert!(request.contains(value), "{request}");
    }
}

/// AUTH-03.
#[test]
fn a_rule_that_a_broader_refusal_hides_is_warned_of_with_the_rule_that_hides_it() {
    let scratch = council_with_rule(
        r#"{ "id": "mail-to-oneself", "effect": "permit",
      "when": { "action": "forward-to-personal-account", "council.posture": "managed", "council.marking": "official" },
      "because": "People ask for it." }"#,
    );
    assert_says(
        &portcullis(&["check", &scratch.set()]),
        0,
        &[
            "warning[P0508]: the rule `mail-to-oneself` never counts",
            "wherever it would, `baseline/no-private-accounts` refuses",
        ],
    );
}

/// AUTH-04.
#[test]
fn a_combination_that_no_rule_mentions_is_listed_with_the_effective_answer() {
    let given = [
        "check",
        COUNCIL,
        "resource.owner_relationship=own",
        "resource.classification=OFFICIAL",
        "resource.sensitive=true",
        "device.posture=thin-client",
        "action=sync",
    ];
    assert_says(
        &portcullis(&given),
        0,
        &[
            "no rule speaks of these requests to `council`; the effective answer is deny",
            "- `council.marking` is `official-sensitive`;",
        ],
    );
    let spoken_of =
        [&given[..4], &["resource.sensitive=false", "action=forward-to-personal-account"]].concat();
    assert_says(
        &portcullis(&spoken_of),
        0,
        &["some rule speaks of every request with these values"],
    );
}

// AUTH-05, a grace of seven days that becomes seventy, is a difference of two sets: `tests/cli/change.rs`.

/// AUTH-06.
#[test]
fn an_expectation_that_holds_only_because_its_request_is_malformed_is_invalid() {
    let scratch = council_with(
        "tests/thin-client.json",
        "{ \"name\": \"reading in the remote desktop\",",
        "{ \"name\": \"nobody looks at leaflets\", \"request\": { \"action\": \"veiw\" }, \"expect\": \"deny\" },\n    { \"name\": \"reading in the remote desktop\",",
    );
    let finding = "the test `nobody looks at leaflets` is invalid: `veiw` is no value of `action`; did you mean `view`?";
    assert_says(
        &portcullis(&["check", &scratch.set()]),
        0,
        &[&format!("warning[P0505]: {finding}")],
    );
    let run = portcullis(&["test", &scratch.set()]);
    assert_says(&run, 2, &["INVALID nobody looks at leaflets", ", 1 invalid"]);
}

/// AUTH-07.
#[test]
fn a_risk_acceptance_without_an_end_is_refused() {
    let scratch = council_with("council.json", ", \"until\": \"2026-04-01T00:00:00+01:00\"", "");
    assert_says(
        &portcullis(&["check", &scratch.set()]),
        3,
        &["error[P0302]: the risk acceptance `ra-2025-1-mail-in-a-browser` has no `until`"],
    );
}

/// AUTH-08.
#[test]
fn a_key_that_stands_twice_in_a_rule_is_refused() {
    let scratch = council_with(
        "council.json",
        "\"id\": \"managed-work\", \"effect\": \"permit\"",
        "\"id\": \"managed-work\", \"effect\": \"permit\", \"effect\": \"deny\"",
    );
    assert_says(&portcullis(&["check", &scratch.set()]), 3, &["error[P0006]", "`effect`"]);
}

/// AUTH-09.
#[test]
fn who_is_refused_for_one_factor_is_told_that_one_more_is_the_only_missing_condition() {
    let run = portcullis(&remote_desktop("explain", &["subject.factors=1"]));
    assert_says(
        &run,
        2,
        &[
            "DENY not-permitted",
            "nearest is `thin-client-work`, which lacks `subject.factors` at least 2 (it is `1`)",
            "what is missing one more factor is the only missing condition",
            "these facts force it, whatever the others are `subject.factors` is `1`; `device.claimed_posture` is `thin-client`;",
            "what the user is told You cannot do this as things are. Complete the next step of signing in,",
            "- the user: Complete the next step of signing in: `subject.factors` at least 2",
        ],
    );
    let of_two = remote_desktop("explain", &["subject.factors=1", "device.tampered=true"]);
    let of_two = plain(&portcullis(&of_two).out);
    assert!(!of_two.contains("only missing"), "a deny stands in the way as well: {of_two}");
}

/// AUTH-10.
#[test]
fn nobody_sees_what_the_network_supplies_on_a_personal_device_and_the_guarantee_is_named() {
    assert_says(
        &portcullis(&[
            "query",
            COUNCIL,
            "permit",
            "device.ownership=personal",
            "resource.owner=dwp",
            "resource.owner_relationship=external-supplier",
            "resource.zone=psn-walled-garden",
        ]),
        2,
        &[
            "nobody: no request with device.ownership=personal",
            "is permitted guaranteed, and proved, by `inv-03-no-personal-device-reaches-supplied-data`",
            "`psn`, which governs it and has no permit for it",
        ],
    );
}

#[test]
fn a_permit_is_explained_with_its_obligations_and_what_would_end_it_and_when() {
    let permit = remote_desktop("explain", &["subject.factors=2"]);
    assert_says(
        &portcullis(&permit),
        0,
        &[
            "PERMIT permitted",
            "authority: The council's mobile working policy",
            "what the gateway must do - no-local-storage",
            "time, at 2026-03-02T18:00:00Z, by `evidence.expires_at`, which is `2026-03-02T18:00:00Z`: then not-permitted",
            "- `device.reported_lost`, were it `true`",
            "- `evidence.issued_at`, were it more than 24h ago or more than 1m from now",
        ],
    );
    let json = [&permit[..], &["--format", "json"]].concat();
    let explained: Json = serde_json::from_str(&portcullis(&json).out).unwrap();
    let explained = &explained["explanations"][0];
    assert_eq!(explained["decision"], true);
    assert_eq!(explained["ends"]["time"]["at"], "2026-03-02T18:00:00Z");
    assert_eq!(explained["ends"]["time"]["by"], serde_json::json!(["evidence.expires_at"]));
    // What it says would end it does.
    for fact in
        ["device.reported_lost=true", "subject.factors=1", "resource.zone=psn-walled-garden"]
    {
        assert_eq!(portcullis(&remote_desktop("decide", &["subject.factors=2", fact])).code, 2);
    }
    for (at, code) in [("2026-03-02T17:59:59Z", 0), ("2026-03-02T18:00:00Z", 2)] {
        let then = remote_desktop("decide", &["subject.factors=2", "--at", at]);
        assert_eq!(portcullis(&then).code, code, "{at}");
    }
}

#[test]
fn the_end_of_a_risk_acceptance_ends_what_it_permits() {
    let run = portcullis(&remote_desktop(
        "explain",
        &[
            "subject.factors=2",
            "resource.service=mail",
            "evidence.present=false",
            "context.time=2026-12-01T09:00:00Z",
        ],
    ));
    assert_says(
        &run,
        0,
        &[
            "permitted by `council/ra-2026-1-mail-in-a-browser`, a risk accepted by head-of-communications",
            "time, at 2027-03-31T23:00:00Z, by the window of a rule: then not-permitted",
        ],
    );
}

#[test]
fn a_query_shows_a_request_that_is_decided_so() {
    let query = ["query", "policies/quickstart", "permit", "action=edit", "--format", "json"];
    let run = portcullis(&query);
    let answer: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &answer["complete"]), (0, &Json::Bool(true)));
    let example = answer["some"][0]["example"].as_object().unwrap();
    let pairs: Vec<String> = example
        .iter()
        .map(|(name, value)| {
            format!("{name}={}", value.as_str().map_or(value.to_string(), str::to_owned))
        })
        .collect();
    let decide: Vec<&str> = ["decide", "policies/quickstart"]
        .into_iter()
        .chain(pairs.iter().map(String::as_str))
        .collect();
    assert_eq!(portcullis(&decide).code, 0, "{pairs:?}");
    for (arguments, says) in [
        (&["permit", "actoin=edit"][..], "unknown attribute `actoin`; did you mean `action`?"),
        (&["permit", "action=eidt"], "`eidt` is no value of `action`; did you mean `edit`?"),
        (&["permit", "action"], "`action` is no value: write name=value"),
    ] {
        let run = portcullis(&[&["query", "policies/quickstart"], arguments].concat());
        assert_says(&run, 1, &[says]);
    }
}

#[test]
fn a_matrix_tells_every_cell_whatever_else_is_stated() {
    let given = [
        "matrix",
        "policies/quickstart",
        "--rows",
        "device.posture",
        "--columns",
        "action=view,edit,sync",
        "resource.classification=OFFICIAL",
        "resource.sensitive=false",
        "resource.handling=",
        "device.reported_lost=false",
    ];
    let run = portcullis(&given);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert_eq!(
        run.out,
        "device.posture \\ action  view           edit    sync
unmanaged                deny           deny    deny
thin-client              deny           deny    deny
containerised            depends [1,2]  deny    deny
managed                  permit         permit  deny

[1] depends on subject.factors
[2] every permit carries keep-data-inside-container
"
    );
    let scratch = Scratch::new();
    let path = scratch.path("matrix.html");
    let page = [&given[..], &["subject.factors=2", "--html", &path, "--format", "json"]].concat();
    let run = portcullis(&page);
    let matrix: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(matrix["cells"]["containerised"]["view"]["decision"], "permit");
    let page = std::fs::read_to_string(&path).unwrap();
    for part in [
        "<html lang=\"en\">",
        "<caption>",
        "<th scope=\"row\">containerised</th>",
        "<td class=\"permit\">permit <a href=\"#note-1\"",
        "<li id=\"note-1\">every permit carries keep-data-inside-container</li>",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(part), "`{part}` in {page}");
    }
    for absent in ["<script", "http:", "https:", "src=", "@import"] {
        assert!(!page.contains(absent), "the page needs nothing else: {absent}");
    }
    let twice = ["matrix", "policies/quickstart", "--rows", "action", "--columns", "action"];
    assert_says(&portcullis(&twice), 1, &["an attribute is given twice"]);
    let unlisted =
        ["matrix", "policies/quickstart", "--rows", "action", "--columns", "subject.factors"];
    assert_says(&portcullis(&unlisted), 1, &["name the values, as subject.factors=…,…"]);
}

#[test]
fn where_a_deny_alone_refuses_what_a_permit_grants_is_shown_when_asked_for() {
    let quiet = portcullis(&["check", "policies/quickstart"]).out;
    assert!(!quiet.contains("alone refuses"), "{quiet}");
    assert_says(
        &portcullis(&["check", "policies/quickstart", "--conflicts"]),
        0,
        &["`library/lost-devices` alone refuses some of what these permit"],
    );
    let run = portcullis(&["check", "policies/quickstart", "--conflicts", "--format", "json"]);
    let found: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(found["conflicts"]["complete"], true);
    for conflict in found["conflicts"]["found"].as_array().unwrap() {
        assert_eq!(conflict["deny"]["rule"], "lost-devices");
        assert_eq!(conflict["example"]["device.reported_lost"], true);
    }
}

#[test]
fn words_that_only_a_missing_record_earns_give_it_away() {
    let told = "There is nothing here for you to see. If your work needs it, ask your manager.";
    let honest = council_with("baseline.json", told, "There is no such record.");
    assert_says(
        &portcullis(&["check", &honest.set()]),
        0,
        &[
            "warning[P0510]: what `baseline/no-such-record` tells the user gives away `resource.exists`, which is hidden",
            "help: say what a deny that does not test it says, too",
        ],
    );
    let silent = council_with("baseline.json", &format!(",\n      \"tell_user\": \"{told}\""), "");
    assert_says(&portcullis(&["check", &silent.set()]), 0, &["warning[P0510]"]);
    let shipped = plain(&portcullis(&["check", COUNCIL]).err);
    assert_eq!(shipped, "", "the shipped words give nothing away");
}

/// The changes of the reference set whose findings the page shows, in its order.
const FINDINGS: [(&str, &str, &str); 10] = [
    ("council.json", "\"council.posture\": \"managed\"", "\"council.posture\": \"manged\""),
    (
        "council.json",
        "\"id\": \"managed-work\", \"effect\": \"permit\"",
        "\"id\": \"managed-work\", \"effect\": \"permit\", \"effect\": \"deny\"",
    ),
    ("council.json", ", \"until\": \"2026-04-01T00:00:00+01:00\"", ""),
    (
        "council.json",
        "\"accepted_by\": \"head-of-communications\"",
        "\"accepted_by\": \"head-of-ict\"",
    ),
    (
        "council.json",
        "\"rules\": [",
        "\"rules\": [\n    { \"id\": \"dwp-in-the-remote-desktop\", \"effect\": \"permit\",\n      \"when\": { \"resource.zone\": \"psn-walled-garden\", \"resource.owner\": \"dwp\", \"device.posture\": \"thin-client\" },\n      \"because\": \"It would be handy.\" },",
    ),
    (
        "council.json",
        "\"rules\": [",
        "\"rules\": [\n    { \"id\": \"mail-to-oneself\", \"effect\": \"permit\",\n      \"when\": { \"action\": \"forward-to-personal-account\", \"council.marking\": \"official\" },\n      \"because\": \"People ask for it.\" },",
    ),
    (
        "baseline.json",
        "\"id\": \"lost-device\", \"effect\": \"deny\",",
        "\"id\": \"lost-device\", \"effect\": \"deny\", \"trial\": true,",
    ),
    (
        "council.json",
        "\"rules\": [",
        "\"rules\": [\n    { \"id\": \"no-menus-at-work\", \"effect\": \"deny\",\n      \"when\": { \"action\": \"view\", \"council.trivial\": true, \"device.ownership\": \"corporate\" },\n      \"because\": \"Laptops are for work.\", \"tell_user\": \"Look at this on your own phone.\" },",
    ),
    (
        "baseline.json",
        "There is nothing here for you to see. If your work needs it, ask your manager.",
        "There is no such record.",
    ),
    (
        "tests/thin-client.json",
        "\"tests\": [",
        "\"tests\": [\n    { \"name\": \"nobody looks at leaflets\", \"request\": { \"action\": \"veiw\" }, \"expect\": \"deny\" },",
    ),
];

const PAGE: &str = "docs/authoring.md";

/// The page with what the command says now, as `UPDATE=1 cargo test` writes it.
#[test]
fn the_page_shows_what_the_command_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let mut findings = FINDINGS.iter().map(|(file, from, to)| {
        let scratch = council_with(file, from, to);
        let found = portcullis(&["check", &scratch.set()]).err;
        let first = found.split("\n\n").next().unwrap();
        format!("{}\n", first.replace(&scratch.set(), "council"))
    });
    let mut said = String::new();
    let mut blocks = 0;
    for (place, part) in page.split("```").enumerate() {
        let in_block = place % 2 == 1;
        let part = match part {
            part if in_block && part.starts_with("text\n") => {
                format!("text\n{}", findings.next().unwrap())
            }
            part if in_block && part.starts_with("console\n") => {
                let lines = part.lines().skip(1);
                let mut more = true;
                let command: Vec<&str> = lines
                    .take_while(|line| std::mem::replace(&mut more, line.ends_with('\\')))
                    .collect();
                let command = command.join("\n");
                let arguments = command.replace("\\\n", " ");
                let arguments: Vec<&str> = arguments.split_whitespace().skip(3).collect();
                format!("console\n{command}\n{}", portcullis(&arguments).out)
            }
            part => part.to_owned(),
        };
        blocks += usize::from(in_block);
        said += if place == 0 { "" } else { "```" };
        said += &part;
    }
    assert_eq!((findings.next(), blocks), (None, 16));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    assert_eq!(page, said, "{PAGE} is not what the command says: UPDATE=1 writes it");
}
