//! The commands of a page.

use std::path::Path;

/// A page of Markdown.
pub(super) struct Page {
    /// Its path in the repository.
    pub(super) name: String,
    pub(super) blocks: Vec<Block>,
}

/// A `console` block.
pub(super) struct Block {
    /// Why it is not run.
    pub(super) not_run: Option<String>,
    /// Whether what it shows differs from time to time.
    pub(super) varies: bool,
    /// The folder in which the reader is from here on.
    pub(super) folder: Option<String>,
    pub(super) steps: Vec<Step>,
}

/// A command and what is shown below it.
pub(super) struct Step {
    /// Where it is in the page.
    pub(super) line: usize,
    /// Empty: what the server shows next.
    pub(super) command: String,
    pub(super) shown: Vec<String>,
}

pub(super) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

pub(super) fn read(name: &str) -> Page {
    let text = std::fs::read_to_string(root().join(name));
    let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
    Page {
        name: name.to_owned(),
        blocks: blocks(name, &text),
    }
}

fn blocks(name: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut comments = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(comment) = line.strip_prefix("<!-- ") {
            let comment = comment.strip_suffix(" -->");
            let at = format!("{name}:{}", number + 1);
            comments.push(comment.unwrap_or_else(|| panic!("{at}: longer than a line")));
            continue;
        }
        if line == "```console" {
            let inside = lines.by_ref().take_while(|(_, line)| *line != "```");
            let mut block = Block {
                not_run: None,
                varies: false,
                folder: None,
                steps: steps(inside),
            };
            for comment in comments.drain(..) {
                match comment.split_once(' ') {
                    Some(("in", folder)) => block.folder = Some(folder.to_owned()),
                    Some(("varies:", _)) => block.varies = true,
                    Some(("not", why)) if why.starts_with("run: ") => {
                        block.not_run = Some(why["run: ".len()..].to_owned());
                    }
                    _ => panic!("{name}:{}: what is `{comment}`?", number + 1),
                }
            }
            blocks.push(block);
        } else if line.starts_with("```") {
            lines.by_ref().find(|(_, line)| *line == "```");
        }
        comments.clear();
    }
    blocks
}

fn steps<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut continues = false;
    for (number, line) in lines {
        match (steps.last_mut(), line.strip_prefix("$ ")) {
            (Some(step), _) if continues => {
                step.command.push('\n');
                step.command.push_str(line);
            }
            (Some(step), None) => step.shown.push(line.to_owned()),
            (_, command) => steps.push(Step {
                line: number + 1,
                command: command.unwrap_or_default().to_owned(),
                shown: match command {
                    Some(_) => Vec::new(),
                    None => vec![line.to_owned()],
                },
            }),
        }
        continues = (line.starts_with("$ ") || continues) && line.ends_with('\\');
    }
    steps
}

#[test]
fn a_page_is_read_as_it_is_written() {
    let text = "# A page\n\n<!-- in hello -->\n<!-- varies: times -->\n```console\n$ a \\\n    b\nshown\n\n\
                $ c\n```\n\n```toml\n$ no command\n```\n\n```console\nnext\n```\n\n\
                <!-- not run: no Docker -->\n```console\n$ docker\n```\n";
    let blocks = blocks("page.md", text);
    assert_eq!(blocks.len(), 3);
    assert_eq!(blocks[0].folder.as_deref(), Some("hello"));
    assert!(blocks[0].varies && !blocks[1].varies);
    let steps: Vec<_> = blocks.iter().flat_map(|block| &block.steps).collect();
    let steps: Vec<_> = steps
        .iter()
        .map(|step| (step.line, &*step.command, step.shown.join("\n")))
        .collect();
    assert_eq!(
        steps,
        [
            (6, "a \\\n    b", "shown\n".to_owned()),
            (10, "c", String::new()),
            (18, "", "next".to_owned()),
            (23, "docker", String::new()),
        ]
    );
    assert_eq!(blocks[2].not_run.as_deref(), Some("no Docker"));
}
