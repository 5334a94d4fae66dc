//! A decision in words, for two audiences.

use std::fmt;

use super::goal::{Goal, stated};
use super::remedies::{Remedy, remedies};
use crate::decide::{Decision, Lack, Withheld};
use crate::model::{Reason, RemedyBy};

/// So many rules or policies are named in one answer, at most; where there are more, it says so. In a set
/// where hundreds agree, nobody wants all of them in a log, and nobody who asks should be able to make an
/// answer long. [`Decision::determining`] and [`Decision::withheld`] have all of them.
pub const NAMED: usize = 8;

/// A decision in words.
#[derive(Clone, Debug)]
pub struct Explanation<'d> {
    /// For the person who asks: plain, and without facts that they may not learn of.
    pub user: String,
    /// For the administrator: the exact conditions.
    pub administrator: String,
    /// The way forward, the easiest first.
    pub remedies: Vec<Remedy<'d>>,
}

/// Puts a decision into words.
pub fn explain<'d>(decision: &'d Decision<'_>) -> Explanation<'d> {
    let remedies = remedies(decision);
    Explanation {
        user: ForUser { decision, remedies: &remedies }.to_string(),
        administrator: ForAdministrator { decision, withheld: &named(decision.withheld()) }
            .to_string(),
        remedies,
    }
}

/// As many as are named, and one more if there are more.
pub fn named<T>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.take(NAMED + 1).collect()
}

/// A decision in words for the person who asks.
pub struct ForUser<'d> {
    /// The decision.
    pub decision: &'d Decision<'d>,
    /// Its remedies.
    pub remedies: &'d [Remedy<'d>],
}

/// A decision in words for the administrator.
pub struct ForAdministrator<'d> {
    /// The decision.
    pub decision: &'d Decision<'d>,
    /// The permits that it withheld, as [`named`] gives them.
    pub withheld: &'d [Withheld<'d>],
}

impl fmt::Display for ForUser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decision, remedies } = self;
        f.write_str(match decision.reason() {
            Reason::Permitted => return f.write_str("You can do this."),
            Reason::Unavailable => {
                return f.write_str(
                    "The service that decides on access is unavailable. Try again later.",
                );
            }
            Reason::Unenforceable => "This cannot be done safely over this connection.",
            Reason::Denied => {
                let mut told: Vec<&str> =
                    decision.determining().filter_map(|rule| rule.tell_user()).collect();
                // By their words: which rules say them, and what these are called, is none of the
                // user's.
                told.sort_unstable();
                told.dedup();
                if !told.is_empty() {
                    return f.write_str(&told.join(" "));
                }
                "You cannot do this."
            }
            Reason::NotGoverned | Reason::NotPermitted => "You cannot do this as things are.",
        })?;
        let ways = remedies.iter().filter(|remedy| remedy.by() == RemedyBy::User).map(Remedy::say);
        let ways: Vec<String> = ways.filter(|say| !say.is_empty()).collect();
        if ways.is_empty() { Ok(()) } else { write!(f, " {}.", ways.join(", or: ")) }
    }
}

impl fmt::Display for ForAdministrator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decision, withheld } = self;
        match decision.reason() {
            Reason::Unavailable => {
                f.write_str("there is no valid policy set: everything is refused")
            }
            Reason::Permitted => determined(f, "permitted by ", decision),
            Reason::Denied => determined(f, "denied by ", decision),
            Reason::Unenforceable => {
                determined(f, "permitted by ", decision)?;
                let unmet: Vec<String> =
                    decision.unenforceable().map(|name| format!("`{name}`")).collect();
                write!(f, ", but the gateway cannot carry out {}", unmet.join(", "))
            }
            Reason::NotGoverned | Reason::NotPermitted => f.write_str(&lacking(decision, withheld)),
        }
    }
}

/// Names the rules that made a decision.
fn determined(f: &mut fmt::Formatter<'_>, what: &str, decision: &Decision<'_>) -> fmt::Result {
    f.write_str(what)?;
    for (place, rule) in decision.determining().enumerate() {
        if place == NAMED {
            return f.write_str("; and others");
        }
        let before = if place == 0 { "`" } else { "; `" };
        [before, rule.policy(), "/", rule.id(), "`"]
            .iter()
            .try_for_each(|part| f.write_str(part))?;
        if let Some(name) = rule.accepted_by() {
            write!(f, ", a risk accepted by {name}")?;
        }
        [" (", rule.because(), ")"].iter().try_for_each(|part| f.write_str(part))?;
    }
    Ok(())
}

/// What governs, and what the nearest permits lack.
fn lacking(decision: &Decision<'_>, withheld: &[Withheld<'_>]) -> String {
    let mut words = Vec::new();
    if decision.reason() == Reason::NotGoverned {
        let mut doubtful: Vec<String> = named(decision.doubtful())
            .into_iter()
            .map(|(policy, lacks)| {
                format!("`{policy}` would need {}", lacks_in_words(decision, &lacks))
            })
            .collect();
        if doubtful.len() > NAMED {
            doubtful.truncate(NAMED);
            doubtful.push("and others".to_owned());
        }
        words.push(if doubtful.is_empty() {
            "no granting policy governs this request".to_owned()
        } else {
            format!("no granting policy certainly governs this request: {}", doubtful.join("; "))
        });
    }
    for Withheld { rule, lacks } in withheld.iter().take(NAMED) {
        let lacks = lacks_in_words(decision, lacks);
        words.push(format!(
            "`{}` permits nothing here; nearest is `{}`, which lacks {lacks}",
            rule.policy(),
            rule.id()
        ));
    }
    if withheld.len() > NAMED {
        words.push("Other policies permit nothing here either".to_owned());
    }
    if words.is_empty() {
        words.push("a policy that may govern this request has no permits".to_owned());
    }
    words.join(". ")
}

fn lacks_in_words(decision: &Decision<'_>, lacks: &[Lack]) -> String {
    let request = decision.request();
    let program = request.program();
    let words: Vec<String> = lacks
        .iter()
        .map(|lack| {
            let name = &program.vocabulary[lack.attribute].name;
            let goal = Goal::of(program, lack.column, &lack.wanted)
                .map_or_else(String::new, |goal| goal.to_string());
            let beneath = decision.beneath(lack).map(|lacks| lacks_in_words(decision, &lacks));
            let beneath =
                beneath.map_or_else(String::new, |lacks| format!(", for want of {lacks}"));
            format!("`{name}` {goal} ({}{beneath})", stated(program, request, lack.attribute))
        })
        .collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
