//! Reads an ELF file with this machine's word size and byte order, without trusting a byte of it.
//!
//! Only the tables that are asked for are read, each up to a limit: a plugin of 100 MB costs no
//! more than a small one, and headers that lie cost no more than an error.

use std::fs::File;
use std::mem::size_of;
use std::path::{Path, PathBuf};

use object::elf::{self, FileType, SectionType};
use object::read::elf::{FileHeader, ProgramHeader as _, SectionHeader as _};
use object::{NativeEndian, ReadCache, ReadRef};

use super::kind;
use super::tables::Dynamic;
use crate::plugin::LoadError;

/// Files of the other class are refused before anything but their first bytes is read.
#[cfg(target_pointer_width = "64")]
pub(super) type Header = elf::FileHeader64<NativeEndian>;
#[cfg(target_pointer_width = "32")]
pub(super) type Header = elf::FileHeader32<NativeEndian>;
pub(super) type Section = <Header as FileHeader>::SectionHeader;
type Segment = <Header as FileHeader>::ProgramHeader;

/// A file, of which parts are read on demand and kept.
pub(super) type Data<'d> = &'d ReadCache<File>;

/// The most sections, and the most segments, that are looked at; the plain ELF header counts no
/// further either.
const MAX_HEADERS: u32 = 0xffff;
/// The largest table that is read, in bytes.
const MAX_TABLE: u64 = 64 << 20;

/// The longest path of a dynamic linker, in bytes.
const MAX_INTERPRETER: u64 = 4096;

/// For which machines files are accepted. Those of another word size or byte order than this
/// machine's never are: their tables look different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Machines {
    /// For this one, to be loaded here.
    This,
    /// For any, to be looked at.
    Any,
}

/// An ELF file whose tables and segments all lie within the file.
pub(super) struct Elf<'d> {
    path: &'d Path,
    data: Data<'d>,
    machine: String,
    kind: FileType,
    segments: &'d [Segment],
    sections: &'d [Section],
    section_names: &'d [u8],
}

impl<'d> Elf<'d> {
    /// Reads the headers of `data`, which is the file at `path`, built for this machine.
    pub(super) fn parse(path: &'d Path, data: Data<'d>) -> Result<Self, LoadError> {
        Self::parse_for(Machines::This, path, data)
    }

    /// Reads the headers of `data`, which is the file at `path`.
    pub(super) fn parse_for(
        machines: Machines,
        path: &'d Path,
        data: Data<'d>,
    ) -> Result<Self, LoadError> {
        let malformed = |reason: &str| malformed(path, reason);
        let len = data
            .len()
            .map_err(|()| malformed("its length is unknown"))?;
        let within = |end: Option<u64>| match end {
            Some(end) if end <= len => Ok(()),
            end => Err(LoadError::Truncated {
                path: path.to_owned(),
                size: len,
                expected: end.unwrap_or(u64::MAX),
            }),
        };

        let machine = check_start(machines, path, data, len)?;
        within(Some(size_of::<Header>() as u64))?;
        let header = Header::parse(data).map_err(|error| malformed(&error.to_string()))?;

        // Extended numbering keeps the counts in section 0, which has to be there first.
        let sections_at = wide(header.e_shoff(NativeEndian));
        let segments_at = wide(header.e_phoff(NativeEndian));
        if sections_at > 0 {
            within(sections_at.checked_add(size_of::<Section>() as u64))?;
        }
        let count = |number: object::Result<u32>| match number {
            Ok(number) if number <= MAX_HEADERS => Ok(u64::from(number)),
            Ok(_) => Err(malformed("too many sections or segments")),
            Err(error) => Err(malformed(&error.to_string())),
        };
        let shnum = count(header.shnum(NativeEndian, data))?;
        let phnum = count(header.phnum(NativeEndian, data))?;
        within(sections_at.checked_add(shnum * size_of::<Section>() as u64))?;
        within(segments_at.checked_add(phnum * size_of::<Segment>() as u64))?;

        let sections = header.section_headers(NativeEndian, data);
        let sections = sections.map_err(|error| malformed(&error.to_string()))?;
        let segments = header.program_headers(NativeEndian, data);
        let segments = segments.map_err(|error| malformed(&error.to_string()))?;
        // Touching a mapped page beyond the end of its file is a SIGBUS that no code can catch, so
        // this has to be known before `dlopen`.
        let used = |section: &&Section| section.sh_type(NativeEndian) != elf::SHT_NULL;
        let segment_ranges = segments.iter().map(|s| s.file_range(NativeEndian));
        let section_ranges = sections.iter().filter(used);
        let section_ranges = section_ranges.filter_map(|s| s.file_range(NativeEndian));
        for (offset, size) in segment_ranges.chain(section_ranges) {
            if size > 0 {
                within(offset.checked_add(size))?;
            }
        }

        let mut elf = Self {
            path,
            data,
            machine,
            kind: header.e_type(NativeEndian),
            segments,
            sections,
            section_names: &[],
        };
        if !sections.is_empty() {
            let names = header.section_strings_index(NativeEndian, data);
            let names = names.map_err(|error| malformed(&error.to_string()))?;
            elf.section_names = elf.strings(names.0)?;
        }
        Ok(elf)
    }

    /// Whether it names the dynamic linker that starts it: a program with shared libraries does.
    pub(super) fn has_interpreter(&self) -> bool {
        let interpreter = |segment: &Segment| segment.p_type(NativeEndian) == elf::PT_INTERP;
        self.segments.iter().any(interpreter)
    }

