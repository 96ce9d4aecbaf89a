//! The macros of `plugin-api`. Documented there, where they are re-exported.

mod arguments;
mod crate_type;
mod function;
mod info;
mod json;
mod lifecycle;
mod record;
mod service;

use proc_macro::TokenStream;
use quote::quote;
use syn::{Error, Item};

use arguments::Arguments;

/// See `plugin_api::handler`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let original = proc_macro2::TokenStream::from(item.clone());
    let expanded = Arguments::parse(arguments).and_then(|arguments| {
        crate_type::check()?;
        match syn::parse::<Item>(item)? {
            Item::Fn(function) => match arguments.service {
                Some(service) => service::expand(arguments, service, function),
                None => function::expand(arguments, function),
            },
            Item::Impl(block) => match arguments.service {
                Some(service) => Err(Error::new(service, service::ON_A_FUNCTION)),
                None => lifecycle::expand(arguments, block),
            },
            other => Err(Error::new_spanned(
                other,
                "`#[handler]` goes on a function, or on an `impl Handler for …` block",
            )),
        }
    });
    match expanded {
        Ok(tokens) => tokens.into(),
        Err(error) => {
            // The item stays, so that its uses do not become errors of their own.
            let error = error.to_compile_error();
            quote! { #original #error }.into()
        }
    }
}

/// See `plugin_api::info`.
#[proc_macro]
pub fn info(keys: TokenStream) -> TokenStream {
    info::expand(keys.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
