//! A recorded boundary: as a text, and what may follow it.

use std::collections::BTreeMap;

/// Constants and types of one version of the boundary.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) constants: BTreeMap<String, String>,
    pub(super) types: BTreeMap<String, Vec<String>>,
}

/// How two records differ: each line as `- old` or `+ new`, below what it belongs to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// What an older plugin or shim would notice.
    pub(super) breaks: Vec<String>,
    /// What it would not.
    pub(super) additions: Vec<String>,
}

impl Record {
    /// The text of a golden file.
    pub(super) fn render(&self, version: &str) -> String {
        let mut text = format!(
            "# The plugin ABI {version}: all that the two sides agree on. Written by tests/abi, not by\n\
             # hand; docs/abi.md says when and how it may change.\n\n"
        );
        for (name, value) in &self.constants {
            text.push_str(&format!("constant {name} = {value}\n"));
        }
        for (title, lines) in &self.types {
            text.push_str(&format!("\ntype {title}\n"));
            lines
                .iter()
                .for_each(|line| text.push_str(&format!("  {line}\n")));
        }
        text
    }

    /// Reads a golden file.
    pub(super) fn parse(text: &str) -> Self {
        let mut record = Self::default();
        let mut title = "";
        for line in text.lines() {
            if let Some(constant) = line.strip_prefix("constant ") {
                let (name, value) = constant.split_once(" = ").expect("a constant has a value");
                record.constants.insert(name.to_owned(), value.to_owned());
            } else if let Some(name) = line.strip_prefix("type ") {
                title = name;
                record.types.insert(title.to_owned(), Vec::new());
            } else if let Some(of_type) = line.strip_prefix("  ") {
                let lines = record.types.get_mut(title).expect("a line of a type");
                lines.push(of_type.to_owned());
            }
        }
        record
    }

    /// What became different in `newer`.
    pub(super) fn compare(&self, newer: &Self) -> Difference {
        let mut difference = Difference::default();
        for (name, old) in &self.constants {
            match newer.constants.get(name) {
                Some(new) if new == old => {}
                Some(new) => {
                    let lines = [format!("- {name} = {old}"), format!("+ {name} = {new}")];
                    difference.breaks.extend(lines);
                }
                None => difference.breaks.push(format!("- {name} = {old}")),
            }
        }
        for (name, new) in &newer.constants {
            if !self.constants.contains_key(name) {
                difference.additions.push(format!("+ {name} = {new}"));
            }
        }
        for (title, old) in &self.types {
            let new = newer.types.get(title);
            compare_type(title, old, new.map_or(&[], |new| new), &mut difference);
        }
        for title in newer.types.keys() {
            if !self.types.contains_key(title) {
                difference.additions.push(format!("+ type {title}"));
            }
        }
        difference
    }
}

fn compare_type(title: &str, old: &[String], new: &[String], difference: &mut Difference) {
    if old == new {
        return;
    }
    let growing = old
        .first()
        .is_some_and(|kind| kind.starts_with("prefix type"));
    if growing && new.starts_with(old) {
        difference.additions.push(format!("  type {title}"));
        let added = new[old.len()..].iter().map(|line| format!("+   {line}"));
        difference.additions.extend(added);
        return;
    }
    difference.breaks.push(format!("  type {title}"));
    let gone = old.iter().filter(|line| !new.contains(line));
    difference
        .breaks
        .extend(gone.map(|line| format!("-   {line}")));
    let come = new.iter().filter(|line| !old.contains(line));
    difference
        .breaks
        .extend(come.map(|line| format!("+   {line}")));
}

#[cfg(test)]
mod tests {
    use super::Record;

    const OLD: &str = "\
constant tag::A = 1

type Mod (abi 1)
  prefix type, fields that are always there: 1
  +0 one: u64

type Request (abi 1)
  struct, size 8
  +0 kind: u32
  +4 place: u32
";

    fn compare(old: &str, new: &str) -> (usize, usize) {
        let difference = Record::parse(old).compare(&Record::parse(new));
        (difference.breaks.len(), difference.additions.len())
    }

    #[test]
    fn a_record_comes_back_from_its_text() {
        let record = Record::parse(OLD);
        assert_eq!((record.constants.len(), record.types.len()), (1, 2));
        assert_eq!(Record::parse(&record.render("1.0")), record);
        assert_eq!(compare(OLD, OLD), (0, 0));
    }

    #[test]
    fn what_stands_at_the_end_is_an_addition() {
        let function = OLD.replace("  +0 one: u64\n", "  +0 one: u64\n  +8 two: fn()\n");
        assert_eq!(compare(OLD, &function), (0, 2));
        let number = OLD.replace("tag::A = 1", "tag::A = 1\nconstant tag::B = 2");
        assert_eq!(compare(OLD, &number), (0, 1));
        assert_eq!(compare(OLD, &format!("{OLD}\ntype New (abi 1)\n")), (0, 1));
    }

    #[test]
    fn anything_else_breaks() {
        let before = OLD.replace("  +0 one: u64\n", "  +0 two: fn()\n  +8 one: u64\n");
        assert_eq!(compare(OLD, &before).0, 4);
        let longer = OLD.replace("  +4 place: u32\n", "  +4 place: u32\n  +8 more: u64\n");
        assert_eq!(compare(OLD, &longer).0, 2);
        assert_eq!(compare(OLD, &OLD.replace("place: u32", "place: i32")).0, 3);
        assert_eq!(compare(OLD, &OLD.replace("A = 1", "A = 2")).0, 2);
        assert_eq!(compare(OLD, &OLD.replace("tag::A", "tag::B")), (1, 1));
        let renamed = OLD.replace("Request", "Question");
        assert_eq!(compare(OLD, &renamed), (4, 1));
    }
}
