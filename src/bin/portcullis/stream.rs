//! `portcullis decide --stream`: requests line by line, answered in order, by all cores.
//!
//! One thread reads, and hands whole lines to those that answer; this one writes the answers in the
//! order of the lines. A chunk is whatever could be read at once, so that no line waits for the next;
//! twice as many as there are threads may wait, so that memory is bounded.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{available_parallelism, spawn};

use portcullis::{Pdp, Request};

use super::request::{Besides, Streamed};
use super::{End, Stop};

/// Bytes read at a time: more than a pipe holds, as threads that take turns cost something each time.
const CHUNK: usize = 256 << 10;

/// Whole lines, and where their answers go.
struct Chunk {
    lines: Vec<u8>,
    /// The number of the first.
    first: usize,
    reply: SyncSender<Answers>,
}

/// The answers to the lines of a chunk.
#[derive(Default)]
struct Answers {
    text: Vec<u8>,
    lines: usize,
    /// How many lines were no requests, and what was wrong with the first.
    bad: usize,
    trouble: Option<String>,
}

/// Buffers that are done with: their pages need not be asked for again.
#[derive(Default)]
struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    /// An empty buffer.
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// What is written next.
enum Next {
    /// The answers to a chunk.
    Answers(Receiver<Answers>),
    /// Nothing more: the input ended so.
    End(std::io::Result<()>),
}

/// Answers standard input, in so many threads.
pub(crate) fn run(streamed: Streamed, threads: Option<NonZeroUsize>) -> Result<End, Stop> {
    let threads = threads.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let most = streamed.pdp.limits().request_bytes;
    let (chunks, queue) = channel();
    let (order, next) = sync_channel(threads.saturating_mul(2));
    let queue = Arc::new(Mutex::new(queue));
    let Streamed { pdp, stated, request } = streamed;
    let (by, spare) = (Arc::new((pdp, stated)), Arc::new(Spare::default()));
    for _ in 0..threads {
        let (queue, spare) = (Arc::clone(&queue), Arc::clone(&spare));
        let (by, request) = (Arc::clone(&by), request.clone());
        spawn(move || answer_chunks(&queue, &spare, &by, request));
    }
    let unread = Arc::clone(&spare);
    // Nobody waits for it: it may be waiting for input that nobody wants an answer to any more.
    spawn(move || {
        let mut lines = Lines { order, chunks, spare: unread, next: 1 };
        let ended = lines.hand_out(std::io::stdin().lock(), most);
        // Once the writer has gone, nobody is there to be told.
        let _ = lines.order.send(Next::End(ended));
    });
    write_answers(&next, &spare)
}

/// Answers chunks until there are no more.
fn answer_chunks(
    queue: &Mutex<Receiver<Chunk>>,
    spare: &Spare,
    (pdp, stated): &(Pdp, Besides),
    mut request: Request,
) {
    loop {
        let chunk = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Chunk { lines, first, reply }) = chunk else { return };
        let mut answers = Answers { text: spare.take(), ..Answers::default() };
        // Most answers are not much longer than what they answer.
        answers.text.reserve(lines.len() + lines.len() / 2);
        let mut rest = lines.as_slice();
        while !rest.is_empty() {
            let line = next_line(&mut rest);
            let finish = |request: &mut Request| stated.finish(request);
            if let Err(mut bad) = pdp.answer_into(line, &mut request, finish, &mut answers.text) {
                bad.at.line += first + answers.lines - 1;
                answers.text.extend_from_slice(bad.response().as_bytes());
                answers.bad += 1;
                answers.trouble.get_or_insert_with(|| bad.to_string());
            }
            answers.text.push(b'\n');
            answers.lines += 1;
        }
        spare.give(lines);
        // A writer that has gone wants no more.
        let _ = reply.send(answers);
    }
}

