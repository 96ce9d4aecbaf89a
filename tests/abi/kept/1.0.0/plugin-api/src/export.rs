//! What `#[handler]` expands to in the end.
//!
//! The unsafe attributes stand in a `macro_rules!` of this crate, so that an author's crate can
//! forbid unsafe code.

/// Exports an entry: its header, and its record in the `.shim.info` section.
///
/// Both statics are exported symbols: that keeps the linker from leaving them out, and makes two
/// handlers of one name an error.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (
        entry: $entry:ty,
        header: $header:literal,
        record_symbol: $record:literal,
        record: [$($part:expr),* $(,)?] $(,)?
    ) => {
        const _: () = {
            #[unsafe(export_name = $header)]
            static HEADER: $crate::__private::LibHeader = $crate::__private::header::<$entry>();
            $crate::__record!(symbol: $record, parts: [$($part),*]);
        };
    };
}

/// Puts a record into the `.shim.info` section.
#[doc(hidden)]
#[macro_export]
macro_rules! __record {
    (symbol: $symbol:literal, parts: [$($part:expr),* $(,)?]) => {
        const _: () = {
            const PARTS: &[&str] = &[$($part),*];
            #[unsafe(export_name = $symbol)]
            #[unsafe(link_section = ".shim.info")]
            static RECORD: [u8; $crate::__private::joined_len(PARTS)] =
                $crate::__private::join(PARTS);
        };
    };
}
