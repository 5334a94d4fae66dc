//! The stages of compilation, in order.

use std::collections::{BTreeMap, BTreeSet};

use once_cell::race::OnceBox;
use sha2::{Digest, Sha256};

use super::bucket::{Asked, make_table};
use super::buckets::{put_into_one_bucket, sort_into_buckets};
use super::columns::{Columns, Questions};
use super::conjunctions::{Multiplier, Product, TooMany};
use super::levers::levers;
use crate::json::Place;
use crate::model::{
    AttributeId, Code, Condition, Effect, Finding, Findings, Limits, ObligationId, Severity,
    Vocabulary,
};
use crate::policy::{
    Argument, Claim, MANIFEST, ObligationUse, On, Policy, PolicySet, Rule, derivation_order,
};
use crate::program::{
    self, ArgumentValue, Column, ColumnId, Conjunctions, Derivation, END, GuaranteeEntry, Intake,
    Interner, Outline, Parts, PolicyEntry, Program, ProgramClaim, Question, RuleEntry, Step, Text,
    place,
};

/// What a program is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Deciding: it asks of a request what rules ask, and no more.
    Decide,
    /// Proving: it asks what guarantees ask, too, and of every attribute that is compared with
    /// another whether it is known.
    Prove,
}

/// Compiles a policy set.
///
/// With the program come warnings: conditions that no request can meet.
///
/// # Errors
///
/// A condition comes to more conjunctions, or an attribute to more classes, than the limits allow.
pub fn compile(
    set: &PolicySet,
    limits: &Limits,
    purpose: Purpose,
) -> Result<(Program, Vec<Finding>), Findings> {
    let mut questions = Questions::new(&set.vocabulary);
    ask(&mut questions, &[set], &[], purpose);
    let (mut program, warnings) = translate(set, &questions.columns(), limits, purpose)?;
    match purpose {
        Purpose::Decide => sort_into_buckets(&mut program),
        Purpose::Prove => put_into_one_bucket(&mut program),
    }
    Ok((program, warnings))
}

/// Compiles a policy set with columns that were asked for by others, too: those of every set that
/// its program is to be compared with.
pub(super) fn translate(
    set: &PolicySet,
    columns: &Columns<'_>,
    limits: &Limits,
    purpose: Purpose,
) -> Result<(Program, Vec<Finding>), Findings> {
    let derived = derivation_order(&set.vocabulary).unwrap_or_default();
    let mut compiler = Compiler {
        multiplier: Multiplier { columns, limit: limits.conjunctions },
        texts: Interner::default(),
        arguments: Interner::default(),
        found: Vec::new(),
    };
    compiler.check_classes(&set.vocabulary, limits);

    let mut program = Program {
        name: Some(set.name.clone()),
        digest: set.digest.clone(),
        vocabulary: set.vocabulary.clone(),
        outline: Outline::new(&set.vocabulary),
        stamp: stamp(&set.vocabulary),
        columns: columns.list.clone(),
        filled_by: filled_by(&set.vocabulary, &columns.list),
        step_ups: step_ups(&set.vocabulary),
        ..Program::default()
    };
    program.intakes = intakes(&program);
    compiler.rules(set, &mut program);
    compiler.derivations(&mut program, &derived);
    if purpose == Purpose::Prove {
        compiler.guarantees(set, &mut program);
    }
    compiler.found.sort_by(|left, right| (&left.file, left.at).cmp(&(&right.file, right.at)));
    let warnings = Findings::or_warnings(compiler.found)?;
    program.steps = steps(&program);
    program.levers = levers(&program);
    Ok((program, warnings))
}

