//! A request: the values of attributes, and the row of classes that they come to.

use std::cell::OnceCell;
use std::sync::Arc;

use super::row::{Instead, Values, fill, fill_instead};
use super::slot::{Reading, Slot, State, class_of, class_of_place};
use super::slots::{Blank, Slots, Standing};
use crate::model::{Attested, AttributeId, Given, Instant, Kind, TIME, Value, Vocabulary};
use crate::program::{
    ArgumentValue, Class, ColumnId, Fills, Intake, Program, Row, RuleEntry, Takes, class_of_rank,
    class_of_text,
};

/// An attribute, looked up once for the hot path. It stays good while the attributes of the
/// vocabulary stay the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Key {
    id: AttributeId,
    vocabulary: u64,
}

impl Key {
    /// The attribute, in the vocabulary of the request that it was looked up in.
    pub fn attribute(self) -> AttributeId {
        self.id
    }
}

/// A [`Key`] of another vocabulary: look the attribute up again.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key belongs to another vocabulary; look the attribute up again")]
pub struct StaleKey;

/// One access request: a value, or none, for each attribute of the vocabulary.
///
/// It is made by a handle, and reused: [`Request::reset`] keeps its buffers, so that later requests
/// allocate nothing. What is not stated, or no value of its attribute, is *unknown*, and never
/// helps whoever asks. One thread uses a request at a time.
///
/// What deciding reads of it comes first. Who keeps thousands of them stated, to decide them again and
/// again, has each begin a cache line: `#[repr(align(64))] struct Kept(Request);`.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Request {
    program: Arc<Program>,
    /// The obligations that the gateway can carry out, by id.
    can: u64,
    /// The class of each column, those of [`Program::steps`] filled when it is decided.
    row: Row,
    slots: Slots,
    /// The row of the request with the best values of a step-up, made on the spot where it is asked for.
    best: OnceCell<Box<Row>>,
}

// That takes an odd number of lines, so that many requests side by side use every set of a cache.
const _: () = assert!(size_of::<Request>().div_ceil(64) == 5);

impl Request {
    /// An empty request.
    pub(crate) fn new(program: Arc<Program>, standing: Standing) -> Self {
        let blank = Arc::new(Blank::of(&program, standing));
        Self::of(program, blank)
    }

    /// An empty request under a program, which this is what requests under have in common.
    pub(crate) fn of(program: Arc<Program>, blank: Arc<Blank>) -> Self {
        let row = Row::new(program.columns.len());
        row.fill(&blank.row);
        Self { program, can: u64::MAX, row, slots: Slots::new(blank), best: OnceCell::new() }
    }

    pub(crate) fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Forgets every value. What the gateway can carry out is kept.
    pub fn reset(&mut self) -> &mut Self {
        self.row.fill(&self.slots.blank().row);
        self.row.change();
        self.slots.clear();
        self
    }

