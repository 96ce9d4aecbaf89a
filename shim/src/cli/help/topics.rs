//! The pages of `docs/` that are in the program, by way of the link `pages`: so a packed crate has them.

/// A page.
#[derive(Debug)]
pub(super) struct Topic {
    /// What to call it.
    pub(super) name: &'static str,
    /// Its file, from the repository's root.
    pub(super) file: &'static str,
    text: &'static str,
    /// The commands that it is about.
    pub(super) commands: &'static [&'static str],
}

macro_rules! topic {
    ($name:literal, $file:literal, $commands:expr) => {
        Topic {
            name: $name,
            file: concat!("docs/", $file),
            text: include_str!(concat!("pages/", $file)),
            commands: &$commands,
        }
    };
}

/// All of them, in the order of their names.
pub(super) const TOPICS: &[Topic] = &[
    topic!("abi", "abi.md", ["inspect"]),
    topic!("deploy", "deploy/README.md", ["image"]),
    topic!("dev", "dev.md", ["dev"]),
    topic!("doctor", "doctor.md", ["doctor"]),
    topic!("events", "events.md", []),
    topic!("invoke", "invoke.md", ["invoke", "serve"]),
    topic!("lambda", "lambda.md", ["package", "verify", "bootstrap"]),
    topic!("metrics", "metrics.md", []),
    topic!("mock", "mock.md", []),
    topic!("new", "new.md", ["new", "build"]),
    topic!("safety", "safety.md", []),
];

/// The page of this name.
pub(super) fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// The page about a command.
pub(super) fn about(command: &str) -> Option<&'static Topic> {
    let mut topics = TOPICS.iter();
    topics.find(|topic| topic.commands.contains(&command))
}

impl Topic {
    /// Its title, without the marks of code.
    pub(super) fn title(&self) -> String {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches("# ").replace('`', "")
    }

    /// Its text, for a terminal. `commands` are the names that are taken.
    pub(super) fn render(&self, commands: &[String]) -> String {
        super::render::page(self.text, self.file, commands)
    }

    /// What to type for it.
    pub(super) fn typed(&self, commands: &[String]) -> String {
        match commands.iter().any(|command| command == self.name) {
            true => format!("shim help --topic {}", self.name),
            false => format!("shim help {}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::TOPICS;

    /// For those who work on the shim; large, and no guides.
    const LEFT_OUT: [&str; 2] = ["docs/ARCHITECTURE.md", "docs/performance.md"];

    #[test]
    fn every_page_of_docs_is_a_topic() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let mut pages = BTreeSet::new();
        for entry in std::fs::read_dir(docs).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".md") {
                pages.insert(format!("docs/{name}"));
            } else if entry.path().join("README.md").is_file() {
                pages.insert(format!("docs/{name}/README.md"));
            }
        }
        let topics = TOPICS.iter().map(|topic| topic.file);
        let known: BTreeSet<_> = topics.chain(LEFT_OUT).map(str::to_owned).collect();
        assert_eq!(pages, known);
    }

    #[test]
    fn topics_are_in_order_and_have_titles() {
        assert!(TOPICS.is_sorted_by(|one, next| one.name < next.name));
        for topic in TOPICS {
            assert!(topic.text.starts_with("# "), "{}", topic.file);
            assert!(!topic.title().is_empty(), "{}", topic.file);
        }
    }

    #[test]
    fn topics_are_about_commands_that_there_are() {
        let command = crate::cli::command();
        for topic in TOPICS {
            // Some may be left out of a build.
            if cfg!(all(feature = "dev", feature = "doctor", feature = "invoke")) {
                for name in topic.commands {
                    assert!(command.find_subcommand(name).is_some(), "{name}");
                }
            }
        }
    }
}