/// Tells one list of attributes from another: the start of the SHA-256 of their names.
fn stamp(vocabulary: &Vocabulary) -> u64 {
    let mut hash = Sha256::new();
    for attribute in vocabulary.attributes() {
        hash.update(attribute.name.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).fold(0, |stamp, byte| stamp << 8 | u64::from(*byte))
}

/// Notes everything that the conditions of these sets ask, and these others, those of the derived
/// attributes in use included. The sets have the same attributes.
pub(super) fn ask(
    questions: &mut Questions<'_>,
    sets: &[&PolicySet],
    others: &[&Condition],
    purpose: Purpose,
) {
    others.iter().for_each(|condition| questions.note(condition));
    for set in sets {
        for policy in &set.policies {
            questions.note(&policy.governs);
            policy.rules.iter().for_each(|rule| note_rule(questions, &set.vocabulary, rule));
        }
        if purpose == Purpose::Prove {
            set.guarantees.iter().for_each(|guarantee| questions.note(&guarantee.when));
        }
    }
    note_derived(questions, sets);
    if purpose == Purpose::Prove {
        questions.attributes().into_iter().for_each(|attribute| questions.note_value(attribute));
        questions.note_listed();
    }
}

/// Notes what a rule asks.
fn note_rule(questions: &mut Questions<'_>, vocabulary: &Vocabulary, rule: &Rule) {
    questions.note(&rule.condition);
    for (_, argument) in rule.obligations.iter().flat_map(|used| &used.arguments) {
        if let Argument::Attribute(attribute) = argument
            && vocabulary[*attribute].is_derived()
        {
            questions.note_value(*attribute);
        }
    }
}

/// Notes what the derived attributes ask that are asked for.
fn note_derived(questions: &mut Questions<'_>, sets: &[&PolicySet]) {
    let mut noted = BTreeSet::new();
    loop {
        let mut new = questions.attributes();
        new.retain(|attribute| noted.insert(*attribute));
        if new.is_empty() {
            return;
        }
        for (set, attribute) in sets.iter().flat_map(|set| new.iter().map(move |id| (set, *id))) {
            let attribute_of = &set.vocabulary[attribute];
            if attribute_of.is_derived() {
                questions.note_value(attribute);
            }
            attribute_of.derive.iter().for_each(|branch| questions.note(&branch.when));
        }
    }
}

/// The columns that the value of each attribute alone fills.
fn filled_by(vocabulary: &Vocabulary, columns: &[Column]) -> Vec<Vec<ColumnId>> {
    let mut filled = vec![Vec::new(); vocabulary.attributes().len()];
    for (place, column) in (0..).zip(columns) {
        if !is_dynamic(&column.question)
            && let Some(list) = filled.get_mut(column.attribute.index())
        {
            list.push(ColumnId(place));
        }
    }
    filled
}

fn intakes(program: &Program) -> Vec<Intake> {
    let filled = program.vocabulary.attributes().iter().zip(&program.filled_by);
    filled.map(|(attribute, filled)| Intake::of(attribute, filled, &program.columns)).collect()
}

fn is_dynamic(question: &Question) -> bool {
    matches!(question, Question::FromNow(_) | Question::Relates(..))
}

fn step_ups(vocabulary: &Vocabulary) -> BTreeMap<ObligationId, Vec<AttributeId>> {
    let mut step_ups: BTreeMap<ObligationId, Vec<AttributeId>> = BTreeMap::new();
    for id in vocabulary.attribute_ids().filter(|id| !vocabulary[*id].is_derived()) {
        let obligation = vocabulary[id].remedy.as_ref().and_then(|remedy| remedy.obligation);
        if let Some(obligation) = obligation {
            step_ups.entry(obligation).or_default().push(id);
        }
    }
    step_ups
}

/// The columns that take two attributes, and the derived attributes, each after what it reads.
fn steps(program: &Program) -> Vec<Step> {
    let mut waiting: Vec<(ColumnId, &Column)> = (0..)
        .map(ColumnId)
        .zip(&program.columns)
        .filter(|(_, column)| is_dynamic(&column.question))
        .collect();
    let mut underived: BTreeSet<AttributeId> =
        program.derivations.iter().map(|derivation| derivation.attribute).collect();
    let mut steps = Vec::new();
    let mut settle = |steps: &mut Vec<Step>, underived: &BTreeSet<AttributeId>| {
        waiting.retain(|(id, column)| {
            let other = if let Question::Relates(_, other) = &column.question {
                *other
            } else {
                column.attribute
            };
            let ready = !underived.contains(&column.attribute) && !underived.contains(&other);
            if ready {
                steps.push(Step::Column(*id));
            }
            !ready
        });
    };
    settle(&mut steps, &underived);
    for (place, derivation) in program.derivations.iter().enumerate() {
        steps.push(Step::Derive(place));
        underived.remove(&derivation.attribute);
        settle(&mut steps, &underived);
    }
    steps
}

struct Compiler<'a> {
    multiplier: Multiplier<'a>,
    texts: Interner<&'a str>,
    arguments: Interner<Vec<program::Argument>>,
    found: Vec<Finding>,
}

