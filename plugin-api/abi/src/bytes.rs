//! Bytes that cross the boundary without being copied.

use std::ffi::c_void;
use std::fmt;
use std::ops::Deref;

use abi_stable::StableAbi;
use bytes::Bytes;

/// A run of immutable bytes, owned by whoever made it and freed by its maker's own code.
///
/// Turning [`Bytes`] into this and back costs two small allocations and no copy, however long it is.
/// Send and sync: the bytes never change while it lives.
#[repr(C)]
#[derive(StableAbi)]
pub struct AbiBytes {
    start: *const u8,
    len: usize,
    owner: *mut c_void,
    /// Frees `owner` with its maker's allocator; `None` when there is nothing to free: the bytes
    /// are there as long as the process.
    free: Option<unsafe extern "C" fn(owner: *mut c_void)>,
}

// SAFETY: (I5) `owner` is a boxed `Bytes` or a part of the buffer, and the bytes are never written.
unsafe impl Send for AbiBytes {}
// SAFETY: (I5) as above: shared access only reads.
unsafe impl Sync for AbiBytes {}

impl AbiBytes {
    /// No bytes; allocates nothing.
    pub const fn empty() -> Self {
        Self {
            start: std::ptr::null(),
            len: 0,
            owner: std::ptr::null_mut(),
            free: None,
        }
    }

    /// Bytes that are part of the program; allocates nothing, on neither side.
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self {
            start: bytes.as_ptr(),
            len: bytes.len(),
            owner: std::ptr::null_mut(),
            free: None,
        }
    }

    /// The bytes themselves.
    pub fn as_slice(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: (I5) a value of this type is only made by `From<Bytes>` or `From<Vec<u8>>` (on
        // either side), whose owner keeps `len` bytes at `start` alive and unchanged until `free` is called in drop, or
        // by `from_static`.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

impl Drop for AbiBytes {
    fn drop(&mut self) {
        if let Some(free) = self.free.take() {
            // SAFETY: (I5) `free` and `owner` come from the same maker, and `take` makes this the
            // only call.
            unsafe { free(self.owner) };
        }
    }
}

/// Frees a boxed `Bytes`.
///
/// # Safety
/// `owner` comes from `Box::into_raw(Box<Bytes>)` of this same binary and is not used again.
unsafe extern "C" fn free_bytes(owner: *mut c_void) {
    // SAFETY: the caller's promise. Dropping `Bytes` does not panic.
    drop(unsafe { Box::from_raw(owner.cast::<Bytes>()) });
}

impl From<Bytes> for AbiBytes {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::empty();
        }
        let (start, len) = (bytes.as_ptr(), bytes.len());
        let owner = Box::into_raw(Box::new(bytes)).cast();
        Self {
            start,
            len,
            owner,
            free: Some(free_bytes),
        }
    }
}

/// What stands at the end of a buffer that came from a `Vec`: how to free it.
#[derive(Clone, Copy)]
struct Tail {
    start: *mut u8,
    capacity: usize,
}

/// Frees the buffer of a `Vec`.
///
/// # Safety
/// `owner` is the tail of a buffer, written by `From<Vec<u8>>` of this same binary, and is not used
/// again.
unsafe extern "C" fn free_buffer(owner: *mut c_void) {
    // SAFETY: the caller's promise.
    let Tail { start, capacity } = unsafe { owner.cast::<Tail>().read_unaligned() };
    // SAFETY: the caller's promise: both are those of the `Vec`; no more than 0 bytes are looked at.
    drop(unsafe { Vec::from_raw_parts(start, 0, capacity) });
}

impl From<Vec<u8>> for AbiBytes {
    /// Allocates nothing if the buffer has room for two words more.
    fn from(mut bytes: Vec<u8>) -> Self {
        let spare = bytes.capacity() - bytes.len();
        if bytes.is_empty() || spare < size_of::<Tail>() {
            return Bytes::from(bytes).into();
        }
        let (len, capacity) = (bytes.len(), bytes.capacity());
        let start = bytes.as_mut_ptr();
        std::mem::forget(bytes);
        // SAFETY: (I5) it is in the buffer, behind the bytes.
        let tail = unsafe { start.add(capacity - size_of::<Tail>()) }.cast::<Tail>();
        // SAFETY: (I5) as above; nobody else has the buffer.
        unsafe { tail.write_unaligned(Tail { start, capacity }) };
        Self {
            start,
            len,
            owner: tail.cast(),
            free: Some(free_buffer),
        }
    }
}

impl Deref for AbiBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl From<AbiBytes> for Bytes {
    fn from(bytes: AbiBytes) -> Self {
        if bytes.len == 0 {
            Self::new()
        } else if bytes.free.is_none() {
            // SAFETY: (I5) nobody frees them, and (I2) a plugin's constants stay where they are.
            Self::from_static(unsafe { std::slice::from_raw_parts(bytes.start, bytes.len) })
        } else {
            Self::from_owner(bytes)
        }
    }
}

impl AsRef<[u8]> for AbiBytes {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl fmt::Debug for AbiBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AbiBytes({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::AbiBytes;

    #[test]
    fn bytes_cross_and_come_back_without_a_copy() {
        let original = Bytes::from(vec![7_u8; 4096]);
        let address = original.as_ptr();
        let back = Bytes::from(AbiBytes::from(original));
        assert_eq!(back.as_ptr(), address);
        assert_eq!(back.len(), 4096);
    }

    #[test]
    fn what_is_part_of_the_program_has_no_owner() {
        static TEXT: [u8; 5] = *b"hello";
        let abi = AbiBytes::from_static(&TEXT);
        assert_eq!(abi.as_slice(), TEXT);
        let bytes = Bytes::from(abi);
        assert_eq!(bytes.as_ptr(), TEXT.as_ptr());
        assert_eq!(bytes, &TEXT[..]);
    }

    #[test]
    fn a_buffer_crosses_without_a_copy_whatever_room_it_has() {
        for spare in [0, 1, 15, 16, 17, 4096] {
            for len in [1, 13, 4096] {
                let mut buffer = Vec::with_capacity(len + spare);
                buffer.resize(len, 7);
                let address = buffer.as_ptr();
                let back = Bytes::from(AbiBytes::from(buffer));
                assert_eq!(back.as_ptr(), address);
                assert_eq!(back, vec![7; len]);
            }
        }
    }

    #[test]
    fn nothing_stays_nothing() {
        assert!(AbiBytes::from(Bytes::new()).as_slice().is_empty());
        assert!(AbiBytes::from(Vec::with_capacity(100)).is_empty());
        assert!(Bytes::from(AbiBytes::empty()).is_empty());
    }

    #[test]
    fn the_owner_is_freed_exactly_once() {
        struct Owner {
            _count: std::sync::Arc<()>,
        }
        impl AsRef<[u8]> for Owner {
            fn as_ref(&self) -> &[u8] {
                b"owned"
            }
        }
        let count = std::sync::Arc::new(());
        let abi = AbiBytes::from(Bytes::from_owner(Owner {
            _count: count.clone(),
        }));
        assert_eq!(std::sync::Arc::strong_count(&count), 2);
        let bytes = Bytes::from(abi);
        drop(bytes.slice(1..));
        assert_eq!(std::sync::Arc::strong_count(&count), 2);
        drop(bytes);
        assert_eq!(std::sync::Arc::strong_count(&count), 1);
    }
}