    /// The dynamic linker that it names, if that is a path of plain length.
    pub(super) fn interpreter(&self) -> Option<PathBuf> {
        let is = |segment: &&Segment| segment.p_type(NativeEndian) == elf::PT_INTERP;
        let segment = self.segments.iter().find(is)?;
        if wide(segment.p_filesz(NativeEndian)) > MAX_INTERPRETER {
            return None;
        }
        let bytes = segment.data(NativeEndian, self.data).ok()?;
        let path = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        std::str::from_utf8(path).ok().map(PathBuf::from)
    }

    /// Refuses whatever is not a shared object; `dynamic` is this file's own.
    pub(super) fn check_shared_object(&self, dynamic: &Dynamic) -> Result<(), LoadError> {
        let found = match self.kind {
            elf::ET_DYN if !dynamic.pie && !self.has_interpreter() => return Ok(()),
            elf::ET_DYN | elf::ET_EXEC => {
                let path = self.path.to_owned();
                return Err(LoadError::Executable { path });
            }
            elf::ET_REL => "an object file (.o)".to_owned(),
            elf::ET_CORE => "a core dump".to_owned(),
            FileType(other) => format!("an ELF file of type {other}"),
        };
        Err(LoadError::NotASharedObject {
            path: self.path.to_owned(),
            found,
        })
    }

    /// The file's path.
    pub(super) fn path(&self) -> &'d Path {
        self.path
    }

    /// The machine it is built for, as Rust names it.
    pub(super) fn machine(&self) -> &str {
        &self.machine
    }

    /// The bytes of the file that all sections take whose names start with one of these.
    pub(super) fn size_of_sections(&self, names: &[&str]) -> u64 {
        let counts = |section: &&Section| {
            let at = section.sh_name(NativeEndian) as usize;
            let name = self.section_names.get(at..).unwrap_or_default();
            names.iter().any(|start| name.starts_with(start.as_bytes()))
        };
        let sizes = self.sections.iter().filter(counts);
        sizes
            .filter_map(|section| section.file_range(NativeEndian))
            .fold(0, |sum, (_, size)| sum.saturating_add(size))
    }

    /// The first section of this name.
    pub(super) fn section(&self, name: &str) -> Option<&'d Section> {
        let named = |section: &&Section| {
            let at = section.sh_name(NativeEndian) as usize;
            let rest = self.section_names.get(at..);
            let rest = rest.and_then(|rest| rest.strip_prefix(name.as_bytes()));
            rest.is_some_and(|rest| rest.starts_with(&[0]))
        };
        self.sections.iter().find(named)
    }

    /// The first section of this type.
    pub(super) fn section_of(&self, kind: SectionType) -> Option<&'d Section> {
        let of_kind = |section: &&Section| section.sh_type(NativeEndian) == kind;
        self.sections.iter().find(of_kind)
    }

    /// The bytes of a section.
    pub(super) fn bytes(&self, section: &Section) -> Result<&'d [u8], LoadError> {
        if size(section) > MAX_TABLE {
            return Err(self.malformed("a section is larger than 64 MiB"));
        }
        let bytes = section.data(NativeEndian, self.data);
        bytes.map_err(|error| self.malformed(&error.to_string()))
    }

    /// The string table that is the section with this index, as `sh_link` names it.
    pub(super) fn strings(&self, index: usize) -> Result<&'d [u8], LoadError> {
        match self.sections.get(index) {
            Some(section) if section.sh_type(NativeEndian) == elf::SHT_STRTAB => {
                self.bytes(section)
            }
            _ => Err(self.malformed("a string table is missing")),
        }
    }

    /// The file itself, for tables that `object` reads on its own; [`bytes`](Self::bytes) checks
    /// their size.
    pub(super) fn data(&self) -> Data<'d> {
        self.data
    }

    /// An error of this file.
    pub(super) fn malformed(&self, reason: &str) -> LoadError {
        malformed(self.path, reason)
    }
}

/// The size of a section in bytes.
pub(super) fn size(section: &Section) -> u64 {
    wide(section.sh_size(NativeEndian))
}

/// A word of this machine's ELF class as a number.
pub(super) fn wide(word: impl Into<u64>) -> u64 {
    word.into()
}

/// Refuses what is no ELF file, and ELF files of machines that are not accepted; names the machine.
fn check_start(
    machines: Machines,
    path: &Path,
    data: Data<'_>,
    len: u64,
) -> Result<String, LoadError> {
    let path = || path.to_owned();
    if len == 0 {
        return Err(LoadError::Empty { path: path() });
    }
    let start = data.read_bytes_at(0, len.min(kind::START as u64));
    let start = start.map_err(|()| malformed(&path(), "its first bytes cannot be read"))?;
    if !start.starts_with(&kind::MAGIC) {
        let found = kind::looks_like(start);
        return Err(LoadError::NotElf {
            path: path(),
            found,
        });
    }
    let Ok(start) = start.try_into() else {
        return Err(LoadError::Truncated {
            path: path(),
            size: len,
            expected: size_of::<Header>() as u64,
        });
    };
    let (found, expected) = (kind::machine(start), kind::host());
    let accepted = match machines {
        Machines::This => found == expected,
        Machines::Any => kind::is_laid_out_as_ours(start),
    };
    if !accepted {
        return Err(LoadError::WrongMachine {
            path: path(),
            found,
            expected,
        });
    }
    Ok(found)
}

fn malformed(path: &Path, reason: &str) -> LoadError {
    LoadError::Malformed {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
