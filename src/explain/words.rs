//! A decision in words, for two audiences.

use super::goal::{Goal, stated};
use super::remedies::{Remedy, remedies};
use crate::decide::{Decision, Lack, Withheld};
use crate::model::{Reason, RemedyBy};

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
        user: for_user(decision, &remedies),
        administrator: for_administrator(decision),
        remedies,
    }
}

fn for_user(decision: &Decision<'_>, remedies: &[Remedy<'_>]) -> String {
    let reason = match decision.reason() {
        Reason::Permitted => return "You can do this.".to_owned(),
        Reason::Unavailable => {
            return "The service that decides on access is unavailable. Try again later."
                .to_owned();
        }
        Reason::Unenforceable => "This cannot be done safely over this connection.".to_owned(),
        Reason::Denied => {
            let mut told: Vec<&str> =
                decision.determining().filter_map(|rule| rule.tell_user()).collect();
            // By their words: which rules say them, and what these are called, is none of the user's.
            told.sort_unstable();
            told.dedup();
            if !told.is_empty() {
                return told.join(" ");
            }
            "You cannot do this.".to_owned()
        }
        Reason::NotGoverned | Reason::NotPermitted => {
            "You cannot do this as things are.".to_owned()
        }
    };
    let ways = remedies.iter().filter(|remedy| remedy.by() == RemedyBy::User).map(Remedy::say);
    let ways: Vec<String> = ways.filter(|say| !say.is_empty()).collect();
    if ways.is_empty() { reason } else { format!("{reason} {}.", ways.join(", or: ")) }
}

fn for_administrator(decision: &Decision<'_>) -> String {
    let rules = |what: &str| {
        let rules: Vec<String> = decision
            .determining()
            .map(|rule| {
                let accepted =
                    rule.accepted_by().map(|name| format!(", a risk accepted by {name}"));
                format!(
                    "`{}/{}`{} ({})",
                    rule.policy(),
                    rule.id(),
                    accepted.unwrap_or_default(),
                    rule.because()
                )
            })
            .collect();
        format!("{what} by {}", rules.join("; "))
    };
    match decision.reason() {
        Reason::Unavailable => "there is no valid policy set: everything is refused".to_owned(),
        Reason::Permitted => rules("permitted"),
        Reason::Denied => rules("denied"),
        Reason::Unenforceable => {
            let unmet: Vec<String> =
                decision.unenforceable().map(|name| format!("`{name}`")).collect();
            format!("{}, but the gateway cannot carry out {}", rules("permitted"), unmet.join(", "))
        }
        Reason::NotGoverned | Reason::NotPermitted => withheld(decision),
    }
}

fn withheld(decision: &Decision<'_>) -> String {
    let mut words = Vec::new();
    if decision.reason() == Reason::NotGoverned {
        let doubtful: Vec<String> = decision
            .doubtful()
            .into_iter()
            .map(|(policy, lacks)| {
                format!("`{policy}` would need {}", lacks_in_words(decision, &lacks))
            })
            .collect();
        words.push(if doubtful.is_empty() {
            "no granting policy governs this request".to_owned()
        } else {
            format!("no granting policy certainly governs this request: {}", doubtful.join("; "))
        });
    }
    for Withheld { rule, lacks } in decision.withheld() {
        let lacks = lacks_in_words(decision, &lacks);
        words.push(format!(
            "`{}` permits nothing here; nearest is `{}`, which lacks {lacks}",
            rule.policy(),
            rule.id()
        ));
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
