//! Reading policies: rules, obligations, risk acceptances, guarantees.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Scope, literal};
use super::obligations::{obligation, unknown_parameter};
use super::syntax::{Argument, Claim, Guarantee, ObligationUse, On, Policy, Rule};
use super::vocabulary::when_unless;
use crate::file::{File, Form};
use crate::json::Node;
use crate::model::{
    AttributeId, Code, Comparison, Condition, Constraint, Effect, Instant, Kind, ObligationId,
    Value, suggest,
};

const POLICY_KEYS: [&str; 11] = [
    "policy",
    "owner",
    "authority",
    "governs",
    "from",
    "until",
    "only_restricts",
    "attributes",
    "owners",
    "rules",
    "guarantees",
];
const RULE_KEYS: [&str; 13] = [
    "id",
    "effect",
    "when",
    "unless",
    "from",
    "until",
    "certain",
    "on",
    "obligations",
    "because",
    "tell_user",
    "trial",
    "accepted_by",
];
const GUARANTEE_KEYS: [&str; 9] = [
    "id",
    "never",
    "always",
    "permits_carry",
    "monotone",
    "withholding",
    "when",
    "unless",
    "because",
];

/// Reads a policy whose own attributes are declared already; `None` where its outline is wrong.
pub(crate) fn read_policy(scope: &Scope<'_>, node: &Node<'_>) -> Option<(Policy, Vec<Guarantee>)> {
    let file = scope.file;
    let form = file.form(node, "a policy", &POLICY_KEYS)?;
    let name = form.required_text("policy");
    let owner = form.required_text("owner");
    let governs =
        form.optional("governs").map_or(Some(Condition::always()), |node| scope.condition(node));
    let window = read_window(scope, &form);
    let only_restricts = form.flag("only_restricts");
    let owners = read_owners(scope, &form);
    let mut rules: Vec<Rule> = Vec::new();
    let mut ids = BTreeSet::new();
    for item in
        form.required("rules").and_then(|node| file.items(node, "`rules`")).unwrap_or_default()
    {
        let Some(rule) = read_rule(scope, item, &owners) else { continue };
        if !ids.insert(rule.id.clone()) {
            let message = format!("the rule `{}` exists already in this policy", rule.id);
            file.error(Code::DuplicateName, item.at, message, None);
        }
        if only_restricts && rule.effect == Effect::Permit {
            let message = format!("`{}` is a permit, in a policy that only restricts", rule.id);
            let help = "leave out `only_restricts`, or move the rule to a policy that grants";
            file.error(Code::PermitInRestriction, item.at, message, Some(help.into()));
        }
        rules.push(rule);
    }
    let (name, owner) = (name?.to_owned(), owner?.to_owned());
    let guarantees =
        form.optional("guarantees").map(|node| read_guarantees(scope, node, Some(&name)));
    let policy = Policy {
        name,
        owner,
        authority: form.optional_text("authority"),
        governs: governs?.and(window.condition),
        only_restricts,
        rules,
        file: file.name().to_owned(),
        at: file.place(node.at),
    };
    Some((policy, guarantees.unwrap_or_default()))
}

struct Window {
    condition: Condition,
    until: Option<Instant>,
}

/// `from` and `until`, as a condition on the time of the request.
fn read_window(scope: &Scope<'_>, form: &Form<'_, '_>) -> Window {
    let from = form.optional_instant("from");
    let until = form.optional_instant("until");
    let mut condition = Condition::always();
    for (key, comparison, instant) in
        [("from", Comparison::AtLeast, from), ("until", Comparison::Below, until)]
    {
        let (Some(instant), Some(node)) = (instant, form.optional(key)) else { continue };
        let Some(()) = scope.need_time(node.at, key) else { continue };
        let Some(time) = scope.vocabulary.time() else { continue };
        condition = condition
            .and(Condition::Test(time, Constraint::Compare(comparison, Value::Instant(instant))));
    }
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        let at = form.optional("until").map_or(form.at(), |node| node.at);
        scope.file.error(Code::EmptyWindow, at, "`until` is not after `from`", None);
    }
    Window { condition, until }
}

/// From the name of who may accept a risk to what is theirs; `None` where that could not be read.
type Owners = BTreeMap<String, Option<Condition>>;

fn read_owners(scope: &Scope<'_>, form: &Form<'_, '_>) -> Owners {
    let members = form.optional("owners").and_then(|node| scope.file.members(node, "`owners`"));
    let members = members.unwrap_or_default();
    members.iter().map(|member| (member.key.to_string(), scope.condition(&member.node))).collect()
}

