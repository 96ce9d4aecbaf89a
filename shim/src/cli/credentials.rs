//! Who may call the Invoke API.

use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwapOption;

use crate::auth::{Credentials, Verifier};
use crate::config::KeysFrom;
use crate::exit::Misconfigured;

/// The verifier as it is now; exchanged by a reload.
pub(super) type CurrentVerifier = Arc<ArcSwapOption<Verifier>>;

/// A verifier for these keys; `None`: everybody may.
pub(super) fn verifier(keys: Option<&KeysFrom>) -> anyhow::Result<Option<Arc<Verifier>>> {
    let credentials = match keys {
        None => return Ok(None),
        Some(KeysFrom::Environment(credentials)) => credentials.clone(),
        Some(KeysFrom::File(file)) => {
            let read = Credentials::from_file(file).context("wrong --credentials");
            read.map_err(Misconfigured)?
        }
    };
    Ok(Some(Arc::new(Verifier::new(credentials))))
}
