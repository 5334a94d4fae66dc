//! The boundary from its other side: what C does, done in Rust, so that Miri can look on.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use super::decision::{
    portcullis_decision_change, portcullis_decision_digest, portcullis_decision_json,
    portcullis_decision_obligation, portcullis_decision_obligation_count,
    portcullis_decision_parameter, portcullis_decision_parameter_count,
    portcullis_decision_parameter_item, portcullis_decision_parameter_named,
    portcullis_decision_policy_set, portcullis_decision_reason, portcullis_decision_remedy,
    portcullis_decision_remedy_count, portcullis_decision_rule, portcullis_decision_rule_count,
    portcullis_decision_unenforceable, portcullis_decision_unenforceable_count,
    portcullis_decision_valid_until, portcullis_explain,
};
use super::findings::{
    portcullis_findings_at, portcullis_findings_count, portcullis_findings_free,
    portcullis_findings_text,
};
use super::json::portcullis_decide_json;
use super::panics::{
    portcullis_test_panic_in_change, portcullis_test_panic_in_reading,
    portcullis_test_panic_in_request,
};
use super::pdp::{
    portcullis_pdp_attribute, portcullis_pdp_free, portcullis_pdp_load_files,
    portcullis_pdp_policy_set, portcullis_pdp_reload_files,
};
use super::pointers::{File, Str};
use super::records::{portcullis_audit_lost, portcullis_audit_next};
use super::request::{
    portcullis_decide, portcullis_request_at, portcullis_request_can, portcullis_request_free,
    portcullis_request_new, portcullis_request_put_bool, portcullis_request_put_duration,
    portcullis_request_put_instant, portcullis_request_put_integer, portcullis_request_put_nothing,
    portcullis_request_put_text, portcullis_request_put_words, portcullis_request_reset,
    portcullis_request_set_bool, portcullis_request_set_duration, portcullis_request_set_instant,
    portcullis_request_set_integer, portcullis_request_set_text, portcullis_request_set_words,
    portcullis_request_unset,
};
use super::status::Status;
use super::types::{
    BindingSettings, ChangeRecord, FindingRecord, Level, ObligationCount, Options, ReasonNumber,
    RemedyRecord, RuleRecord, ValueRecord, Verdict, portcullis_findings, portcullis_pdp,
    portcullis_request,
};
use super::version::portcullis_status_text;

const MANIFEST: &str =
    r#"{ "policy_set": "tiny", "vocabulary": "vocabulary.json", "policies": ["policy.json"] }"#;
const VOCABULARY: &str = r#"{ "vocabulary": "tiny", "attributes": {
    "action": { "type": "enum", "values": ["view", "edit"] }, "words": { "type": "set" } },
    "obligations": { "limit": { "parameters": { "minutes": { "type": "integer", "merge": "least" } } } } }"#;
const POLICY: &str = r#"{ "policy": "own", "owner": "us", "rules": [
    { "id": "viewing", "effect": "permit", "when": { "action": "view" }, "because": "it is allowed",
      "obligations": [{ "limit": { "minutes": 5 } }] } ] }"#;

/// The same without obligations, so that a gateway by default permits it.
const PLAIN: &str = r#"{ "policy": "own", "owner": "us", "rules": [
    { "id": "viewing", "effect": "permit", "when": { "action": "view" }, "because": "it is allowed" } ] }"#;

fn pointer(text: &str) -> *const c_char {
    text.as_ptr().cast()
}

fn file(path: &'static str, text: &'static str) -> File {
    File { path: pointer(path), path_len: path.len(), bytes: pointer(text), bytes_len: text.len() }
}

fn files(policy: &'static str) -> [File; 3] {
    [
        file("policy-set.json", MANIFEST),
        file("vocabulary.json", VOCABULARY),
        file("policy.json", policy),
    ]
}

