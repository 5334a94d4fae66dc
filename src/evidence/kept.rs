//! Notices as JSON, to outlive the process that holds them.

use serde_json::json;

use super::config::Config;
use super::notices::{Kept, Origin};
use super::rule::{Found, Rule, value};
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

/// Reads what [`write`] wrote. Values whose attributes the kinds in force do not set any more are
/// dropped; that evidence is contradicted stays.
pub(super) fn read(json: &[u8], config: &Config, limits: &Limits) -> Result<Vec<Kept>, Findings> {
    let file = File::new("notices", json);
    let document = file.document(limits);
    let kept = document.and_then(|document| {
        let form = file.form(&document, "the notices", &["notices"])?;
        let items = file.items(form.required("notices")?, "`notices`")?;
        Some(items.iter().filter_map(|node| notice(&file, node, config)).collect())
    });
    Findings::or_warnings(file.into_findings())?;
    Ok(kept.unwrap_or_default())
}

const KEYS: [&str; 7] = ["issuer", "device", "from", "kind", "at", "contradicts", "values"];

fn notice(file: &File<'_>, node: &Node<'_>, config: &Config) -> Option<Kept> {
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
        values: values(file, &form, &origin, config)?,
    };
    Some(Kept { issuer: text("issuer")?, device, origin, statement })
}

fn values(
    file: &File<'_>,
    form: &Form<'_, '_>,
    origin: &Origin,
    config: &Config,
) -> Option<Vec<(Box<str>, Value)>> {
    let members = file.members(form.required("values")?, "`values`")?;
    let issuer = config.issuers.iter().find(|issuer| issuer.terms.name == origin.from);
    let kind =
        issuer.and_then(|issuer| issuer.terms.kinds.iter().find(|kind| kind.name == origin.kind));
    let mut values = Vec::new();
    for member in members {
        let mapping = kind.and_then(|kind| {
            kind.mappings.iter().find(|mapping| mapping.attribute.name == member.key)
        });
        let Some(mapping) = mapping else { continue };
        match value(&[Rule::plain()], &mapping.attribute.kind, &member.node) {
            Found::Value(value) => values.push((member.key.as_ref().into(), value)),
            Found::Nothing | Found::Unfit => {
                let message = format!("this is no value of `{}`", member.key);
                file.error(Code::MalformedValue, member.node.at, message, None);
            }
        }
    }
    Some(values)
}
