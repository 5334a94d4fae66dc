//! What there is to know of the decision on a request.

use super::audit::id;
use super::entry::entry;
use super::pointers::Str;
use super::request::{RequestObject, Told};
use super::status::Status;
use super::told::{Text, ToldObligation, ToldRemedy, ToldRules, ToldWords};
use super::types::{
    ChangeRecord, ObligationCount, ReasonNumber, RemedyRecord, RuleRecord, ValueRecord,
};
use crate::{Reason, Request, respond};

impl RequestObject {
    /// The request, and what was asked about the decision on it so far.
    fn decided(&mut self) -> Result<(&Request, &mut Told), Status> {
        self.reason()?;
        Ok((&self.request, self.told.get_or_insert_default()))
    }

    fn obligations(&mut self) -> Result<&[ToldObligation], Status> {
        let (request, told) = self.decided()?;
        Ok(told.obligations.get_or_insert_with(|| ToldObligation::all(&request.decide())))
    }

    fn obligation(&mut self, place: usize) -> Result<&ToldObligation, Status> {
        self.obligations()?.get(place).ok_or(Status::Nothing)
    }

    fn obligation_named(&mut self, name: &str) -> Result<usize, Status> {
        let place = self.obligations()?.iter().position(|told| told.name() == name);
        place.ok_or(Status::Nothing)
    }

    fn obligation_names(&mut self) -> Result<Str, Status> {
        let (request, told) = self.decided()?;
        let names = told.obligation_names.get_or_insert_with(|| {
            let decision = request.decide();
            let names: Vec<&str> = decision.obligations().map(|carried| carried.name()).collect();
            Text::new(names.join(","))
        });
        Ok(names.view())
    }

    fn unenforceable(&mut self) -> Result<&[Text], Status> {
        let (request, told) = self.decided()?;
        let made = || request.decide().unenforceable().map(Text::new).collect();
        Ok(told.unenforceable.get_or_insert_with(made))
    }

    fn rules(&mut self, sort: i32) -> Result<&ToldRules, Status> {
        let (request, told) = self.decided()?;
        let place = usize::try_from(sort).ok().and_then(|sort| sort.checked_sub(1));
        let held = place.and_then(|place| told.rules.get_mut(place)).ok_or(Status::Argument)?;
        Ok(held.get_or_insert_with(|| {
            let decision = request.decide();
            match sort {
                1 => ToldRules::of(decision.determining()),
                2 => ToldRules::of(decision.requiring()),
                3 => ToldRules::of(decision.trials()),
                _ => ToldRules::of(decision.withheld().map(|near| near.rule)),
            }
        }))
    }

    fn words(&mut self) -> Result<&ToldWords, Status> {
        let (request, told) = self.decided()?;
        Ok(told.words.get_or_insert_with(|| ToldWords::of(&request.decide())))
    }

    fn remedy(&mut self, place: usize) -> Result<&ToldRemedy, Status> {
        self.words()?.remedies.get(place).ok_or(Status::Nothing)
    }

    /// The name and the digest of the policy set.
    fn set(&mut self) -> Result<&(Text, Text), Status> {
        let (request, told) = self.decided()?;
        Ok(told.set.get_or_insert_with(|| {
            let decision = request.decide();
            (Text::new(decision.policy_set().unwrap_or_default()), Text::new(decision.digest()))
        }))
    }
}

entry! {
    /// Why it is what it is.
    fn portcullis_decision_reason(request: alone RequestObject, reason: out ReasonNumber) {
        reason.set(request.reason()?.into());
        Ok(())
    }
}

entry! {
    /// The word for a reason.
    fn portcullis_reason_text(why: value i32, (text, text_capacity): buffer, text_len: out usize) {
        let numbered = |reason: &Reason| ReasonNumber::from(*reason).number() == why;
        let reason = Reason::ALL.into_iter().find(numbered);
        text.set(reason.ok_or(Status::Argument)?.as_str().as_bytes(), &text_len)
    }
}

entry! {
    /// Until when it holds.
    fn portcullis_decision_valid_until(request: alone RequestObject, until: out i64) {
        request.reason()?;
        until.set(request.request.decide().valid_until().map_or(i64::MAX, |end| end.as_micros()));
        Ok(())
    }
}

entry! {
    /// The policy set that it was made by.
    fn portcullis_decision_policy_set(request: alone RequestObject, name: out Str) {
        name.set(request.set()?.0.view());
        Ok(())
    }
}

entry! {
    /// The digest of the policy set that it was made by.
    fn portcullis_decision_digest(request: alone RequestObject, digest: out Str) {
        digest.set(request.set()?.1.view());
        Ok(())
    }
}

entry! {
    /// How many obligations come with it.
    fn portcullis_decision_obligation_count(request: alone RequestObject, count: out ObligationCount) {
        count.set(ObligationCount(request.obligations()?.len()));
        Ok(())
    }
}

