//! `portcullis evidence`, and the evidence that `decide` takes.

use std::path::PathBuf;

use portcullis::{Account, Belief, Binding, Folder, Instant, Limits, Pdp, Request, Verifier};

use super::{End, Format, Stop, show};

/// Arguments of `evidence`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The token: a file, or - for standard input
    #[arg(value_name = "TOKEN")]
    token: String,
    /// The configuration of the verifier
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The time at which it is looked at (RFC 3339); else now
    #[arg(long, value_name = "TIME")]
    at: Option<Instant>,
    #[command(flatten)]
    seen: Seen,
    /// The policy set whose vocabulary names the attributes; else the standard vocabulary does
    #[arg(long, value_name = "SET")]
    set: Option<PathBuf>,
    /// How to write the account
    #[arg(long, default_value = "text")]
    format: Format,
}

/// What the gateway saw of the connection.
#[derive(Debug, clap::Args)]
pub(crate) struct Seen {
    /// The SHA-256 thumbprint of the client's certificate, in base64url or hexadecimal
    #[arg(long, value_name = "THUMBPRINT", value_parser = thumbprint)]
    certificate: Option<[u8; 32]>,
    /// The SHA-256 thumbprint of the client's key as a JWK (RFC 7638)
    #[arg(long, value_name = "THUMBPRINT", value_parser = thumbprint)]
    key: Option<[u8; 32]>,
    /// The nonce that the gateway gave the device to answer
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
}

fn thumbprint(text: &str) -> Result<[u8; 32], &'static str> {
    Binding::thumbprint(text).ok_or("a thumbprint is 32 bytes in base64url or hexadecimal")
}

impl Seen {
    fn binding(&self) -> Binding {
        let mut binding = Binding::none();
        if let Some(certificate) = self.certificate {
            binding = binding.with_certificate(certificate);
        }
        if let Some(key) = self.key {
            binding = binding.with_key(key);
        }
        if let Some(nonce) = &self.nonce {
            binding = binding.with_nonce(nonce);
        }
        binding
    }
}

/// Runs `evidence`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let limits = Limits::default();
    let pdp = match &args.set {
        Some(set) => Pdp::load(set)
            .map_err(|findings| show::not_valid(&Folder::new(set), &findings, args.format))?,
        None => Pdp::unavailable(limits.clone()),
    };
    let verifier = load(&pdp, &args.config, args.format)?;
    let token = read(&args.token, &limits)?;
    let now = args.at.unwrap_or_else(super::request::now);
    let account = verifier.account(&token, &args.seen.binding(), now);
    match args.format {
        Format::Text => show::print(&in_words(&account)),
        Format::Json => show::print(&format!("{}\n", show::json(&as_json(&account)))),
    }
    Ok(if account.attested.is_trusted() { End::Well } else { End::Refused })
}

/// The verifier of a configuration.
fn load(pdp: &Pdp, config: &std::path::Path, format: Format) -> Result<Verifier, Stop> {
    pdp.verifier(config).map_err(|findings| {
        let folder = Folder::new(config.parent().unwrap_or(config));
        show::not_valid(&folder, &findings, format)
    })
}

fn read(path: &str, limits: &Limits) -> Result<Vec<u8>, Stop> {
    // A line end behind the token is the editor's, not the issuer's.
    let most = limits.token_bytes.saturating_add(2);
    super::request::read("token", path, most).map(|bytes| bytes.trim_ascii().to_vec())
}

/// An account for people.
fn in_words(account: &Account) -> String {
    let attested = &account.attested;
    let word = if attested.is_trusted() { "BELIEVED" } else { "NOT BELIEVED" };
    let mut text = format!("{word} {}\n", attested.reason());
    for line in &account.lines {
        let mark = match line.belief {
            Belief::Believed => "+",
            Belief::NotBelieved => "-",
            Belief::NotRead => " ",
        };
        text.push_str(&printable(&format!("  {mark} {}: {}", line.what, line.why)));
        text.push('\n');
    }
    let about_evidence = attested.values().filter(|(name, _)| name.starts_with("evidence."));
    for (name, value) in about_evidence {
        text.push_str(&printable(&format!("  = {name}: {value}")));
        text.push('\n');
    }
    text
}

/// Text without control characters: a token's words must not steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn as_json(account: &Account) -> serde_json::Value {
    let values = account.attested.values();
    let values: Vec<serde_json::Value> = values
        .map(|(name, value)| serde_json::json!({ "attribute": name, "value": value }))
        .collect();
    serde_json::json!({
        "trusted": account.attested.is_trusted(),
        "reason": account.attested.reason().as_str(),
        "account": account.lines,
        "attests": values,
    })
}

/// The evidence that a decision takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Given {
    /// A token of evidence (a file, or - for standard input); may be given several times
    #[arg(long, value_name = "TOKEN", requires = "evidence_config")]
    evidence: Vec<String>,
    /// The configuration of the verifier of --evidence
    #[arg(long, value_name = "FILE", requires = "evidence")]
    evidence_config: Option<PathBuf>,
    #[command(flatten)]
    seen: Seen,
}

/// Tokens and who verifies them.
#[derive(Debug)]
pub(crate) struct Shown {
    verifier: Verifier,
    tokens: Vec<Vec<u8>>,
    binding: Binding,
}

impl Given {
    /// Reads the tokens and the configuration, if there are any.
    pub(crate) fn read(&self, pdp: &Pdp, format: Format) -> Result<Option<Shown>, Stop> {
        let Some(config) = &self.evidence_config else { return Ok(None) };
        let verifier = load(pdp, config, format)?;
        let tokens = self.evidence.iter().map(|path| read(path, pdp.limits()));
        let tokens = tokens.collect::<Result<_, Stop>>()?;
        Ok(Some(Shown { verifier, tokens, binding: self.seen.binding() }))
    }
}

impl Shown {
    /// States in a request what the tokens attest at its time.
    pub(crate) fn attest(&self, request: &mut Request, now: Instant) {
        for token in &self.tokens {
            request.attest(&self.verifier.verify(token, &self.binding, now));
        }
    }
}