    /// States the value of an attribute.
    ///
    /// Text stands for words, instants, durations and versions alike. A value that the attribute
    /// does not take makes it unknown; a name that the vocabulary does not have changes nothing; and
    /// a gateway cannot state what only evidence sets, or what is derived.
    #[inline]
    pub fn set<'v>(&mut self, name: &str, value: impl Into<Given<'v>>) -> &mut Self {
        if let Some(id) = self.program.vocabulary.attribute(name) {
            self.state(id, Some(value.into()));
        }
        self
    }

    /// States the value of an attribute that was looked up before.
    ///
    /// # Errors
    ///
    /// The key belongs to another vocabulary; nothing is stated.
    #[inline]
    pub fn put<'v>(
        &mut self,
        key: Key,
        value: impl Into<Given<'v>>,
    ) -> Result<&mut Self, StaleKey> {
        if key.vocabulary != self.program.stamp {
            return Err(StaleKey);
        }
        self.state(key.id, Some(value.into()));
        Ok(self)
    }

    /// States that an attribute has no value.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        if let Some(id) = self.program.vocabulary.attribute(name) {
            self.state(id, None);
        }
        self
    }

    /// States the time of the request.
    pub fn at(&mut self, now: Instant) -> &mut Self {
        self.set(TIME, now)
    }

    /// States what evidence attests.
    ///
    /// It sets attributes whose `source` is evidence, and no others. Several tokens are attested one
    /// after the other, in any order: of values that differ the worse counts, as the vocabulary's
    /// `better` says, and where nothing says which is worse, neither. Reset, or a bench's own
    /// statement, forgets it.
    pub fn attest(&mut self, attested: &Attested) -> &mut Self {
        for (name, value) in attested.values() {
            let Some(id) = self.program.vocabulary.attribute(name) else { continue };
            let attribute = &self.program.vocabulary[id];
            if Slot::may_attest(attribute)
                && let Some(slot) = self.slots.get_mut(id)
            {
                slot.attest(attribute, value);
                self.reclass(id);
            }
        }
        self
    }

    /// Declares the obligations that the gateway can carry out. Without it, it is taken to carry
    /// out all of them. Names that the vocabulary does not have change nothing.
    pub fn can<'n>(&mut self, obligations: impl IntoIterator<Item = &'n str>) -> &mut Self {
        let vocabulary = &self.program.vocabulary;
        let ids = obligations.into_iter().filter_map(|name| vocabulary.obligation(name));
        self.can = ids.fold(0, |bits, id| bits | id.bit());
        self
    }

    /// Declares that the gateway can carry out every obligation.
    pub fn can_all(&mut self) -> &mut Self {
        self.can = u64::MAX;
        self
    }

    /// States whatever `other` states or evidence attested there, over what is stated here; what
    /// `other` leaves out stays as it is. Only what this request may state: see [`Request::set`].
    pub fn put_all_of(&mut self, other: &Self) -> &mut Self {
        let same = self.program.stamp == other.program.stamp;
        for theirs in other.program.vocabulary.attribute_ids() {
            let Some(slot) = other.slots.get(theirs).filter(|slot| !slot.is_blank()) else {
                continue;
            };
            let attribute = &other.program.vocabulary[theirs];
            let by_name = || self.program.vocabulary.attribute(&attribute.name);
            let Some(id) = (if same { Some(theirs) } else { by_name() }) else { continue };
            let attested = slot.is_attested();
            // What evidence attested is not what the host states.
            let may = if attested {
                Slot::may_attest(&self.program.vocabulary[id])
            } else {
                self.program.intakes.get(id.index()).is_some_and(|intake| intake.from_gateway)
            };
            if may || self.is_on_the_bench() {
                slot.give(&attribute.kind, |given| self.take(id, Some(given)));
            }
            if let Some(slot) = self.slots.get_mut(id).filter(|_| attested && may) {
                slot.keep_attested();
            }
        }
        self
    }

    /// Looks an attribute up for [`Request::put`].
    pub fn key(&self, name: &str) -> Option<Key> {
        let id = self.program.vocabulary.attribute(name)?;
        Some(Key { id, vocabulary: self.program.stamp })
    }

    /// The words that it is stated in.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.program.vocabulary
    }

    /// Whether the value of an attribute is known; `None` if the vocabulary does not have it.
    pub fn state_of(&self, name: &str) -> Option<State> {
        let id = self.program.vocabulary.attribute(name)?;
        self.slots.get(id).map(|slot| slot.state)
    }

    /// Whether the value of an attribute that was looked up before is known; `None` if the key
    /// belongs to another vocabulary.
    pub fn state_at(&self, key: Key) -> Option<State> {
        let slot = self.slots.get(key.id)?;
        (key.vocabulary == self.program.stamp).then_some(slot.state)
    }

    /// States the value of an attribute, or that it has none.
    #[inline(always)]
    pub(crate) fn state(&mut self, id: AttributeId, given: Option<Given<'_>>) {
        if self.may_state(id) {
            self.take(id, given);
        }
    }

    /// Whether whoever states its values may state that of this attribute.
    #[inline]
    pub(crate) fn may_state(&self, id: AttributeId) -> bool {
        let intake = self.program.intakes.get(id.index());
        intake.is_some_and(|intake| intake.from_gateway) || self.is_on_the_bench()
    }

    fn is_on_the_bench(&self) -> bool {
        self.slots.blank().standing == Standing::Bench
    }

    /// Takes what is given. Each form goes its own way, chosen when the caller is compiled, so that who
    /// gives a number pays for no text.
    #[inline(always)]
    fn take(&mut self, id: AttributeId, given: Option<Given<'_>>) {
        let Some(Intake { takes, fills, .. }) = self.program.intakes.get(id.index()) else {
            return;
        };
        let rank = match (given, takes) {
            (Some(Given::Bool(value)), Takes::Bool) => i64::from(value),
            (Some(Given::Integer(value)), Takes::Integer) => value,
            (Some(Given::Duration(value)), Takes::Duration) => value.as_micros(),
            (Some(Given::Instant(value)), Takes::Instant) => value.as_micros(),
            (Some(Given::Text(text)), Takes::Word(words)) => {
                match words.position(text).and_then(|place| i64::try_from(place).ok()) {
                    Some(place) => place,
                    None => return self.take_malformed(id),
                }
            }
            (Some(Given::Text(text)), Takes::Text) => return self.take_text(id, text),
            (Some(Given::Text(text)), _) => return self.take_spelled(id, text),
            (Some(Given::Words(words)), _) => return self.take_words(id, words),
            (Some(_), _) => return self.take_malformed(id),
            (None, _) => return self.forget_stated(id),
        };
        if let Some(slot) = self.slots.overwrite(id) {
            slot.write_rank(Some(rank.into()));
        }
        self.row.change();
        match fills {
            Fills::Place(column) => self.row.set(*column, class_of_place(rank)),
            Fills::Rank(column, cuts) => self.row.set(*column, class_of_rank(cuts, rank)),
            Fills::Text(..) | Fills::Otherwise => self.reclass(id),
        }
    }

    /// Takes a text as such.
    #[inline(never)]
    fn take_text(&mut self, id: AttributeId, text: &str) {
        if let Some(slot) = self.slots.overwrite(id) {
            slot.write_text(text);
        }
        self.row.change();
        match self.program.intakes.get(id.index()).map(|intake| &intake.fills) {
            Some(Fills::Text(column, texts)) => self.row.set(*column, class_of_text(texts, text)),
            _ => self.reclass(id),
        }
    }

    /// Takes a value of another type, given as text.
    fn take_spelled(&mut self, id: AttributeId, text: &str) {
        let kind = &self.program.vocabulary[id].kind;
        if let Some(slot) = self.slots.overwrite(id) {
            slot.write_spelled(kind, text);
        }
        self.reclass(id);
    }

    fn take_words(&mut self, id: AttributeId, words: &[&str]) {
        let kind = &self.program.vocabulary[id].kind;
        if let Some(slot) = self.slots.overwrite(id) {
            slot.write_words(kind, words);
        }
        self.reclass(id);
    }

    fn forget_stated(&mut self, id: AttributeId) {
        self.slots.forget(id);
        self.reclass(id);
    }

    /// Takes what is given to be no value of the attribute.
    #[cold]
    fn take_malformed(&mut self, id: AttributeId) {
        if let Some(slot) = self.slots.overwrite(id) {
            slot.write_rank(None);
        }
        self.reclass(id);
    }

    /// Fills the columns that the value of an attribute alone fills.
    fn reclass(&mut self, id: AttributeId) {
        self.row.change();
        let reading = self.slots.reading(id);
        let columns = self.program.filled_by.get(id.index()).map(Vec::as_slice);
        for id in columns.unwrap_or_default() {
            if let Some(column) = self.program.columns.get(id.index()) {
                self.row.set(*id, class_of(&column.question, reading));
            }
        }
    }

    #[inline]
    fn values<'a>(&'a self, instead: Instead<'a>) -> Values<'a> {
        Values { program: &self.program, slots: &self.slots, instead }
    }

    /// The row of classes, every column filled.
    #[inline]
    pub(crate) fn row(&self) -> &Row {
        self.row.complete(|row| fill(&self.values(Instead::Nothing), row));
        &self.row
    }

    /// The row of the request with these attributes at their best.
    pub(crate) fn row_at_best(&self, attributes: &[AttributeId]) -> &Row {
        let best = self.best.get_or_init(|| Box::new(Row::new(self.program.columns.len())));
        self.fill_row(best, Instead::Best(attributes));
        best
    }

    /// Makes a row that of the request with some values in place of those stated.
    pub(crate) fn fill_row(&self, row: &Row, instead: Instead<'_>) {
        fill_instead(&self.values(instead), row, self.row());
    }

    /// The obligations that the gateway can carry out, as bits by id.
    pub(crate) fn can_carry_out(&self) -> u64 {
        self.can
    }

    /// The obligations of a rule that cannot be carried out: the gateway does not know how, or a
    /// parameter is not known. Given the row of the request with these values.
    pub(crate) fn cannot_carry_out(
        &self,
        rule: &RuleEntry,
        row: &Row,
        instead: Instead<'_>,
    ) -> u64 {
        let values = self.values(instead);
        let unknown =
            self.program.arguments(rule).iter().filter(|argument| match &argument.value {
                ArgumentValue::Fixed(_) => false,
                ArgumentValue::Of(attribute) => {
                    let parameters = &self.program.vocabulary[argument.obligation].parameters;
                    let default = parameters
                        .get(argument.parameter)
                        .and_then(|parameter| parameter.default.as_ref());
                    default.is_none() && matches!(values.reading(*attribute, row), Reading::Unknown)
                }
            });
        unknown
            .fold(rule.obligations & !self.can, |unmet, argument| unmet | argument.obligation.bit())
    }

    /// The value of an attribute, given the row of the request with these values.
    pub(crate) fn reading<'a>(
        &'a self,
        id: AttributeId,
        row: &Row,
        instead: Instead<'a>,
    ) -> Reading<'a> {
        self.values(instead).reading(id, row)
    }

    /// The rank of the value of an attribute, as stated.
    pub(crate) fn rank(&self, id: AttributeId) -> Option<i128> {
        if let Reading::Rank(rank) = self.values(Instead::Nothing).stated(id) {
            Some(rank)
        } else {
            None
        }
    }

    pub(crate) fn class(&self, column: ColumnId) -> Class {
        self.row().class(column)
    }

    /// The values that are stated and known, by name.
    pub fn stated(&self) -> impl Iterator<Item = (&str, Value)> {
        let vocabulary = &self.program.vocabulary;
        let known = vocabulary.attribute_ids().filter(|id| self.is_stated(*id));
        known.filter_map(|id| Some((vocabulary[id].name.as_str(), self.value_of(id)?)))
    }

    /// The attributes of which something was stated that is no value of theirs.
    pub fn malformed(&self) -> impl Iterator<Item = &str> {
        let vocabulary = &self.program.vocabulary;
        let malformed = vocabulary.attribute_ids().filter(|id| self.is_malformed(*id));
        malformed.map(|id| vocabulary[id].name.as_str())
    }

    pub(crate) fn is_malformed(&self, id: AttributeId) -> bool {
        self.slots.get(id).is_some_and(|slot| slot.state == State::Malformed)
    }

    pub(crate) fn is_stated(&self, id: AttributeId) -> bool {
        self.slots.get(id).is_some_and(Slot::is_stated)
    }

    /// The value of an attribute; for a derived one that conditions use, the derived value.
    pub fn value(&self, name: &str) -> Option<Value> {
        self.value_of(self.program.vocabulary.attribute(name)?)
    }

    pub(crate) fn value_of(&self, id: AttributeId) -> Option<Value> {
        let attribute = &self.program.vocabulary[id];
        let reading = self.values(Instead::Nothing).reading(id, self.row());
        Some(match (&attribute.kind, reading) {
            (_, Reading::Unknown) => return None,
            (Kind::Enum(words), Reading::Rank(place)) => {
                Value::Text(words.list().get(usize::try_from(place).ok()?)?.clone())
            }
            (Kind::Bool, Reading::Rank(rank)) => Value::Bool(rank != 0),
            (Kind::Integer, Reading::Rank(rank)) => Value::Integer(i64::try_from(rank).ok()?),
            (Kind::Duration, Reading::Rank(rank)) => {
                Value::Duration(crate::model::Duration::from_micros(i64::try_from(rank).ok()?))
            }
            (Kind::Instant, Reading::Rank(rank)) => {
                Value::Instant(Instant::from_micros(i64::try_from(rank).ok()?))
            }
            (Kind::Version, Reading::Rank(_)) => {
                Value::Version(self.slots.get(id)?.text().parse().ok()?)
            }
            (_, Reading::Text(text)) => Value::Text(text.into()),
            (_, Reading::Words(words)) => {
                let mut words: Vec<Box<str>> = words.iter().map(Into::into).collect();
                words.sort();
                words.dedup();
                Value::Set(words)
            }
            _ => return None,
        })
    }

    /// The same request, on the author's bench: for what-if.
    pub(crate) fn on_the_bench(&self) -> Self {
        let mut request = self.clone();
        request.slots.stand(Standing::Bench);
        request
    }

    /// Takes an attribute to have a value.
    pub(crate) fn assume(&mut self, id: AttributeId, value: &Value) {
        let kind = &self.program.vocabulary[id].kind;
        if let Some(slot) = self.slots.overwrite(id) {
            slot.hold(kind, value);
        }
        self.reclass(id);
    }

    /// Takes an attribute to be unknown: missing, or malformed where a missing one stands for a value.
    pub(crate) fn forget(&mut self, id: AttributeId) {
        let stands_in = self.program.vocabulary[id].absent.is_some();
        self.take(id, stands_in.then_some(Given::Malformed));
    }

    /// What is held of an attribute, to be put back by [`Request::restore`].
    pub(crate) fn held(&self, id: AttributeId) -> Slot {
        self.slots.get(id).cloned().unwrap_or_default()
    }

    /// Puts back what was held of an attribute.
    pub(crate) fn restore(&mut self, id: AttributeId, held: Slot) {
        self.slots.restore(id, held);
        self.reclass(id);
    }

    /// Makes this the same request under another program. What no longer fits is unknown.
    pub(crate) fn translated(&self, program: &Arc<Program>) -> Self {
        let mut request = Self::new(Arc::clone(program), self.slots.blank().standing);
        request.put_all_of(self);
        let old = &self.program.vocabulary;
        let carried_out =
            old.obligations().iter().enumerate().filter(|(place, _)| self.can >> place & 1 == 1);
        if self.can != u64::MAX {
            request.can(carried_out.map(|(_, obligation)| obligation.name.as_str()));
        }
        request
    }
}
