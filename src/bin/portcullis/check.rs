//! `portcullis check`.

use portcullis::{
    Code, Exception, Finding, Findings, Folder, Guarantee, Holds, Limits, Pdp, PolicySet, Proof,
    Severity, Suite, Verdict, explain, prove,
};

use super::{End, Format, SetArg, Stop, show};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    set: SetArg,
    /// Refuse the set for warnings too
    #[arg(long)]
    strict: bool,
    /// How to write what was found
    #[arg(long, default_value = "text")]
    format: Format,
}

/// Runs `check`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let folder = Folder::new(&args.set.set);
    let limits = Limits::default();
    let stop = |findings| show::not_valid(&folder, &findings, args.format);
    let set = PolicySet::read(&folder, &limits).map_err(stop)?;
    let pdp = Pdp::unavailable(limits.clone());
    let mut warnings = set.warnings().to_vec();
    warnings.extend(pdp.replace(&set).map_err(stop)?);
    let suite = Suite::read(&folder, &set, &limits).map_err(stop)?;
    warnings.extend(suite.warnings.iter().cloned());
    warnings.extend(suite.run(&mut pdp.bench_request()).into_iter().filter_map(
        |(test, verdict)| match verdict {
            Verdict::Invalid(trouble) => Some(Finding {
                code: Code::InvalidTest,
                severity: Severity::Warning,
                file: test.file.clone(),
                at: test.at,
                message: format!("the test `{}` is invalid: {trouble}", test.name),
                help: None,
            }),
            Verdict::Pass | Verdict::Fail(_) => None,
        },
    ));
    let proofs = prove(&set, &limits).map_err(stop)?;
    let guarantees = set.guarantees().iter().zip(&proofs);
    warnings
        .extend(guarantees.filter_map(|(guarantee, proof)| finding(&pdp, guarantee, &proof.holds)));
    if warnings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(stop(Findings::from(warnings)));
    }
    if args.format == Format::Json || !warnings.is_empty() {
        show::print_findings(&folder, &warnings, args.format);
    }
    if args.format == Format::Text {
        show::print(&summary(&set, &suite, &proofs, warnings.len()));
    }
    Ok(if args.strict && !warnings.is_empty() { End::NotValid } else { End::Well })
}

/// What there is to say of a guarantee, unless it is proved.
fn finding(pdp: &Pdp, guarantee: &Guarantee, holds: &Holds) -> Option<Finding> {
    let id = &guarantee.id;
    let (severity, code, message, help) = match holds {
        Holds::Proved => return None,
        Holds::Broken(exception) => {
            let message = format!("the guarantee `{id}` does not hold");
            (Severity::Error, Code::BrokenGuarantee, message, Some(witness(pdp, exception)))
        }
        Holds::Unknown { budget } => {
            let message =
                format!("whether the guarantee `{id}` holds could not be told in {budget} steps");
            (Severity::Warning, Code::NotProved, message, None)
        }
    };
    let (file, at) = (guarantee.file.clone(), guarantee.at);
    Some(Finding { code, severity, file, at, message, help })
}

/// A request that breaks a guarantee, and the decision on it.
fn witness(pdp: &Pdp, exception: &Exception) -> String {
    let request = &exception.request;
    let stated = request.stated().map(|(name, value)| format!("{name}={value}"));
    let garbled = request.malformed().map(|name| format!("{name}=(no value of its type)"));
    let values: Vec<String> = stated.chain(garbled).collect();
    let decision = pdp.decide(request);
    let word = if decision.is_permit() { "permit" } else { "deny" };
    let change = exception.change.as_ref().map_or(String::new(), |change| match &change.instead {
        Some(value) => format!("; with {}={value} instead, it is a permit", change.attribute),
        None => format!("; without {}, it is a permit", change.attribute),
    });
    let why = explain(&decision).administrator;
    format!("the request {} is a {word}{change}: {why}", values.join(" "))
}

fn summary(set: &PolicySet, suite: &Suite, proofs: &[Proof], warnings: usize) -> String {
    let rules: usize = set.policies().iter().map(|policy| policy.rules.len()).sum();
    let policies = set.policies().len();
    let mut counts = vec![
        count(policies, "policy", "policies"),
        count(rules, "rule", "rules"),
        count(suite.tests.len(), "test", "tests"),
    ];
    if !set.guarantees().is_empty() {
        let guarantees = count(set.guarantees().len(), "guarantee", "guarantees");
        let proved = proofs.iter().filter(|proof| matches!(proof.holds, Holds::Proved)).count();
        counts.push(format!("{guarantees} ({proved} proved)"));
    }
    format!("{}: {}; {}\n", set.name(), counts.join(", "), count(warnings, "warning", "warnings"))
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
