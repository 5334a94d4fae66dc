//! Every question about a decision, and about findings.

use super::abi::*;
use super::checked::*;
use super::world::Asked;

/// What is blank when there is no count: nothing; of obligations, one that nobody can carry out.
fn count(blank: usize, call: impl FnOnce(*mut usize) -> i32) -> Result<usize, i32> {
    out(77, blank, call)
}

/// Asks everything, at these places too. Without a decision there is nothing to be told.
pub fn look_at(asked: &Asked, places: [usize; 3], room: usize) {
    let r = asked.at;
    let [first, second, third] = places;
    let mut all = Vec::new();
    unsafe {
        let reason = out(77, 0, |to| portcullis_decision_reason(r, to));
        if let (Ok(reason), Some(decision)) = (reason, asked.decided) {
            assert_eq!(reason == 1, decision == 1);
        }
        all.push(reason.map(drop));
        let until = out(77, i64::MIN, |to| portcullis_decision_valid_until(r, to));
        all.push(until.map(drop));
        let set = text(|to| portcullis_decision_policy_set(r, to));
        let digest = text(|to| portcullis_decision_digest(r, to));
        assert_eq!(set.is_err(), digest.is_err());
        all.push(set.map(drop));
        let obligations = count(1, |to| portcullis_decision_obligation_count(r, to));
        let name = text(|to| portcullis_decision_obligation(r, first, to));
        assert_eq!(name.is_ok(), obligations.is_ok_and(|count| first < count));
        let parameters = count(0, |to| portcullis_decision_parameter_count(r, first, to));
        assert_eq!(parameters.is_ok(), name.is_ok());
        let value = parameter(r, first, second);
        assert_eq!(value.is_ok(), parameters.is_ok_and(|count| second < count));
        let names = text(|to| portcullis_decision_obligation_names(r, to));
        assert_eq!(names.as_ref().map(drop).map_err(|status| *status), obligations.map(drop));
        if let Ok(names) = &names {
            assert_eq!(*names, obligation_names(r).join(","));
        }
        if let Ok(name) = &name {
            assert_eq!(place_of(r, name), Ok(first));
        }
        let unknown = place_of(r, "no obligation").unwrap_err();
        assert_eq!(unknown, if obligations.is_ok() { NOTHING } else { UNDECIDED });
        if let (Ok(obligation), Ok((parameter, told))) = (&name, &value) {
            let named = record::<Value>(0, |to| {
                let (o, p) = (obligation, parameter);
                portcullis_decision_parameter_named(r, o.as_ptr(), o.len(), p.as_ptr(), p.len(), to)
            });
            let named = named.unwrap_or_else(|status| panic!("{obligation}.{parameter}: {status}"));
            assert_eq!(
                (named.kind, named.number, view(named.text)),
                (told.kind, told.number, view(told.text))
            );
            let item = record::<Value>(8, |to| {
                portcullis_decision_parameter_item(r, first, second, third, to)
            });
            assert_eq!(item.is_ok(), third < told.items);
        }
        all.push(obligations.map(drop));
        let lacking = count(0, |to| portcullis_decision_unenforceable_count(r, to));
        if let (Ok(lacking), Ok(reason)) = (lacking, reason) {
            assert_eq!(lacking > 0, reason == 5);
        }
        let name = text(|to| portcullis_decision_unenforceable(r, first, to));
        assert_eq!(name.is_ok(), lacking.is_ok_and(|count| first < count));
        all.push(lacking.map(drop));
        for sort in 0..6 {
            let rules = count(0, |to| portcullis_decision_rule_count(r, sort, to));
            let rule =
                record::<Rule>(first % 64, |to| portcullis_decision_rule(r, sort, second, to));
            assert_eq!(rule.is_ok(), rules.is_ok_and(|count| second < count));
            if let Ok(rule) = rule {
                assert!((1..=3).contains(&rule.effect));
                let _ = [rule.policy, rule.owner, rule.id, rule.because].map(view);
                let _ = [rule.authority, rule.tell_user, rule.accepted_by].map(view_if_any);
            }
            let names = text(|to| portcullis_decision_rule_names(r, sort, to));
            assert_eq!(names.as_ref().map(drop).map_err(|status| *status), rules.map(drop));
            if let (Ok(names), Ok(count)) = (names, rules) {
                assert_eq!(names, rule_names(r, sort, count).join(","));
            }
            if (1..=4).contains(&sort) {
                all.push(rules.map(drop));
            } else {
                assert!([Err(ARGUMENT), Err(UNDECIDED)].contains(&rules));
            }
        }
        all.push(explained(r, first, second));
        let (status, json) =
            written(room, OK, |to, n, len| portcullis_decision_json(r, to, n, len));
        if let (OK, Some(decision)) = (status, asked.decided) {
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(json["decision"], decision == 1);
            let (_, word) = written(64, OK, |to, n, len| {
                portcullis_reason_text(reason.unwrap_or(-1), to, n, len)
            });
            assert_eq!(json["context"]["reason"], word);
        }
        all.push(if status == OK || status == BUFFER { Ok(()) } else { Err(status) });
    }
    let expected = if asked.decided.is_some() { Ok(()) } else { Err(UNDECIDED) };
    assert!(all.iter().all(|status| *status == expected), "{:?}, but {all:?}", asked.decided);
}

