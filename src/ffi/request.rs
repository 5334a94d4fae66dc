//! The request: what is stated, and the decision on it.

use std::sync::Arc;

use super::entry::{entry, panicked_at};
use super::objects::{Exclusive, Named, Single, given};
use super::pdp::PdpObject;
use super::pointers::Words;
use super::status::Status;
use super::told::{Text, ToldObligation, ToldRules, ToldWords};
use super::types::{Carried, Level, Verdict, portcullis_request};
use crate::{AttributeId, Duration, Given, Instant, Kind, ObligationId, Reason, Request, SetBy};

/// A request: what is asked, and what was decided.
// In this order: what a decision reads and writes of it is in two cache lines.
#[repr(C)]
pub struct RequestObject {
    owner: Arc<PdpObject>,
    /// What was asked about the decision; boxed, so that most decisions have nothing to forget.
    pub told: Option<Box<Told>>,
    /// Why the decision is what it is; `None` if what was decided is no longer what is asked.
    reason: Option<Reason>,
    /// Whether something that was stated is lost, and nobody can tell of which attribute: then nothing
    /// is permitted until the host starts again.
    missed: bool,
    /// Whether something was stated that the vocabulary has no place for. A later one may have it.
    unheard: bool,
    /// The request.
    pub request: Request,
    /// The attributes that the host looked up, by the number that it has for them, as far as they were
    /// used.
    attributes: Vec<Option<AttributeId>>,
    /// That of the time.
    time: Option<AttributeId>,
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

impl Exclusive for RequestObject {
    type C = portcullis_request;
    fn panicked(&self) {
        self.owner.log(Level::Error, &panicked_at());
    }
    fn lost_a_call(&mut self) {
        self.miss();
    }
}

/// Words of one set that are held without allocating.
const WORDS: usize = 32;

impl RequestObject {
    /// An empty request of a handle.
    fn new(owner: Arc<PdpObject>) -> Self {
        let mut asked = Self {
            missed: false,
            unheard: false,
            request: owner.request(),
            owner,
            attributes: Vec::new(),
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
        self.missed = false;
    }

    /// Takes note that something that was stated is lost.
    pub fn miss(&mut self) {
        self.changed();
        self.missed = true;
    }

    fn is_whole(&self) -> Result<(), Status> {
        if self.missed { Err(Status::Incomplete) } else { Ok(()) }
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
        self.attributes.clear();
        self.time = self.request.vocabulary().attribute("context.time");
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

    /// The attribute that the host has this number for.
    fn looked_up(&mut self, number: u32) -> Result<AttributeId, Status> {
        let place = usize::try_from(number).map_err(|_| Status::Nothing)?;
        if let Some(Some(attribute)) = self.attributes.get(place) {
            return Ok(*attribute);
        }
        let Some(name) = self.owner.name(number) else {
            self.miss();
            return Err(Status::Nothing);
        };
        let attribute = self.attribute(Ok(&name))?;
        if self.attributes.len() <= place {
            self.attributes.resize(place + 1, None);
        }
        if let Some(held) = self.attributes.get_mut(place) {
            *held = Some(attribute);
        }
        Ok(attribute)
    }

    fn attribute(&mut self, name: Result<&str, Status>) -> Result<AttributeId, Status> {
        let name = name.inspect_err(|_| self.miss())?;
        let attribute = self.request.vocabulary().attribute(name);
        self.unheard |= attribute.is_none();
        attribute.ok_or(Status::Attribute)
    }

    /// Whether the host may state the attribute.
    fn is_statable(&mut self, attribute: AttributeId) -> Result<(), Status> {
        if self.request.may_state(attribute) {
            return Ok(());
        }
        self.unheard = true;
        Err(Status::Unstatable)
    }

    /// States a value. Trouble with it makes the attribute unknown: it must not keep what it was, nor
    /// be taken for missing.
    fn state(
        &mut self,
        attribute: Result<AttributeId, Status>,
        value: Result<Given<'_>, Status>,
    ) -> Result<(), Status> {
        self.changed();
        let attribute = attribute?;
        self.is_statable(attribute)?;
        self.request.state(attribute, Some(value.unwrap_or(Given::Malformed)));
        value?;
        if self.request.is_stated(attribute) { Ok(()) } else { Err(Status::Value) }
    }

    fn state_words(
        &mut self,
        attribute: Result<AttributeId, Status>,
        words: Words<'_>,
    ) -> Result<(), Status> {
        let mut few = [""; WORDS];
        let count = words.count();
        let Some(room) = count.ok().and_then(|count| few.get_mut(..count)) else {
            let words: Result<Vec<&str>, Status> = count.and_then(|_| words.each().collect());
            return match words {
                Ok(words) => self.state(attribute, Ok(Given::Words(&words))),
                Err(trouble) => self.state(attribute, Err(trouble)),
            };
        };
        let mut trouble = None;
        for (place, word) in room.iter_mut().zip(words.each()) {
            match word {
                Ok(word) => *place = word,
                Err(status) => trouble = Some(status),
            }
        }
        self.state(attribute, trouble.map_or(Ok(Given::Words(room)), Err))
    }

    /// States the value that a text spells, by the type of its attribute.
    fn state_spelled(
        &mut self,
        attribute: Result<AttributeId, Status>,
        text: Result<&str, Status>,
    ) -> Result<(), Status> {
        let kind = |id: AttributeId| &self.request.vocabulary()[id].kind;
        let (kind, spelled) = (attribute.ok().map(kind), text.unwrap_or_default());
        match kind.filter(|_| text.is_ok()) {
            Some(Kind::Bool) => {
                self.state(attribute, Ok(spelled.parse().map_or(Given::Malformed, Given::Bool)))
            }
            Some(Kind::Integer) => {
                self.state(attribute, Ok(spelled.parse().map_or(Given::Malformed, Given::Integer)))
            }
            Some(Kind::Set(_)) => self.state_spelled_words(attribute, spelled),
            _ => self.state(attribute, text.map(Given::Text)),
        }
    }

    fn state_spelled_words(
        &mut self,
        attribute: Result<AttributeId, Status>,
        text: &str,
    ) -> Result<(), Status> {
        let words = || text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let (mut few, mut count) = ([""; WORDS], 0);
        for word in words() {
            let Some(place) = few.get_mut(count) else {
                let words: Vec<&str> = words().collect();
                return self.state(attribute, Ok(Given::Words(&words)));
            };
            *place = word;
            count += 1;
        }
        self.state(attribute, Ok(Given::Words(few.get(..count).unwrap_or_default())))
    }

    /// Whether a gateway may state this attribute, and this value of it if it is not empty.
    fn may_state(&mut self, name: &str, value: &str) -> Result<(), Status> {
        let attribute = self.attribute(Ok(name));
        match self.state_spelled(attribute, Ok(value)) {
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

    fn unset(&mut self, attribute: Result<AttributeId, Status>) -> Result<(), Status> {
        self.changed();
        let attribute = attribute?;
        self.is_statable(attribute)?;
        self.request.state(attribute, None);
        Ok(())
    }
}

entry! {
    /// An empty request.
    fn portcullis_request_new(pdp: kept PdpObject, request: out *mut portcullis_request) {
        request.set(given(Single::new(RequestObject::new(pdp))));
        Ok(())
    }
}

entry! {
    /// Frees a request.
    fn portcullis_request_free(request: freed Single<RequestObject>) -> () {
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
        let attribute = request.time.ok_or(Status::Attribute);
        request.unheard |= attribute.is_err();
        request.state(attribute, Ok(Given::Instant(Instant::from_micros(now))))
    }
}

entry! {
    /// States text.
    fn portcullis_request_set_text(
        request: alone RequestObject,
        (name, name_len): stated,
        (value, value_len): stated,
    ) {
        let attribute = request.attribute(name);
        request.state(attribute, value.map(Given::Text))
    }
}

entry! {
    /// States a truth value.
    fn portcullis_request_set_bool(request: alone RequestObject, (name, name_len): stated, value: value i32) {
        let attribute = request.attribute(name);
        request.state(attribute, Ok(Given::Bool(value != 0)))
    }
}

entry! {
    /// States a whole number.
    fn portcullis_request_set_integer(request: alone RequestObject, (name, name_len): stated, value: value i64) {
        let attribute = request.attribute(name);
        request.state(attribute, Ok(Given::Integer(value)))
    }
}

entry! {
    /// States a point in time.
    fn portcullis_request_set_instant(request: alone RequestObject, (name, name_len): stated, value: value i64) {
        let attribute = request.attribute(name);
        request.state(attribute, Ok(Given::Instant(Instant::from_micros(value))))
    }
}

entry! {
    /// States a length of time.
    fn portcullis_request_set_duration(request: alone RequestObject, (name, name_len): stated, value: value i64) {
        let attribute = request.attribute(name);
        request.state(attribute, Ok(Given::Duration(Duration::from_micros(value))))
    }
}

entry! {
    /// States a set of words.
    fn portcullis_request_set_words(
        request: alone RequestObject,
        (name, name_len): stated,
        (words, word_count): words,
    ) {
        let attribute = request.attribute(name);
        request.state_words(attribute, words)
    }
}

entry! {
    /// States what a text spells.
    fn portcullis_request_set_spelled(
        request: alone RequestObject,
        (name, name_len): stated,
        (value, value_len): stated,
    ) {
        let attribute = request.attribute(name);
        request.state_spelled(attribute, value)
    }
}

entry! {
    /// States that an attribute has no value.
    fn portcullis_request_unset(request: alone RequestObject, (name, name_len): stated) {
        let attribute = request.attribute(name);
        request.unset(attribute)
    }
}

entry! {
    /// States text, of an attribute that was looked up.
    fn portcullis_request_put_text(
        request: alone RequestObject,
        attribute: value u32,
        (value, value_len): stated,
    ) {
        let attribute = request.looked_up(attribute);
        request.state(attribute, value.map(Given::Text))
    }
}

entry! {
    /// States a truth value, of an attribute that was looked up.
    fn portcullis_request_put_bool(request: alone RequestObject, attribute: value u32, value: value i32) {
        let attribute = request.looked_up(attribute);
        request.state(attribute, Ok(Given::Bool(value != 0)))
    }
}

entry! {
    /// States a whole number, of an attribute that was looked up.
    fn portcullis_request_put_integer(request: alone RequestObject, attribute: value u32, value: value i64) {
        let attribute = request.looked_up(attribute);
        request.state(attribute, Ok(Given::Integer(value)))
    }
}

entry! {
    /// States a point in time, of an attribute that was looked up.
    fn portcullis_request_put_instant(request: alone RequestObject, attribute: value u32, value: value i64) {
        let attribute = request.looked_up(attribute);
        request.state(attribute, Ok(Given::Instant(Instant::from_micros(value))))
    }
}

entry! {
    /// States a length of time, of an attribute that was looked up.
    fn portcullis_request_put_duration(request: alone RequestObject, attribute: value u32, value: value i64) {
        let attribute = request.looked_up(attribute);
        request.state(attribute, Ok(Given::Duration(Duration::from_micros(value))))
    }
}

entry! {
    /// States a set of words, of an attribute that was looked up.
    fn portcullis_request_put_words(
        request: alone RequestObject,
        attribute: value u32,
        (words, word_count): words,
    ) {
        let attribute = request.looked_up(attribute);
        request.state_words(attribute, words)
    }
}

entry! {
    /// States what a text spells, of an attribute that was looked up.
    fn portcullis_request_put_spelled(
        request: alone RequestObject,
        attribute: value u32,
        (value, value_len): stated,
    ) {
        let attribute = request.looked_up(attribute);
        request.state_spelled(attribute, value)
    }
}

entry! {
    /// States that an attribute that was looked up has no value.
    fn portcullis_request_put_nothing(request: alone RequestObject, attribute: value u32) {
        let attribute = request.looked_up(attribute);
        request.unset(attribute)
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
        RequestObject::new(pdp).may_state(name, value)
    }
}