/// A struct of the caller's, zeroed but for its size: to Rust no value yet, since the kinds of things
/// are numbered from 1.
fn sized<T>() -> MaybeUninit<T> {
    let mut record = MaybeUninit::<T>::zeroed();
    // SAFETY: every struct of the header starts with its size.
    unsafe { record.as_mut_ptr().cast::<usize>().write(size_of::<T>()) };
    record
}

fn blank_str() -> Str {
    Str { data: null(), len: 9 }
}

extern "C" fn count(data: *mut c_void, _: *const c_char, _: usize) {
    // SAFETY: the test hands a counter over, and one thread uses it.
    unsafe { *data.cast::<usize>() += 1 }
}

extern "C" fn log(data: *mut c_void, _: Level, text: *const c_char, length: usize) {
    // SAFETY: the test hands a text over, and the library one that is as long as it says.
    unsafe {
        let line = std::slice::from_raw_parts(text.cast::<u8>(), length);
        (*data.cast::<String>()).push_str(std::str::from_utf8(line).unwrap());
    }
}

struct Host {
    pdp: *mut portcullis_pdp,
    request: *mut portcullis_request,
    records: *mut usize,
    lines: *mut String,
}

/// A handle that logs and records, and a request.
fn host() -> Host {
    let (records, lines) = (Box::into_raw(Box::new(0)), Box::into_raw(Box::new(String::new())));
    let limit = Str { data: pointer("limit"), len: 5 };
    let options =
        Options::of_test((&raw const limit, 1), (log, lines.cast()), (count, records.cast()));
    let (mut pdp, mut request) = (null_mut(), null_mut());
    let files = files(POLICY);
    // SAFETY: everything lives for the call.
    unsafe {
        let loaded = portcullis_pdp_load_files(
            files.as_ptr(),
            3,
            &raw const options,
            &raw mut pdp,
            null_mut(),
        );
        assert_eq!(loaded, Status::Ok);
        assert_eq!(portcullis_request_new(pdp, &raw mut request), Status::Ok);
    }
    Host { pdp, request, records, lines }
}

impl Host {
    fn set(&self, name: &str, value: &str) -> Status {
        // SAFETY: everything lives for the call.
        unsafe {
            let (name, name_len) = (pointer(name), name.len());
            portcullis_request_set_text(self.request, name, name_len, pointer(value), value.len())
        }
    }

    fn decide(&self) -> (Status, Verdict) {
        let mut verdict = Verdict::Permit;
        // SAFETY: everything lives for the call.
        let status = unsafe { portcullis_decide(self.pdp, self.request, &raw mut verdict) };
        (status, verdict)
    }

    fn end(self) {
        // SAFETY: each is freed once, the request after its handle, which is allowed.
        unsafe {
            portcullis_pdp_free(self.pdp);
            portcullis_request_free(self.request);
            drop(Box::from_raw(self.records));
            drop(Box::from_raw(self.lines));
        }
    }
}

