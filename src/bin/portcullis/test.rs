//! `portcullis test`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use portcullis::{Folder, Limits, Pdp, PolicySet, Suite, Test, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{End, Format, SetArg, Stop, mutate, show};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    set: SetArg,
    /// Run only the tests whose name holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// List the tests that pass, too
    #[arg(long)]
    all: bool,
    /// Tell which rules, branches of derived attributes and conditions some test decides
    #[arg(long, conflicts_with = "mutate")]
    coverage: bool,
    /// Alter the set in every small way, and tell which alterations no test notices
    #[arg(long)]
    mutate: bool,
    /// With --mutate: how many tests to hand over that would notice
    #[arg(long, value_name = "COUNT", default_value_t = 5, requires = "mutate")]
    next: usize,
    /// With --mutate: write those tests to this file
    #[arg(long, value_name = "FILE", requires = "mutate")]
    write: Option<PathBuf>,
    /// Write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How to write the results
    #[arg(long, default_value = "text")]
    format: Format,
}

/// Runs `test`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let folder = Folder::new(&args.set.set);
    let limits = Limits::default();
    let stop = |findings| show::not_valid(&folder, &findings, args.format);
    let set = PolicySet::read(&folder, &limits).map_err(stop)?;
    let pdp = Pdp::new(&set).map_err(stop)?;
    let mut suite = Suite::read(&folder, &set, &limits).map_err(stop)?;
    if let Some(filter) = &args.filter {
        suite.tests.retain(|test| test.name.contains(filter.as_str()));
    }
    if args.coverage {
        return mutate::cover(&set, &suite, &limits, args.format).map_err(stop);
    }
    if args.mutate {
        let wanted =
            mutate::Wanted { next: args.next, write: args.write.as_deref(), format: args.format };
        return mutate::mutate(&set, &suite, &limits, &wanted, stop);
    }
    let results = suite.run(&mut pdp.bench_request());
    if results.is_empty() {
        return Err(Stop::could_not_run("there are no tests to run"));
    }
    match args.format {
        Format::Text => show::print(&in_words(&results, args.all)),
        Format::Json => show::print(&format!("{}\n", in_json(&results))),
    }
    if let Some(path) = &args.junit {
        write_junit(path, &set, &results)?;
    }
    let well = results.iter().all(|(_, verdict)| *verdict == Verdict::Pass);
    Ok(if well { End::Well } else { End::Refused })
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();

fn in_words(results: &[(&Test, Verdict)], all: bool) -> String {
    let mut lines = Vec::new();
    for (test, verdict) in results {
        let (style, word, details) = match verdict {
            Verdict::Pass if !all => continue,
            Verdict::Pass => (GOOD, "PASS", vec![]),
            Verdict::Fail(differences) => (BAD, "FAIL", differences.clone()),
            Verdict::Invalid(trouble) => (ODD, "INVALID", vec![trouble.clone()]),
        };
        lines.push(format!(
            "{style}{word:<7}{style:#} {}  ({}:{})\n",
            test.name, test.file, test.at
        ));
        lines.extend(details.into_iter().map(|detail| format!("        {detail}\n")));
    }
    let count =
        |which: fn(&Verdict) -> bool| results.iter().filter(|(_, verdict)| which(verdict)).count();
    lines.push(format!(
        "{} passed, {} failed, {} invalid\n",
        count(|verdict| matches!(verdict, Verdict::Pass)),
        count(|verdict| matches!(verdict, Verdict::Fail(_))),
        count(|verdict| matches!(verdict, Verdict::Invalid(_)))
    ));
    lines.concat()
}

fn in_json(results: &[(&Test, Verdict)]) -> String {
    let tests: Vec<serde_json::Value> = results
        .iter()
        .map(|(test, verdict)| {
            let (word, details) = match verdict {
                Verdict::Pass => ("pass", vec![]),
                Verdict::Fail(differences) => ("fail", differences.clone()),
                Verdict::Invalid(trouble) => ("invalid", vec![trouble.clone()]),
            };
            serde_json::json!({ "name": test.name, "file": test.file, "line": test.at.line, "verdict": word, "details": details })
        })
        .collect();
    show::json(&serde_json::json!({ "tests": tests }))
}

fn write_junit(path: &Path, set: &PolicySet, results: &[(&Test, Verdict)]) -> Result<(), Stop> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for (test, verdict) in results {
        let status = match verdict {
            Verdict::Pass => TestCaseStatus::success(),
            Verdict::Fail(differences) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(differences.join("; "));
                status
            }
            Verdict::Invalid(trouble) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(trouble.as_str());
                status
            }
        };
        let suite = suites.entry(&test.file).or_insert_with(|| TestSuite::new(test.file.as_str()));
        suite.add_test_case(TestCase::new(test.name.as_str(), status));
    }
    let mut report = Report::new(set.name());
    report.add_test_suites(suites.into_values());
    let xml = report.to_string().map_err(|error| Stop::could_not_run(error.to_string()))?;
    std::fs::write(path, xml)
        .map_err(|error| Stop::could_not_run(format!("cannot write `{}`: {error}", path.display())))
}
