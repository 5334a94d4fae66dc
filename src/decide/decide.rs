//! The decision on a request.

use super::decision::Decision;
use super::outcome::outcome;
use super::request::Request;
use super::row::Instead;

/// Decides a request under the program that it was made for.
///
/// The decision is a permit only if some granting policy certainly governs, every granting policy
/// that may govern has a permit that is certainly true, no deny of a policy that may govern takes
/// part, and the gateway can carry out every obligation. This function does not fail, reads nothing
/// but its argument and allocates nothing.
pub(crate) fn decide(request: &Request) -> Decision<'_> {
    let (reason, bucket) = outcome(request, request.row(), Instead::Nothing);
    Decision::new(request, reason, bucket)
}

impl Request {
    /// Decides it under the policy set that it was made for, or last brought up to date with:
    /// whatever a handle has loaded since. Else as [`crate::Pdp::decide`].
    ///
    /// Asked again of an unchanged request, it gives the same decision.
    pub fn decide(&self) -> Decision<'_> {
        decide(self)
    }
}
