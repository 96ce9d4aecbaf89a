//! The files of a new crate.

use super::kind::{Kind, sample};

/// The version of `plugin-api` that goes with this shim.
const PLUGIN_API: &str = "0.1";

/// What the crate is to be.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    /// Its name; [checked](super::name::refusal).
    pub(super) name: &'a str,
    /// What it takes.
    pub(super) takes: Takes,
    /// With `init`, `start`, `stop`.
    pub(super) lifecycle: bool,
    /// Which `plugin-api`.
    pub(super) plugin_api: PluginApi,
    /// In a workspace, where profiles and what is built belong to the root.
    pub(super) in_workspace: bool,
    /// Cargo's `target` folder, as seen from the crate.
    pub(super) target: String,
}

/// What a function takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// A JSON event of its own.
    Json,
    /// HTTP requests.
    Http,
    /// Events of an AWS service.
    Event(&'static Kind),
}

/// Which `plugin-api` the crate depends on.
#[derive(Debug)]
pub(super) enum PluginApi {
    /// The published one.
    Published,
    /// One in a folder.
    Path(String),
    /// The one that the workspace has for all.
    Workspace,
}

impl Wish<'_> {
    /// The library's name: `order_2` for `order-2`.
    pub(super) fn library(&self) -> String {
        self.name.replace('-', "_")
    }

    /// What the function is for.
    pub(super) fn description(&self) -> &'static str {
        match self.takes {
            Takes::Json => "Greets whoever asks",
            Takes::Http => "Greets whoever asks over HTTP",
            Takes::Event(kind) => kind.description,
        }
    }

    /// A command that calls it when it is served.
    pub(super) fn call(&self) -> String {
        match self.takes {
            Takes::Http => {
                let event = r#"'{"name":"you"}'"#;
                format!("curl localhost:8080/greet -d {event}")
            }
            _ => format!("curl localhost:8080 -d @events/{}.json", self.sample().0),
        }
    }

    fn sample(&self) -> (&'static str, &'static str) {
        match self.takes {
            Takes::Json => ("greeting", sample!("greeting")),
            Takes::Http => ("apigw-v2", sample!("apigw-v2")),
            Takes::Event(kind) => (kind.word, kind.sample),
        }
    }

    /// The files: their paths in the crate, and what is in them.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let source = match (self.takes, self.lifecycle) {
            (Takes::Json, false) => include_str!("templates/json.rs"),
            (Takes::Json, true) => include_str!("templates/json_lifecycle.rs"),
            (Takes::Http, false) => include_str!("templates/http.rs"),
            (Takes::Http, true) => include_str!("templates/http_lifecycle.rs"),
            (Takes::Event(_), false) => include_str!("templates/event.rs"),
            (Takes::Event(_), true) => include_str!("templates/event_lifecycle.rs"),
        };
        let (sample, event) = self.sample();
        let mut files: Vec<_> = [
            ("Cargo.toml", include_str!("templates/manifest.toml")),
            ("src/lib.rs", source),
            ("shim.toml", include_str!("templates/shim.toml")),
            ("README.md", include_str!("templates/README.md")),
            (".gitignore", include_str!("templates/gitignore")),
            (".vscode/launch.json", include_str!("templates/launch.json")),
            (".vscode/tasks.json", include_str!("templates/tasks.json")),
        ]
        .map(|(path, template)| (path.to_owned(), self.fill(template)))
        .into();
        files.push((format!("events/{sample}.json"), event.to_owned()));
        files
    }

    /// Puts what is known for what stands in double braces.
    fn fill(&self, template: &str) -> String {
        let mut text = template.to_owned();
        let mut put = |name: &str, value: &str| {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        };
        if let Takes::Event(kind) = self.takes {
            put("imports", kind.imports);
            put("event", kind.event);
            put("response", kind.response);
            put("body", &indented(kind.body, 1));
            put("body_indented", &indented(kind.body, 2));
            put("kind", kind.word);
            put("field", kind.field);
            put("expected", kind.expected);
        }
        put("name", self.name);
        put("library", &self.library());
        put("description", self.description());
        put("target", &self.target);
        put("call", &self.call());
        put("dependencies", &self.dependencies());
        put("profile", if self.in_workspace { "" } else { PROFILE });
        text
    }

    fn dependencies(&self) -> String {
        let plugin_api = match &self.plugin_api {
            PluginApi::Published => format!("plugin-api = \"{PLUGIN_API}\""),
            PluginApi::Workspace => "plugin-api = { workspace = true }".to_owned(),
            PluginApi::Path(path) => {
                format!(
                    "plugin-api = {{ path = {} }}",
                    toml::Value::from(path.as_str())
                )
            }
        };
        let types = match self.takes {
            Takes::Event(kind) => format!(
                "aws_lambda_events = {{ version = \"1.2\", default-features = false, features = \
                 [\"{}\"] }}\n{plugin_api}\n",
                kind.feature
            ),
            Takes::Http => format!(
                "{plugin_api}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
                 serde_json = \"1\"\n"
            ),
            Takes::Json => {
                format!("{plugin_api}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n")
            }
        };
        let tests = match self.takes {
            Takes::Http => "",
            _ => "\n[dev-dependencies]\nserde_json = \"1\"\n",
        };
        format!("{types}tracing = \"0.1\"\n{tests}")
    }
}

/// For the root of a workspace, or a crate that is one by itself.
const PROFILE: &str = "
[profile.release]
lto = \"thin\"
codegen-units = 1
# Names stay in for stack traces.
strip = \"debuginfo\"
";

fn indented(text: &str, steps: usize) -> String {
    let lines = text
        .lines()
        .map(|line| format!("{}{line}", "    ".repeat(steps)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::kind::KINDS;
    use super::{PLUGIN_API, PluginApi, Takes, Wish};

    #[test]
    fn every_template_is_filled() {
        let events = KINDS.iter().map(Takes::Event);
        for takes in [Takes::Json, Takes::Http].into_iter().chain(events) {
            for lifecycle in [false, true] {
                let wish = Wish {
                    name: "order-2",
                    takes,
                    lifecycle,
                    plugin_api: PluginApi::Path("../a \"b\"".to_owned()),
                    in_workspace: lifecycle,
                    target: "target".to_owned(),
                };
                for (path, text) in wish.files() {
                    // Rust's own: a brace to print, in a string.
                    let text = text.replace("r#\"{{", "").replace("{count}}}", "");
                    assert!(!text.contains("{{"), "{path}: {text}");
                    if path == "Cargo.toml" || path == "shim.toml" {
                        toml::from_str::<toml::Table>(&text).unwrap();
                    } else if path == ".vscode/tasks.json" || path.starts_with("events") {
                        serde_json::from_str::<serde_json::Value>(&text).unwrap();
                    }
                }
            }
        }
    }

    #[test]
    fn the_version_is_that_of_plugin_api() {
        let manifest = include_str!("../../../../plugin-api/Cargo.toml");
        let manifest: toml::Table = toml::from_str(manifest).unwrap();
        let version = manifest["package"]["version"].as_str().unwrap();
        assert!(version.starts_with(&format!("{PLUGIN_API}.")), "{version}");
    }
}
