# The door for people and CI: `just test`, `just bench-http`.

# Everything, optimised.
build:
    cargo build --release --workspace

# The shim as it is released, in target/released (needs cargo-pgo, llvm-profdata and wrk).
release:
    cargo pgo build -- --package shim --bin shim
    cargo run --release --package shim-bench -- train target/{{ host }}/release/shim
    cargo pgo optimize build -- --package shim --bin shim
    install -D target/{{ host }}/release/shim target/released/shim

host := `rustc -vV | sed -n "s/^host: //p"`

# All tests.
test:
    cargo test --workspace

# What CI asks of a change.
check: lint test
    cargo fmt --all --check

# The shim beside hyper (needs wrk): `just bench-http --rounds 3 --output json`.
bench-http *flags:
    cargo run --release --package shim-bench -- http {{ flags }}

# The Invoke API beside hyper (needs wrk): `just bench-invoke --work echo-1m`.
bench-invoke *flags:
    cargo run --release --package shim-bench -- invoke {{ flags }}

# The bootstrap beside lambda_runtime, each fed by the same Runtime API: `just bench-lambda --quick`.
bench-lambda *flags:
    cargo run --release --package shim-bench -- lambda {{ flags }}

# Where handlers run, under a mix of quick and busy ones (needs wrk).
bench-placement *flags:
    cargo run --release --package shim-bench -- placement {{ flags }}

fmt:
    cargo fmt --all

lint:
    cargo clippy --workspace --all-targets -- --deny warnings

# Licences, known vulnerabilities, sources of the dependencies (needs cargo-deny).
deny:
    cargo deny check

doc:
    cargo doc --workspace --no-deps
