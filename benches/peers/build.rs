//! Builds the caller of the C boundary.

fn main() {
    println!("cargo:rerun-if-changed=src/boundary.c");
    println!("cargo:rerun-if-changed=../../include/portcullis.h");
    cc::Build::new()
        .file("src/boundary.c")
        .include("../../include")
        .warnings(true)
        .compile("boundary");
}
