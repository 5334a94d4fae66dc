//! Lines as calls of the C library, by way of its exported functions: on handles, requests and verifiers
//! in a few places, of which some are empty, in any order that the header allows. What a call may come
//! to is told by a model that knows no policy: see `world`.
//!
//! `calls` holds the lines; the other files are policy sets, documents and claims that they name.
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "what the header asks of a caller is what is tried here"
)]

mod abi;
mod about;
mod believers;
mod checked;
mod handles;
mod statements;
mod world;

use super::archive::unpack;
use std::sync::Once;
use world::World;

/// Words of a line.
type Words<'l> = std::slice::Iter<'l, &'l [u8]>;

/// Lines beyond these are not called, so that no input takes long.
const CALLS: usize = 200;

pub fn boundary(data: &[u8]) {
    hear_panics();
    let files = unpack(data);
    let calls = files.get("calls").cloned().unwrap_or_default();
    let mut world = World::new(files);
    for line in calls.split(|byte| *byte == b'\n').take(CALLS) {
        let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        world.call(&mut words.iter());
    }
}

/// The library's first handle silences panics. Whoever fuzzes it wants to hear of them, and a fuzzer to
/// stop at one, also where the boundary would make a status of it.
fn hear_panics() {
    static HEARD: Once = Once::new();
    HEARD.call_once(|| {
        let hook = std::panic::take_hook();
        World::new(super::archive::Files::new()).call(&mut [&b"handle"[..]].iter());
        std::panic::set_hook(hook);
    });
}
