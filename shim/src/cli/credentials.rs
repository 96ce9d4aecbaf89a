//! Who may call the Invoke API.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwapOption;

use crate::auth::{Credentials, Expected, Verifier};
use crate::exit::Misconfigured;

/// The verifier as it is now; exchanged by a reload.
pub(super) type CurrentVerifier = Arc<ArcSwapOption<Verifier>>;

/// A verifier for the keys in `file`; `None`: everybody may.
pub(super) fn verifier(file: Option<&Path>) -> anyhow::Result<Option<Arc<Verifier>>> {
    let Some(file) = file else {
        return Ok(None);
    };
    let credentials = Credentials::from_file(file).context("wrong --credentials");
    let credentials = credentials.map_err(Misconfigured)?;
    Ok(Some(Arc::new(Verifier::new(
        credentials,
        Expected::default(),
    ))))
}
