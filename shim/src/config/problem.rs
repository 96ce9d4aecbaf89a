//! What is wrong with a configuration.

use std::fmt;

use super::given::Origin;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was given.
    pub origin: Origin,
    /// What was found and what was expected.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// All that is wrong, found before anything was started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigErrors(pub Vec<Problem>);

impl ConfigErrors {
    /// 64 (usage) if only flags are wrong, 78 (configuration) otherwise.
    pub fn exit_code(&self) -> u8 {
        if self.0.iter().all(|problem| problem.origin == Origin::Flag) {
            64
        } else {
            78
        }
    }

    /// What several functions take from one place is told once.
    fn push(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    pub(super) fn add(&mut self, origin: Origin, message: impl Into<String>) {
        self.push(Problem {
            origin,
            message: message.into(),
            hint: None,
        });
    }

    pub(super) fn add_with_hint(
        &mut self,
        origin: Origin,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Problem {
            origin,
            message: message.into(),
            hint: Some(hint.into()),
        });
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\nerror: ")?;
            }
            f.write_str(&problem.message)?;
            if let Some(hint) = &problem.hint {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
