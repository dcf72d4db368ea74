//! A new migration must reach the binary, although no Rust source changed.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
