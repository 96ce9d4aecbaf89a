use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Limit, Refusal};

#[tokio::test]
async fn the_queue_is_bounded_and_in_order() {
    let limit = Limit::new(Some(1), 2);
    let running = limit.acquire().await.unwrap();
    let mut first = Box::pin(limit.acquire());
    let mut second = Box::pin(limit.acquire());
    assert!(futures_poll(&mut first).is_none());
    assert!(futures_poll(&mut second).is_none());
    let refused = limit.acquire().await.unwrap_err();
    assert!(matches!(
        refused,
        Refusal::Throttled {
            concurrency: 1,
            queued: 2,
            ..
        }
    ));
    drop(running);
    assert!(futures_poll(&mut second).is_none(), "the first comes first");
    let permit = futures_poll(&mut first).unwrap().unwrap();
    drop(permit);
    assert!(second.await.is_ok());
}

#[tokio::test]
async fn a_place_that_came_free_elsewhere_is_found() {
    let limit = Limit::new(Some(3), 0);
    let mut permits = Vec::new();
    for _ in 0..3 {
        permits.push(limit.acquire().await.unwrap().0.into_owned());
    }
    assert!(limit.try_acquire().is_none());
    // Each is given back on a thread of its own, and stays with that.
    for permit in permits {
        std::thread::spawn(move || drop(permit)).join().unwrap();
    }
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(match limit.try_acquire() {
            Some(own) => own,
            None => limit.acquire().await.unwrap().0,
        });
    }
    assert!(limit.acquire().await.is_err(), "there are three");
    taken.pop();
    assert!(limit.try_acquire().is_some(), "it is with this thread");
}

#[tokio::test]
async fn a_closed_limit_refuses_those_who_wait_and_those_who_come() {
    let limit = Limit::new(Some(1), 1);
    let running = limit.acquire().await.unwrap();
    let mut waits = Box::pin(limit.acquire());
    assert!(futures_poll(&mut waits).is_none());
    limit.close();
    assert!(matches!(waits.await, Err(Refusal::ShuttingDown)));
    drop(running);
    assert!(limit.try_acquire().is_none());
    assert!(matches!(limit.acquire().await, Err(Refusal::ShuttingDown)));
}

/// Never more than the limit, and nobody waits for ever.
#[test]
fn many_threads_share_few_places() {
    let limit = Arc::new(Limit::new(Some(2), usize::MAX >> 1));
    let inside = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (limit, inside) = (limit.clone(), inside.clone());
            std::thread::spawn(move || {
                for _ in 0..2000 {
                    let permit = match limit.try_acquire() {
                        Some(permit) => permit,
                        None => crate::engine::block_on(limit.acquire()).unwrap().0,
                    };
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < 2);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(permit);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[tokio::test]
async fn a_caller_that_leaves_the_queue_makes_room() {
    let limit = Limit::new(Some(1), 1);
    let _running = limit.acquire().await.unwrap();
    let mut waits = Box::pin(limit.acquire());
    assert!(futures_poll(&mut waits).is_none());
    drop(waits);
    let mut waits = Box::pin(limit.acquire());
    assert!(futures_poll(&mut waits).is_none(), "queued, not refused");
}

#[tokio::test]
async fn without_a_limit_nobody_waits() {
    let limit = Limit::new(None, 0);
    let many: Vec<_> = std::iter::repeat_with(|| limit.acquire())
        .take(100)
        .collect();
    for permit in many {
        assert!(permit.await.is_ok());
    }
}

fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut cx) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
