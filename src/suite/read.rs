//! Reading test files.

use std::collections::BTreeMap;

use crate::decide::{Merged, Request, State};
use crate::file::{File, Form, Source, expand};
use crate::json::{self, Json, JsonLimits, Node, Place};
use crate::model::{Code, Finding, Findings, Given, Limits, Merge, Reason, Severity, suggest};
use crate::policy::{MANIFEST, PolicySet, literal, obligation, unknown_parameter};

/// The tests of a policy set.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Every test; a table is one test a cell.
    pub tests: Vec<Test>,
    /// What was found that does not stop them from being run.
    pub warnings: Vec<Finding>,
}

/// A test: a request, and what is expected of the decision on it.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The file that it is in.
    pub file: String,
    /// Where it starts.
    pub at: Place,
    /// The values of the request, by attribute.
    pub request: BTreeMap<String, Stated>,
    /// What is expected.
    pub expect: Expectation,
    /// The obligations that the gateway can carry out; all, where none are named.
    pub can: Option<Vec<String>>,
    /// Why it can be neither passed nor failed, if so.
    pub(super) invalid: Option<String>,
}

/// What is expected of a decision.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// A permit, or a refusal.
    pub permit: bool,
    /// Rules that must be among the determining ones.
    pub by: Vec<String>,
    /// The reason.
    pub reason: Option<Reason>,
    /// All obligations, by name, with their parameters.
    pub obligations: Option<BTreeMap<String, BTreeMap<String, Merged>>>,
    /// The words for the user.
    pub tell_user: Option<String>,
    /// The change that one of the remedies is, in canonical JSON.
    pub remedy: Option<String>,
}

/// A value as a test states it.
#[derive(Clone, Debug)]
pub enum Stated {
    /// No value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Words.
    Words(Vec<String>),
    /// Anything else.
    Malformed(String),
}

impl Stated {
    fn of(node: &Node<'_>) -> Self {
        match &node.json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(text) => {
                node.integer().map_or_else(|| Self::Malformed((*text).to_owned()), Self::Integer)
            }
            Json::String(text) => Self::Text(text.to_string()),
            Json::Array(items) => {
                let words: Option<Vec<String>> =
                    items.iter().map(|item| item.text().map(str::to_owned)).collect();
                words.map_or_else(|| Self::Malformed(node.canonical()), Self::Words)
            }
            Json::Object(_) => Self::Malformed(node.canonical()),
        }
    }

    /// States the value in a request, strictly.
    ///
    /// # Errors
    ///
    /// It is no value of the attribute. The attribute is then unknown.
    pub fn state(&self, request: &mut Request, name: &str) -> Result<(), String> {
        match self {
            Self::Null => request.unset(name),
            Self::Bool(value) => request.set(name, *value),
            Self::Integer(value) => request.set(name, *value),
            Self::Text(text) => request.set(name, text),
            Self::Words(words) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                request.set(name, words.as_slice())
            }
            Self::Malformed(_) => request.set(name, Given::Malformed),
        };
        match request.state_of(name) {
            Some(State::Malformed) => {
                let help = request.vocabulary().suggest_value(name, &self.to_string());
                Err(format!("`{self}` is no value of `{name}`; {help}"))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Stated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(text) | Self::Malformed(text) => f.write_str(text),
            Self::Words(words) => f.write_str(&words.join(", ")),
        }
    }
}

impl Suite {
    /// Reads the tests of a policy set.
    ///
    /// # Errors
    ///
    /// A test file cannot be read or is malformed. A single test that cannot be run is not an error
    /// but *invalid*.
    pub fn read(source: &dyn Source, set: &PolicySet, limits: &Limits) -> Result<Self, Findings> {
        let mut found = Vec::new();
        let mut tests = Vec::new();
        for pattern in set.tests() {
            let note = |severity, code, message| Finding {
                code,
                severity,
                file: MANIFEST.to_owned(),
                at: place_in_manifest(source, pattern, limits),
                message,
                help: None,
            };
            let paths = match expand(source, pattern) {
                Ok(paths) => paths,
                Err(trouble) => {
                    let message = format!("cannot list `{pattern}`: {trouble}");
                    found.push(note(Severity::Error, Code::UnreadableFile, message));
                    continue;
                }
            };
            if paths.is_empty() {
                let message = format!("no file matches `{pattern}`");
                found.push(note(Severity::Warning, Code::NoTestFiles, message));
            }
            for path in paths {
                match source.read(&path) {
                    Ok(bytes) => {
                        let file = File::new(&path, &bytes);
                        let reader = Reader { file: &file, set };
                        if let Some(node) = file.document(limits) {
                            tests.extend(reader.tests(&node));
                        }
                        found.extend(file.into_findings());
                    }
                    Err(trouble) => {
                        let message = format!("cannot read `{path}`: {trouble}");
                        found.push(note(Severity::Error, Code::UnreadableFile, message));
                    }
                }
            }
        }
        let warnings = Findings::or_warnings(found)?;
        Ok(Self { tests, warnings })
    }
}

