//! Reading what a vocabulary says of obligations.

use super::condition::literal;
use super::kind::read_kind;
use crate::file::File;
use crate::json::Member;
use crate::model::{
    Code, Kind, Limits, Merge, ObligationId, ObligationType, Parameter, Profile, Vocabulary,
    suggest,
};

/// The obligation of that name, or an error.
pub(crate) fn obligation(
    file: &File<'_>,
    vocabulary: &Vocabulary,
    name: &str,
    at: usize,
) -> Option<ObligationId> {
    let found = vocabulary.obligation(name);
    if found.is_none() {
        let names = vocabulary.obligations().iter().map(|obligation| obligation.name.as_str());
        let message = format!("unknown obligation `{name}`");
        let help = match vocabulary.obligations() {
            [] => "the vocabulary declares none".to_owned(),
            [..] => suggest(name, names),
        };
        file.error(Code::UnknownObligation, at, message, Some(help));
    }
    found
}

/// Notes that an obligation has no such parameter.
pub(crate) fn unknown_parameter(
    file: &File<'_>,
    obligation: &ObligationType,
    name: &str,
    at: usize,
) {
    let names = obligation.parameters.iter().map(|parameter| parameter.name.as_str());
    let message = format!("`{}` has no parameter `{name}`", obligation.name);
    let help = match obligation.parameters.as_slice() {
        [] => "it has none: state the obligation by its name alone".to_owned(),
        [..] => suggest(name, names),
    };
    file.error(Code::UnknownParameter, at, message, Some(help));
}

/// Declares the obligation that a member of `obligations` describes.
pub(crate) fn declare_obligation(
    file: &File<'_>,
    vocabulary: &mut Vocabulary,
    member: &Member<'_>,
    standard: usize,
    limits: &Limits,
) {
    const PROFILES: [(&str, Profile); 4] = [
        ("step-up", Profile::StepUp),
        ("notification", Profile::Notification),
        ("session-termination", Profile::SessionTermination),
        ("custom", Profile::Custom),
    ];
    let name = member.key.as_ref();
    let what = format!("the obligation `{name}`");
    if let Some(id) = vocabulary.obligation(name) {
        let (code, message) = if id.index() < standard {
            (Code::StandardFixed, format!("{what} of the standard is fixed"))
        } else {
            (Code::DuplicateName, format!("{what} exists already"))
        };
        file.error(code, member.at, message, Some("choose another name".into()));
        return;
    }
    let Some(form) = file.form(&member.node, &what, &["means", "type", "parameters"]) else {
        return;
    };
    let profile = form.optional("type").and_then(|node| file.word(node, "`type`", &PROFILES));
    let mut parameters = Vec::new();
    if let Some(node) = form.optional("parameters") {
        for member in file.members(node, "`parameters`").unwrap_or_default() {
            parameters.extend(read_parameter(file, member));
        }
    }
    if vocabulary.obligations().len() >= limits.obligations.min(64) {
        let message = format!("there are more than {} obligations", limits.obligations.min(64));
        file.error(Code::OverLimit, member.at, message, None);
        return;
    }
    vocabulary.declare_obligation(ObligationType {
        name: name.to_owned(),
        means: form.optional_text("means"),
        profile: profile.unwrap_or(Profile::Custom),
        parameters,
    });
}

fn read_parameter(file: &File<'_>, member: &Member<'_>) -> Option<Parameter> {
    const MERGES: [(&str, Merge); 4] = [
        ("least", Merge::Least),
        ("most", Merge::Most),
        ("union", Merge::Union),
        ("all", Merge::All),
    ];
    let name = member.key.as_ref();
    let what = format!("the parameter `{name}`");
    let form = file.form(&member.node, &what, &["type", "means", "merge", "default"])?;
    let kind = read_kind(file, &form, name, false)?;
    let merge_node = form.required("merge")?;
    let merge = file.word(merge_node, "`merge`", &MERGES)?;
    let set = matches!(kind, Kind::Set(_));
    let fits = match merge {
        Merge::Least | Merge::Most => kind.is_ordered() || kind == Kind::Bool,
        Merge::Union => set,
        Merge::All => !set,
    };
    if !fits {
        let message = format!("this `merge` does not fit the type `{}`", kind.word());
        file.error(Code::BadMerge, merge_node.at, message, None);
    }
    let default = form.optional("default").and_then(|node| literal(file, name, &kind, node));
    Some(Parameter {
        name: name.to_owned(),
        means: form.optional_text("means"),
        kind,
        merge,
        default,
    })
}
