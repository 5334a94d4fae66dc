//! `portcullis decide`.

use std::fmt::Write as _;
use std::io::{IsTerminal, Read};

use anstyle::{AnsiColor, Style};
use portcullis::{
    Decision, Evaluated, Folder, Instant, Merged, Pdp, RemedyBy, Request, State, Vocabulary,
    explain, respond, spelled,
};

#[cfg(feature = "evidence")]
use portcullis::Value;

use super::{End, Format, SetArg, Stop, show};

/// Arguments of `decide`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    set: SetArg,
    /// An AuthZEN request (a file, or - for standard input), and values of attributes, as
    /// action=view; words of a set are joined by commas
    #[arg(value_name = "REQUEST.json|-|name=value")]
    request: Vec<String>,
    /// The time of the request (RFC 3339); else what the request says, else now
    #[arg(long, value_name = "TIME")]
    at: Option<Instant>,
    /// The obligations that the gateway can carry out, joined by commas; else all
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    can: Option<Vec<String>>,
    /// Decide as a gateway would: evidence and derived attributes that are merely stated count for
    /// nothing
    #[arg(long)]
    as_gateway: bool,
    #[cfg(feature = "evidence")]
    #[command(flatten)]
    evidence: super::evidence::Given,
    /// How to write the decision; JSON is an AuthZEN response [default: text on a terminal and for
    /// name=value, else json]
    #[arg(long)]
    format: Option<Format>,
}

/// Runs `decide`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let (pairs, documents): (Vec<&String>, Vec<&String>) =
        args.request.iter().partition(|text| text.contains('='));
    let document = match documents.as_slice() {
        [] => None,
        [one] => Some(one.as_str()),
        [_, second, ..] => {
            let message = format!("`{second}` is neither a second request nor name=value");
            return Err(Stop::could_not_run(message));
        }
    };
    if document.is_none() && pairs.is_empty() {
        let message = "there is no request: name a file, `-` for standard input, or values such as action=view";
        return Err(Stop::could_not_run(message));
    }
    let in_text = document.is_none() || std::io::stdout().is_terminal();
    let format = args.format.unwrap_or(if in_text { Format::Text } else { Format::Json });
    let folder = Folder::new(&args.set.set);
    let pdp =
        Pdp::load(&args.set.set).map_err(|findings| show::not_valid(&folder, &findings, format))?;
    let mut request = if args.as_gateway { pdp.request() } else { pdp.bench_request() };
    if let Some(names) = &args.can {
        check_obligations(request.vocabulary(), names)?;
        request.can(names.iter().map(String::as_str));
    }
    let pairs =
        pairs.into_iter().map(|pair| check_pair(&pdp, pair)).collect::<Result<Vec<_>, Stop>>()?;
    #[cfg(feature = "evidence")]
    let shown = args.evidence.read(&pdp, format)?;
    let finish = |request: &mut Request| {
        for (name, value) in &pairs {
            // Whether it is a value of the attribute was checked.
            let _ = value.state(request, name);
        }
        match args.at {
            Some(at) => {
                request.at(at);
            }
            None if request.state_of("context.time") == Some(State::Missing) => {
                request.at(now());
            }
            None => {}
        }
        #[cfg(feature = "evidence")]
        if let (Some(shown), Some(Value::Instant(now))) = (&shown, request.value("context.time")) {
            shown.attest(request, now);
        }
    };
    match document {
        Some(path) => {
            let bytes = read("request", path, pdp.limits().request_bytes)?;
            if format == Format::Json {
                let answer = pdp.answer(&bytes, &mut request, finish);
                let answer = answer.map_err(|error| Stop::could_not_run(error.to_string()))?;
                show::print(&format!("{}\n", answer.json));
                return Ok(if answer.permits { End::Well } else { End::Refused });
            }
            let evaluated = pdp.evaluate(&bytes, &mut request, |request, _| {
                finish(request);
                let decision = pdp.decide(request);
                ((in_words(&decision), decision.is_permit()), decision.is_permit())
            });
            let results = match evaluated.map_err(|error| Stop::could_not_run(error.to_string()))? {
                Evaluated::One(result) => vec![Ok(result)],
                Evaluated::Batch(results) => results,
            };
            let permits = results.iter().all(|result| matches!(result, Ok((_, true))));
            for result in results {
                let text = result.map(|(text, _)| text);
                show::print(&text.unwrap_or_else(|trouble| format!("not a request: {trouble}\n")));
            }
            Ok(if permits { End::Well } else { End::Refused })
        }
        None => {
            finish(&mut request);
            let decision = pdp.decide(&request);
            match format {
                Format::Text => show::print(&in_words(&decision)),
                Format::Json => show::print(&format!("{}\n", respond(&decision, "1"))),
            }
            Ok(if decision.is_permit() { End::Well } else { End::Refused })
        }
    }
}

/// Refuses a name that no obligation has: what the gateway can do would be less than is meant.
fn check_obligations(vocabulary: &Vocabulary, names: &[String]) -> Result<(), Stop> {
    let Some(name) = names.iter().find(|name| vocabulary.obligation(name).is_none()) else {
        return Ok(());
    };
    let all = vocabulary.obligations().iter().map(|obligation| format!("`{}`", obligation.name));
    let all = all.collect::<Vec<_>>().join(", ");
    Err(Stop::could_not_run(format!("unknown obligation `{name}`; it is one of {all}")))
}

/// The attribute and value of `name=value`.
fn check_pair(pdp: &Pdp, pair: &str) -> Result<(String, portcullis::Stated), Stop> {
    let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
    let mut request = pdp.bench_request();
    if request.state_of(name).is_none() {
        let help = format!("; {}", request.vocabulary().suggest(name));
        return Err(Stop::could_not_run(format!("unknown attribute `{name}`{help}")));
    }
    let value = spelled(request.vocabulary(), name, text);
    value.state(&mut request, name).map_err(Stop::could_not_run)?;
    Ok((name.to_owned(), value))
}

/// The bytes of a file or of standard input, or one more than there may be.
pub(crate) fn read(what: &str, path: &str, most: usize) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    // One byte beyond the limit is enough to be refused for it.
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let result = if path == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    result.map_err(|error| {
        Stop::could_not_run(format!("cannot read the {what} `{path}`: {error}"))
    })?;
    Ok(bytes)
}

pub(crate) fn now() -> Instant {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();

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
    for obligation in decision.obligations() {
        let parameters: Vec<String> = obligation
            .parameters()
            .map(|(name, value)| format!("{name} {}", merged(value)))
            .collect();
        let parameters = if parameters.is_empty() {
            String::new()
        } else {
            format!(" ({})", parameters.join(", "))
        };
        line("must", &format!("{}{parameters}", obligation.name()));
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

fn merged(value: &Merged) -> String {
    match value {
        Merged::One(value) => value.to_string(),
        Merged::All(values) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            values.join(", ")
        }
    }
}

fn by(by: RemedyBy) -> &'static str {
    match by {
        RemedyBy::User => "the user",
        RemedyBy::Administrator => "an administrator",
        RemedyBy::InformationOwner => "the information owner",
        RemedyBy::Nobody => "nobody",
    }
}
