//! From what is asked for to what is written.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::run::{self, CERTIFICATES, PORT, SHIM, TASK_ROOT};
use super::tree::Tree;
use super::{ImageError, MAX_UNPACKED, Reference, libraries};
use crate::package::entry::{self, own_name};
use crate::package::{Arch, Entry, Include, Warning, output};
use crate::plugin::preflight::{self, ElfFile, Form, PluginFile};

/// How many bytes of the certificates are looked at.
const MAX_CERTIFICATES: u64 = 16 << 20;

const PASSWD: &str = "root:x:0:0:root:/root:/sbin/nologin\n\
                      nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nnonroot:x:65532:\n";
/// Where names are looked up: what glibc does without this file, but for the hosts first.
const NAME_SERVICES: &str = "passwd: files\ngroup: files\nhosts: files dns\n";

/// A plugin of the image.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// The name to serve it under, if one was given.
    pub name: Option<String>,
    /// Its file.
    pub path: PathBuf,
    /// The handler, if one was named.
    pub handler: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The plugins, at least one.
    pub plugins: Vec<Plugin>,
    /// The handler of all plugins that name none.
    pub handler: Option<String>,
    /// The program that serves them.
    pub shim: PathBuf,
    /// What else to put into `/var/task`.
    pub includes: Vec<Include>,
    /// Certificates in PEM; this system's, if none are named and it has some.
    pub certificates: Option<PathBuf>,
    /// Variables of the image, and settings of its functions.
    pub variables: Vec<(String, String)>,
    /// Labels beside those that the plugin itself gives.
    pub labels: Vec<(String, String)>,
    /// What the image is called; as the plugin is, if nothing was said.
    pub tag: Option<String>,
    /// The processor that it has to be for; this system's, if none was named.
    pub arch: Option<Arch>,
    /// Where to write it; in the working directory, and named after the plugin, if no place was named.
    pub output: Option<PathBuf>,
}

/// What will be written: checked, and in order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the image is called.
    pub tag: Reference,
    /// For which processor.
    pub arch: Arch,
    /// What is run.
    pub entrypoint: Vec<String>,
    /// The variables of the image.
    pub variables: BTreeMap<String, String>,
    /// The port that it serves on.
    pub port: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Where to write it.
    pub output: PathBuf,
    /// What may be wrong.
    pub notices: Vec<Notice>,
    pub(super) layers: Vec<(&'static str, Tree)>,
}

impl Plan {
    /// The size of all files in bytes.
    pub fn unpacked(&self) -> u64 {
        let files = self.layers.iter().flat_map(|(_, tree)| tree.files());
        files.fold(0, |sum, (_, size)| sum.saturating_add(size))
    }
}

/// Something to think about before the image is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Of one file.
    File(Warning),
    /// There are no certificates.
    NoCertificates,
    /// Lambda runs one function.
    SeveralPlugins,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(warning) => warning.fmt(f),
            Self::NoCertificates => write!(
                f,
                "{CERTIFICATES} is not on this system: the image has no certificates, and functions \
                 cannot check whom they speak to over TLS; name a bundle with --ca"
            ),
            Self::SeveralPlugins => f.write_str(
                "AWS Lambda runs one plugin: make an image for each, or give each function an entry \
                 point of its own (`--image-config EntryPoint=…`)",
            ),
        }
    }
}

/// Finds the files and checks them. Nothing is run, and nothing is written. Blocking.
///
/// # Errors
/// Whatever would keep the image from being written, or from serving.
pub fn plan(request: &Request) -> Result<Plan, ImageError> {
    let tag = request.tag.as_deref().map(Reference::parse).transpose()?;
    let arch = arch(request)?;
    let mut notices = Vec::new();
    let mut plugins = Vec::new();
    let mut entries = Vec::new();
    for plugin in &request.plugins {
        let file = preflight::examine(&plugin.path).map_err(ImageError::Plugin)?;
        let handler = plugin.handler.as_deref().or(request.handler.as_deref());
        file.choose(handler).map_err(ImageError::Plugin)?;
        let name = own_name(&plugin.path)?;
        if name.contains(['=', '#']) {
            return Err(ImageError::PluginName { name });
        }
        // Several handlers of one plugin are one file.
        let known = |known: &&(PluginFile, ElfFile)| known.0.path == file.path;
        if plugins.iter().find(known).is_none() {
            entries.push(Entry::program(&name, &plugin.path)?);
            let elf = ElfFile::read(&plugin.path).map_err(ImageError::Plugin)?;
            // Symbol tables stay: stack traces need them.
            let warnings = Warning::of_symbols(&plugin.path, 0, elf.debug_bytes);
            notices.extend(warnings.into_iter().map(Notice::File));
            plugins.push((file, elf));
        }
    }
    if plugins.len() > 1 {
        notices.push(Notice::SeveralPlugins);
    }
    let (program, linker) = shim(request, arch, &plugins)?;
    let symbols = Warning::of_symbols(&request.shim, 0, program.debug_bytes);
    notices.extend(symbols.into_iter().map(Notice::File));

    let mut system = Tree::default();
    let elves: Vec<_> = plugins.iter().map(|(_, elf)| elf.clone()).collect();
    let mut sources = Vec::new();
    for library in libraries::collect(&program, &linker, &elves)? {
        let entry = Entry::program("library", &library.from)?;
        system.file(&library.to, &entry)?;
        sources.push(entry);
    }
    match certificates(request)? {
        Some(entry) => {
            system.file(CERTIFICATES, &entry)?;
            sources.push(entry);
        }
        None => notices.push(Notice::NoCertificates),
    }
    system.text("/etc/passwd", PASSWD);
    system.text("/etc/group", GROUP);
    system.text("/etc/nsswitch.conf", NAME_SERVICES);
    system.shared_directory("/tmp");

    let mut program_layer = Tree::default();
    let entry = Entry::program("shim", &request.shim)?;
    program_layer.file(SHIM, &entry)?;
    sources.push(entry);

    for include in &request.includes {
        entry::included(include, &mut entries)?;
    }
    let entries = entry::in_order(entries)?;
    let mut function = Tree::default();
    function.directory(TASK_ROOT);
    for entry in &entries {
        function.file(&format!("{TASK_ROOT}/{}", entry.name), entry)?;
    }
    sources.extend(entries);

    let name = plain_name(&request.plugins);
    let tag = tag.unwrap_or_else(|| Reference::of_plugin(&name));
    let output = request.output.clone();
    let output = output.unwrap_or_else(|| format!("{name}.tar").into());
    let directories = request
        .includes
        .iter()
        .map(|include| include.path.as_path());
    output::check(&output, &sources, &directories.collect::<Vec<_>>())?;

    let variables = run::variables(request, notices.contains(&Notice::NoCertificates));
    let plan = Plan {
        tag,
        arch,
        entrypoint: run::entrypoint(request)?,
        port: variables.get("PORT").map_or(PORT, |port| port).to_owned(),
        variables,
        labels: run::labels(request, &plugins),
        output,
        notices,
        layers: vec![
            ("system", system),
            ("shim", program_layer),
            ("function", function),
        ],
    };
    let size = plan.unpacked();
    if size > MAX_UNPACKED {
        let limit = MAX_UNPACKED;
        return Err(ImageError::TooLarge { size, limit });
    }
    Ok(plan)
}