/// Where the manifest names a test file or a pattern for them.
fn place_in_manifest(source: &dyn Source, pattern: &str, limits: &Limits) -> Place {
    let limits = JsonLimits { bytes: limits.file_bytes, depth: limits.depth };
    let bytes = source.read(MANIFEST).unwrap_or_default();
    let at = json::read(&bytes, &limits).ok().and_then(|manifest| {
        let mut items = manifest.member("tests")?.items()?.iter();
        items.find(|item| item.text() == Some(pattern)).map(|item| item.at)
    });
    Place::of(&bytes, at.unwrap_or_default())
}

struct Reader<'a> {
    file: &'a File<'a>,
    set: &'a PolicySet,
}

type Values = BTreeMap<String, Stated>;

impl Reader<'_> {
    fn tests(&self, node: &Node<'_>) -> Vec<Test> {
        let Some(form) = self.file.form(node, "a test file", &["given", "tests", "tables"]) else {
            return vec![];
        };
        let given = self.values(form.optional("given"));
        let items = |key: &str| {
            let node = form.optional(key);
            node.and_then(|node| self.file.items(node, &format!("`{key}`"))).unwrap_or_default()
        };
        let tests = items("tests").iter().filter_map(|item| self.test(item, &given));
        let cells = items("tables").iter().flat_map(|item| self.table(item, &given));
        tests.chain(cells).collect()
    }

    fn values(&self, node: Option<&Node<'_>>) -> Values {
        let members =
            node.and_then(|node| self.file.members(node, "a request")).unwrap_or_default();
        members.iter().map(|member| (member.key.to_string(), Stated::of(&member.node))).collect()
    }

    fn test(&self, node: &Node<'_>, given: &Values) -> Option<Test> {
        const KEYS: [&str; 9] = [
            "name",
            "request",
            "expect",
            "by",
            "reason",
            "obligations",
            "tell_user",
            "remedy",
            "can",
        ];
        let file = self.file;
        let form = file.form(node, "a test", &KEYS)?;
        let name = form.required_text("name");
        let request = form.required("request").map(|node| self.values(Some(node)));
        let permit = self.decision(form.required("expect"));
        let reasons = Reason::ALL.map(|reason| (reason.as_str(), reason));
        let expect = Expectation {
            permit: permit?,
            by: self.rules(&form),
            reason: form.optional("reason").and_then(|node| file.word(node, "`reason`", &reasons)),
            obligations: form.optional("obligations").map(|node| self.obligations(node)),
            tell_user: form.optional_text("tell_user"),
            remedy: form.optional("remedy").map(Node::canonical),
        };
        let can = form.optional("can").map(|node| {
            let names = file.texts(node, "`can`").into_iter();
            let known = names
                .filter(|(name, at)| obligation(file, self.set.vocabulary(), name, *at).is_some());
            known.map(|(name, _)| name.to_owned()).collect()
        });
        let mut values = given.clone();
        values.extend(request?);
        Some(self.checked(Test {
            name: name?.to_owned(),
            file: file.name().to_owned(),
            at: file.place(node.at),
            request: values,
            expect,
            can,
            invalid: None,
        }))
    }

    fn decision(&self, node: Option<&Node<'_>>) -> Option<bool> {
        self.file.word(node?, "`expect`", &[("permit", true), ("deny", false)])
    }

    fn rules(&self, form: &Form<'_, '_>) -> Vec<String> {
        match form.optional("by") {
            None => Vec::new(),
            Some(node) if node.text().is_some() => {
                node.text().map(str::to_owned).into_iter().collect()
            }
            Some(node) => {
                self.file.texts(node, "`by`").into_iter().map(|(id, _)| id.to_owned()).collect()
            }
        }
    }

    fn obligations(&self, node: &Node<'_>) -> BTreeMap<String, BTreeMap<String, Merged>> {
        let mut expected = BTreeMap::new();
        for item in self.file.items(node, "`obligations`").unwrap_or_default() {
            let (name, at, parameters) = match item.members() {
                Some([member]) => {
                    (member.key.as_ref(), member.at, self.parameters(&member.key, &member.node))
                }
                _ => {
                    let Some(name) = self.file.text(item, "an obligation") else { continue };
                    (name, item.at, BTreeMap::new())
                }
            };
            if obligation(self.file, self.set.vocabulary(), name, at).is_some() {
                expected.insert(name.to_owned(), parameters);
            }
        }
        expected
    }

    fn parameters(&self, name: &str, node: &Node<'_>) -> BTreeMap<String, Merged> {
        let vocabulary = self.set.vocabulary();
        let Some(id) = vocabulary.obligation(name) else { return BTreeMap::new() };
        let mut parameters = BTreeMap::new();
        for member in self.file.members(node, "the parameters of an obligation").unwrap_or_default()
        {
            let declared =
                vocabulary[id].parameters.iter().find(|parameter| parameter.name == member.key);
            let Some(declared) = declared else {
                unknown_parameter(self.file, &vocabulary[id], &member.key, member.at);
                continue;
            };
            let value = if declared.merge == Merge::All {
                let items =
                    self.file.items(&member.node, &format!("`{}`", member.key)).unwrap_or_default();
                let values =
                    items.iter().map(|item| literal(self.file, &member.key, &declared.kind, item));
                values.collect::<Option<Vec<_>>>().map(Merged::All)
            } else {
                literal(self.file, &member.key, &declared.kind, &member.node).map(Merged::One)
            };
            parameters.extend(value.map(|value| (member.key.to_string(), value)));
        }
        parameters
    }

    /// A table, as a test a cell.
    fn table(&self, node: &Node<'_>, given: &Values) -> Vec<Test> {
        let keys = ["name", "given", "rows", "columns", "expect"];
        let Some(form) = self.file.form(node, "a table", &keys) else { return vec![] };
        let header =
            (form.required_text("name"), form.required_text("rows"), form.required_text("columns"));
        let (Some(name), Some(rows), Some(columns)) = header else { return vec![] };
        let mut shared = given.clone();
        shared.extend(self.values(form.optional("given")));
        let mut tests = Vec::new();
        let expect = form.required("expect").and_then(|node| self.file.members(node, "`expect`"));
        for row in expect.unwrap_or_default() {
            for cell in self.file.members(&row.node, "a row of a table").unwrap_or_default() {
                let Some(permit) = self.decision(Some(&cell.node)) else { continue };
                let mut request = shared.clone();
                for (attribute, value) in [(rows, &row.key), (columns, &cell.key)] {
                    request.insert(attribute.to_owned(), self.cell_value(attribute, value));
                }
                tests.push(self.checked(Test {
                    name: format!("{name}: {} × {}", row.key, cell.key),
                    file: self.file.name().to_owned(),
                    at: self.file.place(cell.at),
                    request,
                    expect: Expectation { permit, ..Expectation::default() },
                    can: None,
                    invalid: None,
                }));
            }
        }
        tests
    }

    /// The value that a key of a table spells, by the type of its attribute.
    fn cell_value(&self, attribute: &str, text: &str) -> Stated {
        crate::suite::spelled(self.set.vocabulary(), attribute, text)
    }

    /// The test, marked invalid if its request cannot be what was meant.
    fn checked(&self, test: Test) -> Test {
        let vocabulary = self.set.vocabulary();
        let unknown = test.request.keys().find(|name| vocabulary.attribute(name).is_none());
        let rules = || {
            self.set.policies().iter().flat_map(|policy| &policy.rules).map(|rule| rule.id.as_str())
        };
        let no_rule = test.expect.by.iter().find(|id| !rules().any(|rule| rule == id.as_str()));
        let invalid = match (unknown, no_rule) {
            (Some(name), _) => {
                let names = vocabulary.attributes().iter().map(|attribute| attribute.name.as_str());
                Some(format!("unknown attribute `{name}`; {}", suggest(name, names)))
            }
            (None, Some(id)) => {
                let ids: Vec<&str> = rules().collect();
                Some(format!("no rule is called `{id}`; {}", suggest(id, ids.into_iter())))
            }
            (None, None) => None,
        };
        Test { invalid, ..test }
    }
}
