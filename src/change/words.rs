//! Conditions and rules in words, for whoever reads of a change.

use crate::model::{AttributeId, Comparison, Condition, Constraint, Share, Value, Vocabulary};
use crate::policy::{Argument, ObligationUse, On, PolicySet, Rule};

/// A condition as the parts that must all hold, each in words; none where it always holds.
pub(super) fn parts(vocabulary: &Vocabulary, condition: &Condition) -> Vec<String> {
    match condition {
        Condition::All(all) => all.iter().flat_map(|part| parts(vocabulary, part)).collect(),
        other => vec![phrase(vocabulary, other)],
    }
}

/// A condition in words.
pub(super) fn phrase(vocabulary: &Vocabulary, condition: &Condition) -> String {
    match condition {
        Condition::All(parts) if parts.is_empty() => "always".to_owned(),
        Condition::Any(parts) if parts.is_empty() => "never".to_owned(),
        Condition::All(parts) => joined(vocabulary, parts, " and "),
        Condition::Any(parts) => joined(vocabulary, parts, " or "),
        Condition::Not(part) => match part.as_ref() {
            Condition::Test(attribute, constraint) => {
                let constraint = in_words_of(vocabulary, constraint);
                format!("`{}` not {constraint}", vocabulary[*attribute].name)
            }
            Condition::All(only) if only.len() == 1 => {
                only.iter().map(|part| phrase(vocabulary, &part.clone().negate())).collect()
            }
            part => format!("not ({})", phrase(vocabulary, part)),
        },
        Condition::Test(attribute, constraint) => {
            format!("`{}` {}", vocabulary[*attribute].name, in_words_of(vocabulary, constraint))
        }
    }
}

fn joined(vocabulary: &Vocabulary, parts: &[Condition], word: &str) -> String {
    let several = |part: &Condition| match part {
        Condition::All(parts) | Condition::Any(parts) => parts.len() > 1,
        Condition::Not(_) | Condition::Test(..) => false,
    };
    let words = parts.iter().map(|part| {
        let words = phrase(vocabulary, part);
        if several(part) && parts.len() > 1 { format!("({words})") } else { words }
    });
    words.collect::<Vec<String>>().join(word)
}

/// A constraint in words, to follow the name of its attribute.
pub(super) fn in_words_of(vocabulary: &Vocabulary, constraint: &Constraint) -> String {
    let name = |id: AttributeId| format!("`{}`", vocabulary[id].name);
    let words = |words: &[Box<str>]| {
        words.iter().map(|word| format!("`{word}`")).collect::<Vec<String>>().join(", ")
    };
    match constraint {
        Constraint::OneOf(values) => {
            values.iter().map(|value| format!("`{value}`")).collect::<Vec<String>>().join(" or ")
        }
        Constraint::Compare(comparison, value) => format!("{} `{value}`", compared(*comparison)),
        Constraint::CompareWith(comparison, other) => {
            format!("{} {}", compared(*comparison), name(*other))
        }
        Constraint::SameAs(other) => format!("the same as {}", name(*other)),
        Constraint::In(other) => format!("in {}", name(*other)),
        Constraint::Contains(_, one) if one.len() == 1 => format!("with {}", words(one)),
        Constraint::Contains(Share::Any, any) => format!("with one of {}", words(any)),
        Constraint::Contains(Share::All, all) => format!("with all of {}", words(all)),
        Constraint::ContainsOf(Share::Any, other) => format!("with one of {}", name(*other)),
        Constraint::ContainsOf(Share::All, other) => format!("with all of {}", name(*other)),
        Constraint::Empty => "empty".to_owned(),
        Constraint::FromNow(comparison, length) => {
            format!("{} `{length}` from now", compared(*comparison))
        }
    }
}

fn compared(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtLeast => "at least",
        Comparison::AtMost => "at most",
        Comparison::Above => "above",
        Comparison::Below => "below",
    }
}

/// What a rule says, without its name and its reasons: two rules that say the same do the same.
pub(super) fn content(set: &PolicySet, rule: &Rule) -> Vec<String> {
    let vocabulary = &set.vocabulary;
    let mut lines = vec![rule.effect.word().to_owned()];
    let on = match rule.on {
        On::Permit => "on permits",
        On::Deny => "on refusals",
        On::Both => "on both",
    };
    let marks = [
        (rule.trial, "on trial"),
        (rule.certain, "only when certain"),
        (rule.on != On::Permit, on),
    ];
    lines.extend(marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark.to_owned()));
    lines.extend(parts(vocabulary, &rule.condition).into_iter().map(|part| format!("when {part}")));
    lines.extend(rule.obligations.iter().map(|used| obligation(vocabulary, used)));
    lines
}

/// An obligation as a rule brings it, in words.
pub(super) fn obligation(vocabulary: &Vocabulary, used: &ObligationUse) -> String {
    let declared = &vocabulary[used.id];
    let parameters = used.arguments.iter().filter_map(|(place, argument)| {
        let name = &declared.parameters.get(*place)?.name;
        Some(match argument {
            Argument::Value(value) => format!("{name} `{value}`"),
            Argument::Attribute(attribute) => {
                format!("{name} as in `{}`", vocabulary[*attribute].name)
            }
        })
    });
    let parameters: Vec<String> = parameters.collect();
    match parameters.as_slice() {
        [] => format!("must {}", declared.name),
        all => format!("must {} ({})", declared.name, all.join(", ")),
    }
}

/// A value, or that there is none, in words.
pub(super) fn stands_for(absent: Option<&Value>) -> String {
    absent.map_or_else(|| "is unknown".to_owned(), |value| format!("stands for `{value}`"))
}
