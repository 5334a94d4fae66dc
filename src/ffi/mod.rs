//! The C boundary: the library as `include/portcullis.h` declares it, over the public crate.
//!
//! In: pointers, lengths, bytes. Out: a status, and results through pointers, blanked first to what is
//! safest. All `unsafe` of the crate is here, in the files that read and write through pointers
//! (`entry`, `objects`, `pointers`, `types`); the functions themselves are safe code.

mod audit;
mod binding;
mod decision;
mod entry;
mod evidence;
mod findings;
mod json;
mod objects;
#[cfg(any(test, portcullis_test_panic))]
mod panics;
mod pdp;
mod pointers;
mod records;
mod request;
mod status;
mod told;
mod types;
mod version;

#[cfg(test)]
mod tests;
