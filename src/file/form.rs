//! Reading objects whose keys are known, noting everything that is wrong with them.

use std::cell::{Cell, RefCell};

use crate::json::{self, JsonErrorKind, JsonLimits, Member, Node, Place};
use crate::model::{Code, Duration, Finding, Instant, Limits, MalformedValue, Severity, suggest};

/// One file being read, and what was found in it.
#[derive(Debug)]
pub(crate) struct File<'a> {
    name: &'a str,
    bytes: &'a [u8],
    found: RefCell<Vec<Finding>>,
    /// The offset that was last asked for, and its place.
    last: Cell<(usize, Place)>,
}

impl<'a> File<'a> {
    pub(crate) fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        let last = Cell::new((0, Place::of(bytes, 0)));
        Self { name, bytes, found: RefCell::default(), last }
    }

    /// The document in the file; `None` where an error was noted.
    pub(crate) fn document(&self, limits: &Limits) -> Option<Node<'a>> {
        let limits = JsonLimits { bytes: limits.file_bytes, depth: limits.depth };
        let note = |error: json::JsonError| {
            let code = match error.kind {
                JsonErrorKind::TooLong => Code::TooLong,
                JsonErrorKind::NotText => Code::NotText,
                JsonErrorKind::Syntax => Code::Syntax,
                JsonErrorKind::TooDeep => Code::TooDeep,
                JsonErrorKind::DuplicateKey => Code::DuplicateKey,
            };
            self.found.borrow_mut().push(Finding {
                code,
                severity: Severity::Error,
                file: self.name.to_owned(),
                at: error.at,
                message: error.message,
                help: error.help,
            });
        };
        json::read(self.bytes, &limits).map_err(|errors| errors.into_iter().for_each(note)).ok()
    }

    /// Notes an error at an offset.
    pub(crate) fn error(
        &self,
        code: Code,
        at: usize,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.note(Severity::Error, code, at, message.into(), help);
    }

    fn note(
        &self,
        severity: Severity,
        code: Code,
        at: usize,
        message: String,
        help: Option<String>,
    ) {
        let (file, at) = (self.name.to_owned(), self.place(at));
        self.found.borrow_mut().push(Finding { code, severity, file, at, message, help });
    }

    pub(crate) fn place(&self, at: usize) -> Place {
        // A file is read from its start to its end, so that counting mostly goes on from the last place.
        let (last, place) = self.last.get();
        let place = match self.bytes.get(last..at) {
            Some(passed) => place.after(passed),
            None => Place::of(self.bytes, at),
        };
        self.last.set((at, place));
        place
    }

    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    /// What was found, by place.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|finding| finding.at);
        found
    }

    pub(crate) fn wrong_type(&self, node: &Node<'_>, what: &str, wanted: &str) {
        let message = format!("{what} is {wanted}, not {}", node.kind());
        self.error(Code::WrongType, node.at, message, None);
    }

    /// The text that `node` must be.
    pub(crate) fn text<'n>(&self, node: &'n Node<'_>, what: &str) -> Option<&'n str> {
        let text = node.text();
        if text.is_none() {
            self.wrong_type(node, what, "text");
        }
        text
    }

    /// The truth value that `node` must be.
    pub(crate) fn bool(&self, node: &Node<'_>, what: &str) -> Option<bool> {
        let value = node.bool();
        if value.is_none() {
            self.wrong_type(node, what, "true or false");
        }
        value
    }

    /// The items of the array that `node` must be.
    pub(crate) fn items<'n, 'd>(&self, node: &'n Node<'d>, what: &str) -> Option<&'n [Node<'d>]> {
        let items = node.items();
        if items.is_none() {
            self.wrong_type(node, what, "an array");
        }
        items
    }

    /// The members of the object that `node` must be.
    pub(crate) fn members<'n, 'd>(
        &self,
        node: &'n Node<'d>,
        what: &str,
    ) -> Option<&'n [Member<'d>]> {
        let members = node.members();
        if members.is_none() {
            self.wrong_type(node, what, "an object");
        }
        members
    }

    /// The texts of the array that `node` must be.
    pub(crate) fn texts<'n>(&self, node: &'n Node<'_>, what: &str) -> Vec<(&'n str, usize)> {
        let items = self.items(node, what).unwrap_or_default();
        items.iter().filter_map(|item| Some((self.text(item, what)?, item.at))).collect()
    }

    /// The instant that `node` must be.
    pub(crate) fn instant(&self, node: &Node<'_>, what: &str) -> Option<Instant> {
        self.parsed(node, what)
    }

    /// The duration that `node` must be.
    pub(crate) fn duration(&self, node: &Node<'_>, what: &str) -> Option<Duration> {
        self.parsed(node, what)
    }

    /// The value that the text `node` must spell.
    pub(crate) fn parsed<T: std::str::FromStr<Err = MalformedValue>>(
        &self,
        node: &Node<'_>,
        what: &str,
    ) -> Option<T> {
        let text = self.text(node, what)?;
        text.parse()
            .map_err(|error: MalformedValue| {
                self.error(
                    Code::MalformedValue,
                    node.at,
                    format!("{what} is `{text}`: {error}"),
                    None,
                );
            })
            .ok()
    }

    /// The one of `words` that the text `node` must be.
    pub(crate) fn word<T: Copy>(
        &self,
        node: &Node<'_>,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.unknown_word(node.at, what, text, words.iter().map(|(word, _)| *word));
        }
        found.map(|(_, value)| *value)
    }

    pub(crate) fn unknown_word<'w>(
        &self,
        at: usize,
        what: &str,
        word: &str,
        words: impl Iterator<Item = &'w str> + Clone,
    ) {
        let message = format!("`{word}` is not a word of {what}");
        self.error(Code::UnknownWord, at, message, Some(suggest(word, words)));
    }

    /// Opens the object `node`, whose keys are `keys`.
    pub(crate) fn form<'n, 'd>(
        &'n self,
        node: &'n Node<'d>,
        what: &'n str,
        keys: &[&str],
    ) -> Option<Form<'n, 'd>> {
        let members = self.members(node, what)?;
        for member in members {
            if !keys.contains(&member.key.as_ref()) {
                let message = format!("unknown key `{}` in {what}", member.key);
                self.error(
                    Code::UnknownKey,
                    member.at,
                    message,
                    Some(suggest(&member.key, keys.iter().copied())),
                );
            }
        }
        Some(Form { file: self, node, what })
    }
}

