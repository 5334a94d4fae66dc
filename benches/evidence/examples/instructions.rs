//! Verifies one token so many times, for a count of instructions:
//!
//!     bash instructions
use portcullis_bench_evidence::{ALGORITHMS, ways};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, how, algorithm, times] = arguments.as_slice() else {
        panic!("instructions HOW ALGORITHM TIMES");
    };
    let algorithm = ALGORITHMS.iter().find(|known| *known == algorithm).unwrap();
    let (_, once) = ways(algorithm).into_iter().find(|(name, _)| name == how).unwrap();
    (0..times.parse().unwrap()).for_each(|_: usize| once());
}
