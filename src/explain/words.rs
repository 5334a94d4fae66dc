//! A decision in words, for two audiences.

use std::fmt::{self, Display};

use super::goal::{Goal, write_stated};
use super::join::{join, quote};
use super::remedies::{Remedy, remedies};
use crate::decide::{Decision, Lack, RuleRef, Withheld};
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
        administrator: ForAdministrator { decision, named: &Named::of(decision) }.to_string(),
        remedies,
    }
}

/// The rules that an answer names: of each sort, one more than [`NAMED`] if there are more.
pub struct Named<'d> {
    /// Those that made the decision; in an array, since nearly every answer has some.
    determining: [Option<RuleRef<'d>>; NAMED + 1],
    /// The permits that it withheld.
    pub withheld: Vec<Withheld<'d>>,
}

impl<'d> Named<'d> {
    /// Those of a decision.
    pub fn of(decision: &'d Decision<'_>) -> Self {
        let mut determining = [None; NAMED + 1];
        let places = determining.iter_mut().zip(decision.determining());
        places.for_each(|(place, rule)| *place = Some(rule));
        Self { determining, withheld: named(decision.withheld()) }
    }

    /// Those that made the decision.
    pub fn determining(&self) -> impl Iterator<Item = RuleRef<'d>> {
        self.determining.iter().flatten().copied()
    }
}

/// As many as are named, and one more if there are more.
fn named<T>(all: impl Iterator<Item = T>) -> Vec<T> {
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
    /// The rules that it names.
    pub named: &'d Named<'d>,
}

impl Display for ForUser<'_> {
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
        let is_way =
            |remedy: &&Remedy<'_>| remedy.by() == RemedyBy::User && remedy.steps().next().is_some();
        let mut ways = remedies.iter().filter(is_way).peekable();
        if ways.peek().is_none() {
            return Ok(());
        }
        f.write_str(" ")?;
        join(f, ", or: ", ways, |f, way| join(f, "; ", way.steps(), |f, step| f.write_str(step)))?;
        f.write_str(".")
    }
}

impl Display for ForAdministrator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decision, named } = self;
        match decision.reason() {
            Reason::Unavailable => {
                f.write_str("there is no valid policy set: everything is refused")
            }
            Reason::Permitted => determined(f, "permitted by ", named),
            Reason::Denied => determined(f, "denied by ", named),
            Reason::Unenforceable => {
                determined(f, "permitted by ", named)?;
                f.write_str(", but the gateway cannot carry out ")?;
                join(f, ", ", decision.unenforceable(), quote)
            }
            Reason::NotGoverned | Reason::NotPermitted => lacking(f, decision, &named.withheld),
        }
    }
}

/// Names the rules that made a decision.
fn determined(f: &mut fmt::Formatter<'_>, what: &str, named: &Named<'_>) -> fmt::Result {
    f.write_str(what)?;
    for (place, rule) in named.determining().enumerate() {
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

/// Writes what governs, and what the nearest permits lack.
fn lacking(
    f: &mut fmt::Formatter<'_>,
    decision: &Decision<'_>,
    withheld: &[Withheld<'_>],
) -> fmt::Result {
    let is_governed = decision.reason() != Reason::NotGoverned;
    if !is_governed {
        not_governed(f, decision)?;
    }
    for (place, Withheld { rule, lacks }) in withheld.iter().take(NAMED).enumerate() {
        f.write_str(if is_governed && place == 0 { "" } else { ". " })?;
        quote(f, rule.policy())?;
        f.write_str(" permits nothing here; nearest is ")?;
        quote(f, rule.id())?;
        f.write_str(", which lacks ")?;
        write_lacks(f, decision, lacks)?;
    }
    if withheld.len() > NAMED {
        f.write_str(". Other policies permit nothing here either")?;
    }
    if is_governed && withheld.is_empty() {
        f.write_str("a policy that may govern this request has no permits")?;
    }
    Ok(())
}

/// Writes that no granting policy certainly governs, and which may.
fn not_governed(f: &mut fmt::Formatter<'_>, decision: &Decision<'_>) -> fmt::Result {
    let doubtful = named(decision.doubtful());
    if doubtful.is_empty() {
        return f.write_str("no granting policy governs this request");
    }
    f.write_str("no granting policy certainly governs this request: ")?;
    join(f, "; ", doubtful.iter().take(NAMED), |f, (policy, lacks)| {
        quote(f, policy)?;
        f.write_str(" would need ")?;
        write_lacks(f, decision, lacks)
    })?;
    f.write_str(if doubtful.len() > NAMED { "; and others" } else { "" })
}

fn write_lacks(f: &mut fmt::Formatter<'_>, decision: &Decision<'_>, lacks: &[Lack]) -> fmt::Result {
    let request = decision.request();
    let program = request.program();
    join(f, ", ", lacks, |f, lack| {
        quote(f, &program.vocabulary[lack.attribute].name)?;
        f.write_str(" ")?;
        Goal::of(program, lack.column, &lack.wanted).map_or(Ok(()), |goal| goal.fmt(f))?;
        f.write_str(" (")?;
        write_stated(f, request, lack.attribute)?;
        if let Some(beneath) = decision.beneath(lack) {
            f.write_str(", for want of ")?;
            write_lacks(f, decision, &beneath)?;
        }
        f.write_str(")")
    })?;
    f.write_str(if lacks.is_empty() { "nothing" } else { "" })
}
