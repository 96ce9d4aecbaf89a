//! Links `bootstrap` to a fixed address.
//!
//! A program that can be anywhere has three thousand addresses to write when it starts, and their
//! pages to copy; a cold start waits for that. What is loaded into it, the plugin, still is
//! anywhere.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bin=bootstrap=-no-pie");
}
