//! Memory for the futures of runs. The thread that ran one has room for the next.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::ptr::NonNull;

/// Enough for most handlers: their futures hold the request, and what they have made of it.
const ROOM: Layout = match Layout::from_size_align(2048, 16) {
    Ok(layout) => layout,
    Err(_) => panic!("a layout"),
};

/// Memory of [`ROOM`]'s size.
pub(super) struct Room(NonNull<u8>);

// SAFETY: (I11) nobody else knows the memory.
unsafe impl Send for Room {}

impl Room {
    fn new() -> Self {
        // SAFETY: (I11) its size is not 0.
        let start = unsafe { alloc(ROOM) };
        NonNull::new(start).map_or_else(|| handle_alloc_error(ROOM), Self)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: (I11) made by `new`, and nothing lives in it any more.
        unsafe { dealloc(self.0.as_ptr(), ROOM) };
    }
}

/// A value that stays where it is.
pub(super) enum Housed<T> {
    /// In a room.
    Room(Tenant<T>),
    /// In a box: nobody makes room for it, or it does not fit.
    Box(Pin<Box<T>>),
}

impl<T> Housed<T> {
    /// Whether a room is large enough.
    const FITS: bool = size_of::<T>() <= ROOM.size() && align_of::<T>() <= ROOM.align();

    /// What `make` returns, in `room` if it fits, in a new one if there is none. Made where it stays:
    /// only what it begins with is written, not all the room that it may need later.
    pub(super) fn new(room: Option<Room>, make: impl FnOnce() -> T) -> Self {
        if Self::FITS {
            Self::Room(Tenant::new(room, make))
        } else {
            let room = Box::new_uninit();
            Self::Box(Box::into_pin(Box::write(room, make())))
        }
    }

    pub(super) fn as_mut(&mut self) -> Pin<&mut T> {
        match self {
            Self::Room(tenant) => tenant.as_mut(),
            Self::Box(boxed) => boxed.as_mut(),
        }
    }

    /// Drops the value; its room, if it had one, may serve another.
    pub(super) fn leave(self) -> Option<Room> {
        match self {
            Self::Room(tenant) => Some(tenant.leave()),
            Self::Box(_) => None,
        }
    }
}

/// A value in a room.
pub(super) struct Tenant<T> {
    room: ManuallyDrop<Room>,
    value: PhantomData<Box<T>>,
}

impl<T> Tenant<T> {
    /// Moves in what `make` returns, which fits.
    fn new(room: Option<Room>, make: impl FnOnce() -> T) -> Self {
        debug_assert!(Housed::<T>::FITS, "the room is too small");
        let room = ManuallyDrop::new(room.unwrap_or_else(Room::new));
        // SAFETY: (I11) it fits, and nothing lives there.
        unsafe { room.0.cast::<T>().write(make()) };
        Self {
            room,
            value: PhantomData,
        }
    }

    fn as_mut(&mut self) -> Pin<&mut T> {
        // SAFETY: (I11) written by `new`, and there until `leave` or our drop.
        let value = unsafe { self.room.0.cast::<T>().as_mut() };
        // SAFETY: (I11) it is never moved: the room stays where it is, whoever has it.
        unsafe { Pin::new_unchecked(value) }
    }

    fn leave(self) -> Room {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: (I11) once: what is left of us is not used again.
        unsafe { this.empty() }
    }

    /// Drops the value. Should that panic, the room goes.
    ///
    /// # Safety
    /// (I11) `self` is not used again.
    unsafe fn empty(&mut self) -> Room {
        // SAFETY: the caller's promise: the room is taken once.
        let room = unsafe { ManuallyDrop::take(&mut self.room) };
        // SAFETY: (I11) written by `new`; the caller's promise: dropped once.
        unsafe { room.0.cast::<T>().drop_in_place() };
        room
    }
}

impl<T> Drop for Tenant<T> {
    fn drop(&mut self) {
        // SAFETY: (I11) once: this is our end.
        drop(unsafe { self.empty() });
    }
}
