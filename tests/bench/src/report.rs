//! Figures as text or JSON.

use std::io::Write as _;

use serde::Serialize;

/// How figures are printed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Format {
    /// A table.
    Text,
    /// One JSON document.
    Json,
}

/// A table, in Markdown.
#[derive(Debug)]
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new(heads: &[&str]) -> Self {
        Self(vec![heads.iter().map(|head| (*head).to_owned()).collect()])
    }

    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = String>) {
        self.0.push(row.into_iter().collect());
    }

    fn text(&self) -> String {
        let columns = self.0.first().map_or(0, Vec::len);
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for (number, row) in self.0.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                text.push_str(&format!("| {cell:<width$} "));
            }
            text.push_str("|\n");
            if number == 0 {
                for width in &widths {
                    text.push_str(&format!("|{}", "-".repeat(width + 2)));
                }
                text.push_str("|\n");
            }
        }
        text
    }
}

/// Prints to standard output.
pub(crate) fn print(format: Format, results: &impl Serialize, table: &Table) -> anyhow::Result<()> {
    print_all(format, results, std::slice::from_ref(table))
}

/// Prints several tables, an empty line between them, or one document.
pub(crate) fn print_all(
    format: Format,
    results: &impl Serialize,
    tables: &[Table],
) -> anyhow::Result<()> {
    let text = match format {
        Format::Text => {
            let tables: Vec<_> = tables.iter().map(Table::text).collect();
            tables.join("\n")
        }
        Format::Json => serde_json::to_string_pretty(results)? + "\n",
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let mut table = Table::new(&["a", "b"]);
        table.push(["long".to_owned(), "1".to_owned()]);
        assert_eq!(table.text(), "| a    | b |\n|------|---|\n| long | 1 |\n");
    }
}