#[test]
fn a_question_is_asked_and_the_answer_looked_at() {
    let host = host();
    let mut id = 0;
    let (mut names, mut length) = ([blank_str(), blank_str()], 0_usize);
    let mut room = [1; 2000];
    let mut reason = ReasonNumber::Unavailable;
    let (mut value, mut rule) = (sized::<ValueRecord>(), sized::<RuleRecord>());
    // SAFETY: everything lives for the call, and views are read before the request changes.
    unsafe {
        assert_eq!(
            portcullis_pdp_attribute(host.pdp, pointer("action"), 6, &raw mut id),
            Status::Ok
        );
        assert_eq!(portcullis_request_put_text(host.request, id, pointer("view"), 4), Status::Ok);
        let words = [Str { data: pointer("one"), len: 3 }, Str { data: null(), len: 0 }];
        let set =
            portcullis_request_set_words(host.request, pointer("words"), 5, words.as_ptr(), 2);
        assert_eq!(set, Status::Ok);
        assert_eq!(host.decide(), (Status::Ok, Verdict::Permit));
        assert_eq!(*host.records, 1);
        assert_eq!(portcullis_decision_reason(host.request, &raw mut reason), Status::Ok);
        assert_eq!(reason, ReasonNumber::Permitted);
        let mut obligations = ObligationCount(9);
        let counted = portcullis_decision_obligation_count(host.request, &raw mut obligations);
        assert_eq!((counted, obligations.0), (Status::Ok, 1));
        let [user, administrator] = &mut names;
        assert_eq!(portcullis_decision_obligation(host.request, 0, user), Status::Ok);
        assert_eq!(std::slice::from_raw_parts(user.data.cast::<u8>(), user.len + 1), b"limit\0");
        let named = portcullis_decision_parameter_named(
            host.request,
            pointer("limit"),
            5,
            pointer("minutes"),
            7,
            value.as_mut_ptr(),
        );
        let value = value.assume_init_ref();
        assert_eq!((named, value.number, value.size), (Status::Ok, 5, size_of::<ValueRecord>()));
        assert_eq!(portcullis_decision_rule(host.request, 1, 0, rule.as_mut_ptr()), Status::Ok);
        let rule = rule.assume_init_ref();
        assert_eq!(std::slice::from_raw_parts(rule.id.data.cast::<u8>(), rule.id.len), b"viewing");
        assert_eq!(portcullis_explain(host.request, user, administrator), Status::Ok);
        let json = portcullis_decision_json(host.request, room.as_mut_ptr(), 2000, &raw mut length);
        assert_eq!((json, room.get(length)), (Status::Ok, Some(&0)));
        let next = portcullis_audit_next(host.pdp, room.as_mut_ptr(), 2000, &raw mut length);
        assert_eq!(next, Status::Ok);
        let mut lost = 9;
        assert_eq!(portcullis_audit_lost(host.pdp, &raw mut lost), Status::Ok);
        assert_eq!(lost, 0);
        assert_eq!(portcullis_request_reset(host.request), Status::Ok);
        assert_eq!(host.decide(), (Status::Ok, Verdict::Deny));
        assert_eq!(portcullis_request_can(host.request, null(), 0), Status::Ok);
        let document = r#"{"subject":{"type":"u","id":"1"},"action":{"name":"view"},"resource":{"type":"p","id":"1"}}"#;
        let mut verdict = Verdict::Permit;
        let answered = portcullis_decide_json(
            host.pdp,
            host.request,
            pointer(document),
            document.len(),
            room.as_mut_ptr(),
            2000,
            &raw mut length,
            &raw mut verdict,
        );
        assert_eq!((answered, verdict), (Status::Ok, Verdict::Deny));
    }
    host.end();
}

