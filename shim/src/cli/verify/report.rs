//! What was found, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::compare::Verdict;
use super::{Door, Seen};

/// The longest text that is shown of a value, in characters.
const SHOWN: usize = 200;

/// All of it.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) agree: bool,
    events: Vec<EventReport>,
}

#[derive(Serialize)]
struct EventReport {
    event: String,
    agree: bool,
    /// Two runs of one door differ as a whole.
    unsteady: bool,
    #[serde(flatten)]
    at: AtDoors<String>,
    /// Where one door differs from itself, as JSON pointers.
    varies: Vec<String>,
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Difference {
    /// A JSON pointer: `/answer/total`, `/error/type`, `/logs/0/message`.
    path: String,
    #[serde(flatten)]
    at: AtDoors<Value>,
}

/// Something at each door, where it is there.
#[derive(Serialize)]
struct AtDoors<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoke: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lambda: Option<T>,
}

impl<T> AtDoors<T> {
    fn new(values: impl IntoIterator<Item = (Door, Option<T>)>) -> Self {
        let (mut http, mut invoke, mut lambda) = (None, None, None);
        for (door, value) in values {
            match door {
                Door::Http => http = value,
                Door::Invoke => invoke = value,
                Door::Lambda => lambda = value,
            }
        }
        Self {
            http,
            invoke,
            lambda,
        }
    }

    fn get(&self, door: Door) -> Option<&T> {
        match door {
            Door::Http => self.http.as_ref(),
            Door::Invoke => self.invoke.as_ref(),
            Door::Lambda => self.lambda.as_ref(),
        }
    }
}

/// `ok`, or the name of the error.
fn summary(seen: &Seen) -> Option<String> {
    let seen = seen.as_ref()?;
    let error = seen.pointer("/error/type").and_then(Value::as_str);
    Some(match error {
        None => "ok".to_owned(),
        Some("") => "error".to_owned(),
        Some(name) => name.to_owned(),
    })
}

impl Report {
    pub(super) fn new(verdicts: &[Verdict]) -> Self {
        let events = verdicts.iter().map(|verdict| {
            let summaries = verdict.seen.iter().map(summary);
            let difference = |path: &String| Difference {
                path: path.clone(),
                at: AtDoors::new(verdict.at(path).map(|(door, value)| (door, value.cloned()))),
            };
            EventReport {
                event: verdict.event.clone(),
                agree: verdict.agrees(),
                unsteady: verdict.is_unsteady(),
                at: AtDoors::new(Door::ALL.into_iter().zip(summaries)),
                varies: verdict.varies.clone(),
                differences: verdict.differences.iter().map(difference).collect(),
            }
        });
        Self {
            agree: verdicts.iter().all(Verdict::agrees),
            events: events.collect(),
        }
    }

    /// A line for each event, and below it what differs.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let widest = |texts: &mut dyn Iterator<Item = &str>| {
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let name = widest(&mut self.events.iter().map(|event| event.event.as_str()));
        let column = |door| widest(&mut self.events.iter().map(|event| event.summary(door)));
        let columns = Door::ALL.map(|door| (door, column(door)));
        for event in &self.events {
            let _ = write!(text, "{:name$}", event.event);
            for (door, width) in columns {
                let _ = write!(text, "  {} {:width$}", door.name(), event.summary(door));
            }
            let verdict = match (event.agree, event.unsteady) {
                (false, _) => "DIFFERENT",
                (true, true) => "varies",
                (true, false) => "agree",
            };
            let _ = writeln!(text, "  {verdict}");
            for difference in &event.differences {
                difference.write(&mut text);
            }
            if !event.varies.is_empty() {
                let varies = event.varies.iter().map(|path| shown_path(path));
                let varies = varies.collect::<Vec<_>>().join(", ");
                let _ = writeln!(text, "    varies by itself: {}", cut(&varies));
            }
        }
        let different = self.events.iter().filter(|event| !event.agree).count();
        let varies = self.events.iter().any(|event| event.unsteady);
        let count = events(self.events.len());
        let _ = match (different, varies) {
            (0, false) => writeln!(text, "{count}: all agree"),
            (0, true) => writeln!(text, "{count}: none different"),
            (different, _) => writeln!(text, "{count}: {different} different"),
        };
        text
    }
}

impl EventReport {
    fn summary(&self, door: Door) -> &str {
        self.at.get(door).map_or("-", |summary| summary)
    }
}

impl Difference {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "    {}", shown_path(&self.path));
        for door in Door::ALL {
            let value = self.at.get(door).map(Value::to_string);
            let value = value.unwrap_or_else(|| "nothing".to_owned());
            let _ = writeln!(text, "      {:7} {}", door.name(), cut(&value));
        }
    }
}

fn events(count: usize) -> String {
    match count {
        1 => "1 event".to_owned(),
        _ => format!("{count} events"),
    }
}

fn shown_path(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Report, Verdict};

    #[test]
    fn the_text_is_a_table_with_what_differs() {
        let twice = |value: serde_json::Value| [Some(value.clone()), Some(value)];
        let ok = || twice(json!({"answer": {"total": 1}}));
        let other = twice(json!({"answer": {"total": 2}}));
        let failed = || twice(json!({"error": {"type": "OutOfStock"}}));
        let verdicts = [
            Verdict::new("order.json".to_owned(), vec![ok(), ok(), other]),
            Verdict::new("b".to_owned(), vec![[None, None], failed(), failed()]),
        ];
        let report = Report::new(&verdicts);
        let expected = "\
            order.json  http ok  invoke ok          lambda ok          DIFFERENT\n    \
              answer/total\n      \
                http    1\n      \
                invoke  1\n      \
                lambda  2\n\
            b           http -   invoke OutOfStock  lambda OutOfStock  agree\n\
            2 events: 1 different\n";
        assert_eq!(report.text(), expected);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["agree"], false);
        let difference = json!({"path": "/answer/total", "http": 1, "invoke": 1, "lambda": 2});
        assert_eq!(json["events"][0]["differences"], json!([difference]));
        assert_eq!(json["events"][1]["http"], json!(null));
    }
}
