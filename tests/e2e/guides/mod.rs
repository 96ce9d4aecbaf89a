//! The commands of the README and of the guides, run as a reader would: exactly as they are written,
//! on a terminal, in the order of the page, each held to what the page shows below it.
//!
//! What a page says by how it is written:
//!
//! * In a block that begins with `` ```console ``, `$ ` begins a command, `\` at its end continues it, and
//!   what follows up to the next is what it shows. Where nothing follows, it may show anything.
//! * A command has to end well, unless an `error` is shown.
//! * One that says `serving` is a server. What comes next is typed in another terminal, in the same
//!   folder. Ctrl-C ends it when the next server is started, and at the end of the page. A block that
//!   begins without a command is what it shows next.
//! * While `shim dev` runs, a command is tried until it shows what it has to: readers are slower than
//!   cargo.
//! * `…` stands for anything, on a line of its own for any lines. Times, sizes, digests and the
//!   reader's home are not compared (`varying`).
//!
//! Comments, which readers do not see, stand right above a block: `<!-- in NAME -->` is the folder in
//! which the reader is ([`ground`]); `<!-- varies: WHY -->` does not compare what is shown;
//! `<!-- not run: WHY -->` does not run it, and is counted here, so that such blocks cannot grow unseen.
//!
//! Each page has a network of its own, so that the ports are those that are written. Where that cannot
//! be had, or a program is not installed, a line says so and the page is skipped.
//!
//! `cargo test -p shim --test e2e guides -- --nocapture` prints what each command showed and how long
//! it took; with `--release` the programs are those that are released, and cargo takes its time.

mod ground;
mod page;
mod run;
mod shown;
mod terminal;

use run::run;

/// Runs a page, and counts the blocks that it does not run.
#[track_caller]
fn check(page: &str, not_run: usize) {
    let page = page::read(page);
    let blocks = page
        .blocks
        .iter()
        .filter_map(|block| block.not_run.as_ref());
    let reasons: Vec<_> = blocks.collect();
    assert_eq!(
        reasons.len(),
        not_run,
        "{} does not run: {reasons:#?}",
        page.name
    );
    run(&page);
}

#[test]
fn the_readme() {
    check("README.md", 1);
}

#[test]
fn a_new_function() {
    check("docs/new.md", 0);
}

#[test]
fn develop() {
    check("docs/dev.md", 0);
}

#[test]
fn the_invoke_api() {
    check("docs/invoke.md", 1);
}

#[test]
fn deploy_to_lambda() {
    check("docs/lambda.md", 3);
}

#[test]
fn deploy() {
    check("docs/deploy/README.md", 7);
}

#[test]
fn what_will_bite() {
    check("docs/doctor.md", 0);
}

#[test]
fn no_other_page_has_commands() {
    let known = ["new.md", "dev.md", "invoke.md", "lambda.md", "doctor.md"];
    let folder = page::root().join("docs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") && !known.contains(&&*name) {
            let page = page::read(&format!("docs/{name}"));
            assert!(page.blocks.is_empty(), "docs/{name} is not run");
        }
    }
}
