//! Notices as JSON, to outlive the process that holds them.

use std::sync::Arc;

use serde_json::json;

use super::notices::{Kept, Origin};
use super::rule::{fitting, stated};
use super::trust::Trust;
use crate::file::{File, Form};
use crate::json::Node;
use crate::model::{Code, Findings, Limits, Statement, Value};

/// Notices as JSON.
pub(super) fn write(all: &[Kept]) -> String {
    let notice = |kept: &Kept| {
        let values: serde_json::Map<String, serde_json::Value> = kept
            .statement
            .values
            .iter()
            .map(|(name, value)| (name.to_string(), json!(value)))
            .collect();
        json!({
            "issuer": kept.issuer,
            "device": kept.device,
            "from": kept.origin.from,
            "kind": kept.origin.kind,
            "at": kept.statement.at,
            "contradicts": kept.statement.contradicts,
            "values": values,
        })
    };
    json!({ "notices": all.iter().map(notice).collect::<Vec<_>>() }).to_string()
}

/// Reads what [`write`] wrote. Values of attributes that the issuer may not set any more, or its kind does
/// not, are dropped; that evidence is contradicted stays.
pub(super) fn read(json: &[u8], trust: &Trust, limits: &Limits) -> Result<Vec<Kept>, Findings> {
    let file = File::new("notices", json);
    let document = file.document(limits);
    let kept = document.and_then(|document| {
        let form = file.form(&document, "the notices", &["notices"])?;
        let items = file.items(form.required("notices")?, "`notices`")?;
        Some(items.iter().filter_map(|node| notice(&file, node, trust)).collect())
    });
    Findings::or_warnings(file.into_findings())?;
    Ok(kept.unwrap_or_default())
}

const KEYS: [&str; 7] = ["issuer", "device", "from", "kind", "at", "contradicts", "values"];

fn notice(file: &File<'_>, node: &Node<'_>, trust: &Trust) -> Option<Kept> {
    let form = file.form(node, "a notice", &KEYS)?;
    let text = |key: &str| form.required_text(key).map(Box::<str>::from);
    let origin = Origin { from: text("from")?, kind: text("kind")? };
    let device = form.optional("device").filter(|node| node.kind() != "null");
    let device = match device {
        Some(node) => Some(file.text(node, "`device`")?.into()),
        None => None,
    };
    let statement = Statement {
        at: file.instant(form.required("at")?, "`at`")?,
        contradicts: file.bool(form.required("contradicts")?, "`contradicts`")?,
        values: values(file, &form, &origin, trust)?,
    };
    Some(Kept { issuer: text("issuer")?, device, origin, statement })
}

fn values(
    file: &File<'_>,
    form: &Form<'_, '_>,
    origin: &Origin,
    trust: &Trust,
) -> Option<Vec<(Arc<str>, Value)>> {
    let members = file.members(form.required("values")?, "`values`")?;
    let mut terms = trust.signers.iter().map(|signer| &signer.terms);
    let terms = terms.find(|terms| terms.name == origin.from);
    let mut kinds = terms.iter().flat_map(|terms| &terms.kinds);
    let kind = kinds.find(|kind| kind.name == origin.kind);
    let mut values = Vec::new();
    for member in members {
        let mut mappings = kind.iter().flat_map(|kind| &kind.mappings);
        let mapping = mappings.find(|mapping| *mapping.name == *member.key);
        let may_set = terms.is_some_and(|terms| terms.may_set(&member.key));
        let Some(mapping) = mapping.filter(|_| may_set) else { continue };
        match stated(&member.node, &[]).and_then(|value| fitting(&mapping.kind, value)) {
            Some(value) => values.push((Arc::clone(&mapping.name), value)),
            None => {
                let message = format!("this is no value of `{}`", member.key);
                file.error(Code::MalformedValue, member.node.at, message, None);
            }
        }
    }
    Some(values)
}
