//! Pages for a terminal: as they are written, but for links, which nobody can click there.

use super::topics::{self, TOPICS};

/// A page without its comments, with each link as what to type, or as where it leads. `file` is the page's own,
/// `commands` are the names that commands have.
pub(super) fn page(text: &str, file: &str, commands: &[String]) -> String {
    let mut page = String::with_capacity(text.len());
    let mut fenced = false;
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if !fenced && line.starts_with("<!-- ") {
            continue;
        }
        match fence || fenced {
            true => page.push_str(line),
            false => links(line, file, commands, &mut page),
        }
        page.push('\n');
    }
    page
}

/// A line with its links. A `](` stands in links only.
fn links(line: &str, file: &str, commands: &[String], out: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("](") {
        let link = before.rfind('[').zip(after.find(')'));
        let Some((start, end)) = link else {
            break;
        };
        let (before, label) = (&before[..start], &before[start + 1..]);
        out.push_str(before);
        out.push_str(&link_text(label, &after[..end], file, commands));
        rest = &after[end + 1..];
    }
    out.push_str(rest);
}

fn link_text(label: &str, target: &str, file: &str, commands: &[String]) -> String {
    // What only names the place that it leads to is replaced by it.
    let bare = label.contains('.') && !label.contains(' ');
    let with = |place: String| match bare {
        true => place,
        false => format!("{label} ({place})"),
    };
    if target.starts_with('#') {
        return label.to_owned();
    }
    if target.contains("://") {
        return format!("{label} ({target})");
    }
    let path = target.split('#').next().unwrap_or_default();
    let path = resolve(file, path);
    match TOPICS.iter().find(|topic| topic.file == path) {
        Some(topic) => with(format!("`{}`", topic.typed(commands))),
        None => with(path),
    }
}

/// A path beside a file, from the repository's root.
fn resolve(file: &str, path: &str) -> String {
    let mut parts: Vec<_> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The line below a command's help that names its page.
pub(super) fn more(command: &str, commands: &[String]) -> Option<String> {
    let topic = topics::about(command)?;
    Some(format!("More about it: `{}`", topic.typed(commands)))
}

#[cfg(test)]
mod tests {
    use super::{TOPICS, page};

    fn rendered(text: &str) -> String {
        let commands = ["dev", "invoke"].map(str::to_owned);
        page(text, "docs/deploy/README.md", &commands)
    }

    #[test]
    fn a_link_to_a_page_is_what_to_type() {
        for (text, expected) in [
            (
                "see [lambda.md](../lambda.md#a).",
                "see `shim help lambda`.\n",
            ),
            ("[A *guide*](../mock.md)", "A *guide* (`shim help mock`)\n"),
            (
                "[x.md](../dev.md) and [x.md](../dev.md)",
                "`shim help --topic dev` and `shim help --topic dev`\n",
            ),
        ] {
            assert_eq!(rendered(text), expected);
        }
    }

    #[test]
    fn any_other_link_is_where_it_leads() {
        for (text, expected) in [
            ("* [Part](#part): first", "* Part: first\n"),
            ("[`wrk`](https://x.y/z)", "`wrk` (https://x.y/z)\n"),
            (
                "[Dockerfile](Dockerfile)",
                "Dockerfile (docs/deploy/Dockerfile)\n",
            ),
            ("[sam.yaml](sam.yaml)", "docs/deploy/sam.yaml\n"),
            ("[a](../performance.md)", "a (docs/performance.md)\n"),
            ("[b.rs](../../shim/src/b.rs)", "shim/src/b.rs\n"),
        ] {
            assert_eq!(rendered(text), expected);
        }
    }

    #[test]
    fn a_comment_is_left_out() {
        let text = "a\n<!-- not run: it needs Docker -->\n```console\n<!-- b -->\n```";
        assert_eq!(rendered(text), "a\n```console\n<!-- b -->\n```\n");
    }

    #[test]
    fn what_is_no_link_stays() {
        for text in [
            "`[NAME=]PATH[#HANDLER]` (x)",
            "```rust\na[0](b)\n```",
            "odd ](x) and [y](",
        ] {
            assert_eq!(rendered(text), format!("{text}\n"));
        }
    }

    #[test]
    fn no_page_keeps_a_link() {
        for topic in TOPICS {
            let text = topic.render(&[]);
            assert!(!text.contains("]("), "{}", topic.file);
            assert_eq!(text.lines().count(), topic.render(&[]).lines().count());
        }
    }
}
