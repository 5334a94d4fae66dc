//! `portcullis decide`.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::num::NonZeroUsize;

use portcullis::{Decision, explain, respond};

use super::request::{Asked, RequestArgs, Streamed};
use super::words::{BAD, GOOD, QUIET, by, obligation};
use super::{End, Format, Stop, show, stream};

/// Arguments of `decide`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// How to write the decision; JSON is an AuthZEN response [default: text on a terminal and for
    /// name=value, else json]
    #[arg(long)]
    format: Option<Format>,
    /// Answer standard input line by line, each an AuthZEN request: exit code 0 if all were, whatever
    /// was decided, else 1
    #[arg(long)]
    stream: bool,
    /// Threads that answer a stream [default: as many as there are cores]
    #[arg(long, value_name = "NUMBER", requires = "stream")]
    threads: Option<NonZeroUsize>,
}

/// Runs `decide`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    if args.stream {
        if args.format == Some(Format::Text) {
            return Err(Stop::could_not_run("a stream is answered in JSON"));
        }
        return stream::run(Streamed::read(&args.request)?, args.threads);
    }
    let in_text = !args.request.names_document() || std::io::stdout().is_terminal();
    let format = args.format.unwrap_or(if in_text { Format::Text } else { Format::Json });
    let mut asked = Asked::read(&args.request, format)?;
    if format == Format::Json
        && let Some(answer) = asked.answer()
    {
        let answer = answer?;
        show::print(&format!("{}\n", answer.json));
        return Ok(if answer.permits { End::Well } else { End::Refused });
    }
    let (decisions, permits) = asked.each(|decision| match format {
        Format::Text => in_words(decision),
        Format::Json => format!("{}\n", respond(decision, "1")),
    })?;
    for said in decisions {
        show::print(&said.unwrap_or_else(|trouble| format!("not a request: {trouble}\n")));
    }
    Ok(if permits { End::Well } else { End::Refused })
}

/// A decision for people: what, why, on what terms, and the way forward.
fn in_words(decision: &Decision<'_>) -> String {
    let mut text = String::new();
    let explanation = explain(decision);
    let (style, word) = if decision.is_permit() { (GOOD, "PERMIT") } else { (BAD, "DENY") };
    let mut line = |label: &str, words: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {QUIET}{label:<9}{QUIET:#} {words}");
    };
    line("why", &explanation.administrator);
    for owed in decision.obligations() {
        line("must", &obligation(&owed));
    }
    if !decision.is_permit() {
        line("say", &explanation.user);
    }
    for remedy in &explanation.remedies {
        let changes: Vec<String> = remedy
            .changes
            .iter()
            .map(|change| format!("`{}` {}", change.attribute, change.goal))
            .collect();
        line("way out", &format!("{} [{}: {}]", remedy.say(), by(remedy.by()), changes.join(", ")));
    }
    for rule in decision.trials() {
        line(
            "on trial",
            &format!(
                "`{}/{}` would {} ({})",
                rule.policy(),
                rule.id(),
                rule.effect().word(),
                rule.because()
            ),
        );
    }
    if let Some(until) = decision.valid_until() {
        line("holds to", &until.to_string());
    }
    format!("{style}{word}{style:#} {}\n{text}", decision.reason())
}
