//! The objects that calls are made on, and what is known of each.

use super::super::archive::Files;
use super::Words;
use super::abi::*;
use super::about::{look_at, obligation_names};
use super::checked::*;
use super::statements::Statement;
use std::ptr::null_mut;

const PLACES: usize = 3;

/// A handle. Once it is freed its address is kept, for the requests that outlive it.
pub struct Handle {
    pub at: *mut Pdp,
    pub freed: bool,
    /// How often its policy set was replaced.
    pub generation: usize,
    /// Names that were looked up.
    pub ids: Vec<u32>,
    /// The obligations that its options declare, by name.
    pub can: Vec<String>,
}

/// A request, and what must be true of it.
pub struct Asked {
    pub at: *mut Request,
    handle: usize,
    /// The policy set that it last followed its handle to.
    generation: usize,
    /// Something was stated that the vocabulary has no place for; of evidence, perhaps.
    unheard: bool,
    pub attested: bool,
    /// A statement is lost for certain.
    pub lost: bool,
    /// The obligations that were declared for it, in place of its handle's.
    can: Option<Vec<String>>,
    /// The decision that it remembers; of `None` it is known that there is none.
    pub decided: Option<i32>,
}

pub struct Believer {
    pub at: *mut Verifier,
    /// Notices could not be restored.
    pub forgot: bool,
}

pub struct World {
    pub files: Files,
    pub handles: Vec<Handle>,
    pub requests: [Option<Asked>; PLACES],
    pub verifiers: [Option<Believer>; PLACES],
    pub notices: String,
    /// What callbacks were told, of handles that may be freed.
    pub told: Box<Told>,
}

#[derive(Default)]
pub struct Told {
    pub records: usize,
}

/// A text of a line: as it stands; `~` for a null pointer, with the length behind it; `^` for a length
/// that cannot be.
pub fn text(word: Option<&&[u8]>) -> Str {
    match word.copied().unwrap_or_default() {
        [b'~', rest @ ..] => Str { data: std::ptr::null(), len: rest.len() },
        [b'^', ..] => Str { data: b"^".as_ptr(), len: usize::MAX },
        word => Str { data: word.as_ptr(), len: word.len() },
    }
}

/// A text, as the library must read it; `None` if it cannot.
pub fn read(text: Str) -> Option<String> {
    if text.len == 0 {
        return Some(String::new());
    }
    if text.data.is_null() || isize::try_from(text.len).is_err() {
        return None;
    }
    let bytes = unsafe { std::slice::from_raw_parts(text.data, text.len) };
    String::from_utf8(bytes.to_vec()).ok()
}

pub fn readable(text: Str) -> bool {
    read(text).is_some()
}

/// Several texts; none of them if one cannot be read.
pub fn read_all(texts: &[Str]) -> Vec<String> {
    texts.iter().map(|text| read(*text)).collect::<Option<_>>().unwrap_or_default()
}

