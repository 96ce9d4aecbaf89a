//! What a file is, judged by its first bytes.

use std::env::consts::ARCH;

use object::elf::{self, Machine};

/// An ELF header up to the machine: as far as 32-bit and 64-bit files agree.
pub(super) const START: usize = 20;

/// The first bytes of every ELF file.
pub(super) const MAGIC: [u8; 4] = elf::ELFMAG;

/// Names what starts like `start` and is no ELF file.
pub(super) fn looks_like(start: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 8] = [
        (b"!<arch>\n", "a static library (.a or .rlib)"),
        (b"#!", "a script"),
        (b"MZ", "a Windows program or DLL"),
        (b"\0asm", "a WebAssembly module"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"\xcf\xfa\xed\xfe", "a macOS program or dylib"),
        (b"\xca\xfe\xba\xbe", "a macOS program or dylib"),
    ];
    match KNOWN.iter().find(|(magic, _)| start.starts_with(magic)) {
        Some((_, name)) => name,
        None if start
            .iter()
            .all(|byte| matches!(byte, b'\t'..=b'\r' | b' '..=b'~')) =>
        {
            "text"
        }
        None => "unknown data",
    }
}

/// The machine that an ELF file was built for, worded as [`host`] words ours.
pub(super) fn machine(start: &[u8; START]) -> String {
    let class = start[4];
    let big_endian = start[5] == elf::ELFDATA2MSB.0;
    let number = [start[18], start[19]];
    let number = if big_endian {
        u16::from_be_bytes(number)
    } else {
        u16::from_le_bytes(number)
    };
    let wide = class == elf::ELFCLASS64.0;
    let name = match (Machine(number), wide) {
        (elf::EM_X86_64, _) => "x86_64",
        (elf::EM_386, _) => "x86",
        (elf::EM_AARCH64, _) => "aarch64",
        (elf::EM_ARM, _) => "arm",
        (elf::EM_RISCV, true) => "riscv64",
        (elf::EM_RISCV, false) => "riscv32",
        (elf::EM_PPC64, _) => "powerpc64",
        (elf::EM_PPC, _) => "powerpc",
        (elf::EM_S390, _) => "s390x",
        (elf::EM_LOONGARCH, _) => "loongarch64",
        (elf::EM_MIPS, _) => "mips",
        _ => return format!("machine {number} of the ELF list"),
    };
    word(name, wide, big_endian)
}

/// Whether an ELF file's words have the size and the order of bytes that this machine's have.
pub(super) fn is_laid_out_as_ours(start: &[u8; START]) -> bool {
    let class = if cfg!(target_pointer_width = "64") {
        elf::ELFCLASS64
    } else {
        elf::ELFCLASS32
    };
    let order = if cfg!(target_endian = "big") {
        elf::ELFDATA2MSB
    } else {
        elf::ELFDATA2LSB
    };
    start[4] == class.0 && start[5] == order.0
}

/// The machine that this program was built for.
pub(super) fn host() -> String {
    word(
        ARCH,
        cfg!(target_pointer_width = "64"),
        cfg!(target_endian = "big"),
    )
}

fn word(name: &str, wide: bool, big_endian: bool) -> String {
    let width = if wide { "" } else { "32-bit " };
    let order = if big_endian { " (big-endian)" } else { "" };
    format!("{width}{name}{order}")
}

#[cfg(test)]
mod tests {
    use super::{looks_like, machine};

    fn elf(class: u8, order: u8, machine: [u8; 2]) -> [u8; 20] {
        let mut start = [0; 20];
        start[4] = class;
        start[5] = order;
        start[18..].copy_from_slice(&machine);
        start
    }

    #[test]
    fn machines_are_named_as_rust_names_them() {
        assert_eq!(machine(&elf(2, 1, [62, 0])), "x86_64");
        assert_eq!(machine(&elf(1, 1, [62, 0])), "32-bit x86_64");
        assert_eq!(machine(&elf(1, 1, [3, 0])), "32-bit x86");
        assert_eq!(machine(&elf(2, 1, [183, 0])), "aarch64");
        assert_eq!(machine(&elf(2, 2, [0, 183])), "aarch64 (big-endian)");
        assert_eq!(
            machine(&elf(2, 1, [1, 200])),
            "machine 51201 of the ELF list"
        );
    }

    #[test]
    fn other_files_are_named() {
        assert_eq!(
            looks_like(b"!<arch>\n/  "),
            "a static library (.a or .rlib)"
        );
        assert_eq!(looks_like(b"#!/bin/sh\n"), "a script");
        assert_eq!(looks_like(b"not a library\n"), "text");
        assert_eq!(looks_like(b"\x7fELV\x02"), "unknown data");
    }
}