/// The names of the obligations that a decision carries, one after the other.
pub fn obligation_names(r: *mut Request) -> Vec<String> {
    let all = count(1, |to| unsafe { portcullis_decision_obligation_count(r, to) });
    let name = |place| text(|to| unsafe { portcullis_decision_obligation(r, place, to) }).unwrap();
    (0..all.unwrap()).map(name).collect()
}

fn place_of(r: *mut Request, name: &str) -> Result<usize, i32> {
    out(77, 0, |to| unsafe {
        portcullis_decision_obligation_named(r, name.as_ptr(), name.len(), to)
    })
}

fn rule_names(r: *mut Request, sort: i32, count: usize) -> Vec<String> {
    let rule =
        |place| record::<Rule>(0, |to| unsafe { portcullis_decision_rule(r, sort, place, to) });
    let rules =
        (0..count).map(|place| rule(place).unwrap_or_else(|status| panic!("rule: {status}")));
    rules.map(|rule| format!("{}/{}", view(rule.policy), view(rule.id))).collect()
}

unsafe fn parameter(
    r: *mut Request,
    obligation: usize,
    place: usize,
) -> Result<(String, Value), i32> {
    let mut name = Str { data: std::ptr::null(), len: 77 };
    let value = record::<Value>(place % 64, |to| unsafe {
        portcullis_decision_parameter(r, obligation, place, &raw mut name, to)
    });
    let name = view(name);
    assert!(value.is_ok() || name.is_empty());
    value.map(|value| (name, value))
}

unsafe fn explained(r: *mut Request, remedy: usize, place: usize) -> Result<(), i32> {
    let mut administrator = Str { data: std::ptr::null(), len: 77 };
    let user = text(|to| unsafe { portcullis_explain(r, to, &raw mut administrator) });
    assert_eq!(user.is_ok(), !view(administrator).is_empty());
    let remedies = count(0, |to| unsafe { portcullis_decision_remedy_count(r, to) });
    let told = record::<Remedy>(0, |to| unsafe { portcullis_decision_remedy(r, remedy, to) });
    assert_eq!(told.is_ok(), remedies.is_ok_and(|count| remedy < count));
    let change =
        record::<Change>(0, |to| unsafe { portcullis_decision_change(r, remedy, place, to) });
    if let Ok(told) = told {
        assert!((1..=4).contains(&told.by) && !view(told.say).is_empty());
        assert_eq!(change.is_ok(), place < told.changes);
    }
    if let Ok(change) = change {
        view(change.attribute);
        serde_json::from_str::<serde_json::Value>(&view(change.goal)).unwrap();
        view(change.say);
    }
    user.map(drop)
}

/// Every finding has words; an error is there if the set was refused, and not if it was taken.
pub fn look_at_findings(findings: *const Findings, taken: bool) {
    let all = count(0, |to| unsafe { portcullis_findings_count(findings, to) }).unwrap();
    assert!(all > 0);
    let mut errors = 0;
    for place in 0..=all {
        let finding = record::<Finding>(place % 64, |to| unsafe {
            portcullis_findings_at(findings, place, to)
        });
        assert_eq!(finding.is_ok(), place < all);
        let Ok(finding) = finding else { continue };
        errors += usize::from(finding.severity == 1);
        assert!(!view(finding.message).is_empty() && view(finding.code).len() == 5);
        view(finding.file);
        view_if_any(finding.help);
        assert!(finding.line > 0 && finding.column > 0);
    }
    assert_eq!(errors > 0, !taken);
    let (status, _) = written(1 << 20, OK, |to, n, len| unsafe {
        portcullis_findings_text(findings, to, n, len)
    });
    assert_eq!(status, OK);
}
