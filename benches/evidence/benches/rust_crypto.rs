//! Verifying beside `jsonwebtoken`'s own `decode` on the backend `rust_crypto`.

portcullis_bench_evidence::side_by_side!(rust_crypto);
