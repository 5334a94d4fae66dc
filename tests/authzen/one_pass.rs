//! A single evaluation is read in one pass, and one of a batch by way of a tree: both must come to the
//! same. A batch of one empty item asks what the document itself asks.

use super::load;
use portcullis::{Evaluated, Pdp, Request, State, Value};
use proptest::prelude::*;

/// What a request holds of every attribute.
type Held = Vec<(String, Option<State>, Option<Value>)>;

fn held(request: &Request) -> Held {
    let attributes = request.vocabulary().attributes();
    let names = attributes.iter().map(|attribute| attribute.name.as_str());
    names.map(|name| (name.to_owned(), request.state_of(name), request.value(name))).collect()
}

/// What a document states, or why it states nothing.
fn stated(pdp: &Pdp, request: &mut Request, text: &str) -> Result<Held, String> {
    let evaluated = pdp.evaluate(text.as_bytes(), request, |request, _| (held(request), true));
    match evaluated.map_err(|error| error.message)? {
        Evaluated::One(held) => Ok(held),
        Evaluated::Batch(mut results) => results.remove(0),
    }
}

/// The same document, asked as a batch of one.
fn as_batch(text: &str) -> Option<String> {
    let members = text.trim_start().strip_prefix('{')?;
    let comma = if members.trim_start().starts_with('}') { "" } else { "," };
    Some(format!("{{\"evaluations\":[{{}}]{comma}{members}"))
}