fn read_rule(scope: &Scope<'_>, node: &Node<'_>, owners: &Owners) -> Option<Rule> {
    const EFFECTS: [(&str, Effect); 3] =
        [("permit", Effect::Permit), ("deny", Effect::Deny), ("require", Effect::Require)];
    const ON: [(&str, On); 3] = [("permit", On::Permit), ("deny", On::Deny), ("both", On::Both)];
    let file = scope.file;
    let form = file.form(node, "a rule", &RULE_KEYS)?;
    let id = form.required_text("id");
    let effect = form.required("effect").and_then(|node| file.word(node, "`effect`", &EFFECTS));
    let because = form.required_text("because");
    form.required("when");
    let condition = when_unless(scope, &form);
    let window = read_window(scope, &form);
    let obligations = form.optional("obligations").map(|node| read_obligations(scope, node));
    let on = form.optional("on").and_then(|node| file.word(node, "`on`", &ON));
    let certain = form.flag("certain");
    let accepted_by = form.optional_text("accepted_by");
    let trial = form.flag("trial");
    let tell_user = form.optional_text("tell_user");
    let (id, effect) = (id?.to_owned(), effect?);
    refuse_misplaced(file, &form, effect);
    let brings_nothing =
        form.optional("obligations").and_then(Node::items).is_none_or(<[_]>::is_empty);
    if effect == Effect::Require && brings_nothing {
        file.error(
            Code::MissingKey,
            node.at,
            format!("the require `{id}` has no `obligations`"),
            None,
        );
    }
    let acceptance = accepted_by.as_deref().filter(|_| effect == Effect::Permit);
    let owned = acceptance.map(|name| {
        let at = form.optional("accepted_by").map_or(node.at, |node| node.at);
        read_acceptance(file, &id, name, at, window.until, owners)
    });
    let mut condition = condition?.and(window.condition);
    if let Some(owned) = owned {
        condition = condition.and(owned?);
    }
    Some(Rule {
        id,
        effect,
        condition,
        certain,
        on: on.unwrap_or(On::Permit),
        obligations: obligations.unwrap_or_default(),
        because: because?.to_owned(),
        tell_user,
        trial,
        accepted_by,
        at: file.place(node.at),
    })
}

/// Refuses keys that mean nothing for the rule's effect.
fn refuse_misplaced(file: &File<'_>, form: &Form<'_, '_>, effect: Effect) {
    let misplaced: &[&str] = match effect {
        Effect::Permit => &["certain", "on", "tell_user"],
        Effect::Deny => &["on", "accepted_by"],
        Effect::Require => &["accepted_by", "tell_user"],
    };
    for key in misplaced {
        if let Some(node) = form.optional(key) {
            let message = format!("`{key}` means nothing on a {}", effect.word());
            file.error(Code::MisplacedKey, node.at, message, Some("leave it out".into()));
        }
    }
}

/// What the owner who accepts a risk owns; `None` where the acceptance is refused.
fn read_acceptance(
    file: &File<'_>,
    rule: &str,
    name: &str,
    at: usize,
    until: Option<Instant>,
    owners: &Owners,
) -> Option<Condition> {
    if until.is_none() {
        let message = format!("the risk acceptance `{rule}` has no `until`");
        let help =
            "an acceptance ends: state the instant, with its offset, from which it no longer holds";
        file.error(Code::AcceptanceWithoutEnd, at, message, Some(help.into()));
    }
    let Some(owned) = owners.get(name) else {
        let message =
            format!("`{name}` is not one of this policy's `owners`, so they cannot accept a risk");
        let help = if owners.is_empty() {
            "name who owns which information in the policy's `owners`".to_owned()
        } else {
            suggest(name, owners.keys().map(String::as_str))
        };
        file.error(Code::AcceptanceByStranger, at, message, Some(help));
        return None;
    };
    owned.clone()
}

fn read_obligations(scope: &Scope<'_>, node: &Node<'_>) -> Vec<ObligationUse> {
    let file = scope.file;
    let mut uses: Vec<ObligationUse> = Vec::new();
    for item in file.items(node, "`obligations`").unwrap_or_default() {
        let found = match item.members() {
            None => file.text(item, "an obligation").and_then(|name| {
                Some(ObligationUse {
                    id: obligation(file, scope.vocabulary, name, item.at)?,
                    arguments: vec![],
                })
            }),
            Some([member]) => {
                obligation(file, scope.vocabulary, &member.key, member.at).and_then(|id| {
                    Some(ObligationUse { id, arguments: read_arguments(scope, id, &member.node)? })
                })
            }
            Some(_) => {
                let message = "an obligation with parameters is an object with one key, its name";
                file.error(Code::WrongType, item.at, message, None);
                None
            }
        };
        let Some(found) = found else { continue };
        if uses.iter().any(|earlier| earlier.id == found.id) {
            let message =
                format!("the obligation `{}` is listed twice", scope.vocabulary[found.id].name);
            file.error(Code::DuplicateName, item.at, message, None);
        }
        uses.push(found);
    }
    uses
}

