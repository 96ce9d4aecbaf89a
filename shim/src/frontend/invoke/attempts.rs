//! An SDK that gets no answer in time sends its call again. The second attempt joins the first
//! instead of running the function once more.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Response, response};
use tokio::sync::watch;

use crate::invocation::Body;

/// How many answers are kept.
const MAX_ANSWERS: usize = 10_000;
/// How many bytes they may hold together, heads and bodies.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A whole answer, which can be given more than once.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) head: response::Parts,
    pub(super) body: Bytes,
}

impl Whole {
    pub(super) fn into_response(self) -> Box<Response<Body>> {
        Box::new(Response::from_parts(self.head, self.body.into()))
    }
}

/// One call with all its attempts: what the SDK calls the invocation, and all that decides about the
/// answer. Whoever takes somebody else's id for a call of another kind gets an answer of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) function: String,
    pub(super) id: String,
    /// Who signed it.
    pub(super) access_key: Option<String>,
    pub(super) tenant_id: Option<String>,
    pub(super) client_context: Option<String>,
    pub(super) tail: bool,
    /// Length and checksum of the event.
    pub(super) event: (usize, u32),
}

/// The calls that run, and the answers of those that ended a short while ago.
#[derive(Debug)]
pub(super) struct Attempts {
    window: Duration,
    inner: Mutex<Inner>,
}

type Answer = watch::Receiver<Option<Whole>>;

#[derive(Debug, Default)]
struct Inner {
    calls: HashMap<Key, Answer>,
    /// The answers that are kept, the oldest first, with their sizes.
    kept: VecDeque<(Instant, Key, usize)>,
    bytes: usize,
}

/// Whether an attempt is the first.
pub(super) enum Attempt {
    /// It runs the function and tells the others.
    First(Claim),
    /// It waits for the first.
    Another(Answer),
}

impl Attempts {
    /// Keeps answers for `window`.
    pub(super) fn new(window: Duration) -> Arc<Self> {
        Arc::new(Self {
            window,
            inner: Mutex::default(),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt begins.
    pub(super) fn begin(self: &Arc<Self>, key: Key) -> Attempt {
        let mut inner = self.inner();
        inner.forget_old(self.window);
        if let Some(answer) = inner.calls.get(&key) {
            // A first attempt that was lost (its thread panicked, say) tells nobody anything.
            if answer.has_changed().is_ok() || answer.borrow().is_some() {
                return Attempt::Another(answer.clone());
            }
        }
        let (tell, answer) = watch::channel(None);
        inner.calls.insert(key.clone(), answer);
        Attempt::First(Claim {
            attempts: self.clone(),
            key: Some(key),
            tell,
        })
    }
}

impl Inner {
    fn forget_old(&mut self, window: Duration) {
        while let Some((since, _, size)) = self.kept.front() {
            let full = self.kept.len() > MAX_ANSWERS || self.bytes > MAX_BYTES;
            if !full && since.elapsed() < window {
                return;
            }
            self.bytes -= size;
            if let Some((_, key, _)) = self.kept.pop_front() {
                self.calls.remove(&key);
            }
        }
    }
}

/// The first attempt's right to answer.
pub(super) struct Claim {
    attempts: Arc<Attempts>,
    key: Option<Key>,
    tell: watch::Sender<Option<Whole>>,
}

impl Claim {
    /// There is an answer. `keep`: attempts that come later get it as well; otherwise (the function
    /// did not run) they try again.
    pub(super) fn answer(mut self, answer: &Whole, keep: bool) {
        self.tell.send_replace(Some(answer.clone()));
        if !keep {
            return;
        }
        if let Some(key) = self.key.take() {
            let mut inner = self.attempts.inner();
            let head: usize = answer
                .head
                .headers
                .values()
                .map(|value| 64 + value.len())
                .sum();
            let size = answer.body.len() + head;
            inner.bytes += size;
            inner.kept.push_back((Instant::now(), key, size));
            inner.forget_old(self.attempts.window);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.attempts.inner().calls.remove(&key);
        }
    }
}

/// Waits for the first attempt's answer; `None` if it was lost.
pub(super) async fn wait(mut answer: Answer) -> Option<Whole> {
    let told = answer.wait_for(Option::is_some).await.ok()?;
    told.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> Key {
        Key {
            function: "f".to_owned(),
            id: id.to_owned(),
            access_key: None,
            tenant_id: None,
            client_context: None,
            tail: false,
            event: (2, 0),
        }
    }

    fn whole(body: &[u8]) -> Whole {
        Whole {
            head: Response::new(()).into_parts().0,
            body: Bytes::copy_from_slice(body),
        }
    }

    fn first(attempts: &Arc<Attempts>, id: &str) -> Claim {
        match attempts.begin(key(id)) {
            Attempt::First(claim) => claim,
            Attempt::Another(_) => panic!("not the first"),
        }
    }

    fn another(attempts: &Arc<Attempts>, id: &str) -> Answer {
        match attempts.begin(key(id)) {
            Attempt::First(_) => panic!("the first"),
            Attempt::Another(answer) => answer,
        }
    }

    #[tokio::test]
    async fn later_attempts_get_the_answer_of_the_first() {
        let attempts = Attempts::new(Duration::from_secs(60));
        let claim = first(&attempts, "a");
        drop(first(&attempts, "b"));
        let waits = tokio::spawn(wait(another(&attempts, "a")));
        claim.answer(&whole(b"1"), true);
        assert_eq!(waits.await.unwrap().unwrap().body, "1");
        assert_eq!(wait(another(&attempts, "a")).await.unwrap().body, "1");
    }

    #[tokio::test]
    async fn what_did_not_run_is_tried_again() {
        let attempts = Attempts::new(Duration::from_secs(60));
        let claim = first(&attempts, "a");
        let waiting = another(&attempts, "a");
        claim.answer(&whole(b"busy"), false);
        assert_eq!(wait(waiting).await.unwrap().body, "busy");
        let lost = another_after(first(&attempts, "a"), &attempts).await;
        assert!(lost.is_none());
        drop(first(&attempts, "a"));
    }

    async fn another_after(claim: Claim, attempts: &Arc<Attempts>) -> Option<Whole> {
        let waiting = another(attempts, "a");
        drop(claim);
        wait(waiting).await
    }

    #[test]
    fn answers_are_kept_for_a_while_and_up_to_a_size() {
        let attempts = Attempts::new(Duration::ZERO);
        first(&attempts, "a").answer(&whole(b"1"), true);
        drop(first(&attempts, "a"));

        let attempts = Attempts::new(Duration::from_secs(60));
        let piece = vec![0; MAX_BYTES / 4 + 1];
        for id in ["a", "b", "c", "d"] {
            first(&attempts, id).answer(&whole(&piece), true);
        }
        drop(first(&attempts, "a"));
        another(&attempts, "b");
        assert!(attempts.inner().bytes <= MAX_BYTES);
    }
}
