//! Verifiers: what they believe, and what a request takes of it.

use super::super::evidence::{config_files, now, sign};
use super::Words;
use super::abi::*;
use super::checked::*;
use super::handles::{file, found};
use super::world::{Believer, World, place, room, text};
use std::ptr::{null, null_mut};

/// A struct of a program that knows of more behind it: `+` is a byte that this library must not miss,
/// `0` one that it may, and `-` a struct that is too short to be one.
#[repr(C)]
struct Seen(Binding, [u8; 8]);

impl Seen {
    fn new(mut binding: Binding, later: &[u8]) -> Self {
        let mut behind = [0; 8];
        for (byte, of) in behind.iter_mut().zip(later) {
            *byte = u8::from(*of == b'+');
            binding.size += 1;
        }
        if later.contains(&b'-') {
            binding.size = 0;
        }
        Self(binding, behind)
    }
}

impl World {
    /// A token: as it stands, or `@` and a file of claims, to be signed.
    pub fn token(&self, word: Option<&&[u8]>) -> (Str, Vec<u8>) {
        let file = word.and_then(|word| word.strip_prefix(b"@"));
        let claims = file.and_then(|file| self.files.get(std::str::from_utf8(file).ok()?));
        let Some(claims) = claims else { return (text(word), Vec::new()) };
        let typ = serde_json::from_slice::<serde_json::Value>(claims).ok();
        let typ = typ.as_ref().and_then(|claims| claims["typ"].as_str()).unwrap_or_default();
        let signed = sign(typ, "named", claims).into_bytes();
        (Str { data: signed.as_ptr(), len: signed.len() }, signed)
    }

    /// A token, twice: with what `portcullis_request_attest` takes, and with a nonce if the line has one.
    pub fn attest(&mut self, words: &mut Words<'_>) {
        let (request, believer) = (place(words.next()), place(words.next()));
        let (token, _signed) = self.token(words.next());
        let (certificate, key, nonce) =
            (text(words.next()), text(words.next()), text(words.next()));
        let later = words.next().copied().unwrap_or_default();
        let believer = self.verifiers[believer].as_ref();
        let Some(asked) = &mut self.requests[request] else { return };
        let verifier = believer.map_or(null_mut(), |believer| believer.at);
        let now = now().as_micros();
        let reason = out(77, 0, |to| unsafe {
            portcullis_request_attest(
                asked.at,
                verifier,
                token.data,
                token.len,
                certificate.data,
                certificate.len,
                key.data,
                key.len,
                now,
                to,
            )
        });
        asked.decided = None;
        asked.attested = true;
        asked.lost |= believer.is_none();
        match reason {
            // No nonce was given that a token could fail to repeat.
            Ok(reason) => {
                assert!((1..25).contains(&reason));
                assert_eq!(reason == 2, token.len == 0);
                assert!(believer.is_some_and(|believer| !believer.forgot));
            }
            Err(status) => assert!([NULL, LENGTH, THUMBPRINT, EVIDENCE].contains(&status)),
        }
        let bound = |nonce: Str, later: &[u8]| {
            let seen =
                Seen::new(Binding { size: size_of::<Binding>(), certificate, key, nonce }, later);
            out(77, 0, |to| unsafe {
                let (at, t, l, seen) = (asked.at, token.data, token.len, (&raw const seen).cast());
                portcullis_request_attest_binding(at, verifier, t, l, seen, now, to)
            })
        };
        let none = Str { data: null(), len: 0 };
        assert_eq!(bound(none, b""), reason, "the same, without a nonce");
        if certificate.len == 0 && key.len == 0 {
            let unseen = out(77, 0, |to| unsafe {
                let (at, t, l) = (asked.at, token.data, token.len);
                portcullis_request_attest_binding(at, verifier, t, l, null(), now, to)
            });
            assert_eq!(unseen, reason, "the same, when nothing was seen");
        }
        let challenged = bound(nonce, later);
        match (challenged, reason) {
            (Ok(1), reason) => assert_eq!(reason, Ok(1), "believed for a nonce"),
            (Ok(25), reason) => assert!(reason == Ok(1) && nonce.len > 0),
            (challenged, Ok(1)) => assert!(challenged.is_err(), "{challenged:?}"),
            (Err(STRUCT), _) => assert!(!later.is_empty()),
            _ => {}
        }
    }

    pub fn verifier(&mut self, words: &mut Words<'_>) {
        let at = place(words.next());
        let pdp = self.living(words.next());
        let mut files = config_files(None);
        files.extend(self.below(b"evidence/").into_iter().filter_map(|(path, bytes)| {
            Some((std::str::from_utf8(path).ok()?.to_owned(), bytes.to_vec()))
        }));
        let files: Vec<(&[u8], &[u8])> =
            files.iter().map(|(path, bytes)| (path.as_bytes(), &bytes[..])).collect();
        let files: Vec<File> = files.iter().map(file).collect();
        let first = b"evidence.json";
        let made = made(|to| {
            found(|findings| unsafe {
                let (f, n) = (files.as_ptr(), files.len());
                portcullis_verifier_load_files(pdp, f, n, first.as_ptr(), first.len(), to, findings)
            })
        });
        if let Ok(made) = made {
            self.verifiers[at] = Some(Believer { at: made, forgot: false });
        }
    }

    pub fn keys(&mut self, words: &mut Words<'_>) {
        let Some(believer) = &self.verifiers[place(words.next())] else { return };
        let (issuer, keys) = (text(words.next()), text(words.next()));
        possible(found(|findings| unsafe {
            let (i, k) = (issuer, keys);
            portcullis_verifier_replace_keys(believer.at, i.data, i.len, k.data, k.len, findings)
        }));
    }

    pub fn notice(&mut self, words: &mut Words<'_>) {
        let Some(believer) = &self.verifiers[place(words.next())] else { return };
        let (token, _signed) = self.token(words.next());
        let room = room(words.next());
        let (mut reason, mut changed) = (77, 77);
        let (status, device) = written(room, OK, |to, n, len| unsafe {
            let (at, t, l, now) = (believer.at, token.data, token.len, now().as_micros());
            portcullis_verifier_notice(at, t, l, now, &raw mut reason, &raw mut changed, to, n, len)
        });
        let taken = status == OK || status == BUFFER;
        assert_eq!(taken, reason != 0);
        assert!(changed == 0 || (changed == 1 && reason == 1));
        assert!(reason == 1 || device.is_empty());
    }

    pub fn kept_notices(&mut self, words: &mut Words<'_>) {
        let Some(believer) = &self.verifiers[place(words.next())] else { return };
        let (status, notices) = written(1 << 16, OK, |to, n, len| unsafe {
            portcullis_verifier_notices(believer.at, to, n, len)
        });
        if status == OK {
            self.notices = notices;
        }
    }

    pub fn restore(&mut self, words: &mut Words<'_>) {
        let Some(believer) = &mut self.verifiers[place(words.next())] else { return };
        let kept = Str { data: self.notices.as_ptr(), len: self.notices.len() };
        let json = words.next().map_or(kept, |word| text(Some(word)));
        let restored = out(77, 0, |to| {
            found(|findings| unsafe {
                portcullis_verifier_restore_notices(believer.at, json.data, json.len, to, findings)
            })
        });
        believer.forgot = restored.is_err();
    }
}
