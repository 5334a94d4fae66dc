//! `portcullis check`.

use portcullis::{Code, Finding, Folder, Limits, Pdp, PolicySet, Severity, Suite, Verdict};

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
    if args.format == Format::Json || !warnings.is_empty() {
        show::print_findings(&folder, &warnings, args.format);
    }
    if args.format == Format::Text {
        show::print(&summary(&set, &suite, warnings.len()));
    }
    Ok(if args.strict && !warnings.is_empty() { End::NotValid } else { End::Well })
}

fn summary(set: &PolicySet, suite: &Suite, warnings: usize) -> String {
    let rules: usize = set.policies().iter().map(|policy| policy.rules.len()).sum();
    let policies = set.policies().len();
    let mut counts = vec![
        count(policies, "policy", "policies"),
        count(rules, "rule", "rules"),
        count(suite.tests.len(), "test", "tests"),
    ];
    if !set.guarantees().is_empty() {
        let guarantees = count(set.guarantees().len(), "guarantee", "guarantees");
        counts.push(format!("{guarantees} (stated; this version does not prove them)"));
    }
    format!("{}: {}; {}\n", set.name(), counts.join(", "), count(warnings, "warning", "warnings"))
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
