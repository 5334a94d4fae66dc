//! The requests that a command is asked about: a document, or values on the command line.

use std::io::Read;

use portcullis::{
    Answer, AttributeId, Decision, Evaluated, Folder, Instant, Limits, Pdp, PolicySet, Prover,
    Request, State, Stated, Value, Vocabulary, spelled,
};

use super::{Format, SetArg, Stop, show};

/// Arguments that name a request.
#[derive(Debug, clap::Args)]
pub(crate) struct RequestArgs {
    #[command(flatten)]
    pub(crate) set: SetArg,
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
}

impl RequestArgs {
    /// Whether it names a document.
    pub(crate) fn names_document(&self) -> bool {
        self.request.iter().any(|text| !text.contains('='))
    }

    fn pairs_and_documents(&self) -> (Vec<&String>, Vec<&String>) {
        self.request.iter().partition(|text| text.contains('='))
    }

    /// The policy set, and what is decided by: all but the requests. Findings are shown in this format.
    fn decided_by(&self, format: Format) -> Result<(PolicySet, Streamed), Stop> {
        let folder = Folder::new(&self.set.set);
        let stop = |findings| show::not_valid(&folder, &findings, format);
        let set = PolicySet::read(&folder, &Limits::default()).map_err(stop)?;
        let pdp = Pdp::new(&set).map_err(stop)?;
        let mut request = if self.as_gateway { pdp.request() } else { pdp.bench_request() };
        if let Some(names) = &self.can {
            check_obligations(request.vocabulary(), names)?;
            request.can(names.iter().map(String::as_str));
        }
        let (pairs, _) = self.pairs_and_documents();
        let pairs = pairs.into_iter().map(|pair| check_pair(&pdp, pair));
        let stated = Besides {
            pairs: pairs.collect::<Result<_, Stop>>()?,
            at: self.at,
            #[cfg(feature = "evidence")]
            shown: self.evidence.read(&pdp, format)?,
        };
        Ok((set, Streamed { pdp, request, stated }))
    }
}

impl Streamed {
    /// Reads what the arguments name.
    pub(crate) fn read(args: &RequestArgs) -> Result<Self, Stop> {
        let (_, documents) = args.pairs_and_documents();
        if let Some(document) = documents.first().filter(|document| **document != "-") {
            let message = format!("a stream is standard input, not `{document}`");
            return Err(Stop::could_not_run(message));
        }
        args.decided_by(Format::Text).map(|(_, streamed)| streamed)
    }
}

/// A policy set, and the requests to it that a command is asked about.
pub(crate) struct Asked {
    pub(crate) set: PolicySet,
    pub(crate) pdp: Pdp,
    request: Request,
    document: Option<Vec<u8>>,
    stated: Besides,
}

/// What a stream of requests is decided by.
pub(crate) struct Streamed {
    pub(crate) pdp: Pdp,
    /// An empty request, to be cloned.
    pub(crate) request: Request,
    pub(crate) stated: Besides,
}

/// What is stated besides the document: values of the command line, the time, and evidence.
pub(crate) struct Besides {
    pairs: Vec<(String, Stated)>,
    at: Option<Instant>,
    #[cfg(feature = "evidence")]
    shown: Option<super::evidence::Shown>,
}

impl Asked {
    /// Reads what the arguments name. Findings are shown in this format.
    pub(crate) fn read(args: &RequestArgs, format: Format) -> Result<Self, Stop> {
        let (pairs, documents) = args.pairs_and_documents();
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
        let (set, Streamed { pdp, request, stated }) = args.decided_by(format)?;
        let most = pdp.limits().request_bytes;
        let document = document.map(|path| read("request", path, most)).transpose()?;
        Ok(Self { set, pdp, request, document, stated })
    }

    /// The AuthZEN response to the document, if there is one.
    pub(crate) fn answer(&mut self) -> Option<Result<Answer, Stop>> {
        let Self { pdp, request, document, stated, .. } = self;
        let answer = pdp.answer(document.as_deref()?, request, |request| stated.finish(request));
        Some(answer.map_err(|error| Stop::could_not_run(error.to_string())))
    }