pub fn number(word: Option<&&[u8]>) -> i64 {
    let word = word.and_then(|word| std::str::from_utf8(word).ok());
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

pub fn place(word: Option<&&[u8]>) -> usize {
    usize::from(word.and_then(|word| word.first()).copied().unwrap_or_default()) % PLACES
}

/// Room for a text: a few bytes, none, or enough.
pub fn room(word: Option<&&[u8]>) -> usize {
    usize::try_from(number(word)).map_or(0, |room| if room == 9 { 1 << 16 } else { room % 64 })
}

impl World {
    pub fn new(files: Files) -> Self {
        // The first is none: what is asked of it is asked of NULL.
        let none =
            Handle { at: null_mut(), freed: true, generation: 0, ids: Vec::new(), can: Vec::new() };
        Self {
            files,
            handles: vec![none],
            requests: [const { None }; PLACES],
            verifiers: [const { None }; PLACES],
            notices: String::new(),
            told: Box::default(),
        }
    }

    /// One line: what to call, then what with.
    pub fn call(&mut self, words: &mut Words<'_>) {
        match words.next().copied().unwrap_or_default() {
            b"handle" => self.handle(words),
            b"load" => self.load(words),
            b"reload" => self.reload(words),
            b"free" => self.free(words),
            b"name" => self.look_up(words),
            b"may" => self.may_state(words),
            b"pdp" => self.of_the_handle(words),
            b"request" => self.request(words),
            b"drop" => drop(self.requests[place(words.next())].take()),
            b"reset" => self.reset(words),
            b"can" => self.can(words),
            b"attest" => self.attest(words),
            b"decide" => self.decide(words),
            b"json" => self.json(words),
            b"about" => self.about(words),
            b"verifier" => self.verifier(words),
            b"keys" => self.keys(words),
            b"notice" => self.notice(words),
            b"notices" => self.kept_notices(words),
            b"restore" => self.restore(words),
            b"words" => self.in_words(words),
            how => self.state(how, words),
        }
    }

    /// The handle of a line, the last one made first, so that most lines need no number.
    pub fn which(&self, word: Option<&&[u8]>) -> usize {
        let back = usize::try_from(number(word)).unwrap_or_default();
        self.handles.len() - 1 - back % self.handles.len()
    }

    pub fn living(&self, word: Option<&&[u8]>) -> *mut Pdp {
        let handle = &self.handles[self.which(word)];
        if handle.freed { null_mut() } else { handle.at }
    }

    pub fn living_at(&self, which: usize) -> *mut Pdp {
        if self.handles[which].freed { null_mut() } else { self.handles[which].at }
    }

    fn request(&mut self, words: &mut Words<'_>) {
        let at = place(words.next());
        let handle = self.which(words.next());
        let pdp = self.living_at(handle);
        match made(|to| unsafe { portcullis_request_new(pdp, to) }) {
            Ok(made) => {
                self.requests[at] = Some(Asked::new(made, handle, self.handles[handle].generation))
            }
            Err(status) => assert!(status == NULL && pdp.is_null()),
        }
    }

    fn reset(&mut self, words: &mut Words<'_>) {
        let Some(asked) = &mut self.requests[place(words.next())] else { return };
        assert_eq!(unsafe { portcullis_request_reset(asked.at) }, OK);
        let handle = &self.handles[asked.handle];
        // What the gateway can carry out is kept.
        let can = asked.can.take();
        *asked = Asked {
            at: asked.leave(),
            can,
            ..Asked::new(null_mut(), asked.handle, handle.generation)
        };
    }

    fn state<'l>(&mut self, how: &'l [u8], words: &mut Words<'l>) {
        let (request, handle) = match &self.requests[place(words.next())] {
            Some(asked) => (asked.at, asked.handle),
            None => (null_mut(), 0),
        };
        let statement = Statement::new(how, &self.handles[handle].ids, words);
        let Some(status) = statement.make(request) else { return };
        let Some(asked) = self.requests.iter_mut().flatten().find(|asked| asked.at == request)
        else {
            return assert_eq!(status, NULL);
        };
        asked.decided = None;
        let told = statement.is_told();
        asked.lost |= !told;
        asked.unheard |= status == ATTRIBUTE || status == UNSTATABLE;
        assert!(told || status != OK, "nobody can tell what was stated");
        if status == OK && !self.handles[handle].freed {
            statement.check_spelled(self.handles[handle].at);
        }
    }

    fn can(&mut self, words: &mut Words<'_>) {
        let Some(asked) = &mut self.requests[place(words.next())] else { return };
        let names: Vec<Str> = words.map(|word| text(Some(word))).collect();
        let status = unsafe { portcullis_request_can(asked.at, names.as_ptr(), names.len()) };
        assert_eq!(possible(status) == OK, names.iter().all(|name| readable(*name)));
        // Trouble with one of them must not leave more declared than was meant.
        asked.can = Some(read_all(&names));
        asked.decided = None;
    }

    fn decide(&mut self, words: &mut Words<'_>) {
        let Some(asked) = &mut self.requests[place(words.next())] else { return };
        let (own, other) = (&self.handles[asked.handle], number(words.next()));
        let mut foreign = self.handles.iter().filter(|handle| !handle.freed && handle.at != own.at);
        let foreign = if other == 0 { None } else { foreign.next_back() };
        let pdp = foreign.map_or(own.at, |handle| handle.at);
        let records = self.told.records;
        let decision = out(77, 0, |to| unsafe { portcullis_decide(pdp, asked.at, to) });
        let carrying = decided_with_obligations(pdp, asked.at);
        if foreign.is_some() {
            return assert_eq!((decision, carrying), (Err(FOREIGN), Err(FOREIGN)));
        }
        if own.freed {
            return assert_eq!((decision, carrying), (Err(FREED), Err(FREED)));
        }
        asked.follow(own.generation);
        match decision {
            Ok(decision) => {
                assert!(decision == 0 || decision == 1);
                assert!(!asked.lost);
            }
            Err(status) => {
                assert_eq!(status, INCOMPLETE);
                assert_eq!(carrying, Err(INCOMPLETE));
                assert!(asked.lost || asked.attested);
                assert_eq!(records, self.told.records);
            }
        }
        asked.decided = decision.ok();
        if let Ok(first) = decision {
            let again = out(77, 0, |to| unsafe { portcullis_decide(pdp, asked.at, to) });
            assert_eq!(again, Ok(first), "the same request, decided again");
            let carried = if first == 1 { obligation_names(asked.at) } else { Vec::new() };
            let bits = bits(&carried, asked.can.as_ref().unwrap_or(&own.can));
            assert_eq!(carrying, bits.map(|bits| (first, bits)).ok_or(LENGTH), "{carried:?}");
        }
    }

    fn json(&mut self, words: &mut Words<'_>) {
        let pdp = self.living(words.next());
        let host = words.next().and_then(|word| self.requests[place(Some(word))].as_mut());
        let file = words.next().and_then(|name| std::str::from_utf8(name).ok());
        let document = file.and_then(|name| self.files.get(name)).map_or(&b""[..], |file| file);
        let room = room(words.next());
        let at = host.as_ref().map_or(null_mut(), |host| host.at);
        let mut decision = 77;
        let (status, answer) = written(room, JSON, |to, n, len| unsafe {
            let (d, l) = (document.as_ptr(), document.len());
            portcullis_decide_json(pdp, at, d, l, to, n, len, &raw mut decision)
        });
        assert!(decision == 0 || (decision == 1 && status == OK));
        if status == OK {
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            if let Some(permit) = answer["decision"].as_bool() {
                assert_eq!(permit, decision == 1);
            }
        }
        if let Some(host) = host {
            let own = &self.handles[host.handle];
            assert!(pdp == own.at || [NULL, FOREIGN].contains(&status), "{status}");
            if pdp == own.at && !own.freed && status != NULL {
                host.follow(own.generation);
                host.decided = None;
                assert!(!host.lost || status == INCOMPLETE);
                assert!(status != INCOMPLETE || host.lost || host.attested);
            }
        }
    }

    fn about(&mut self, words: &mut Words<'_>) {
        let Some(asked) = &self.requests[place(words.next())] else { return };
        let places =
            std::array::from_fn(|_| usize::try_from(number(words.next())).unwrap_or(usize::MAX));
        look_at(asked, places, room(words.next()));
    }

    fn in_words(&mut self, words: &mut Words<'_>) {
        let (number, room) = (number(words.next()) as i32, room(words.next()));
        unsafe {
            written(room, OK, |to, n, len| portcullis_status_text(number, to, n, len));
            let (status, _) =
                written(room, OK, |to, n, len| portcullis_evidence_text(number, to, n, len));
            assert_eq!(status == ARGUMENT, !(1..=25).contains(&number));
            let (status, _) =
                written(room, OK, |to, n, len| portcullis_reason_text(number, to, n, len));
            assert_eq!(status == ARGUMENT, !(0..=5).contains(&number));
            let der = number.to_ne_bytes();
            let (d, l) = (der.as_ptr(), der.len());
            written(room, OK, |to, n, len| portcullis_certificate_thumbprint(d, l, to, n, len));
        }
    }
}

