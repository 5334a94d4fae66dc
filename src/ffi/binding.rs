//! What a host saw of the connection, as it hands it over.

use super::status::Status;
use crate::Binding;

/// What was seen, of thumbprints and a nonce that are empty where there is none.
pub fn binding(certificate: &[u8], key: &[u8], nonce: &[u8]) -> Result<Binding, Status> {
    let mut binding = Binding::none();
    if let Some(seen) = thumbprint(certificate)? {
        binding = binding.with_certificate(seen);
    }
    if let Some(seen) = thumbprint(key)? {
        binding = binding.with_key(seen);
    }
    if !nonce.is_empty() {
        binding = binding.with_nonce(nonce);
    }
    Ok(binding)
}

/// A thumbprint as the host has it: 32 bytes, or text. None is no bytes.
fn thumbprint(bytes: &[u8]) -> Result<Option<[u8; 32]>, Status> {
    if bytes.is_empty() {
        return Ok(None);
    }
    if let Ok(thumbprint) = bytes.try_into() {
        return Ok(Some(thumbprint));
    }
    let text = std::str::from_utf8(bytes).ok();
    text.and_then(Binding::thumbprint).map(Some).ok_or(Status::Thumbprint)
}
