//! Verifying beside `jsonwebtoken`'s own `decode` on the backend `rust_crypto`.

fn main() {
    jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default().unwrap();
    portcullis_bench_evidence::side_by_side("rust_crypto");
}