/// This system's processor: its libraries are packed.
fn arch(request: &Request) -> Result<Arch, ImageError> {
    let here = std::env::consts::ARCH;
    let Some(arch) = Arch::of_machine(here) else {
        let here = here.to_owned();
        return Err(ImageError::NoSuchMachine { here });
    };
    match request.arch {
        Some(asked) if asked != arch => Err(ImageError::Arch {
            asked,
            here: here.to_owned(),
        }),
        _ => Ok(arch),
    }
}

/// The program, and the dynamic linker that it names.
fn shim(
    request: &Request,
    arch: Arch,
    plugins: &[(PluginFile, ElfFile)],
) -> Result<(ElfFile, PathBuf), ImageError> {
    let path = || request.shim.clone();
    let program = ElfFile::read(&request.shim).map_err(ImageError::Shim)?;
    let not_shim = |found| ImageError::NotShim {
        path: path(),
        found,
    };
    let linker = match (program.form, &program.interpreter) {
        (Form::Executable, Some(linker)) => linker.clone(),
        (Form::SharedObject, _) => return Err(not_shim("it is a library, not a program")),
        _ => {
            return Err(not_shim(
                "it is linked statically, and could not load a plugin",
            ));
        }
    };
    let Some(host) = &program.host else {
        return Err(not_shim("it is a program that loads no plugins"));
    };
    if program.machine != arch.machine() {
        let (path, found) = (path(), program.machine);
        return Err(ImageError::Machine { path, found, arch });
    }
    if let Some((plugin, _)) = plugins.iter().find(|(p, _)| !host.abi.fits(p.abi)) {
        return Err(ImageError::Abi {
            path: path(),
            shim: host.abi,
            of: plugin.path.clone(),
            plugin: plugin.abi,
        });
    }
    if let Some(system) = preflight::system_version() {
        let newer = program.glibc.iter().filter(|need| !need.are_in(system));
        let newer: Vec<_> = newer.map(|need| need.name.as_str()).collect();
        if !newer.is_empty() {
            return Err(ImageError::Glibc {
                path: path(),
                symbols: newer.join(", "),
                system,
            });
        }
    }
    Ok((program, linker))
}

fn certificates(request: &Request) -> Result<Option<Entry>, ImageError> {
    let path = match &request.certificates {
        Some(path) => path,
        None if Path::new(CERTIFICATES).exists() => Path::new(CERTIFICATES),
        None => return Ok(None),
    };
    let mut text = Vec::new();
    let file = File::open(path).map(|file| file.take(MAX_CERTIFICATES));
    let read = file.and_then(|mut file| file.read_to_end(&mut text));
    read.map_err(|error| entry::unreadable(path, &error))?;
    let begins = |line: &[u8]| line.starts_with(b"-----BEGIN CERTIFICATE-----");
    if !text.split(|byte| *byte == b'\n').any(begins) {
        let path = path.to_owned();
        return Err(ImageError::NoCertificates { path });
    }
    let mut entry = Entry::program("certificates", path)?;
    entry.mode = 0o644;
    Ok(Some(entry))
}

/// `orders` of `liborders.so`.
fn plain_name(plugins: &[Plugin]) -> String {
    let path = plugins.first().map(|plugin| plugin.path.as_path());
    let name = path.and_then(Path::file_name).unwrap_or_default();
    let name = name.to_string_lossy();
    let name = name.strip_suffix(".so").unwrap_or(&name);
    name.strip_prefix("lib").unwrap_or(name).to_owned()
}
