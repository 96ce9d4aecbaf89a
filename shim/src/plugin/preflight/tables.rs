//! The tables of an ELF file that tell what it needs and where it comes from.

use object::read::elf::{Dyn as _, FileHeader, SectionHeader as _, Sym as _};
use object::read::elf::{VerdefIterator, VerneedIterator};
use object::{NativeEndian, elf};

use super::elf::{Elf, Header, wide};
use crate::plugin::LoadError;

/// The longest string of a string table, in bytes.
const MAX_TEXT: usize = 4096;
/// The longest name of a compiler that is kept, in characters.
const MAX_COMPILER: usize = 200;
/// The most libraries that a file may need.
const MAX_NEEDED: usize = 1024;

type Verneeds<'d> = VerneedIterator<'d, Header>;
type Verdefs<'d> = VerdefIterator<'d, Header>;

/// What the dynamic section says.
#[derive(Default)]
pub(super) struct Dynamic {
    pub(super) needed: Vec<String>,
    /// The lists of directories to look for them in.
    pub(super) paths: Vec<String>,
    /// There are further directories, too long or too strange to read.
    pub(super) unclear: bool,
    /// A position-independent executable, says its linker.
    pub(super) pie: bool,
}

impl<'d> Elf<'d> {
    /// What the dynamic section says; nothing, if there is none.
    pub(super) fn dynamic(&self) -> Result<Dynamic, LoadError> {
        let mut facts = Dynamic::default();
        let Some(section) = self.section_of(elf::SHT_DYNAMIC) else {
            return Ok(facts);
        };
        let strings = self.strings(section.link(NativeEndian).0)?;
        let bytes = self.bytes(section)?;
        let entries = object::pod::slice_from_all_bytes::<<Header as FileHeader>::Dyn>(bytes);
        let entries = entries.map_err(|()| self.malformed("the dynamic section is cut off"))?;
        for entry in entries {
            let value = wide(entry.d_val(NativeEndian));
            // Names that cannot be printed are left to the loader.
            let string = || text(strings, value).map(str::to_owned);
            match entry.d_tag(NativeEndian) {
                elf::DT_NULL => break,
                elf::DT_NEEDED if facts.needed.len() < MAX_NEEDED => facts.needed.extend(string()),
                elf::DT_NEEDED => return Err(self.malformed("it needs too many libraries")),
                elf::DT_RPATH | elf::DT_RUNPATH => match string() {
                    Some(paths) if facts.paths.len() < 2 => facts.paths.push(paths),
                    _ => facts.unclear = true,
                },
                elf::DT_FLAGS_1 => facts.pie = value & elf::DF_1_PIE.0 != 0,
                _ => {}
            }
        }
        Ok(facts)
    }

    /// The symbol versions that the file needs, by library, and their string table.
    pub(super) fn versions_needed(&self) -> Result<Option<(Verneeds<'d>, &'d [u8])>, LoadError> {
        let Some(section) = self.section_of(elf::SHT_GNU_VERNEED) else {
            return Ok(None);
        };
        self.bytes(section)?;
        let table = section.gnu_verneed(NativeEndian, self.data());
        match table.map_err(|error| self.malformed(&error.to_string()))? {
            Some((table, strings)) => Ok(Some((table, self.strings(strings.0)?))),
            None => Ok(None),
        }
    }

    /// The symbol versions that the file defines, and their string table.
    pub(super) fn versions_defined(&self) -> Option<(Verdefs<'d>, &'d [u8])> {
        let section = self.section_of(elf::SHT_GNU_VERDEF)?;
        self.bytes(section).ok()?;
        let (table, strings) = section.gnu_verdef(NativeEndian, self.data()).ok()??;
        Some((table, self.strings(strings.0).ok()?))
    }

    /// The name of the first dynamic symbol of this version.
    pub(super) fn symbol_of_version(&self, version: u16) -> Option<&'d str> {
        self.symbols_of_version(version, 1).first().copied()
    }

    /// The names of the first `most` dynamic symbols of this version.
    pub(super) fn symbols_of_version(&self, version: u16, most: usize) -> Vec<&'d str> {
        self.find_symbols(version, most).unwrap_or_default()
    }

    fn find_symbols(&self, version: u16, most: usize) -> Option<Vec<&'d str>> {
        let versions = self.bytes(self.section_of(elf::SHT_GNU_VERSYM)?).ok()?;
        let index = |pair: &[u8]| u16::from_ne_bytes([pair[0], pair[1]]) & elf::VERSYM_VERSION;
        let section = self.section_of(elf::SHT_DYNSYM)?;
        let symbols = self.bytes(section).ok()?;
        let symbols = object::pod::slice_from_all_bytes::<<Header as FileHeader>::Sym>(symbols);
        let (symbols, strings) = (
            symbols.ok()?,
            self.strings(section.link(NativeEndian).0).ok()?,
        );
        let of_version = versions
            .chunks_exact(2)
            .zip(symbols)
            .filter(|(pair, _)| index(pair) == version);
        let names =
            of_version.map(|(_, symbol)| text(strings, symbol.st_name(NativeEndian).into()));
        Some(names.take(most).flatten().collect())
    }

    /// The build id in hexadecimal, if the linker left one.
    pub(super) fn build_id(&self) -> Option<String> {
        let section = self.section(".note.gnu.build-id")?;
        self.bytes(section).ok()?;
        let mut notes = section.notes(NativeEndian, self.data()).ok()??;
        let note = notes.next().ok()??;
        let is_build_id = note.name() == elf::ELF_NOTE_GNU
            && note.n_type(NativeEndian) == elf::NT_GNU_BUILD_ID
            && note.desc().len() <= 64;
        is_build_id.then(|| {
            note.desc()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
    }

    /// The compiler that left its name in the file, if it was rustc.
    pub(super) fn compiler(&self) -> Option<String> {
        let comments = self.bytes(self.section(".comment")?).ok()?;
        let mut comments = comments
            .split(|byte| *byte == 0)
            .filter_map(|c| str::from_utf8(c).ok());
        let rustc = comments.find(|comment| comment.contains("rustc version"))?;
        Some(
            rustc
                .chars()
                .filter(|c| !c.is_control())
                .take(MAX_COMPILER)
                .collect(),
        )
    }
}

/// The string at `offset` of a string table, if it can stand in a message.
pub(super) fn text(strings: &[u8], offset: u64) -> Option<&str> {
    let rest = strings.get(usize::try_from(offset).ok()?..)?;
    let end = rest.iter().take(MAX_TEXT).position(|byte| *byte == 0)?;
    let text = str::from_utf8(&rest[..end]).ok()?;
    (!text.contains(char::is_control)).then_some(text)
}
