//! Other global allocators than the host's.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static MIMALLOC: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An allocator that ends the process when it is given what it has not made. It hands out pointers
/// into the middle of what the system's allocator made, so that the system's allocator in turn
/// cannot free them.
#[cfg(feature = "checked")]
mod checked {
    use std::alloc::{GlobalAlloc, Layout, System, handle_alloc_error};

    const MARK: u64 = 0x7368_696d_2d61_6269;

    #[global_allocator]
    static CHECKED: Checked = Checked;

    struct Checked;

    /// The layout with room for the mark in front, and how much room that is.
    fn with_room(layout: Layout) -> (Layout, usize) {
        let room = layout.align().max(16);
        let whole = Layout::from_size_align(layout.size() + room, layout.align().max(8));
        (whole.unwrap_or_else(|_| handle_alloc_error(layout)), room)
    }

    // SAFETY: hands on to the system's allocator, with room for the mark.
    unsafe impl GlobalAlloc for Checked {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let (whole, room) = with_room(layout);
            // SAFETY: the caller's promise; the mark and the pointer are within what was made.
            unsafe {
                let start = System.alloc(whole);
                if start.is_null() {
                    return start;
                }
                let given = start.add(room);
                given.cast::<u64>().sub(1).write_unaligned(MARK);
                given
            }
        }

        unsafe fn dealloc(&self, given: *mut u8, layout: Layout) {
            let (whole, room) = with_room(layout);
            // SAFETY: the caller's promise, which the mark proves.
            unsafe {
                let mark = given.cast::<u64>().sub(1);
                if mark.read_unaligned() != MARK {
                    std::process::abort();
                }
                mark.write_unaligned(0);
                System.dealloc(given.sub(room), whole);
            }
        }
    }
}