fn read_arguments(
    scope: &Scope<'_>,
    id: ObligationId,
    node: &Node<'_>,
) -> Option<Vec<(usize, Argument)>> {
    let (file, obligation) = (scope.file, &scope.vocabulary[id]);
    let mut arguments = Vec::new();
    for member in file.members(node, "the parameters of an obligation")? {
        let position =
            obligation.parameters.iter().position(|parameter| parameter.name == member.key);
        let Some((position, parameter)) =
            position.and_then(|at| Some((at, obligation.parameters.get(at)?)))
        else {
            unknown_parameter(file, obligation, &member.key, member.at);
            continue;
        };
        let argument = match scope.reference(&member.node) {
            Some(Some(attribute)) => {
                let kind = &scope.vocabulary[attribute].kind;
                let fits = *kind == parameter.kind
                    || matches!(
                        (kind, &parameter.kind),
                        (Kind::Set(_), Kind::Set(_)) | (Kind::Enum(_), Kind::String)
                    );
                if !fits {
                    let message = format!(
                        "the parameter `{}` is of type `{}`, the attribute of type `{}`",
                        parameter.name,
                        parameter.kind.word(),
                        kind.word()
                    );
                    file.error(Code::WrongType, member.node.at, message, None);
                }
                Some(Argument::Attribute(attribute))
            }
            Some(None) => {
                literal(file, &parameter.name, &parameter.kind, &member.node).map(Argument::Value)
            }
            None => None,
        };
        arguments.extend(argument.map(|argument| (position, argument)));
    }
    Some(arguments)
}

/// Reads the guarantees of a policy or set.
pub(crate) fn read_guarantees(
    scope: &Scope<'_>,
    node: &Node<'_>,
    policy: Option<&str>,
) -> Vec<Guarantee> {
    let items = scope.file.items(node, "`guarantees`").unwrap_or_default();
    let mut ids = BTreeSet::new();
    let mut guarantees = Vec::new();
    for item in items {
        let Some(guarantee) = read_guarantee(scope, item, policy) else { continue };
        if !ids.insert(guarantee.id.clone()) {
            let message = format!("the guarantee `{}` exists already here", guarantee.id);
            scope.file.error(Code::DuplicateName, item.at, message, None);
        }
        guarantees.push(guarantee);
    }
    guarantees
}

fn read_guarantee(scope: &Scope<'_>, node: &Node<'_>, policy: Option<&str>) -> Option<Guarantee> {
    let file = scope.file;
    let form = file.form(node, "a guarantee", &GUARANTEE_KEYS)?;
    let id = form.required_text("id");
    let when = when_unless(scope, &form);
    let claims: Vec<(&str, &Node<'_>)> =
        ["never", "always", "permits_carry", "monotone", "withholding"]
            .into_iter()
            .filter_map(|key| Some((key, form.optional(key)?)))
            .collect();
    let [(key, claim)] = claims.as_slice() else {
        let help = "state one of `never`, `always`, `permits_carry`, `monotone`, `withholding`";
        file.error(
            Code::MissingKey,
            node.at,
            "a guarantee makes exactly one claim",
            Some(help.into()),
        );
        return None;
    };
    let claim = match *key {
        "never" => file.word(claim, "`never`", &[("permit", ())]).map(|()| Claim::NeverPermit)?,
        "always" => {
            file.word(claim, "`always`", &[("permit", ())]).map(|()| Claim::AlwaysPermit)?
        }
        "permits_carry" => {
            let names = file.texts(claim, "`permits_carry`");
            let ids =
                names.into_iter().map(|(name, at)| obligation(file, scope.vocabulary, name, at));
            Claim::PermitsCarry(ids.collect::<Option<_>>()?)
        }
        "monotone" => Claim::Monotone(read_pattern(scope, claim)?),
        _ => Claim::Withholding(read_pattern(scope, claim)?),
    };
    Some(Guarantee {
        id: id?.to_owned(),
        policy: policy.map(str::to_owned),
        claim,
        when: when?,
        because: form.optional_text("because"),
        file: file.name().to_owned(),
        at: file.place(node.at),
    })
}

/// The attributes that `name` or `prefix.*` stands for.
fn read_pattern(scope: &Scope<'_>, node: &Node<'_>) -> Option<Vec<AttributeId>> {
    let text = scope.file.text(node, "an attribute or `prefix.*`")?;
    let Some(prefix) = text.strip_suffix('*') else {
        return Some(vec![scope.attribute(text, node.at)?]);
    };
    let vocabulary = scope.vocabulary;
    let ids: Vec<AttributeId> = vocabulary
        .attribute_ids()
        .filter(|id| vocabulary[*id].policy.is_none() && vocabulary[*id].name.starts_with(prefix))
        .collect();
    if ids.is_empty() {
        let message = format!("no attribute starts with `{prefix}`");
        scope.file.error(Code::UnknownAttribute, node.at, message, None);
        return None;
    }
    Some(ids)
}
