//! The request: what is stated, and the decision on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::entry::{entry, panicked_at};
use super::objects::{Held, HeldAlone, Named, Single, Standing, given};
use super::pdp::PdpObject;
use super::pointers::Words;
use super::status::Status;
use super::told::{Text, ToldObligation, ToldRules, ToldWords};
use super::types::{Carried, Level, Verdict, portcullis_request};
use crate::{Duration, Given, Instant, Key, Kind, ObligationId, Reason, Request, SetBy, State};

/// A request, for one thread at a time.
// In this order: what a decision reads and writes of it is in two cache lines.
#[repr(C, align(64))]
pub struct RequestObject {
    owner: Arc<PdpObject>,
    missed: Arc<AtomicBool>,
    asked: Single<Asked>,
}

/// What is asked, and what was decided.
#[repr(C)]
pub struct Asked {
    owner: Arc<PdpObject>,
    /// Whether something that was stated is lost, and nobody can tell of which attribute: then nothing
    /// is permitted until the host starts again. Shared with whoever is turned away.
    missed: Arc<AtomicBool>,
    /// What was asked about the decision; boxed, so that most decisions have nothing to forget.
    pub told: Option<Box<Told>>,
    /// Why the decision is what it is; `None` if what was decided is no longer what is asked.
    reason: Option<Reason>,
    /// Whether something was stated that the vocabulary has no place for. A later one may have it.
    unheard: bool,
    /// The request.
    pub request: Request,
    /// The keys of the attributes that the host looked up, by id, as far as they were used.
    keys: Vec<Option<Key>>,
    /// That of the time.
    time: Option<Key>,
    /// The obligations that the host can carry out, if it said so for this request.
    can: Option<Vec<String>>,
    /// What they are, or those of the handle, in the vocabulary: place by place.
    declared: Vec<Option<ObligationId>>,
}

/// What was asked about a decision, made when it is asked for.
#[derive(Debug, Default)]
pub struct Told {
    /// What the gateway must do.
    pub obligations: Option<Vec<ToldObligation>>,
    /// The same, in a line.
    pub obligation_names: Option<Text>,
    /// What it cannot do.
    pub unenforceable: Option<Vec<Text>>,
    /// The rules behind it: one list of each sort.
    pub rules: [Option<ToldRules>; 4],
    /// In words.
    pub words: Option<ToldWords>,
    /// The name and the digest of the policy set.
    pub set: Option<(Text, Text)>,
}

impl Held for RequestObject {
    type C = portcullis_request;
    fn standing(&self) -> &Standing {
        self.asked.standing()
    }
    fn panicked(&self) {
        self.owner.log(Level::Error, &panicked_at());
    }
    fn turned_away(&self) {
        self.missed.store(true, Ordering::Release);
    }
}

impl HeldAlone for RequestObject {
    type Object = Asked;
    fn single(&self) -> &Single<Asked> {
        &self.asked
    }
}

/// Words of one set that are held without allocating.
const WORDS: usize = 32;

impl Asked {
    /// An empty request of a handle.
    fn new(owner: &Arc<PdpObject>, missed: &Arc<AtomicBool>) -> Self {
        let mut asked = Self {
            missed: Arc::clone(missed),
            unheard: false,
            request: owner.request(),
            owner: Arc::clone(owner),
            keys: Vec::new(),
            time: None,
            can: None,
            declared: Vec::new(),
            reason: None,
            told: None,
        };
        asked.follow();
        asked
    }

    /// Forgets what was decided.
    fn changed(&mut self) {
        self.reason = None;
        self.told = None;
    }

    /// Forgets everything, so that nothing is lost any more.
    fn reset(&mut self) {
        self.changed();
        self.renew();
        self.request.reset();
        self.unheard = false;
        self.missed.store(false, Ordering::Release);
    }

    /// Takes note that something that was stated is lost.
    pub fn miss(&mut self) {
        self.changed();
        self.missed.store(true, Ordering::Release);
    }

    fn is_whole(&self) -> Result<(), Status> {
        if self.missed.load(Ordering::Acquire) { Err(Status::Incomplete) } else { Ok(()) }
    }

    /// Follows the handle to the policy set in force.
    fn renew(&mut self) {
        if self.owner.pdp.renew(&mut self.request) {
            if self.unheard {
                self.miss();
            }
            self.follow();
        }
    }

    /// Looks up anew what the vocabulary knows.
    fn follow(&mut self) {
        self.keys.clear();
        self.time = self.request.key("context.time");
        self.declare();
    }

    /// Declares what can be carried out, by names that may be new to the vocabulary.
    fn declare(&mut self) {
        let names = match &self.can {
            None => {
                self.owner.declare(&mut self.request);
                self.owner.can()
            }
            Some(names) => {
                self.request.can(names.iter().map(String::as_str));
                names.as_slice()
            }
        };
        let vocabulary = self.request.vocabulary();
        self.declared.clear();
        self.declared.extend(names.iter().map(|name| vocabulary.obligation(name)));
    }