impl<'a> Compiler<'a> {
    fn note(
        &mut self,
        severity: Severity,
        code: Code,
        file: &str,
        at: Place,
        message: String,
        help: &str,
    ) {
        let (file, help) = (file.to_owned(), Some(help.to_owned()));
        self.found.push(Finding { code, severity, file, at, message, help });
    }

    fn check_classes(&mut self, vocabulary: &Vocabulary, limits: &Limits) {
        let limit = limits.classes.min(usize::from(program::Class::MAX));
        for column in &self.multiplier.columns.list {
            if column.classes() > limit {
                let name = &vocabulary[column.attribute].name;
                let message = format!(
                    "the constants of this set cut `{name}` into {} classes; at most {limit} are compiled",
                    column.classes()
                );
                let start = Place { line: 1, column: 1 };
                self.note(
                    Severity::Error,
                    Code::OverLimit,
                    MANIFEST,
                    start,
                    message,
                    "use fewer constants with this attribute",
                );
            }
        }
    }

    /// Policies and rules by name, so that nothing depends on their order in the files.
    fn rules(&mut self, set: &'a PolicySet, program: &mut Program) {
        let mut policies: Vec<&'a Policy> = set.policies.iter().collect();
        policies.sort_by(|left, right| left.name.cmp(&right.name));
        let (mut entries, mut rule_entries) = (Vec::new(), Vec::new());
        let (mut conjunctions, mut rule_of) = (Vec::new(), Vec::new());
        for policy in policies {
            let first = conjunctions.len();
            let governs = self.multiplier.products(&policy.governs);
            let governs = governs.unwrap_or_else(|TooMany| {
                self.too_many(
                    &policy.file,
                    policy.at,
                    &format!("the `governs` of `{}`", policy.name),
                );
                Vec::new()
            });
            let may_govern: Vec<Product> = governs.iter().cloned().map(Product::loosened).collect();
            conjunctions.extend(governs);
            rule_of.resize(conjunctions.len(), END);
            let mut rules: Vec<&'a Rule> = policy.rules.iter().collect();
            rules.sort_by(|left, right| left.id.cmp(&right.id));
            for rule in rules {
                conjunctions.extend(self.rule(policy, rule, &may_govern));
                rule_of.resize(conjunctions.len(), place(rule_entries.len()));
                rule_entries.push(self.rule_entry(place(entries.len()), rule));
            }
            entries.push(PolicyEntry {
                name: self.text(&policy.name),
                owner: self.text(&policy.owner),
                authority: policy.authority.as_deref().map(|text| self.text(text)),
                grants: !policy.only_restricts,
                conjunctions: first..conjunctions.len(),
                permits: OnceBox::new(),
            });
        }
        (program.policies, program.rules) = (entries.into(), rule_entries.into());
        program.texts = std::mem::take(&mut self.texts).into_list().into_iter().collect();
        program.arguments = std::mem::take(&mut self.arguments).into_list();
        program.conjunctions = conjunctions.into_iter().map(Product::into_parts).collect();
        program.rule_of = rule_of.into();
    }

    fn rule_entry(&mut self, policy: u32, rule: &'a Rule) -> RuleEntry {
        let require = rule.effect == Effect::Require;
        RuleEntry {
            policy,
            id: self.text(&rule.id),
            effect: rule.effect,
            certain: rule.certain,
            on_permit: rule.effect == Effect::Permit || require && rule.on != On::Deny,
            on_deny: rule.effect == Effect::Deny || require && rule.on != On::Permit,
            trial: rule.trial,
            obligations: rule.obligations.iter().fold(0, |bits, used| bits | used.id.bit()),
            arguments: self.arguments.place(rule.obligations.iter().flat_map(arguments).collect()),
            because: self.text(&rule.because),
            tell_user: rule.tell_user.as_deref().map(|text| self.text(text)),
            accepted_by: rule.accepted_by.as_deref().map(|text| self.text(text)),
        }
    }

    fn text(&mut self, text: &'a str) -> Text {
        Text::at(self.texts.place(text))
    }

