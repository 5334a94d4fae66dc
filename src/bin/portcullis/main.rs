//! The command `portcullis`: decide, explain, check, ask, test and compare policy sets, and look at
//! evidence.
//!
//! Exit codes: 0 permit, some request, or all is well; 1 could not run; 2 deny, nobody, a test did not
//! pass, an outcome changes, or a token is not believed; 3 a policy set, or the configuration of
//! evidence, is not valid.

mod check;
mod decide;
mod diff;
#[cfg(feature = "evidence")]
mod evidence;
mod explain;
mod matrix;
mod mutate;
mod page;
mod query;
mod request;
mod show;
mod stream;
mod test;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Decides whether this person, on this device, may do this to this information, now, and on what
/// terms.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decide a request: exit code 0 for a permit, 2 for a refusal; or, with --stream, a request a line
    Decide(decide::Args),
    /// Say why a request is permitted or refused, what it lacks, and what would end it: exit code as
    /// for decide
    Explain(explain::Args),
    /// Ask who could be permitted, or refused: exit code 0 if some request is, 2 for nobody
    Query(query::Args),
    /// Lay out what two attributes come to, whatever else is stated
    Matrix(matrix::Args),
    /// Report everything that is wrong with a policy set, with its place and the way out
    Check(check::Args),
    /// Run the tests of a policy set; with --coverage or --mutate, test the tests
    Test(test::Args),
    /// Say, claim by claim, what is believed of a token: exit code 0 if it is, 2 if it is not
    #[cfg(feature = "evidence")]
    Evidence(evidence::Args),
    /// Tell which requests change outcome between two policy sets, and which tests break
    Diff(diff::Args),
}

/// How to write the result.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// Permit, or all is well.
    Well,
    /// It could not run.
    CouldNotRun,
    /// Deny, nobody, a test did not pass, or an outcome changes.
    Refused,
    /// The policy set is not valid.
    NotValid,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Well => 0,
            End::CouldNotRun => 1,
            End::Refused => 2,
            End::NotValid => 3,
        })
    }
}

/// Why a command stopped: what to say, and how it ends.
#[derive(Debug)]
struct Stop {
    end: End,
    message: String,
}

impl Stop {
    fn could_not_run(message: impl Into<String>) -> Self {
        Self { end: End::CouldNotRun, message: message.into() }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked_for = !error.use_stderr();
            // Help that cannot be printed has no other place to go.
            let _ = error.print();
            return if asked_for { End::Well } else { End::CouldNotRun }.into();
        }
    };
    let ended = match cli.command {
        Command::Decide(args) => decide::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Matrix(args) => matrix::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        #[cfg(feature = "evidence")]
        Command::Evidence(args) => evidence::run(&args),
        Command::Diff(args) => diff::run(&args),
    };
    match ended {
        Ok(end) => end.into(),
        Err(stop) => {
            show::complain(&stop.message);
            stop.end.into()
        }
    }
}

/// The folder of a policy set.
#[derive(Debug, clap::Args)]
struct SetArg {
    /// The folder of the policy set, or its policy-set.json
    #[arg(value_name = "SET")]
    set: PathBuf,
}