#[test]
fn every_kind_of_value_is_stated_and_everything_about_the_decision_told() {
    let host = host();
    let (r, action, words) = (host.request, pointer("action"), pointer("words"));
    let (mut texts, mut id, mut until, mut count) = ([blank_str(), blank_str()], 0, 0, 9);
    let mut room = [1; 200];
    let (mut value, mut rule) = (sized::<ValueRecord>(), sized::<RuleRecord>());
    let (mut remedy, mut change) = (sized::<RemedyRecord>(), sized::<ChangeRecord>());
    // SAFETY: everything lives for the call, and views are read before the request changes.
    unsafe {
        let [name, other] = &mut texts;
        assert_eq!(portcullis_request_at(r, 0), Status::Attribute);
        assert_eq!(portcullis_request_set_bool(r, action, 6, 1), Status::Value);
        assert_eq!(portcullis_request_set_instant(r, action, 6, 1), Status::Value);
        assert_eq!(portcullis_request_set_duration(r, action, 6, 1), Status::Value);
        assert_eq!(portcullis_request_unset(r, words, 5), Status::Ok);
        assert_eq!(portcullis_pdp_attribute(host.pdp, words, 5, &raw mut id), Status::Ok);
        let many = [(); 40].map(|()| Str { data: words, len: 5 });
        assert_eq!(portcullis_request_put_words(r, id, many.as_ptr(), 40), Status::Ok);
        assert_eq!(portcullis_request_put_bool(r, id, 1), Status::Value);
        assert_eq!(portcullis_request_put_integer(r, id, 1), Status::Value);
        assert_eq!(portcullis_request_put_instant(r, id, 1), Status::Value);
        assert_eq!(portcullis_request_put_duration(r, id, 1), Status::Value);
        assert_eq!(portcullis_request_put_nothing(r, id), Status::Ok);
        assert_eq!(host.decide(), (Status::Ok, Verdict::Deny));
        assert_eq!(portcullis_decision_valid_until(r, &raw mut until), Status::Ok);
        assert_eq!(until, i64::MAX);
        assert_eq!(portcullis_decision_policy_set(r, name), Status::Ok);
        assert_eq!(portcullis_decision_digest(r, other), Status::Ok);
        assert_eq!((name.len, other.len), (4, 72));
        assert_eq!(portcullis_decision_rule_count(r, 4, &raw mut count), Status::Ok);
        assert_eq!(count, 1);
        assert_eq!(portcullis_decision_rule(r, 4, 1, rule.as_mut_ptr()), Status::Nothing);
        assert_eq!(portcullis_decision_remedy_count(r, &raw mut count), Status::Ok);
        let way = portcullis_decision_remedy(r, 0, remedy.as_mut_ptr());
        let step = portcullis_decision_change(r, 0, 0, change.as_mut_ptr());
        assert_eq!((way == Status::Ok, step == Status::Ok), (count > 0, count > 0));
        assert_eq!(host.set("action", "view"), Status::Ok);
        assert_eq!(portcullis_request_can(r, many.as_ptr(), 1), Status::Ok);
        assert_eq!(host.decide(), (Status::Ok, Verdict::Deny));
        assert_eq!(portcullis_decision_unenforceable_count(r, &raw mut count), Status::Ok);
        assert_eq!(portcullis_decision_unenforceable(r, 0, name), Status::Ok);
        assert_eq!((count, name.len), (1, 5));
        assert_eq!(portcullis_request_can(r, name, 0), Status::Ok);
        let text = portcullis_status_text(12, room.as_mut_ptr(), 200, &raw mut count);
        assert_eq!((text, room.get(count)), (Status::Ok, Some(&0)));
        let limit = Str { data: pointer("limit"), len: 5 };
        assert_eq!(portcullis_request_can(r, &raw const limit, 1), Status::Ok);
        assert_eq!(host.decide(), (Status::Ok, Verdict::Permit));
        assert_eq!(portcullis_decision_parameter_count(r, 0, &raw mut count), Status::Ok);
        let told = portcullis_decision_parameter(r, 0, 0, other, value.as_mut_ptr());
        assert_eq!((told, count, other.len), (Status::Ok, 1, 7));
        let item = portcullis_decision_parameter_item(r, 0, 0, 0, value.as_mut_ptr());
        assert_eq!(item, Status::Nothing);
    }
    host.end();
}