    /// Whether the handle at this address is the request's own, and good.
    pub fn belongs_to(&self, pdp: &Named<PdpObject>) -> Result<(), Status> {
        if !pdp.is(&self.owner) {
            return Err(Status::Foreign);
        }
        self.owner.is_good()
    }

    /// Prepares another request to be decided as this one would be: for a handle that is this one's own.
    pub fn stand_in_for(
        &mut self,
        pdp: &Arc<PdpObject>,
        other: &mut Request,
    ) -> Result<(), Status> {
        if !Arc::ptr_eq(pdp, &self.owner) {
            return Err(Status::Foreign);
        }
        self.prepare()?;
        if let Some(names) = &self.can {
            other.can(names.iter().map(String::as_str));
        }
        Ok(())
    }

    /// Readies it to be decided anew.
    fn prepare(&mut self) -> Result<(), Status> {
        self.changed();
        self.renew();
        self.is_whole()
    }

    fn decide(&mut self) -> Result<Verdict, Status> {
        self.prepare()?;
        let decision = self.request.decide();
        self.owner.audit.decision(&decision);
        let reason = decision.reason();
        self.reason = Some(reason);
        Ok(Verdict::of(reason == Reason::Permitted))
    }

    /// Decides, and gives the obligations of a permit as bits, by their places among those declared.
    fn decide_with_obligations(&mut self) -> Result<(Verdict, u64), Status> {
        self.prepare()?;
        let decision = self.request.decide();
        let reason = decision.reason();
        let mut carried = 0;
        for id in decision.obligations_of_permit() {
            let place = self.declared.iter().position(|declared| *declared == Some(id));
            let bit = place.and_then(|place| 1_u64.checked_shl(u32::try_from(place).ok()?));
            carried |= bit.ok_or(Status::Length)?;
        }
        self.owner.audit.decision(&decision);
        self.reason = Some(reason);
        Ok((Verdict::of(reason == Reason::Permitted), carried))
    }

    /// Why the decision is what it is.
    pub fn reason(&self) -> Result<Reason, Status> {
        self.reason.ok_or(Status::Undecided)
    }

    fn key_of(&mut self, id: u32) -> Result<Key, Status> {
        let place = usize::try_from(id).map_err(|_| Status::Nothing)?;
        if let Some(Some(key)) = self.keys.get(place) {
            return Ok(*key);
        }
        let Some(name) = self.owner.name(id) else {
            self.miss();
            return Err(Status::Nothing);
        };
        let key = self.key(Ok(&name))?;
        if self.keys.len() <= place {
            self.keys.resize(place + 1, None);
        }
        if let Some(held) = self.keys.get_mut(place) {
            *held = Some(key);
        }
        Ok(key)
    }

    fn key(&mut self, name: Result<&str, Status>) -> Result<Key, Status> {
        let name = name.inspect_err(|_| self.miss())?;
        let key = self.request.key(name);
        self.unheard |= key.is_none();
        key.ok_or(Status::Attribute)
    }

    /// Whether the host may state the attribute.
    fn is_statable(&mut self, key: Key) -> Result<(), Status> {
        let attribute = &self.request.vocabulary()[key.attribute()];
        let statable = attribute.source == SetBy::Host && !attribute.is_derived();
        if statable || self.owner.author_bench {
            return Ok(());
        }
        self.unheard = true;
        Err(Status::Unstatable)
    }

    /// States a value. Trouble with it makes the attribute unknown: it must not keep what it was, nor
    /// be taken for missing.
    fn state(
        &mut self,
        key: Result<Key, Status>,
        value: Result<Given<'_>, Status>,
    ) -> Result<(), Status> {
        self.changed();
        let key = key?;
        self.is_statable(key)?;
        let given = value.unwrap_or(Given::Malformed);
        // The key was looked up in the vocabulary that the request is made for.
        self.request.put(key, given).map_err(|_| Status::Attribute)?;
        value?;
        let known = self.request.state_at(key) == Some(State::Known);
        if known { Ok(()) } else { Err(Status::Value) }
    }

    fn state_words(&mut self, key: Result<Key, Status>, words: Words<'_>) -> Result<(), Status> {
        let mut few = [""; WORDS];
        let count = words.count();
        let Some(room) = count.ok().and_then(|count| few.get_mut(..count)) else {
            let words: Result<Vec<&str>, Status> = count.and_then(|_| words.each().collect());
            return match words {
                Ok(words) => self.state(key, Ok(Given::Words(&words))),
                Err(trouble) => self.state(key, Err(trouble)),
            };
        };
        let mut trouble = None;
        for (place, word) in room.iter_mut().zip(words.each()) {
            match word {
                Ok(word) => *place = word,
                Err(status) => trouble = Some(status),
            }
        }
        self.state(key, trouble.map_or(Ok(Given::Words(room)), Err))
    }