/// An object of a file, whose keys are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<'n, 'd> {
    file: &'n File<'n>,
    node: &'n Node<'d>,
    what: &'n str,
}

impl<'n, 'd> Form<'n, 'd> {
    pub(crate) fn at(&self) -> usize {
        self.node.at
    }

    /// The value of a key that may be left out.
    pub(crate) fn optional(&self, key: &str) -> Option<&'n Node<'d>> {
        self.node.member(key)
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&self, key: &str) -> Option<&'n Node<'d>> {
        let found = self.node.member(key);
        if found.is_none() {
            let message = format!("{} has no `{key}`", self.what);
            self.file.error(
                Code::MissingKey,
                self.node.at,
                message,
                Some(format!("add `\"{key}\": …`")),
            );
        }
        found
    }

    /// The text of a key that must be there.
    pub(crate) fn required_text(&self, key: &str) -> Option<&'n str> {
        self.file.text(self.required(key)?, &format!("`{key}`"))
    }

    /// The text of a key that may be left out.
    pub(crate) fn optional_text(&self, key: &str) -> Option<String> {
        self.file.text(self.optional(key)?, &format!("`{key}`")).map(str::to_owned)
    }

    /// The truth value of a key; `false` when it is left out.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.optional(key)
            .and_then(|node| self.file.bool(node, &format!("`{key}`")))
            .unwrap_or(false)
    }

    /// The instant of a key that may be left out.
    pub(crate) fn optional_instant(&self, key: &str) -> Option<Instant> {
        self.file.instant(self.optional(key)?, &format!("`{key}`"))
    }
}