/// A document, with members in any order and as often as they like.
#[derive(Clone, Debug)]
enum Text {
    Raw(&'static str),
    Object(Vec<(&'static str, Self)>),
}

/// What is done to the part at a place: the places are counted through the document.
#[derive(Clone, Debug)]
enum Edit {
    Replace(&'static str),
    Add(&'static str, &'static str),
    Remove,
}

const KEYS: [&str; 26] = [
    "subject",
    "action",
    "resource",
    "context",
    "page",
    "type",
    "id",
    "name",
    "properties",
    "factors",
    "roles",
    "status",
    "labels",
    "embargo_ends",
    "readers",
    "copies",
    "time",
    "idle",
    "device",
    "managed",
    "os_version",
    "posture",
    "x",
    "\\u0078",
    "\\u0069d",
    "\\ud800",
];

const VALUES: [&str; 38] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "0.0",
    "2",
    "-7",
    "1.0",
    "1e0",
    "2e999",
    "01",
    "1.",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "\"\"",
    "\"view\"",
    "\"vi\\u0065w\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"a\tb\"",
    "\"17.1\"",
    "\"2026-03-02T09:00Z\"",
    "[]",
    "[\"legal\"]",
    "[\"leg\\u0061l\",\"personal\"]",
    "[\"legal\",1]",
    "[[[\"legal\"]]]",
    "[{\"x\":1,\"x\":2}]",
    "{}",
    "{\"x\":{\"y\":[1,{}]}}",
    "{\"x\":1,\"\\u0078\":2}",
    "{\"managed\":true,\"os_version\":\"17\"}",
    "[1,]",
    "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\",\"q\",\"r\",\"s\",\"t\",\"u\",\"v\",\"w\",\"x\",\"y\",\"z\",\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]",
];

/// A request for the set `terms` that states something of every type.
fn whole() -> Text {
    use Text::{Object, Raw};
    let entity = |id, properties| {
        Object(vec![("type", Raw("\"user\"")), ("id", Raw(id)), ("properties", properties)])
    };
    let subject = Object(vec![("factors", Raw("2")), ("roles", Raw("[\"archivist\"]"))]);
    let resource = Object(vec![
        ("status", Raw("\"open\"")),
        ("labels", Raw("[]")),
        ("embargo_ends", Raw("\"2026-06-01T00:00Z\"")),
    ]);
    let device = Object(vec![("managed", Raw("true")), ("os_version", Raw("\"17.1\""))]);
    let action =
        Object(vec![("name", Raw("\"view\"")), ("properties", Object(vec![("copies", Raw("3"))]))]);
    let context = Object(vec![
        ("time", Raw("\"2026-03-02T09:00Z\"")),
        ("idle", Raw("\"2m\"")),
        ("device", device),
    ]);
    Object(vec![
        ("subject", entity("\"ann\"", subject)),
        ("action", action),
        ("resource", entity("\"r-1\"", resource)),
        ("context", context),
    ])
}

impl Text {
    /// Makes an edit of the part at a place; the place is lowered by the parts passed.
    fn edit(&mut self, place: &mut usize, edit: &Edit) {
        let Self::Object(members) = self else { return };
        for at in 0..members.len() {
            if *place == 0 {
                *place = usize::MAX;
                match edit {
                    Edit::Replace(value) => members[at].1 = Self::Raw(value),
                    Edit::Add(key, value) => members.insert(at, (key, Self::Raw(value))),
                    Edit::Remove => drop(members.remove(at)),
                }
            }
            if *place == usize::MAX {
                return;
            }
            *place -= 1;
            members[at].1.edit(place, edit);
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Raw(text) => out.push_str(text),
            Self::Object(members) => {
                out.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    out.push_str(if at == 0 { "\"" } else { ",\"" });
                    out.push_str(key);
                    out.push_str("\": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(usize, Edit)>> {
    let (key, value) = (|| prop::sample::select(&KEYS[..]), || prop::sample::select(&VALUES[..]));
    let edit = prop_oneof![
        value().prop_map(Edit::Replace),
        (key(), value()).prop_map(|(key, value)| Edit::Add(key, value)),
        Just(Edit::Remove),
    ];
    prop::collection::vec((0..20_usize, edit), 0..5)
}

fn check(pdp: &Pdp, text: &str) -> Result<(), TestCaseError> {
    for standing in [Pdp::request, Pdp::bench_request] {
        let mut used = standing(pdp);
        used.set("subject.factors", 9).set("resource.status", "closed");
        let single = stated(pdp, &mut used, text);
        if single.is_err() {
            prop_assert_eq!(held(&used), held(&standing(pdp)), "{} leaves something behind", text);
        }
        let batch = as_batch(text).map(|batch| stated(pdp, &mut standing(pdp), &batch));
        prop_assert_eq!(Some(single), batch, "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_document_states_the_same_by_itself_and_as_a_batch_of_one(edits in edits()) {
        thread_local!(static PDP: Pdp = load("terms"));
        let mut document = whole();
        edits.iter().for_each(|(place, edit)| document.edit(&mut place.clone(), edit));
        let mut text = String::new();
        document.write(&mut text);
        PDP.with(|pdp| check(pdp, &text))?;
    }
}

#[test]
fn every_value_of_every_attribute_is_read_the_same_in_one_pass_and_by_the_tree() {
    let pdp = load("terms");
    for place in 0..20 {
        for value in VALUES {
            let mut document = whole();
            document.edit(&mut place.clone(), &Edit::Replace(value));
            let mut text = String::new();
            document.write(&mut text);
            check(&pdp, &text).unwrap();
        }
    }
}

#[test]
fn more_keys_than_one_pass_has_room_for_are_read_by_the_tree() {
    let pdp = load("terms");
    for (count, twice) in [(32, false), (33, false), (200, false), (31, true), (200, true)] {
        let mut keys = Vec::from_iter((0..count).map(|key| format!("\"k{key}\":{{\"k0\":[]}}")));
        keys.extend(twice.then(|| "\"k7\":0".to_owned()));
        let mut text = String::new();
        whole().write(&mut text);
        let text = text.replacen('{', &format!("{{{},", keys.join(",")), 1);
        assert_eq!(stated(&pdp, &mut pdp.request(), &text).is_ok(), !twice, "{count} {twice}");
        check(&pdp, &text).unwrap();
    }
}