    /// States the value that a text spells, by the type of its attribute.
    fn state_spelled(
        &mut self,
        key: Result<Key, Status>,
        text: Result<&str, Status>,
    ) -> Result<(), Status> {
        let kind = |key: Key| &self.request.vocabulary()[key.attribute()].kind;
        let (kind, spelled) = (key.ok().map(kind), text.unwrap_or_default());
        match kind.filter(|_| text.is_ok()) {
            Some(Kind::Bool) => {
                self.state(key, Ok(spelled.parse().map_or(Given::Malformed, Given::Bool)))
            }
            Some(Kind::Integer) => {
                self.state(key, Ok(spelled.parse().map_or(Given::Malformed, Given::Integer)))
            }
            Some(Kind::Set(_)) => self.state_spelled_words(key, spelled),
            _ => self.state(key, text.map(Given::Text)),
        }
    }

    fn state_spelled_words(&mut self, key: Result<Key, Status>, text: &str) -> Result<(), Status> {
        let words = || text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let (mut few, mut count) = ([""; WORDS], 0);
        for word in words() {
            let Some(place) = few.get_mut(count) else {
                let words: Vec<&str> = words().collect();
                return self.state(key, Ok(Given::Words(&words)));
            };
            *place = word;
            count += 1;
        }
        self.state(key, Ok(Given::Words(few.get(..count).unwrap_or_default())))
    }

    /// Whether a gateway may state this attribute, and this value of it if it is not empty.
    fn may_state(&mut self, name: &str, value: &str) -> Result<(), Status> {
        let key = self.key(Ok(name));
        match self.state_spelled(key, Ok(value)) {
            Err(Status::Value) if value.is_empty() => Ok(()),
            stated => stated,
        }
    }

    /// States what evidence attests.
    pub fn attest(&mut self, attested: &crate::Attested) {
        self.changed();
        let vocabulary = self.request.vocabulary();
        self.unheard |= attested.values().any(|(name, _)| {
            let attribute = vocabulary.attribute(name).map(|id| &vocabulary[id]);
            attribute.is_none_or(|attribute| attribute.source != SetBy::Evidence)
        });
        self.request.attest(attested);
    }

    fn unset(&mut self, key: Result<Key, Status>) -> Result<(), Status> {
        self.changed();
        let key = key?;
        self.is_statable(key)?;
        let name = self.request.vocabulary()[key.attribute()].name.clone();
        self.request.unset(&name);
        Ok(())
    }
}

entry! {
    /// An empty request.
    fn portcullis_request_new(pdp: kept PdpObject, request: out *mut portcullis_request) {
        let missed = Arc::new(AtomicBool::new(false));
        let asked = Asked::new(&pdp, &missed);
        request.set(given(RequestObject { owner: pdp, missed, asked: Single::new(asked) }));
        Ok(())
    }
}

entry! {
    /// Frees a request.
    fn portcullis_request_free(request: freed RequestObject) -> () {
        Ok(())
    }
}

entry! {
    /// Forgets every value.
    fn portcullis_request_reset(request: alone RequestObject) {
        request.reset();
        Ok(())
    }
}

entry! {
    /// States the time.
    fn portcullis_request_at(request: alone RequestObject, now: value i64) {
        let key = request.time.ok_or(Status::Attribute);
        request.unheard |= key.is_err();
        request.state(key, Ok(Given::Instant(Instant::from_micros(now))))
    }
}

entry! {
    /// States text.
    fn portcullis_request_set_text(
        request: alone RequestObject,
        (name, name_len): stated,
        (value, value_len): stated,
    ) {
        let key = request.key(name);
        request.state(key, value.map(Given::Text))
    }
}

entry! {
    /// States a truth value.
    fn portcullis_request_set_bool(request: alone RequestObject, (name, name_len): stated, value: value i32) {
        let key = request.key(name);
        request.state(key, Ok(Given::Bool(value != 0)))
    }
}

entry! {
    /// States a whole number.
    fn portcullis_request_set_integer(request: alone RequestObject, (name, name_len): stated, value: value i64) {
        let key = request.key(name);
        request.state(key, Ok(Given::Integer(value)))
    }
}

entry! {
    /// States a point in time.
    fn portcullis_request_set_instant(request: alone RequestObject, (name, name_len): stated, value: value i64) {
        let key = request.key(name);
        request.state(key, Ok(Given::Instant(Instant::from_micros(value))))
    }
}

