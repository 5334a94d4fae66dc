//! Handles: made, replaced, freed, and asked what they are.

use super::Words;
use super::abi::*;
use super::about::look_at_findings;
use super::checked::*;
use super::world::{Handle, Told, World, read_all, readable, room, text};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

extern "C" fn log(_: *mut c_void, level: i32, text: *const u8, len: usize) {
    assert!((1..=3).contains(&level));
    let line = unsafe { std::slice::from_raw_parts(text, len) };
    assert!(std::str::from_utf8(line).is_ok() && !line.is_empty());
}

extern "C" fn audit(told: *mut c_void, record: *const u8, len: usize) {
    let record = unsafe { std::slice::from_raw_parts(record, len) };
    let record: serde_json::Value = serde_json::from_slice(record).unwrap();
    assert!(record["attributes"].is_object());
    unsafe { (*told.cast::<Told>()).records += 1 };
}

impl World {
    /// What a call with options makes is a handle, with the obligations that they declare.
    fn make(
        &mut self,
        words: &mut Words<'_>,
        call: impl FnOnce(*const Options) -> Result<*mut Pdp, i32>,
    ) {
        let flags = words.next().copied().unwrap_or_default();
        let names: Vec<Str> = words.map(|word| text(Some(word))).collect();
        let every = flags.contains(&b'*');
        let told: *mut Told = &raw mut *self.told;
        let options = Options {
            size: size_of::<Options>() + flags.iter().filter(|flag| **flag == b'+').count(),
            obligations: names.as_ptr(),
            obligation_count: if every { usize::MAX } else { names.len() },
            log: Some(log),
            log_data: null_mut(),
            audit: flags.contains(&b'a').then_some(audit as Audit),
            audit_data: told.cast(),
            audit_capacity: flags.iter().filter(|flag| **flag == b'k').count(),
            max_file_bytes: 0,
            max_request_bytes: 0,
            author_bench: i32::from(flags.contains(&b'b')),
            reserved: i32::from(flags.contains(&b'!')),
        };
        // A later program has a longer struct, of which it uses nothing.
        let mut grown = [0_usize; size_of::<Options>() / size_of::<usize>() + 8];
        let to = grown.as_mut_ptr().cast::<Options>();
        unsafe { to.write(options) };
        let long = unsafe { (*to).size } > size_of_val(&grown);
        let default = flags.is_empty() || long;
        if let Ok(at) = call(if default { null() } else { to }) {
            let can = if default || every { Vec::new() } else { read_all(&names) };
            self.handles.push(Handle { at, freed: false, generation: 0, ids: Vec::new(), can });
        }
    }

    pub fn handle(&mut self, words: &mut Words<'_>) {
        self.make(words, |options| made(|to| unsafe { portcullis_pdp_new(options, to) }));
    }

    /// The files below a folder of the input, as C has them.
    pub fn below(&self, folder: &[u8]) -> Vec<(&[u8], &[u8])> {
        let inside = |path: &'_ str| path.as_bytes().strip_prefix(folder).map(<[u8]>::len);
        let files = self.files.iter();
        files
            .filter_map(|(path, bytes)| {
                let rest = inside(path)?;
                Some((&path.as_bytes()[path.len() - rest..], &bytes[..]))
            })
            .collect()
    }

    pub fn load(&mut self, words: &mut Words<'_>) {
        let folder = words.next().copied().unwrap_or_default().to_vec();
        let files = self.below(&folder).iter().map(file).collect::<Vec<_>>();
        self.make(words, |options| {
            made(|to| {
                found(|findings| unsafe {
                    portcullis_pdp_load_files(files.as_ptr(), files.len(), options, to, findings)
                })
            })
        });
    }

