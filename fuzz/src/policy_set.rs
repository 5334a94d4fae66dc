//! An archive as a policy set: read, compiled, asked, explained and tested, or refused with words.

use super::archive::{check_errors, check_findings, unpack};
use portcullis::{Limits, Pdp, PolicySet, Request, Suite, explain, respond};

pub fn policy_set(data: &[u8]) {
    let (files, limits) = (unpack(data), Limits::default());
    let set = match PolicySet::read(&files, &limits) {
        Ok(set) => set,
        Err(findings) => return check_errors(&files, &findings),
    };
    check_findings(&files, set.warnings());
    let pdp = match Pdp::new(&set) {
        Ok(pdp) => pdp,
        Err(findings) => return check_errors(&files, &findings),
    };
    check_decision(&pdp, &pdp.request());
    check_decision(&pdp, &pdp.bench_request());
    match Suite::read(&files, &set, &limits) {
        Ok(suite) => {
            check_findings(&files, &suite.warnings);
            let mut request = pdp.bench_request();
            suite.run(&mut request);
            // A search for remedies takes its time.
            for test in suite.tests.iter().take(4) {
                if test.state(&mut request).is_ok() {
                    check_decision(&pdp, &request);
                }
            }
        }
        Err(findings) => check_errors(&files, &findings),
    }
}

fn check_decision(pdp: &Pdp, request: &Request) {
    let decision = pdp.decide(request);
    assert_eq!(decision.is_permit(), decision.reason().as_str() == "permitted");
    assert_ne!(decision.reason().as_str(), "unavailable");
    let explanation = explain(&decision);
    assert!(!explanation.administrator.is_empty() && !explanation.user.is_empty());
    assert!(explanation.remedies.is_empty() || !decision.is_permit());
    let response = respond(&decision, "1");
    serde_json::from_str::<serde_json::Value>(&response).expect("a response is JSON");
    assert_eq!(respond(&pdp.decide(request), "1"), response, "decided otherwise a second time");
}
