//! AuthZEN JSON in, AuthZEN JSON out, in one call.

use super::entry::entry;
use super::pdp::PdpObject;
use super::request::RequestObject;
use super::status::Status;
use super::types::Verdict;

entry! {
    /// Answers an AuthZEN document.
    fn portcullis_decide_json(
        pdp: kept PdpObject,
        host: maybe RequestObject,
        (json, json_len): bytes,
        (answer, answer_capacity): buffer,
        answer_len: out usize,
        decision: wish Verdict,
    ) {
        let mut request = pdp.request();
        if let Some(host) = &mut host {
            host.stand_in_for(&pdp, &mut request)?;
        }
        let host = host.as_ref().map(|host| &host.request);
        let finish = |request: &mut crate::Request| {
            if let Some(host) = host {
                request.put_all_of(host);
            }
        };
        match pdp.pdp.answer(json, &mut request, finish) {
            Ok(answered) => {
                pdp.audit.answer(json, host, &answered.json);
                answer.set(answered.json.as_bytes(), &answer_len)?;
                if let Some(decision) = decision {
                    decision.set(Verdict::of(answered.permits));
                }
                Ok(())
            }
            Err(trouble) => {
                answer.set(trouble.to_string().as_bytes(), &answer_len)?;
                Err(Status::Json)
            }
        }
    }
}
