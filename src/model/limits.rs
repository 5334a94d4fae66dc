//! How much of everything is accepted.

/// Bounds on what is read and compiled. Beyond one of them is an error that names it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file of a policy set.
    pub file_bytes: usize,
    /// Bytes of one request in JSON.
    pub request_bytes: usize,
    /// Levels of arrays and objects in any JSON.
    pub depth: usize,
    /// Requests in one batch.
    pub batch: usize,
    /// Rules in one policy set.
    pub rules: usize,
    /// Attributes in one policy set.
    pub attributes: usize,
    /// Obligations in one vocabulary; 64 at most.
    pub obligations: usize,
    /// Conjunctions that one condition comes to when its `any` are multiplied out.
    pub conjunctions: usize,
    /// Classes into which the constants of a policy set cut the values of one attribute; 65 535 at most.
    pub classes: usize,
    /// Steps that the search for one request takes, before it gives up: dead ends, and requests that
    /// turn out not to exist.
    pub proof_steps: usize,
    /// Bytes of one token.
    pub token_bytes: usize,
    /// Tokens within tokens, levels.
    pub token_depth: usize,
    /// Verified tokens that are remembered, each with its bytes.
    pub remembered_tokens: usize,
    /// Verified tokens of one device that are remembered.
    pub remembered_tokens_of_device: usize,
    /// Devices about which notices are held.
    pub devices_with_notices: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            request_bytes: 1 << 20,
            depth: 64,
            batch: 1_000,
            rules: 100_000,
            attributes: 4_096,
            obligations: 64,
            conjunctions: 256,
            classes: 65_535,
            proof_steps: 20_000,
            token_bytes: 16 << 10,
            token_depth: 2,
            remembered_tokens: 10_000,
            remembered_tokens_of_device: 4,
            devices_with_notices: 100_000,
        }
    }
}