    fn rule(&mut self, policy: &Policy, rule: &Rule, may_govern: &[Product]) -> Vec<Product> {
        let own = self.multiplier.products(&rule.condition);
        let products = own.and_then(|own| {
            if !own.iter().any(Product::can_be_certain) {
                let message =
                    format!("no request can certainly meet the condition of `{}`", rule.id);
                let help = "its constraints contradict each other";
                self.note(
                    Severity::Warning,
                    Code::Impossible,
                    &policy.file,
                    rule.at,
                    message,
                    help,
                );
            }
            self.multiplier.and(&own, may_govern)
        });
        products.unwrap_or_else(|TooMany| {
            self.too_many(&policy.file, rule.at, &format!("the condition of `{}`", rule.id));
            Vec::new()
        })
    }

    fn too_many(&mut self, file: &str, at: Place, what: &str) {
        let limit = self.multiplier.limit;
        let message = format!(
            "{what} comes to more than {limit} conjunctions when its `any` are multiplied out"
        );
        let help = "name a part of it as a derived attribute, or split the rule";
        self.note(Severity::Error, Code::OverLimit, file, at, message, help);
    }

    fn guarantees(&mut self, set: &PolicySet, program: &mut Program) {
        for guarantee in &set.guarantees {
            let products = self.multiplier.products(&guarantee.when).unwrap_or_else(|TooMany| {
                let start = Place { line: 1, column: 1 };
                self.too_many(MANIFEST, start, &format!("the guarantee `{}`", guarantee.id));
                Vec::new()
            });
            program.guarantees.push(GuaranteeEntry {
                id: guarantee.id.clone(),
                policy: guarantee.policy.clone(),
                claim: claim(&guarantee.claim),
                when: products.into_iter().map(Product::into_parts).collect(),
            });
        }
    }

    fn derivations(&mut self, program: &mut Program, derived: &[AttributeId]) {
        for attribute in derived {
            let Some(column) = self.multiplier.columns.of_value(*attribute) else { continue };
            let branches = program.vocabulary[*attribute].derive.clone();
            let name = program.vocabulary[*attribute].name.clone();
            let mut branch_of_bit = Vec::new();
            let mut conjunctions = Vec::new();
            for (place, branch) in branches.iter().enumerate() {
                let products = self.multiplier.products(&branch.when).unwrap_or_else(|TooMany| {
                    let start = Place { line: 1, column: 1 };
                    self.too_many(MANIFEST, start, &format!("a branch of `{name}`"));
                    Vec::new()
                });
                for product in products.into_iter().filter(Product::can_be_certain) {
                    branch_of_bit.push(place);
                    conjunctions.push(product.into_parts());
                }
            }
            let conjunctions: Conjunctions = conjunctions.into_iter().collect();
            let parts: Vec<Parts<'_>> = conjunctions.iter().collect();
            let table = make_table(program, &parts, &Asked::default());
            let class = |branch: &crate::model::Branch| {
                self.multiplier.columns.class_of(*attribute, &branch.value)
            };
            let classes = branches.iter().map(class).collect();
            program.derivations.push(Derivation {
                attribute: *attribute,
                column,
                table,
                branch_of_bit,
                classes,
                conjunctions,
            });
        }
    }
}

fn claim(claim: &Claim) -> ProgramClaim {
    match claim {
        Claim::NeverPermit => ProgramClaim::NeverPermit,
        Claim::AlwaysPermit => ProgramClaim::AlwaysPermit,
        Claim::PermitsCarry(obligations) => ProgramClaim::PermitsCarry(obligations.clone()),
        Claim::Monotone(attributes) => ProgramClaim::Monotone(attributes.clone()),
        Claim::Withholding(attributes) => ProgramClaim::Withholding(attributes.clone()),
    }
}

fn arguments(used: &ObligationUse) -> impl Iterator<Item = program::Argument> + '_ {
    used.arguments.iter().map(|(parameter, argument)| program::Argument {
        obligation: used.id,
        parameter: *parameter,
        value: match argument {
            Argument::Value(value) => ArgumentValue::Fixed(value.clone()),
            Argument::Attribute(attribute) => ArgumentValue::Of(*attribute),
        },
    })
}