/// Takes the first line, without its end.
fn next_line<'l>(rest: &mut &'l [u8]) -> &'l [u8] {
    let all = *rest;
    // Reading from memory does not fail.
    let length = rest.skip_until(b'\n').unwrap_or(all.len());
    let line = all.get(..length).unwrap_or_default();
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Writes answers in order, each chunk as soon as it is there.
fn write_answers(next: &Receiver<Next>, spare: &Spare) -> Result<End, Stop> {
    let stopped = |_| Stop::could_not_run("a thread stopped: this is a bug of portcullis");
    let mut all = Answers::default();
    let mut out = std::io::stdout().lock();
    let ended = loop {
        match next.recv().map_err(stopped)? {
            Next::Answers(answers) => {
                let answers = answers.recv().map_err(stopped)?;
                match out.write_all(&answers.text).and_then(|()| out.flush()) {
                    // A reader that went away wants no more.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(End::Well),
                    Err(error) => {
                        return Err(Stop::could_not_run(format!(
                            "cannot write the answers: {error}"
                        )));
                    }
                    Ok(()) => {}
                }
                all.lines += answers.lines;
                all.bad += answers.bad;
                all.trouble = all.trouble.or(answers.trouble);
                spare.give(answers.text);
            }
            Next::End(ended) => break ended,
        }
    };
    ended.map_err(|error| Stop::could_not_run(format!("cannot read standard input: {error}")))?;
    match all.trouble {
        None => Ok(End::Well),
        Some(trouble) => {
            let Answers { lines, bad, .. } = all;
            let message =
                format!("{bad} of {lines} lines are no requests, and were refused: {trouble}");
            Err(Stop::could_not_run(message))
        }
    }
}

/// Hands lines out.
struct Lines {
    order: SyncSender<Next>,
    chunks: Sender<Chunk>,
    spare: Arc<Spare>,
    /// The number of the next line.
    next: usize,
}

impl Lines {
    /// Hands out every line, until the input or the writer has ended. Of a line that is longer than any
    /// request may be, enough is kept to be refused for it.
    fn hand_out(&mut self, mut input: impl Read, longest: usize) -> std::io::Result<()> {
        // A byte too many, even without a carriage return.
        let most = longest.saturating_add(2);
        // The beginning of a line whose end is not there yet.
        let mut held: Vec<u8> = Vec::new();
        loop {
            let before = held.len();
            held.resize(before + CHUNK, 0);
            let read = read_some(&mut input, held.get_mut(before..).unwrap_or_default());
            held.truncate(before + *read.as_ref().unwrap_or(&0));
            let ended = read? == 0;
            if before >= most {
                // Of a line that is too long already, only its end is wanted.
                let end = held.iter().skip(before).position(|byte| *byte == b'\n');
                held.drain(before..end.map_or(held.len(), |end| before + end));
            }
            let last = held.iter().skip(before).rposition(|byte| *byte == b'\n');
            let whole = if ended { held.len() } else { last.map_or(0, |last| before + last + 1) };
            let mut rest = self.spare.take();
            rest.extend_from_slice(held.get(whole..).unwrap_or_default());
            held.truncate(whole);
            let lines = std::mem::replace(&mut held, rest);
            if !lines.is_empty() && !self.send(lines) || ended {
                return Ok(());
            }
            held.truncate(most);
        }
    }

    /// Hands lines out; false if nobody wants them any more.
    fn send(&mut self, lines: Vec<u8>) -> bool {
        let first = self.next;
        self.next += count_ends(&lines);
        let (reply, answers) = sync_channel(1);
        let ordered = self.order.send(Next::Answers(answers));
        ordered.is_ok() && self.chunks.send(Chunk { lines, first, reply }).is_ok()
    }
}

/// How many lines end here: counted in bytes, of which many are added up at once.
fn count_ends(lines: &[u8]) -> usize {
    let few = |lines: &[u8]| {
        lines.iter().fold(0_u8, |count, byte| count.wrapping_add(u8::from(*byte == b'\n')))
    };
    lines.chunks(usize::from(u8::MAX)).map(|lines| usize::from(few(lines))).sum()
}

/// Reads what is there, waiting for something; nothing is the end.
fn read_some(input: &mut impl Read, room: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match input.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
