//! Buffers for large bodies, used again: the system makes and clears their pages only once.

use std::cell::RefCell;

use bytes::BytesMut;

/// Smaller ones come from the allocator, which keeps them at hand by itself.
const LEAST: usize = 64 * 1024;
/// Longer ones are not kept.
const MOST: usize = 2 * 1024 * 1024;
/// How many a thread keeps: 8 MiB at the most.
const KEPT: usize = 4;

thread_local! {
    static BUFFERS: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer with room for `capacity` bytes.
pub(super) fn take(capacity: usize) -> BytesMut {
    let kept = (LEAST..=MOST).contains(&capacity).then(|| {
        let popped = BUFFERS.try_with(|kept| kept.try_borrow_mut().ok()?.pop());
        popped.ok().flatten()
    });
    let mut buffer = kept.flatten().unwrap_or_default();
    // Its memory serves again if the body that was in it is gone; otherwise there is new memory.
    buffer.reserve(capacity);
    buffer
}

/// Keeps what is left of a buffer after its body was split off.
pub(super) fn keep(rest: BytesMut, length: usize) {
    if !(LEAST..=MOST).contains(&length) {
        return;
    }
    // At the end of a thread nothing is kept.
    let _ = BUFFERS.try_with(|kept| {
        if let Ok(mut kept) = kept.try_borrow_mut()
            && kept.len() < KEPT
        {
            kept.push(rest);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{LEAST, MOST, keep, take};

    fn used(length: usize) -> (*const u8, bytes::Bytes) {
        let mut buffer = take(length);
        buffer.resize(length, b'x');
        let body = buffer.split().freeze();
        keep(buffer, length);
        (body.as_ptr(), body)
    }

    #[test]
    fn memory_serves_again_once_the_body_in_it_is_gone() {
        std::thread::spawn(|| {
            let (first, body) = used(LEAST);
            let (second, other) = used(LEAST);
            assert_ne!(first, second, "the first body is still there");
            assert!(body.iter().chain(&other[..]).all(|byte| *byte == b'x'));
            drop((body, other));
            let (third, _body) = used(LEAST);
            assert!([first, second].contains(&third));
            assert_eq!(used(MOST + 1).1.len(), MOST + 1);
        })
        .join()
        .unwrap();
    }
}
