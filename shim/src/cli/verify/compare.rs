//! What differs between runs, and between doors.

use serde_json::Value;

use super::Door;
use super::reply::Seen;

/// The most differences that are told of one event.
const MAX_DIFFERENCES: usize = 50;

/// Where log lines are. Some runs have none, since they were killed: then none are compared.
const LOGS: &str = "logs";

/// What was found of one event.
pub(super) struct Verdict {
    /// The name of its file.
    pub(super) event: String,
    /// What was seen at each door, in their order.
    pub(super) seen: Vec<Seen>,
    /// Where two runs of one door differ: it is not compared.
    pub(super) varies: Vec<String>,
    /// Where doors differ.
    pub(super) differences: Vec<String>,
}

impl Verdict {
    /// Compares the runs of each door, then the doors.
    pub(super) fn new(event: String, mut runs: Vec<[Seen; super::RUNS]>) -> Self {
        let mut all = runs.iter().flatten().flatten();
        if all.any(|seen| seen.get(LOGS).is_none()) {
            runs.iter_mut().flatten().flatten().for_each(without_logs);
        }
        let mut varies = Vec::new();
        for [first, second] in &runs {
            if let (Some(first), Some(second)) = (first, second) {
                differ(first, second, "", &mut varies);
            }
        }
        let seen: Vec<Seen> = runs.into_iter().map(|[_, second]| second).collect();
        let mut differences = Vec::new();
        let mut all = seen.iter().flatten();
        if let Some(first) = all.next() {
            all.for_each(|other| differ(first, other, "", &mut differences));
        }
        differences.retain(|path| !varies.iter().any(|varying| is_within(path, varying)));
        for paths in [&mut varies, &mut differences] {
            paths.sort();
            paths.dedup();
        }
        differences.truncate(MAX_DIFFERENCES);
        Self {
            event,
            seen,
            varies,
            differences,
        }
    }

    pub(super) fn agrees(&self) -> bool {
        self.differences.is_empty()
    }

    /// Whether two runs of one door differ so much that next to nothing could be compared.
    pub(super) fn is_unsteady(&self) -> bool {
        let whole = ["/answer", "/answer as text", "/answer in base64", "/error"];
        self.varies
            .iter()
            .any(|path| whole.contains(&path.as_str()))
    }

    /// What is at this path at each door.
    pub(super) fn at(&self, path: &str) -> impl Iterator<Item = (Door, Option<&Value>)> {
        let seen = self
            .seen
            .iter()
            .map(move |seen| seen.as_ref()?.pointer(path));
        Door::ALL.into_iter().zip(seen.collect::<Vec<_>>())
    }
}

fn without_logs(seen: &mut Value) {
    if let Some(members) = seen.as_object_mut() {
        members.remove(LOGS);
    }
}

/// Adds where `a` and `b` differ, as JSON pointers. Lists of different lengths differ as a whole.
fn differ(a: &Value, b: &Value, path: &str, paths: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a
                .keys()
                .chain(b.keys().filter(|name| !a.contains_key(*name)))
            {
                let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => differ(a, b, &path, paths),
                    _ => paths.push(path),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differ(a, b, &format!("{path}/{index}"), paths);
            }
        }
        _ if a == b => {}
        _ => paths.push(path.to_owned()),
    }
}

fn is_within(path: &str, other: &str) -> bool {
    let rest = path.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Verdict;

    fn verdict(runs: [[Value; 2]; 3]) -> (Vec<String>, Vec<String>) {
        let seen = |run: Value| Some(run).filter(|run| !run.is_null());
        let runs = runs.map(|runs| runs.map(seen));
        let verdict = Verdict::new("e".to_owned(), runs.into());
        (verdict.varies, verdict.differences)
    }

    fn twice(value: Value) -> [Value; 2] {
        [value.clone(), value]
    }

    #[test]
    fn what_differs_at_one_door_is_told_by_its_path() {
        let same = || twice(json!({"answer": {"a": [1, 2], "b": 1}, "logs": []}));
        assert_eq!(verdict([same(), same(), same()]), (vec![], vec![]));
        let other = twice(json!({"answer": {"a": [1, 3], "c": 1}, "logs": [1]}));
        let paths = ["/answer/a/1", "/answer/b", "/answer/c", "/logs"];
        let found = verdict([same(), same(), other]).1;
        assert_eq!(found, paths);
    }

    #[test]
    fn what_varies_by_itself_is_no_difference() {
        let runs = |first: u64| {
            [
                json!({"at": first, "x/y": 1}),
                json!({"at": first + 1, "x/y": 1}),
            ]
        };
        let (varies, differences) = verdict([runs(1), runs(3), runs(5)]);
        assert_eq!((varies, differences), (vec!["/at".to_owned()], vec![]));
        // Something else at one of the doors is.
        let fixed = twice(json!({"at": {"b": 0}, "x/y": 2}));
        let (varies, differences) = verdict([runs(1), runs(3), fixed]);
        assert_eq!(
            (varies, differences),
            (vec!["/at".to_owned()], vec!["/x~1y".to_owned()])
        );
    }

    #[test]
    fn a_door_without_a_way_for_the_event_is_left_out() {
        let same = || twice(json!({"error": 1}));
        let nothing = || twice(Value::Null);
        assert_eq!(verdict([nothing(), same(), same()]), (vec![], vec![]));
        let found = verdict([nothing(), same(), twice(json!({"answer": 1}))]).1;
        assert_eq!(found, ["/answer", "/error"]);
    }
}
