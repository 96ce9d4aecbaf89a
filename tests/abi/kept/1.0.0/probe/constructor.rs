//! Runs when the dynamic linker maps the plugin, long before any handler, and leaves a mark.

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = leave_mark;

extern "C" fn leave_mark() {
    if let Some(path) = std::env::var_os("PROBE_MARK") {
        let _ = std::fs::write(path, env!("CARGO_PKG_NAME"));
    }
}