/// Decides, with the obligations of a permit. A failure denies, carries everything, and is not
/// remembered.
fn decided_with_obligations(pdp: *const Pdp, request: *mut Request) -> Result<(i32, u64), i32> {
    let mut carried = 77;
    let decision = out(77, 0, |to| unsafe {
        portcullis_decide_with_obligations(pdp, request, to, &raw mut carried)
    });
    if let Err(status) = decision {
        assert_eq!(carried, u64::MAX, "on failure, {status}");
    }
    if decision == Err(LENGTH) {
        let reason = out(77, 0, |to| unsafe { portcullis_decision_reason(request, to) });
        assert_eq!(reason, Err(UNDECIDED));
    }
    decision.map(|decision| (decision, carried))
}

/// A bit for each obligation, by its place among those declared; `None` if one has no bit.
fn bits(carried: &[String], declared: &[String]) -> Option<u64> {
    let bit = |name: &String| {
        let place = declared.iter().position(|declared| declared == name)?;
        1_u64.checked_shl(u32::try_from(place).ok()?)
    };
    carried.iter().try_fold(0, |bits, name| Some(bits | bit(name)?))
}

impl Asked {
    fn new(at: *mut Request, handle: usize, generation: usize) -> Self {
        Self {
            at,
            handle,
            generation,
            unheard: false,
            attested: false,
            lost: false,
            can: None,
            decided: None,
        }
    }

    /// Goes on without it.
    fn leave(&mut self) -> *mut Request {
        std::mem::replace(&mut self.at, null_mut())
    }

    /// As the request does when it is decided.
    fn follow(&mut self, generation: usize) {
        self.lost |= self.unheard && self.generation != generation;
        self.generation = generation;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        unsafe { portcullis_request_free(self.at) };
    }
}

impl Drop for Believer {
    fn drop(&mut self) {
        unsafe { portcullis_verifier_free(self.at) };
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.freed {
            unsafe { portcullis_pdp_free(self.at) };
        }
    }
}
