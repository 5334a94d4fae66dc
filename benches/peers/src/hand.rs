//! The rules that are written by hand: ten denies that every owned workload begins with, and twelve
//! rules for four owners. `chain.rs` is the same in Rust.

use crate::neutral::{
    ACTION, CLASSIFICATION, DAYS, ENCRYPTED, FACTORS, LOCKED, MALWARE, MINUTE, PATH, POSTURE, ROLE,
    Rule, SENSITIVE, TAMPERED, Test, VETTING, ZONE,
};

pub const OWNERS: [&str; 4] = ["the-council", "housing", "health-partners", "work-and-pensions"];

const VIEW: i64 = 0;
const EDIT: i64 = 1;
const SYNC: i64 = 2;
const DOWNLOAD: i64 = 3;
const PRINT: i64 = 4;
const SHARE: i64 = 5;
const FORWARD: i64 = 6;
const PUBLISH: i64 = 7;
const APPROVE: i64 = 8;
const ADMINISTER: i64 = 9;
const CONTINUE: i64 = 10;

fn one_of(values: &[i64]) -> Test {
    Test::OneOf(values.to_vec())
}

fn is(value: i64) -> Test {
    one_of(&[value])
}

fn deny(when: Vec<(usize, Test)>) -> Rule {
    Rule { permits: false, owner: None, when, obligations: vec![] }
}

/// What is refused whoever owns it.
pub fn baseline() -> Vec<Rule> {
    vec![
        deny(vec![(TAMPERED, is(1))]),
        deny(vec![(CLASSIFICATION, one_of(&[4, 5, 6])), (ENCRYPTED, is(0))]),
        deny(vec![(ACTION, one_of(&[EDIT, SYNC, DOWNLOAD, PRINT])), (DAYS, Test::AtLeast(31))]),
        deny(vec![
            (ACTION, one_of(&[SYNC, DOWNLOAD, PRINT, SHARE, FORWARD, ADMINISTER])),
            (POSTURE, is(0)),
        ]),
        deny(vec![(CLASSIFICATION, is(6)), (PATH, is(0))]),
        deny(vec![(CLASSIFICATION, one_of(&[2, 4, 5, 6])), (VETTING, is(0))]),
        deny(vec![(ACTION, is(FORWARD)), (SENSITIVE, is(1))]),
        deny(vec![(POSTURE, one_of(&[0, 1])), (ZONE, is(2)), (PATH, is(0))]),
        deny(vec![(ACTION, one_of(&[EDIT, PUBLISH, ADMINISTER])), (MALWARE, is(0))]),
        deny(vec![(POSTURE, is(2)), (LOCKED, is(0))]),
    ]
}

/// The baseline, and what four owners say of their own.
pub fn rules() -> Vec<Rule> {
    let rule = |permits, owner, when: Vec<(usize, Test)>, obligations: &[usize]| Rule {
        permits,
        owner: Some(owner),
        when,
        obligations: obligations.to_vec(),
    };
    let mut rules = baseline();
    rules.extend([
        rule(
            true,
            0,
            vec![
                (CLASSIFICATION, one_of(&[0, 1, 3])),
                (ACTION, one_of(&[VIEW, EDIT, SYNC, DOWNLOAD, PRINT, APPROVE, CONTINUE])),
                (POSTURE, is(3)),
            ],
            &[],
        ),
        rule(
            true,
            0,
            vec![
                (CLASSIFICATION, one_of(&[0, 1, 3])),
                (ACTION, one_of(&[VIEW, CONTINUE])),
                (POSTURE, one_of(&[1, 2])),
                (FACTORS, Test::AtLeast(2)),
            ],
            &[5],
        ),
        rule(
            true,
            0,
            vec![(CLASSIFICATION, is(0)), (ACTION, is(PUBLISH)), (ROLE, one_of(&[1, 8]))],
            &[0],
        ),
        rule(false, 0, vec![(ACTION, is(SYNC)), (MINUTE, Test::AtLeast(22 * 60))], &[]),
        rule(
            true,
            1,
            vec![(ACTION, one_of(&[VIEW, EDIT, CONTINUE])), (ROLE, one_of(&[4, 7]))],
            &[0],
        ),
        rule(
            true,
            1,
            vec![
                (CLASSIFICATION, one_of(&[0, 1, 2, 3])),
                (ACTION, is(VIEW)),
                (SENSITIVE, is(0)),
                (FACTORS, Test::AtLeast(2)),
            ],
            &[],
        ),
        rule(
            true,
            2,
            vec![
                (ACTION, one_of(&[VIEW, EDIT])),
                (POSTURE, one_of(&[2, 3])),
                (ROLE, one_of(&[0, 2])),
                (FACTORS, Test::AtLeast(2)),
                (ENCRYPTED, is(1)),
            ],
            &[0, 1],
        ),
        rule(
            true,
            2,
            vec![
                (ACTION, is(CONTINUE)),
                (DAYS, Test::AtMost(7)),
                (MINUTE, Test::Between(7 * 60, 20 * 60 - 1)),
            ],
            &[],
        ),
        rule(false, 2, vec![(PATH, is(0)), (SENSITIVE, is(1))], &[]),
        rule(
            true,
            3,
            vec![
                (CLASSIFICATION, one_of(&[2, 3])),
                (ACTION, one_of(&[VIEW, EDIT])),
                (POSTURE, is(3)),
                (ZONE, is(2)),
                (ROLE, one_of(&[3, 7])),
                (VETTING, is(1)),
                (PATH, is(2)),
            ],
            &[0],
        ),
        rule(
            true,
            3,
            vec![
                (CLASSIFICATION, one_of(&[0, 1, 3])),
                (ACTION, is(VIEW)),
                (ZONE, one_of(&[0, 1])),
                (DAYS, Test::AtMost(14)),
                (FACTORS, Test::AtLeast(3)),
            ],
            &[1],
        ),
        rule(false, 3, vec![(ACTION, one_of(&[SHARE, FORWARD, PUBLISH]))], &[]),
    ]);
    rules
}
