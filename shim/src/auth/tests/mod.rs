//! Requests as clients sign them, and as nobody does.

mod credentials;
mod kit;
mod noise;
mod oracle;
mod refusals;
mod signer;
mod vectors;
