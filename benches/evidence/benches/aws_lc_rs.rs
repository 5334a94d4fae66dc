//! Verifying beside `jsonwebtoken`'s own `decode` on the backend `aws_lc_rs`.

portcullis_bench_evidence::side_by_side!(aws_lc);
