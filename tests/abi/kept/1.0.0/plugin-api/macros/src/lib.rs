//! The macros of `plugin-api`. Documented there, where they are re-exported.

mod crate_type;
mod function;
mod info;
mod json;
mod lifecycle;
mod record;

use proc_macro::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Error, Item, LitStr};

/// See `plugin_api::handler`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let original = proc_macro2::TokenStream::from(item.clone());
    let expanded = parse_name(arguments).and_then(|name| {
        crate_type::check()?;
        match syn::parse::<Item>(item)? {
            Item::Fn(function) => function::expand(name, function),
            Item::Impl(block) => lifecycle::expand(name, block),
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

/// The `name = "…"` of `#[handler(name = "…")]`.
fn parse_name(arguments: TokenStream) -> syn::Result<Option<LitStr>> {
    let mut name = None;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("name") {
            let given: LitStr = meta.value()?.parse()?;
            check_name(&given.value()).map_err(|message| Error::new(given.span(), message))?;
            name = Some(given);
            Ok(())
        } else {
            Err(meta.error("unknown argument; `#[handler]` takes only `name = \"…\"`"))
        }
    });
    parser.parse(arguments)?;
    Ok(name)
}

/// A handler's name becomes part of a symbol and of `file.handler`: letters, digits and `_`.
fn check_name(name: &str) -> Result<(), String> {
    let first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let rest = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if first && rest && name.len() <= 128 {
        Ok(())
    } else {
        Err(format!(
            "`{name}` cannot be the name of a handler: use up to 128 letters, digits and `_`, \
             not starting with a digit"
        ))
    }
}
