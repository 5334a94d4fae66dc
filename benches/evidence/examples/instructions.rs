//! Verifies one token so many times, for a count of instructions:
//!
//!     bash instructions
use std::hint::black_box;

use portcullis_bench_evidence::{ALGORITHMS, bare, decode, seen, token, verifier};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, how, algorithm, times] = arguments.as_slice() else {
        panic!("instructions HOW ALGORITHM TIMES");
    };
    let algorithm = *ALGORITHMS.iter().find(|known| *known == algorithm).unwrap();
    let times: usize = times.parse().unwrap();
    let (token, (binding, now)) = (token(algorithm), seen());
    let repeat = |once: &dyn Fn()| (0..times).for_each(|_| once());
    let by = |verifier: &portcullis::Verifier| {
        assert!(verifier.verify(token.as_bytes(), &binding, now).is_trusted());
        repeat(&|| drop(black_box(verifier.verify(black_box(token.as_bytes()), &binding, now))));
    };
    match how.as_str() {
        "bare" => {
            let bare = bare(algorithm);
            repeat(&|| drop(black_box(bare(black_box(&token)))));
        }
        "verifier" => by(&verifier(0)),
        "remembered" => by(&verifier(100)),
        "decode" => {
            let decode = decode(algorithm);
            repeat(&|| drop(black_box(decode(black_box(&token)))));
        }
        _ => panic!("bare, verifier, remembered or decode"),
    }
}