#[test]
fn what_is_wrong_with_a_call_is_told() {
    let host = host();
    let mut length = 9;
    // SAFETY: everything lives for the call.
    unsafe {
        assert_eq!(host.set("action", "viwe"), Status::Value);
        assert_eq!(host.set("acton", "view"), Status::Attribute);
        let integer = portcullis_request_set_integer(host.request, pointer("action"), 6, 1);
        assert_eq!(integer, Status::Value);
        let bytes = [0xff_u8];
        let text = bytes.as_ptr().cast();
        let garbled = portcullis_request_set_text(host.request, pointer("action"), 6, text, 1);
        assert_eq!(garbled, Status::Utf8);
        let missing = portcullis_request_set_text(host.request, pointer("action"), 6, null(), 1);
        assert_eq!(missing, Status::Null);
        assert_eq!(portcullis_request_reset(null_mut()), Status::Null);
        let set = portcullis_pdp_policy_set(host.pdp, null_mut(), 0, &raw mut length);
        assert_eq!((set, length), (Status::Buffer, 4));
        let mut findings: *mut portcullis_findings = null_mut();
        let wrong = files(r#"{ "policy": 1 }"#);
        let reloaded = portcullis_pdp_reload_files(host.pdp, wrong.as_ptr(), 3, &raw mut findings);
        assert_eq!(reloaded, Status::PolicySet);
        let (mut count, mut finding) = (0, sized::<FindingRecord>());
        assert_eq!(portcullis_findings_count(findings, &raw mut count), Status::Ok);
        assert!(count > 0);
        assert_eq!(portcullis_findings_at(findings, 0, finding.as_mut_ptr()), Status::Ok);
        assert_eq!(portcullis_findings_at(findings, count, finding.as_mut_ptr()), Status::Nothing);
        let text = portcullis_findings_text(findings, null_mut(), 0, &raw mut length);
        assert_eq!(text, Status::Buffer);
        portcullis_findings_free(findings);
        assert_eq!(host.set("action", "view"), Status::Ok);
        assert_eq!(host.decide(), (Status::Ok, Verdict::Permit));
    }
    host.end();
}

#[test]
fn a_panic_poisons_what_it_was_changing_and_nothing_else() {
    let host = host();
    let (mut verdict, mut count) = (Verdict::Permit, 9);
    assert_eq!(host.set("action", "view"), Status::Ok);
    assert_eq!(host.decide(), (Status::Ok, Verdict::Permit));
    // SAFETY: everything lives for the call.
    unsafe {
        let reading = portcullis_test_panic_in_reading(host.pdp, &raw mut count);
        assert_eq!((reading, count), (Status::Panic, 0));
        assert_eq!(host.decide(), (Status::Ok, Verdict::Permit));
        (*host.lines).clear();
        let panicked = portcullis_test_panic_in_request(host.request, &raw mut verdict);
        assert_eq!((panicked, verdict), (Status::Panic, Verdict::Deny));
        assert!((*host.lines).starts_with("panic at src/ffi/panics.rs:"), "{}", *host.lines);
        assert_eq!(host.decide(), (Status::Poisoned, Verdict::Deny));
        let mut other = null_mut();
        assert_eq!(portcullis_request_new(host.pdp, &raw mut other), Status::Ok);
        assert_eq!(portcullis_decide(host.pdp, other, &raw mut verdict), Status::Ok);
        assert_eq!(portcullis_test_panic_in_change(host.pdp), Status::Panic);
        verdict = Verdict::Permit;
        assert_eq!(portcullis_decide(host.pdp, other, &raw mut verdict), Status::Poisoned);
        assert_eq!(verdict, Verdict::Deny);
        portcullis_request_free(other);
    }
    host.end();
}

/// What a C program hands from thread to thread.
#[derive(Clone, Copy)]
struct Anywhere<T>(*mut T);

// SAFETY: the header says of handles that any number of threads may use them, and of requests that one
// at a time may; a test that breaks the rule is turned away.
unsafe impl<T> Send for Anywhere<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Anywhere<T> {}

impl<T> Anywhere<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

fn plain_handle() -> Anywhere<portcullis_pdp> {
    let (mut pdp, files) = (null_mut(), files(PLAIN));
    // SAFETY: everything lives for the call.
    let status =
        unsafe { portcullis_pdp_load_files(files.as_ptr(), 3, null(), &raw mut pdp, null_mut()) };
    assert_eq!(status, Status::Ok);
    Anywhere(pdp)
}

fn ask_to_view(request: *mut portcullis_request) -> Status {
    // SAFETY: everything lives for the call.
    unsafe { portcullis_request_set_text(request, pointer("action"), 6, pointer("view"), 4) }
}

#[test]
fn threads_decide_while_the_set_is_replaced_and_when_the_handle_is_freed() {
    let pdp = plain_handle();
    let freed = std::sync::Barrier::new(3);
    let decide_until_freed = || {
        let (mut request, mut verdict) = (null_mut(), Verdict::Deny);
        // SAFETY: the handle is freed once every thread has a request of it; then only deciding names it.
        unsafe {
            assert_eq!(portcullis_request_new(pdp.get(), &raw mut request), Status::Ok);
            assert_eq!(ask_to_view(request), Status::Ok);
            for _ in 0..3 {
                let status = portcullis_decide(pdp.get(), request, &raw mut verdict);
                assert_eq!((status, verdict), (Status::Ok, Verdict::Permit));
            }
            freed.wait();
            while portcullis_decide(pdp.get(), request, &raw mut verdict) == Status::Ok {
                assert_eq!(verdict, Verdict::Permit);
            }
            assert_eq!(portcullis_decide(pdp.get(), request, &raw mut verdict), Status::Freed);
            assert_eq!(verdict, Verdict::Deny);
            portcullis_request_free(request);
        }
    };
    std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(decide_until_freed));
        let files = files(PLAIN);
        // SAFETY: as above.
        unsafe {
            let reloaded = portcullis_pdp_reload_files(pdp.get(), files.as_ptr(), 3, null_mut());
            assert_eq!(reloaded, Status::Ok);
            freed.wait();
            portcullis_pdp_free(pdp.get());
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn two_threads_with_one_request_are_kept_apart() {
    let (pdp, mut request, mut verdict) = (plain_handle(), null_mut(), Verdict::Permit);
    // SAFETY: everything lives for the call; that two threads use one request is against the rule, and
    // what is tried here.
    unsafe {
        assert_eq!(portcullis_request_new(pdp.get(), &raw mut request), Status::Ok);
        let request = Anywhere(request);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        let status = ask_to_view(request.get());
                        assert!([Status::Ok, Status::Busy].contains(&status), "{status:?}");
                    }
                });
            }
        });
        let decided = portcullis_decide(pdp.get(), request.get(), &raw mut verdict);
        let whole = (Status::Ok, Verdict::Permit);
        assert!([whole, (Status::Incomplete, Verdict::Deny)].contains(&(decided, verdict)));
        assert_eq!(portcullis_request_reset(request.get()), Status::Ok);
        assert_eq!(ask_to_view(request.get()), Status::Ok);
        let decided = portcullis_decide(pdp.get(), request.get(), &raw mut verdict);
        assert_eq!((decided, verdict), (Status::Ok, Verdict::Permit));
        portcullis_request_free(request.get());
        portcullis_pdp_free(pdp.get());
    }
}

