//! The recorded layout of the boundary.

mod layout;
#[test]
fn dump() {
    println!("{}", layout::render());
}
