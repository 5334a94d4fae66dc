//! `portcullis check`.

use portcullis::{
    Code, Declaration, Finding, Findings, Folder, Holds, Limits, Pdp, PolicySet, Prover, Review,
    Severity, Silence, Suite, Verdict,
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
    let pdp = Pdp::unavailable(limits.clone()).without_proofs();
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
    let prover = Prover::new(&set, &limits).map_err(stop)?;
    let review = prover.review(&set);
    warnings.extend(review.findings.iter().cloned());
    if warnings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(stop(Findings::from(warnings)));
    }
    if args.format == Format::Json || !warnings.is_empty() {
        show::print_findings(&folder, &warnings, args.format);
    }
    if args.format == Format::Text {
        show::print(&summary(&set, &suite, &review, warnings.len()));
        show::print(&declared(&review));
        show::print(&gaps(&prover));
    }
    Ok(if args.strict && !warnings.is_empty() { End::NotValid } else { End::Well })
}

fn summary(set: &PolicySet, suite: &Suite, review: &Review, warnings: usize) -> String {
    let rules: usize = set.policies().iter().map(|policy| policy.rules.len()).sum();
    let policies = set.policies().len();
    let mut counts = vec![
        count(policies, "policy", "policies"),
        count(rules, "rule", "rules"),
        count(suite.tests.len(), "test", "tests"),
    ];
    if !set.guarantees().is_empty() {
        let guarantees = count(set.guarantees().len(), "guarantee", "guarantees");
        let proofs = review.guarantees.iter();
        let proved = proofs.filter(|proof| matches!(proof.holds, Holds::Proved)).count();
        counts.push(format!("{guarantees} ({proved} proved)"));
    }
    format!("{}: {}; {}\n", set.name(), counts.join(", "), count(warnings, "warning", "warnings"))
}

/// Where withholding a value helps, as the author declared.
fn declared(review: &Review) -> String {
    let mut text = String::new();
    for silence in review.silences.found.iter().filter(|silence| !silence.declared.is_empty()) {
        let Silence { attribute, instead, declared, .. } = silence;
        let then =
            instead.as_ref().map_or(String::new(), |value| format!(" (it counts as {value})"));
        let by: Vec<String> = declared.iter().map(words).collect();
        text += &format!("  withholding {attribute}{then} can help: {}\n", by.join(", "));
    }
    if text.is_empty() { text } else { format!("\ndeclared to be all right when unknown:\n{text}") }
}

fn words(declaration: &Declaration) -> String {
    match declaration {
        Declaration::Absent => "`absent`".to_owned(),
        Declaration::Rule { policy, rule } => format!("the certain deny `{policy}/{rule}`"),
        Declaration::Branch { attribute, value } => {
            format!("the certain branch `{value}` of `{attribute}`")
        }
    }
}

/// Regions of gaps that are shown of each policy.
const GAPS: usize = 3;

/// Requests that no rule speaks of.
fn gaps(prover: &Prover) -> String {
    let mut text = String::new();
    for (policy, regions) in prover.gaps(&[], GAPS) {
        for region in &regions.found {
            text += &format!("  {policy}: {region}\n");
        }
        if !regions.complete {
            text += &format!("  {policy}: and more\n");
        }
    }
    if text.is_empty() { text } else { format!("\nrefused because no rule speaks of it:\n{text}") }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
