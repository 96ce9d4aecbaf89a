//! Links `bootstrap` to a fixed address, and with the library of mathematical functions.
//!
//! A program that can be anywhere has three thousand addresses to write when it starts, and their
//! pages to copy; a cold start waits for that. What is loaded into it, the plugin, still is
//! anywhere.
//!
//! Every plugin is linked with libm, since tokio's runtime is. The dynamic linker has it sooner together
//! with the other libraries, when the program starts, than for the plugin alone.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bin=bootstrap=-no-pie");
    let glibc = std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu");
    if glibc {
        // Nothing of it is called here: linkers would leave it out.
        for argument in ["-Wl,--no-as-needed", "-lm", "-Wl,--as-needed"] {
            println!("cargo::rustc-link-arg-bin=bootstrap={argument}");
        }
    }
}