entry! {
    /// One obligation.
    fn portcullis_decision_obligation(request: alone RequestObject, place: value usize, name: out Str) {
        name.set(request.obligation(place)?.view());
        Ok(())
    }
}

entry! {
    /// The place of an obligation.
    fn portcullis_decision_obligation_named(
        request: alone RequestObject,
        (name, name_len): text,
        place: out usize,
    ) {
        place.set(request.obligation_named(name)?);
        Ok(())
    }
}

entry! {
    /// The obligations in a line.
    fn portcullis_decision_obligation_names(request: alone RequestObject, names: out Str) {
        names.set(request.obligation_names()?);
        Ok(())
    }
}

entry! {
    /// How many parameters an obligation has.
    fn portcullis_decision_parameter_count(request: alone RequestObject, obligation: value usize, count: out usize) {
        count.set(request.obligation(obligation)?.parameters.len());
        Ok(())
    }
}

entry! {
    /// One parameter of an obligation.
    fn portcullis_decision_parameter(
        request: alone RequestObject,
        obligation: value usize,
        place: value usize,
        name: out Str,
        value: record ValueRecord,
    ) {
        let parameters = &request.obligation(obligation)?.parameters;
        let (text, told) = parameters.get(place).ok_or(Status::Nothing)?;
        name.set(text.view());
        value.set(told.record());
        Ok(())
    }
}

entry! {
    /// One parameter of an obligation, by their names.
    fn portcullis_decision_parameter_named(
        request: alone RequestObject,
        (obligation, obligation_len): text,
        (parameter, parameter_len): text,
        value: record ValueRecord,
    ) {
        let mut obligations = request.obligations()?.iter();
        let found = obligations.find(|told| told.name() == obligation);
        let told = found.and_then(|told| told.parameter(parameter)).ok_or(Status::Nothing)?;
        value.set(told.record());
        Ok(())
    }
}

entry! {
    /// One item of a parameter that has several.
    fn portcullis_decision_parameter_item(
        request: alone RequestObject,
        obligation: value usize,
        parameter: value usize,
        place: value usize,
        value: record ValueRecord,
    ) {
        let parameters = &request.obligation(obligation)?.parameters;
        let (_, told) = parameters.get(parameter).ok_or(Status::Nothing)?;
        value.set(told.items.get(place).ok_or(Status::Nothing)?.record());
        Ok(())
    }
}

entry! {
    /// How many obligations keep it from being a permit.
    fn portcullis_decision_unenforceable_count(request: alone RequestObject, count: out usize) {
        count.set(request.unenforceable()?.len());
        Ok(())
    }
}

entry! {
    /// One obligation that keeps it from being a permit.
    fn portcullis_decision_unenforceable(request: alone RequestObject, place: value usize, name: out Str) {
        name.set(request.unenforceable()?.get(place).ok_or(Status::Nothing)?.view());
        Ok(())
    }
}

entry! {
    /// How many rules of a sort are behind it.
    fn portcullis_decision_rule_count(request: alone RequestObject, sort: value i32, count: out usize) {
        count.set(request.rules(sort)?.list.len());
        Ok(())
    }
}

entry! {
    /// One rule of a sort.
    fn portcullis_decision_rule(
        request: alone RequestObject,
        sort: value i32,
        place: value usize,
        rule: record RuleRecord,
    ) {
        rule.set(request.rules(sort)?.list.get(place).ok_or(Status::Nothing)?.record());
        Ok(())
    }
}

entry! {
    /// The rules of a sort in a line.
    fn portcullis_decision_rule_names(request: alone RequestObject, sort: value i32, names: out Str) {
        names.set(request.rules(sort)?.names.view());
        Ok(())
    }
}

entry! {
    /// It in words.
    fn portcullis_explain(request: alone RequestObject, user: out Str, administrator: out Str) {
        let words = request.words()?;
        user.set(words.user.view());
        administrator.set(words.administrator.view());
        Ok(())
    }
}

entry! {
    /// How many ways forward there are.
    fn portcullis_decision_remedy_count(request: alone RequestObject, count: out usize) {
        count.set(request.words()?.remedies.len());
        Ok(())
    }
}

entry! {
    /// One way forward.
    fn portcullis_decision_remedy(request: alone RequestObject, place: value usize, remedy: record RemedyRecord) {
        remedy.set(request.remedy(place)?.record());
        Ok(())
    }
}

entry! {
    /// One change of a way forward.
    fn portcullis_decision_change(
        request: alone RequestObject,
        remedy: value usize,
        place: value usize,
        change: record ChangeRecord,
    ) {
        let changes = &request.remedy(remedy)?.changes;
        change.set(changes.get(place).ok_or(Status::Nothing)?.record());
        Ok(())
    }
}

entry! {
    /// It as an AuthZEN response.
    fn portcullis_decision_json(
        request: alone RequestObject,
        (json, json_capacity): buffer,
        json_len: out usize,
    ) {
        request.reason()?;
        let decision = request.request.decide();
        let response = respond(&decision, &id(&decision));
        json.set(response.as_bytes(), &json_len)
    }
}
