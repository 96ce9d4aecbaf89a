//! Which invocations wait for a runtime, run in it, and were answered a moment ago.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::Delivery;
use super::refusal::Refusal;
use crate::invocation::{Answer, FunctionError, RequestId};

/// Where an answer goes.
pub(super) type Reply = oneshot::Sender<Result<Answer, FunctionError>>;

/// How many invocations are remembered after their end.
const REMEMBERED: usize = 64;

/// The invocations of one runtime.
#[derive(Debug, Default)]
pub(super) struct State {
    next_ticket: u64,
    waiting: VecDeque<Waiting>,
    running: Vec<Running>,
    ended: VecDeque<(Key, End)>,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    delivery: Delivery,
    reply: Reply,
}

#[derive(Debug)]
struct Running {
    ticket: u64,
    key: Key,
    /// `None`: an answer has begun.
    reply: Option<Reply>,
}

/// What tells one delivery from all others.
#[derive(Debug)]
struct Key {
    id: RequestId,
    invocation_id: String,
}

impl Key {
    /// Whether an answer to `id` is one to this; runtimes of before 2026 do not send `echo`.
    fn is(&self, id: &str, echo: Option<&str>) -> bool {
        *self.id == *id && echo.is_none_or(|echo| echo == self.invocation_id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    Abandoned,
}

/// An invocation on its way to the runtime.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) delivery: Delivery,
    /// What the runtime sends back with its answer.
    pub(super) invocation_id: String,
}

/// What an answer is, by the name of the state that it would lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Response,
    Error,
}

impl Kind {
    fn state(self) -> &'static str {
        match self {
            Self::Response => "InvocationResponse",
            Self::Error => "InvocationErrorResponse",
        }
    }
}

impl State {
    /// Lets an invocation wait; its ticket is to [abandon](Self::abandon) it.
    pub(super) fn wait(&mut self, delivery: Delivery, reply: Reply) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back(Waiting {
            ticket,
            delivery,
            reply,
        });
        ticket
    }

    /// The invocation that has waited longest, for a runtime that may have `concurrency` of them;
    /// `None`: there is none yet, or it is not seen yet that an answer has ended or broken off.
    pub(super) fn take(&mut self, concurrency: usize) -> Result<Option<Delivered>, Refusal> {
        let concurrency = concurrency.max(1);
        let owed = self
            .running
            .iter()
            .filter(|running| running.reply.is_some());
        if owed.count() >= concurrency {
            return Err(Refusal::transition("Running", "Ready"));
        }
        if self.running.len() >= concurrency {
            return Ok(None);
        }
        let Some(waiting) = self.waiting.pop_front() else {
            return Ok(None);
        };
        let invocation_id = uuid::Uuid::new_v4().to_string();
        self.running.push(Running {
            ticket: waiting.ticket,
            key: Key {
                id: waiting.delivery.id,
                invocation_id: invocation_id.clone(),
            },
            reply: Some(waiting.reply),
        });
        Ok(Some(Delivered {
            delivery: waiting.delivery,
            invocation_id,
        }))
    }

    /// Begins an answer: its ticket, and where it goes.
    pub(super) fn answer(
        &mut self,
        id: &str,
        echo: Option<&str>,
        kind: Kind,
    ) -> Result<(u64, Reply), Refusal> {
        let found = self
            .running
            .iter_mut()
            .find(|running| running.key.is(id, echo));
        if let Some(running) = found {
            let begun = || Refusal::transition(Kind::Response.state(), kind.state());
            let reply = running.reply.take().ok_or_else(begun)?;
            return Ok((running.ticket, reply));
        }
        let ended = self.ended.iter().rev().find(|(key, _)| key.is(id, echo));
        match ended.map(|(_, end)| *end) {
            Some(End::Answered) => Err(Refusal::transition(
                "RuntimeResponseSentState",
                kind.state(),
            )),
            Some(End::Abandoned) if echo.is_some() => Err(Refusal::late()),
            // An answer to an earlier delivery of a request that is running again.
            None if self.running.iter().any(|running| *running.key.id == *id) => {
                Err(Refusal::late())
            }
            _ => Err(Refusal::request_id()),
        }
    }

    /// An answer was taken to its end.
    pub(super) fn answered(&mut self, ticket: u64) {
        self.end(ticket, End::Answered);
    }

    /// Nobody waits for the answer any more.
    pub(super) fn abandon(&mut self, ticket: u64) {
        self.waiting.retain(|waiting| waiting.ticket != ticket);
        // One that streams was answered; its stream tells when nobody reads it.
        let streams = |running: &Running| running.ticket == ticket && running.reply.is_none();
        if !self.running.iter().any(streams) {
            self.end(ticket, End::Abandoned);
        }
    }

    fn end(&mut self, ticket: u64, end: End) {
        let found = self
            .running
            .iter()
            .position(|running| running.ticket == ticket);
        let Some(at) = found else {
            return;
        };
        let running = self.running.swap_remove(at);
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((running.key, end));
    }
}
