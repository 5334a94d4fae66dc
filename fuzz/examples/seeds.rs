//! Writes the seeds that are made from the shipped policy sets and from the generator of the tests;
//! the others are written by hand. `cargo run --example seeds` in this folder.

use portcullis::{Folder, Limits, MANIFEST, PolicySet, Source, Stated, Suite};
use portcullis_fuzz::differential::generate::{Request, Set, Sets, cases};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;
use std::path::Path;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for set in ["quickstart", "solihull-2013"] {
        let folder = Folder::new(policies.join(set));
        let read = PolicySet::read(&folder, &Limits::default())?;
        let suite = Suite::read(&folder, &read, &Limits::default())?;
        write("policy_set", &format!("{set}.txt"), &shipped(&folder, &suite)?)?;
        for (number, test) in suite.tests.iter().enumerate() {
            // A few of each file; a test with another name would hardly add anything.
            if number % 15 == 0 {
                let name = format!(
                    "{set}-{}.json",
                    test.name.replace(|c: char| !c.is_alphanumeric(), "-")
                );
                write("authzen", &name, &document(&test.request))?;
            }
        }
        let batch: Vec<Json> =
            suite.tests.iter().step_by(40).map(|test| asked(&test.request)).collect();
        let batch = json!({ "evaluations": batch, "options": { "evaluations_semantic": "deny_on_first_deny" } });
        write("authzen", &format!("{set}-batch.json"), &batch.to_string())?;
    }
    let standard = std::fs::read_to_string(policies.join("standard.json"))?;
    let manifest = json!({ "policy_set": "alone", "vocabulary": "standard.json", "policies": ["standard.json"] });
    write(
        "policy_set",
        "the-standard-vocabulary-alone.txt",
        &format!("=== {MANIFEST}\n{manifest}\n=== standard.json\n{standard}"),
    )?;
    generated()
}

/// A shipped set and, to keep it small, only the shortest of its test files.
fn shipped(folder: &Folder, suite: &Suite) -> Result<String, Error> {
    let manifest: Json = serde_json::from_slice(&folder.read(MANIFEST)?)?;
    let named = std::iter::once(&manifest["vocabulary"])
        .chain(manifest["policies"].as_array().into_iter().flatten());
    let mut files: Vec<&str> = vec![MANIFEST];
    files.extend(named.filter_map(Json::as_str).filter(|path| *path != "standard"));
    let tests = suite.tests.iter().map(|test| test.file.as_str());
    files
        .extend(tests.min_by_key(|path| folder.read(path).map_or(usize::MAX, |bytes| bytes.len())));
    let mut archive = String::new();
    for path in files {
        writeln!(archive, "=== {path}\n{}", String::from_utf8(folder.read(path)?)?.trim_end())?;
    }
    Ok(archive)
}

/// The values of a test as an AuthZEN document, where a gateway would state them.
fn asked(values: &std::collections::BTreeMap<String, Stated>) -> Json {
    let mut document = json!({
        "subject": { "type": "user", "id": "a.khan" }, "action": { "name": "view" },
        "resource": { "type": "document", "id": "1" }, "context": {},
    });
    for (name, value) in values {
        let value = match value {
            Stated::Null => Json::Null,
            Stated::Bool(value) => json!(value),
            Stated::Integer(value) => json!(value),
            Stated::Text(value) | Stated::Malformed(value) => json!(value),
            Stated::Words(value) => json!(value),
        };
        let mut parts: Vec<&str> = name.split('.').collect();
        match (parts[0], parts.len()) {
            ("action", 1) => parts.push("name"),
            ("subject" | "resource", 2) if ["id", "type"].contains(&parts[1]) => {}
            ("subject" | "resource" | "action", _) => parts.insert(1, "properties"),
            ("context", _) => {}
            _ => parts.insert(0, "context"),
        }
        *parts.iter().fold(&mut document, |place, part| &mut place[*part]) = value;
    }
    document
}

fn document(values: &std::collections::BTreeMap<String, Stated>) -> String {
    format!("{:#}\n", asked(values))
}

fn generated() -> Result<(), Error> {
    let strategy = cases(Sets::Any, 1, 3);
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, b"portcullis seeds");
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut number = 0;
    while number < 20 {
        let (set, requests) =
            strategy.new_tree(&mut runner).map_err(|reason| reason.to_string())?.current();
        let archive = archive(&set, &requests)?;
        // What says little teaches little, and what is long is slow to change.
        if (2_500..6_000).contains(&archive.len()) {
            number += 1;
            write("differential", &format!("generated-{number:02}.txt"), &archive)?;
            write("generated", &format!("{number:02}"), &format!("generator-{number:06}"))?;
        }
    }
    Ok(())
}

fn archive(set: &Set, requests: &[Request]) -> Result<String, Error> {
    let mut archive = String::new();
    let names: Vec<String> =
        (1..=set.policies.len()).map(|number| format!("p{number}.json")).collect();
    let manifest =
        json!({ "policy_set": "generated", "vocabulary": "vocabulary.json", "policies": names });
    writeln!(
        archive,
        "=== {MANIFEST}\n{manifest}\n=== vocabulary.json\n{}",
        in_lines(&set.vocabulary)
    )?;
    for (name, policy) in names.iter().zip(&set.policies) {
        writeln!(archive, "=== {name}\n{}", in_lines(policy))?;
    }
    for (number, request) in requests.iter().enumerate() {
        let mut json = json!({ "request": request.values });
        if let Some(can) = &request.can {
            json["can"] = json!(can);
        }
        writeln!(archive, "=== request-{}.json\n{json}", number + 1)?;
    }
    Ok(archive)
}

/// An object with each attribute, obligation and rule on a line.
fn in_lines(json: &Json) -> String {
    let member = |(key, value): (&String, &Json)| {
        let value = match value {
            Json::Array(items) if key == "rules" => {
                let items: Vec<String> = items.iter().map(Json::to_string).collect();
                format!("[\n  {}]", items.join(",\n  "))
            }
            Json::Object(members) if ["attributes", "obligations"].contains(&key.as_str()) => {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("{key:?}: {value}")).collect();
                format!("{{\n  {}}}", members.join(",\n  "))
            }
            value => value.to_string(),
        };
        format!("{key:?}: {value}")
    };
    let members = json.as_object().unwrap_or(&Map::new()).iter().map(member).collect::<Vec<_>>();
    format!("{{ {} }}", members.join(",\n  "))
}

fn write(target: &str, name: &str, text: &str) -> Result<(), Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    std::fs::create_dir_all(&folder)?;
    let name = name.replace("--", "-");
    Ok(std::fs::write(folder.join(name), text)?)
}
