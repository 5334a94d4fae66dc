//! Verifying beside `jsonwebtoken`'s own `decode` on the backend `aws_lc_rs`.

fn main() {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().unwrap();
    portcullis_bench_evidence::side_by_side("aws_lc_rs");
}