    /// What `say` makes of the decision on each request, and whether all are permits. A request of a
    /// batch that cannot be read is trouble instead, and no permit.
    pub(crate) fn each<T>(
        &mut self,
        mut say: impl FnMut(&Decision<'_>) -> T,
    ) -> Result<(Vec<Result<T, String>>, bool), Stop> {
        let Self { pdp, request, document, stated, .. } = self;
        let Some(document) = document else {
            stated.finish(request);
            let decision = pdp.decide(request);
            return Ok((vec![Ok(say(&decision))], decision.is_permit()));
        };
        let evaluated = pdp.evaluate(document, request, |request, _| {
            stated.finish(request);
            let decision = pdp.decide(request);
            ((say(&decision), decision.is_permit()), decision.is_permit())
        });
        let results = match evaluated.map_err(|error| Stop::could_not_run(error.to_string()))? {
            Evaluated::One(result) => vec![Ok(result)],
            Evaluated::Batch(results) => results,
        };
        let permits = results.iter().all(|result| matches!(result, Ok((_, true))));
        let said = results
            .into_iter()
            .map(|result| result.map(|(said, _)| said).map_err(|trouble| trouble.to_string()));
        Ok((said.collect(), permits))
    }
}

impl Besides {
    /// States it in a request.
    pub(crate) fn finish(&self, request: &mut Request) {
        for (name, value) in &self.pairs {
            // Whether it is a value of the attribute was checked.
            let _ = value.state(request, name);
        }
        match self.at {
            Some(at) => {
                request.at(at);
            }
            None if request.state_of("context.time") == Some(State::Missing) => {
                request.at(now());
            }
            None => {}
        }
        #[cfg(feature = "evidence")]
        if let (Some(shown), Some(Value::Instant(now))) =
            (&self.shown, request.value("context.time"))
        {
            shown.attest(request, now);
        }
    }
}

/// The attributes and values that a question gives, checked as those of a request are.
pub(crate) fn given(
    prover: &Prover,
    pdp: &Pdp,
    pairs: &[String],
) -> Result<Vec<(AttributeId, Value)>, Stop> {
    let mut request = pdp.bench_request();
    for pair in pairs {
        if !pair.contains('=') {
            let message = format!("`{pair}` is no value: write name=value, such as action=view");
            return Err(Stop::could_not_run(message));
        }
        let (name, value) = check_pair(pdp, pair)?;
        value.state(&mut request, &name).map_err(Stop::could_not_run)?;
        attribute(prover, request.vocabulary(), &name)?;
    }
    let vocabulary = request.vocabulary();
    let stated =
        request.stated().filter_map(|(name, value)| Some((vocabulary.attribute(name)?, value)));
    let named = |id: &AttributeId| {
        let name = &vocabulary[*id].name;
        pairs.iter().any(|pair| pair.split('=').next() == Some(name))
    };
    Ok(stated.filter(|(id, _)| named(id)).collect())
}

/// The value of `name=value`.
pub(crate) fn value(pdp: &Pdp, pair: &str) -> Result<Value, Stop> {
    let (name, stated) = check_pair(pdp, pair)?;
    let mut request = pdp.bench_request();
    stated.state(&mut request, &name).map_err(Stop::could_not_run)?;
    let none = || Stop::could_not_run(format!("`{pair}` states no value"));
    request.value(&name).ok_or_else(none)
}

/// An attribute that questions may be asked about.
pub(crate) fn attribute(
    prover: &Prover,
    vocabulary: &Vocabulary,
    name: &str,
) -> Result<AttributeId, Stop> {
    let Some(id) = vocabulary.attribute(name) else {
        let help = vocabulary.suggest(name);
        return Err(Stop::could_not_run(format!("unknown attribute `{name}`; {help}")));
    };
    if !prover.is_asked(id) {
        let message =
            format!("`{name}` is derived, and no condition uses it; name what it is derived from");
        return Err(Stop::could_not_run(message));
    }
    Ok(id)
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
fn check_pair(pdp: &Pdp, pair: &str) -> Result<(String, Stated), Stop> {
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