entry! {
    /// States a length of time.
    fn portcullis_request_set_duration(request: alone RequestObject, (name, name_len): stated, value: value i64) {
        let key = request.key(name);
        request.state(key, Ok(Given::Duration(Duration::from_micros(value))))
    }
}

entry! {
    /// States a set of words.
    fn portcullis_request_set_words(
        request: alone RequestObject,
        (name, name_len): stated,
        (words, word_count): words,
    ) {
        let key = request.key(name);
        request.state_words(key, words)
    }
}

entry! {
    /// States what a text spells.
    fn portcullis_request_set_spelled(
        request: alone RequestObject,
        (name, name_len): stated,
        (value, value_len): stated,
    ) {
        let key = request.key(name);
        request.state_spelled(key, value)
    }
}

entry! {
    /// States that an attribute has no value.
    fn portcullis_request_unset(request: alone RequestObject, (name, name_len): stated) {
        let key = request.key(name);
        request.unset(key)
    }
}

entry! {
    /// States text, of an attribute that was looked up.
    fn portcullis_request_put_text(
        request: alone RequestObject,
        attribute: value u32,
        (value, value_len): stated,
    ) {
        let key = request.key_of(attribute);
        request.state(key, value.map(Given::Text))
    }
}

entry! {
    /// States a truth value, of an attribute that was looked up.
    fn portcullis_request_put_bool(request: alone RequestObject, attribute: value u32, value: value i32) {
        let key = request.key_of(attribute);
        request.state(key, Ok(Given::Bool(value != 0)))
    }
}

entry! {
    /// States a whole number, of an attribute that was looked up.
    fn portcullis_request_put_integer(request: alone RequestObject, attribute: value u32, value: value i64) {
        let key = request.key_of(attribute);
        request.state(key, Ok(Given::Integer(value)))
    }
}

entry! {
    /// States a point in time, of an attribute that was looked up.
    fn portcullis_request_put_instant(request: alone RequestObject, attribute: value u32, value: value i64) {
        let key = request.key_of(attribute);
        request.state(key, Ok(Given::Instant(Instant::from_micros(value))))
    }
}

entry! {
    /// States a length of time, of an attribute that was looked up.
    fn portcullis_request_put_duration(request: alone RequestObject, attribute: value u32, value: value i64) {
        let key = request.key_of(attribute);
        request.state(key, Ok(Given::Duration(Duration::from_micros(value))))
    }
}

entry! {
    /// States a set of words, of an attribute that was looked up.
    fn portcullis_request_put_words(
        request: alone RequestObject,
        attribute: value u32,
        (words, word_count): words,
    ) {
        let key = request.key_of(attribute);
        request.state_words(key, words)
    }
}

entry! {
    /// States what a text spells, of an attribute that was looked up.
    fn portcullis_request_put_spelled(
        request: alone RequestObject,
        attribute: value u32,
        (value, value_len): stated,
    ) {
        let key = request.key_of(attribute);
        request.state_spelled(key, value)
    }
}

entry! {
    /// States that an attribute that was looked up has no value.
    fn portcullis_request_put_nothing(request: alone RequestObject, attribute: value u32) {
        let key = request.key_of(attribute);
        request.unset(key)
    }
}

entry! {
    /// Declares what the gateway can carry out for this request.
    fn portcullis_request_can(request: alone RequestObject, (obligations, obligation_count): words) {
        request.changed();
        // Trouble with one of them must not leave more declared than was meant.
        request.can = Some(Vec::new());
        request.declare();
        obligations.count()?;
        let names: Result<Vec<String>, Status> =
            obligations.each().map(|word| word.map(str::to_owned)).collect();
        request.can = Some(names?);
        request.declare();
        Ok(())
    }
}

entry! {
    /// Decides.
    fn portcullis_decide(pdp: named PdpObject, request: alone RequestObject, decision: out Verdict) {
        request.belongs_to(&pdp)?;
        decision.set(request.decide()?);
        Ok(())
    }
}

entry! {
    /// Decides, with the obligations of a permit.
    fn portcullis_decide_with_obligations(
        pdp: named PdpObject,
        request: alone RequestObject,
        decision: out Verdict,
        obligations: out Carried,
    ) {
        request.belongs_to(&pdp)?;
        let (verdict, carried) = request.decide_with_obligations()?;
        decision.set(verdict);
        obligations.set(Carried(carried));
        Ok(())
    }
}

entry! {
    /// Whether a gateway may state an attribute, and a value of it.
    fn portcullis_pdp_may_state(
        pdp: kept PdpObject,
        (name, name_len): text,
        (value, value_len): text,
    ) {
        pdp.pdp.policy_set().ok_or(Status::Nothing)?;
        Asked::new(&pdp, &Arc::default()).may_state(name, value)
    }
}