    pub fn reload(&mut self, words: &mut Words<'_>) {
        let pdp = self.living(words.next());
        let folder = words.next().copied().unwrap_or_default();
        let files = self.below(folder).iter().map(file).collect::<Vec<_>>();
        let status = possible(found(|findings| unsafe {
            portcullis_pdp_reload_files(pdp, files.as_ptr(), files.len(), findings)
        }));
        assert_eq!(status == NULL, pdp.is_null());
        for handle in self.handles.iter_mut().filter(|handle| handle.at == pdp && !handle.freed) {
            handle.generation += usize::from(status == OK);
        }
    }

    pub fn free(&mut self, words: &mut Words<'_>) {
        let which = self.which(words.next());
        let handle = &mut self.handles[which];
        if !std::mem::replace(&mut handle.freed, true) {
            unsafe { portcullis_pdp_free(handle.at) };
        }
    }

    pub fn look_up(&mut self, words: &mut Words<'_>) {
        let which = self.which(words.next());
        let (pdp, name) = (self.living_at(which), text(words.next()));
        let found = out(77, u32::MAX, |to| unsafe {
            portcullis_pdp_attribute(pdp, name.data, name.len, to)
        });
        if let Ok(id) = found {
            assert!(readable(name));
            self.handles[which].ids.push(id);
        }
    }

    /// A gateway may state what it could state of an empty request; and its configuration may ask about
    /// an attribute alone.
    pub fn may_state(&mut self, words: &mut Words<'_>) {
        let pdp = self.living(words.next());
        let (name, value) = (text(words.next()), text(words.next()));
        let (n, v) = (name, value);
        let may = possible(unsafe { portcullis_pdp_may_state(pdp, n.data, n.len, v.data, v.len) });
        if pdp.is_null() {
            return assert_eq!(may, NULL);
        }
        if !readable(name) || !readable(value) {
            return assert!([NULL, LENGTH, UTF8].contains(&may));
        }
        let (set, _) = written(1 << 16, OK, |to, n, len| unsafe {
            portcullis_pdp_policy_set(pdp, to, n, len)
        });
        let request = made(|to| unsafe { portcullis_request_new(pdp, to) }).unwrap();
        let stated = possible(unsafe {
            portcullis_request_set_spelled(request, n.data, n.len, v.data, v.len)
        });
        unsafe { portcullis_request_free(request) };
        let expected = match stated {
            _ if set == NOTHING => NOTHING,
            VALUE if value.len == 0 => OK,
            stated => stated,
        };
        assert_eq!(may, expected);
    }

    pub fn of_the_handle(&mut self, words: &mut Words<'_>) {
        let (pdp, room) = (self.living(words.next()), room(words.next()));
        unsafe {
            let (name, _) =
                written(room, OK, |to, n, len| portcullis_pdp_policy_set(pdp, to, n, len));
            let (digest, _) =
                written(room, OK, |to, n, len| portcullis_pdp_digest(pdp, to, n, len));
            assert_eq!(name == NOTHING, digest == NOTHING);
            let lost = out(77, 0, |to| portcullis_audit_lost(pdp, to));
            assert_eq!(lost.is_err(), pdp.is_null());
            let (status, record) =
                written(room, OK, |to, n, len| portcullis_audit_next(pdp, to, n, len));
            if status == OK {
                serde_json::from_str::<serde_json::Value>(&record).unwrap();
            }
        }
    }
}

/// Calls with a place for findings, looks at them, and frees them.
pub fn found(call: impl FnOnce(*mut *mut Findings) -> i32) -> i32 {
    let mut findings = std::ptr::dangling_mut();
    let status = call(&raw mut findings);
    assert!(findings.is_null() || findings != std::ptr::dangling_mut());
    if !findings.is_null() {
        look_at_findings(findings, status == OK);
        unsafe { portcullis_findings_free(findings) };
    }
    status
}

pub fn file((path, bytes): &(&[u8], &[u8])) -> File {
    let (path_len, bytes_len) = (path.len(), bytes.len());
    File { path: path.as_ptr(), path_len, bytes: bytes.as_ptr(), bytes_len }
}