/// Compiles a program that asserts where C puts each member.
#[test]
#[cfg_attr(miri, ignore = "it runs a compiler")]
fn structs_are_laid_out_as_c_lays_them_out() {
    let layouts = [
        ("portcullis_options", Options::layout()),
        ("portcullis_binding", BindingSettings::layout()),
        ("portcullis_finding", FindingRecord::layout()),
        ("portcullis_value", ValueRecord::layout()),
        ("portcullis_rule", RuleRecord::layout()),
        ("portcullis_remedy", RemedyRecord::layout()),
        ("portcullis_change", ChangeRecord::layout()),
        ("portcullis_str", vec![("data", 0), ("len", size_of::<usize>()), ("", size_of::<Str>())]),
        (
            "portcullis_file",
            vec![
                ("path", 0),
                ("path_len", size_of::<usize>()),
                ("bytes", 2 * size_of::<usize>()),
                ("bytes_len", 3 * size_of::<usize>()),
                ("", size_of::<File>()),
            ],
        ),
    ];
    let mut program = "#include <portcullis.h>\n".to_owned();
    for (name, layout) in &layouts {
        for (member, offset) in layout {
            let asked = match *member {
                "" => format!("sizeof({name})"),
                member => format!("offsetof({name}, {member})"),
            };
            program += &format!("_Static_assert({asked} == {offset}, \"{asked}\");\n");
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = std::env::temp_dir().join(format!("portcullis-layout-{}.c", std::process::id()));
    std::fs::write(&path, program).unwrap();
    let compiled = std::process::Command::new("cc")
        .args(["-std=c11", "-fsyntax-only", "-I"])
        .arg(root.join("include"))
        .arg(&path)
        .output()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
}
